// Law 2, convergence: the plan of the changes from one state to another ends in
// the other, and every step on the way is safe: the table is sound after each
// batch, allows no packet that both states forbid and drops none that both allow.
//
// A commit is not quite atomic for a packet in flight (nft/transaction.h), so a
// batch must not lead packets to a chain of its own making, either.
#include <algorithm>

#include "nft/changes.h"
#include "nft/programmed.h"
#include "nft/references.h"
#include "nft/simulate.h"
#include "nft/transaction.h"
#include "nft/validate.h"
#include "test/property/in_flight.h"
#include "test/property/law.h"
#include "test/property/probes.h"
#include "test/property/random_tables.h"
#include "test/property/turn.h"
#include "test/support/fake_backend.h"

namespace selvedge::test {
namespace {

using nft::Packet;
using nft::Table;

Table empty_table() {
  Table table;
  table.name = "selvedge";
  return table;
}

std::string first_fault(const Table& table) {
  const auto faults = nft::validate(table);
  return faults.empty() ? "" : faults[0].object + ": " + faults[0].message;
}

// The two states between which a table goes, and what they decide alike.
class Passage {
 public:
  enum Watched { all, forbidden };  // only what both forbid

  Passage(const Table& from, const Table& to, const std::vector<Packet>& packets, Watched watched = all) {
    for (const Packet& packet : packets) {
      const bool accepted = nft::simulate(from, packet).accepted;
      if (accepted && watched == forbidden) continue;
      if (nft::simulate(to, packet).accepted == accepted) settled_.emplace_back(packet, accepted);
    }
  }

  // What is wrong with `table` on the way.
  std::string fault_of(const Table& table) const {
    if (std::string fault = first_fault(table); !fault.empty()) return fault;
    for (const auto& [packet, accepted] : settled_) {
      if (nft::simulate(table, packet).accepted == accepted) continue;
      return (accepted ? "drops what both states allow: " : "allows what both states forbid: ") + to_string(packet);
    }
    return "";
  }
  // And while `before` becomes `after`.
  std::string fault_between(const Table& before, const Table& after) const {
    for (const Way& way : ways_through(before, after))
      for (const auto& [packet, accepted] : settled_)
        if (passes(way, packet) != accepted)
          return (accepted ? "in flight, drops what both states allow: " : "in flight, allows what both forbid: ") +
                 to_string(packet);
    return "";
  }
  std::size_t settled() const { return settled_.size(); }

