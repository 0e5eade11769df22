// Law 1, round trip: what encode() writes of a table reads back as the same
// table, and its text leaves nothing out: a table that lacks anything has another text.
#include "nft/changes.h"
#include "nft/netlink_decode.h"
#include "nft/netlink_encode.h"
#include "nft/text.h"
#include "nft/transaction.h"
#include "test/property/law.h"
#include "test/property/random_tables.h"
#include "test/property/world.h"

namespace selvedge::test {
namespace {

std::string round_trip(const nft::Table& table) {
  nft::Table none;
  none.name = table.name;
  nft::Batch all;  // one batch, so that the ids of sets in it are unique
  for (const nft::Batch& batch : nft::plan(none, nft::diff(none, table))) {
    all.insert(all.end(), batch.begin(), batch.end());
  }
  const auto stream = nft::netlink::encode(table.name, all, 0, 1);
  if (!stream) return "not encoded: " + stream.error().message;
  const nft::netlink::Decoded decoded = nft::netlink::decode(table.name, stream->bytes());
  if (!decoded.dump.opaque.empty()) return "did not decode: " + decoded.dump.opaque[0].what;
  if (decoded.torn) return "is torn";
  if (decoded.dump.table == table) return "";
  return "is\n" + to_text(table) + "but decodes as\n" + to_text(decoded.dump.table);
}

std::string text_tells_all(const nft::Table& table, Counts& counts) {
  const std::string text = to_text(table);
  for (const nft::Table& lacking : lesser(table)) {
    ++counts["texts compared"];
    if (to_text(lacking) == text) return "is said in the words of a lesser table:\n" + text;
  }
  return "";
}

TEST(RoundTripLaw, TheTableOfAnyWorld_ReadsBackAsItself) {
  Counts counts;
  check_law("round trip of worlds", {.cases = 2000, .percent = 2}, counts, [&](const World& world) -> std::string {
    ++counts["tables"];
    return round_trip(rendered(world));
  });
}

TEST(RoundTripLaw, AnyTable_ReadsBackAsItself) {
  Counts counts;
  check_law("round trip of tables", {.cases = 800, .percent = 2}, counts, [&](const AnyTable& any) -> std::string {
    ++counts["tables"];
    return round_trip(any.table);
  });
}

TEST(RoundTripLaw, TheTextOfATable_LeavesNothingOut) {
  Counts counts;
  check_law("text", {.cases = 30, .percent = 1}, counts, [&](const AnyTable& any, const World& world) -> std::string {
    std::string fault = text_tells_all(any.table, counts);
    return fault.empty() ? text_tells_all(rendered(world), counts) : fault;
  });
}

}  // namespace
}  // namespace selvedge::test
