// Dumps of the kernel, and bytes that pass for them. What decodes is a value: a
// rule lowers to the expressions that it came from, and a sound table survives encode and decode.
#include "nft/changes.h"
#include "nft/netlink_decode.h"
#include "nft/netlink_encode.h"
#include "nft/text.h"
#include "nft/transaction.h"
#include "nft/validate.h"
#include "test/fuzz/fuzz.h"

namespace {

using namespace selvedge::nft;  // NOLINT: all of it is about its types
using selvedge::fuzz::require;

const std::string table_name = "selvedge";

void expect_rules_that_lower_again(const Table& table) {
  for (const auto& [name, chain] : table.chains) {
    for (const Rule& rule : chain.rules) {
      Rule bare = rule;
      bare.comment.clear();
      const auto expressions = netlink::expressions_of(rule, table.family);
      require(netlink::rule_of(expressions, table.family) == bare, "a rule lowers to another: " + to_text(rule));
    }
  }
}

// One batch, so that the ids of sets in it are unique.
Batch everything_in(const Table& table) {
  Table none;
  none.name = table.name;
  Batch all;
  for (const Batch& batch : plan(none, diff(none, table))) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

void expect_a_sound_table_to_survive(const Table& table) {
  if (!validate(table).empty()) return;
  const netlink::TableName name(table_name, table.family);
  const auto stream = netlink::encode(name, everything_in(table), 0, 1);
  require(stream.has_value(), "a sound table does not encode");
  const netlink::Decoded again = netlink::decode(name, stream->bytes());
  require(again.dump.table == table, "a table decodes to another:\n" + to_text(table) + to_text(again.dump.table));
  require(again.dump.opaque.empty() && !again.torn, "a sound table comes back opaque");
}

void expect_honest_decoding(const netlink::TableName& name, netlink::Span bytes) {
  const netlink::Decoded dump = netlink::decode(name, bytes);
  for (const Opaque& opaque : dump.dump.opaque) require(!opaque.what.empty(), "opaque without a word");
  for (const std::string& set : netlink::sets_worth_reading(name, bytes)) {
    require(set.size() <= bytes.size(), "a set's name is made up");
  }
  (void)netlink::table_head(name, bytes);
  (void)netlink::tally_of(name, bytes);
  (void)netlink::has_all_parts(name, bytes);
  expect_rules_that_lower_again(dump.dump.table);
  require(!to_text(dump.dump.table).empty(), "a table without a text");
  expect_a_sound_table_to_survive(dump.dump.table);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const TableFamily family : {TableFamily::inet, TableFamily::bridge})
    expect_honest_decoding({table_name, family}, netlink::Span(data, size));
  return 0;
}