 private:
  std::vector<std::pair<Packet, bool>> settled_;
};

bool leads_to(const nft::Verdict& verdict, const std::string& chain) {
  const auto target = nft::target_of(verdict);
  return target && *target == chain;
}

// Whether a packet in flight, or a kernel before 6.2, is at the mercy of the order within `batch`.
std::string hazard_of(const nft::Batch& batch, const Table& before) {
  for (const nft::Op& op : batch) {
    if (const auto* added = std::get_if<nft::AddMapElements>(&op); added && before.maps.contains(added->map)) {
      for (const auto& [key, verdict] : added->elements) {
        const auto target = nft::target_of(verdict);
        if (target && !before.chains.contains(std::string(*target))) {
          return "map " + added->map + " leads to chain " + std::string(*target) + " of the same batch";
        }
      }
    }
    const auto* deleted = std::get_if<nft::DeleteChain>(&op);
    if (!deleted) continue;
    for (const auto& [name, map] : before.maps) {
      if (std::ranges::any_of(map.elements, [&](const auto& e) { return leads_to(e.second, deleted->name); })) {
        return "chain " + deleted->name + " goes in the batch in which map " + name + " still leads to it";
      }
    }
  }
  return "";
}

std::string carry_out(Table& table, const nft::Changes& changes, const Table& wanted,
                      const std::vector<Packet>& packets, Counts& counts, std::size_t limit = nft::batch_limit,
                      Passage::Watched watched = Passage::all) {
  const Passage passage(table, wanted, packets, watched);
  for (const nft::Batch& batch : nft::plan(table, changes, limit)) {
    ++counts["batches"];
    counts["packets"] += passage.settled();
    if (std::string hazard = hazard_of(batch, table); !hazard.empty()) return hazard;
    if (const auto done = nft::apply(table, batch); !done) return "refused: " + done.error().message;
    if (std::string fault = passage.fault_of(table); !fault.empty()) return fault;
  }
  return table == wanted ? "" : "the end is another table than that of a fresh core";
}

// Where base chains go that judged what no others do after them, they judge to their end, by the maps of now: a packet
// of a pod that goes in the same moment may be dropped, though none is to drop it in the end.
Passage::Watched watched_in(const Turn& turn) {
  World alike = turn.after;
  alike.ipvs = turn.before.ipvs;
  return turn.after.ipvs == turn.before.ipvs || alike == turn.before ? Passage::all : Passage::forbidden;
}

// What drifted is mended before those base chains go.
Passage::Watched watched_after_drift(const Turn& turn) {
  return turn.after.ipvs == turn.before.ipvs ? Passage::all : Passage::forbidden;
}

std::string follow(Core& core, const World& from, const World& to) {
  core.services_by_ipvs(to.ipvs);
  for (const k8s::Object& object : objects_of(to)) core.upsert(object);
  const auto kept = objects_of(to);
  for (const k8s::Object& object : objects_of(from)) {
    const auto is_same = [&](const k8s::Object& other) {
      return kind_of(other) == kind_of(object) && meta_of(other).key() == meta_of(object).key();
    };
    if (std::ranges::none_of(kept, is_same)) core.erase(kind_of(object), meta_of(object).key());
  }
  return "";
}

TEST(ConvergenceLaw, TheChangesFromWorldToWorld_AreSafeAfterEachBatch) {
  Counts counts;
  check_law("convergence of changes", {.cases = 2000, .percent = 8}, counts, [&](const Turn& turn) -> std::string {
    const auto packets = probes(1, {turn.before, turn.after}, 80);
    Core core(settings_of(turn.before));
    Table table = empty_table();
    follow(core, {}, turn.before);
    std::string fault = carry_out(table, core.changes(), rendered(turn.before), packets, counts);
    if (!fault.empty()) return "the first table: " + fault;
    follow(core, turn.before, turn.after);
    return carry_out(table, core.changes(), rendered(turn.after), packets, counts, nft::batch_limit, watched_in(turn));
  });
}

TEST(ConvergenceLaw, TheDifferenceOfTwoWorldsTables_IsSafeAfterEachBatch) {
  Counts counts;
  check_law("convergence of diff", {.cases = 2000, .percent = 5}, counts, [&](const Turn& turn) -> std::string {
    Table table = rendered(turn.before);
    const Table wanted = rendered(turn.after);
    if (!nft::diff(wanted, wanted).empty()) return "a table differs from itself";
    const auto packets = probes(1, {turn.before, turn.after}, 80);
    return carry_out(table, nft::diff(table, wanted), wanted, packets, counts, nft::batch_limit, watched_in(turn));
  });
}

// Batches of a few operations each, wherever they may be cut.
TEST(ConvergenceLaw, TheDifferenceOfTwoWorldsTables_CutIntoTheSmallestBatches_IsSafeAfterEach) {
  Counts counts;
  check_law("convergence in small batches", {.cases = 800, .percent = 5}, counts, [&](const Turn& turn) -> std::string {
    Table table = rendered(turn.before);
    const Table wanted = rendered(turn.after);
    const auto packets = probes(1, {turn.before, turn.after}, 40);
    return carry_out(table, nft::diff(table, wanted), wanted, packets, counts, 1, watched_in(turn));
  });
}

// A kernel that looks at its table after each commit.
class WatchedKernel : public nft::Backend {
 public:
  WatchedKernel(const Table& held, Passage passage, Counts& counts) : passage_(std::move(passage)), counts_(counts) {
    kernel_.put(held);
  }
  tl::expected<void, nft::Error> commit(const std::string& table, const nft::Batch& batch) override {
    const auto before = *kernel_.table(table);
    auto done = kernel_.commit(table, batch);
    ++counts_["batches"];
    counts_["packets"] += passage_.settled();
    if (done && fault_.empty()) fault_ = passage_.fault_of(*kernel_.table(table));
    if (done && fault_.empty()) fault_ = passage_.fault_between(before, *kernel_.table(table));
    return done;
  }
  tl::expected<std::optional<nft::Dump>, nft::Error> dump(const std::string& table) override {
    return kernel_.dump(table);
  }
  const std::string& fault() const { return fault_; }
  std::optional<Table> table() const { return kernel_.table("selvedge"); }

 private:
  FakeBackend kernel_;
  Passage passage_;
  Counts& counts_;
  std::string fault_;
};

std::string adopt(const Table& held, const Table& wanted, Passage passage, Counts& counts) {
  WatchedKernel kernel(held, std::move(passage), counts);
  nft::Programmed programmed(kernel, "selvedge");
  if (const auto read = programmed.adopt(); !read) return "not adopted: " + read.error().message;
  if (const auto written = programmed.reconcile(wanted); !written) return "refused: " + written.error().message;
  if (!kernel.fault().empty()) return kernel.fault();
  return kernel.table() == wanted ? "" : "the end is another table than the one that was asked for";
}

TEST(ConvergenceLaw, TheTableOfAWorld_IsReachedFromAnyTable_SafelyAfterEachCommit) {
  Counts counts;
  check_law("adoption", {.cases = 800, .percent = 3}, counts,
            [&](const AnyTable& any, const World& world) -> std::string {
              const Table wanted = rendered(world);
              return adopt(any.table, wanted, Passage(any.table, wanted, probes(1, {world}, 80)), counts);
            });
}

TEST(ConvergenceLaw, TheTableOfAWorld_IsReachedFromADriftedOne_SafelyAfterEachCommit) {
  Counts counts;
  check_law("repair", {.cases = 800, .percent = 3}, counts, [&](const Turn& turn, std::uint64_t seed) -> std::string {
    const Table held = drifted(rendered(turn.before), seed);
    const Table wanted = rendered(turn.after);
    const auto packets = probes(1, {turn.before, turn.after}, 80);
    return adopt(held, wanted, Passage(held, wanted, packets, watched_after_drift(turn)), counts);
  });
}

TEST(ConvergenceLaw, TheTableOfAWorld_IsReachedFromAMisshapenOne_SafelyAfterEachCommit) {
  Counts counts;
  check_law("upgrade", {.cases = 800, .percent = 3}, counts, [&](const Turn& turn, std::uint64_t seed) -> std::string {
    const Table held = misshapen(drifted(rendered(turn.before), seed), seed);
    const Table wanted = rendered(turn.after);
    const auto packets = probes(1, {turn.before, turn.after}, 80);
    return adopt(held, wanted, Passage(held, wanted, packets, watched_after_drift(turn)), counts);
  });
}

}  // namespace
}  // namespace selvedge::test
