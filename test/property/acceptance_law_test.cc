// Law 5, acceptance: nft takes the text of worlds' tables; what it makes of it
// is dumped as the same tables; and it lists alike what it loaded and what we committed.
#include <set>

#include "nft/text.h"
#include "test/kernel/tables.h"
#include "test/property/law.h"
#include "test/property/world.h"

namespace selvedge::test {
namespace {

using nft::Table;
using Worlds = std::vector<World>;

// "world-0", "world-1", …
std::vector<Table> tables_of(const Worlds& worlds) {
  std::vector<Table> tables;
  for (const World& world : worlds) {
    tables.push_back(rendered(world));
    tables.back().name = "world-" + std::to_string(tables.size() - 1);
  }
  return tables;
}

std::string text_of(const std::vector<Table>& tables) {
  std::string text;
  for (const Table& table : tables) text += to_text(table);
  return text;
}

Outcome fed(const std::string& command, const std::string& text) {
  const std::string file = testing::TempDir() + "selvedge-law-" + std::to_string(getpid()) + ".nft";
  std::ofstream(file) << text;
  Outcome outcome = run(command + " " + file);
  std::remove(file.c_str());
  return outcome;
}

// In one batch: commits are what takes time here.
std::string committed(nft::NetlinkBackend& backend, const Table& table) {
  Table none;
  none.name = table.name;
  nft::Batch all;
  for (const nft::Batch& batch : nft::plan(none, nft::diff(none, table))) {
    all.insert(all.end(), batch.begin(), batch.end());
  }
  const auto done = backend.commit(table.name, all);
  return done ? "" : "not committed: " + done.error().message;
}

std::string dumped(nft::NetlinkBackend& backend, const Table& table) {
  const auto dump = backend.dump(table.name);
  if (!dump) return "not dumped: " + dump.error().message;
  if (!*dump) return "there is no table " + table.name;
  if (!(*dump)->opaque.empty()) return "does not decode: " + (*dump)->opaque[0].what;
  if ((*dump)->table == table) return "";
  return "is\n" + to_text(table) + "but is dumped as\n" + to_text((*dump)->table);
}

struct Listing {
  std::string fault;
  std::string listed;
};

Listing loaded_as_text(const std::vector<Table>& tables) {
  Listing listing;
  in_fresh_namespace([&] {
    const std::string text = text_of(tables);
    for (const char* command : {"nft -c -f", "nft -f"}) {
      const Outcome outcome = fed(command, text);
      if (outcome.status != 0) listing.fault = std::string(command) + " says " + outcome.output;
      if (outcome.status != 0) return;
    }
    auto backend = open_backend();
    for (const Table& table : tables) {
      if (listing.fault.empty()) listing.fault = dumped(backend, table);
    }
    listing.listed = run("nft -s list ruleset").output;
  });
  return listing;
}

Listing loaded_by_netlink(const std::vector<Table>& tables) {
  Listing listing;
  in_fresh_namespace([&] {
    auto backend = open_backend();
    for (const Table& table : tables) {
      if (listing.fault.empty()) listing.fault = committed(backend, table);
      if (listing.fault.empty()) listing.fault = dumped(backend, table);
    }
    listing.listed = run("nft -s list ruleset").output;
  });
  return listing;
}

std::string first_difference(const std::string& one, const std::string& other) {
  std::istringstream a(one), b(other);
  std::string line_a, line_b;
  while (line_a == line_b && a && b) {
    line_a.clear(), line_b.clear();
    std::getline(a, line_a), std::getline(b, line_b);
  }
  return "loaded as text: " + line_a + "\nloaded by netlink: " + line_b;
}

class AcceptanceLaw : public KernelTest {};

TEST_F(AcceptanceLaw, TheTablesOfWorlds_AreTheSameToTheKernelAndToNft_AsTextAndByNetlink) {
  Counts counts;
  check_law("acceptance", {.cases = 5, .percent = 8}, counts, [&](const Worlds& worlds) -> std::string {
    const auto tables = tables_of(worlds);
    counts["tables"] += tables.size();
    const Listing text = loaded_as_text(tables);
    if (!text.fault.empty()) return text.fault;
    const Listing netlink = loaded_by_netlink(tables);
    if (!netlink.fault.empty()) return netlink.fault;
    return text.listed == netlink.listed ? "" : first_difference(text.listed, netlink.listed);
  });
}

}  // namespace
}  // namespace selvedge::test
