// Law 3, path independence: what a core says at any moment is a function of the
// objects and attachments of that moment. Along a route its changes, carried out one after the
// other, add up to what a fresh core makes of them, to the byte.
#include <map>

#include "nft/text.h"
#include "nft/transaction.h"
#include "nft/validate.h"
#include "test/property/law.h"
#include "test/property/route.h"

namespace selvedge::test {
namespace {

using Objects = std::map<std::pair<k8s::Kind, k8s::ObjectKey>, k8s::Object>;

struct Walk {
  explicit Walk(const Settings& with) : settings(with), core(with) { table.name = settings.table; }

  Settings settings;
  Core core;
  Objects objects;
  std::map<std::pair<k8s::ObjectKey, std::string>, Attachment> attachments;
  nft::Table table;  // the changes so far, carried out
};

std::string carry_out(nft::Table& table, const nft::Changes& changes) {
  for (const nft::Batch& batch : nft::plan(table, changes)) {
    if (const auto done = nft::apply(table, batch); !done) return "refused: " + done.error().message;
  }
  return "";
}

Core fresh_core(const Walk& walk, bool backwards) {
  Core core(walk.settings);
  const auto attach = [&] {
    for (const auto& [id, attachment] : walk.attachments) core.attach(attachment);
  };
  if (backwards) {
    for (auto o = walk.objects.rbegin(); o != walk.objects.rend(); ++o) core.upsert(o->second);
    attach();
  } else {
    attach();
    for (const auto& [id, object] : walk.objects) core.upsert(object);
  }
  return core;
}

std::string compare(const Walk& walk, bool backwards) {
  Core fresh = fresh_core(walk, backwards);
  const nft::Table wanted = fresh.table();
  if (to_text(walk.table) != to_text(wanted)) return "is\n" + to_text(walk.table) + "but fresh\n" + to_text(wanted);
  if (walk.table != wanted) return "the tables differ, their texts do not";
  if (const auto faults = nft::validate(wanted); !faults.empty()) return faults[0].object + ": " + faults[0].message;
  if (walk.core.problems() != fresh.problems()) return "other problems than those of a fresh core";
  if (walk.core.unreached_policies() != fresh.unreached_policies()) return "other unreached policies";
  if (walk.core.knows_node() != fresh.knows_node()) return "knows_node() differs";
  if (walk.core.local_pods() != fresh.local_pods()) return "local_pods() differs";
  if (walk.core.isolated_pods() != fresh.isolated_pods()) return "isolated_pods() differs";
  if (walk.core.pod_addresses() != fresh.pod_addresses()) return "pod_addresses() differs";
  if (walk.core.local_addresses() != fresh.local_addresses()) return "local_addresses() differs";
  return walk.core.policies() == fresh.policies() ? "" : "policies() differs";
}

void take(Walk& walk, const Upsert& step) {
  walk.core.upsert(step.object);
  walk.objects.insert_or_assign({k8s::kind_of(step.object), k8s::meta_of(step.object).key()}, step.object);
}
void take(Walk& walk, const Erase& step) {
  walk.core.erase(step.kind, step.key);
  walk.objects.erase({step.kind, step.key});
}

void take(Walk& walk, const Attach& step) {
  walk.core.attach(step.attachment);
  walk.attachments.insert_or_assign({step.attachment.pod, step.attachment.id}, step.attachment);
}
void take(Walk& walk, const Detach& step) {
  walk.core.detach(step.pod, step.id);
  walk.attachments.erase({step.pod, step.id});
}
void take(Walk& walk, const Services& step) {
  walk.core.services_by_ipvs(step.by_ipvs);
  walk.settings.ipvs = step.by_ipvs;
}
void take(Walk&, const Ask&) {}

std::string ask(Walk& walk, const Ask& step, bool backwards) {
  if (step.whole) {
    walk.table = walk.core.table();
  } else if (std::string fault = carry_out(walk.table, walk.core.changes()); !fault.empty()) {
    return fault;
  }
  if (!walk.core.changes().empty()) return "asked again at once, there are changes";
  return compare(walk, backwards);
}

TEST(PathLaw, AnyRouteThroughWorlds_GivesAtEachMomentTheTableOfThatMoment) {
  Counts counts;
  check_law("path independence", {.cases = 600, .percent = 10}, counts, [&](const Route& route) -> std::string {
    Walk walk(route.settings);
    for (std::size_t i = 0; i < route.steps.size(); ++i) {
      std::visit([&](const auto& step) { take(walk, step); }, route.steps[i]);
      const auto* question = std::get_if<Ask>(&route.steps[i]);
      ++counts[question ? "tables" : "events"];
      if (!question) continue;
      if (std::string fault = ask(walk, *question, i % 2 == 1); !fault.empty()) {
        return "after step " + std::to_string(i) + ": " + fault;
      }
    }
    return "";
  });
}

}  // namespace
}  // namespace selvedge::test
