// Decoding without a kernel: what encode() wrote reads back as the same table
// (law 1 in memory), and bytes from anywhere are answered, whatever they say.
#include <gtest/gtest.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/netlink_decode.h"
#include "nft/netlink_encode.h"
#include "test/kernel/sample_rules.h"
#include "test/support/random_table.h"

namespace selvedge::nft::netlink {
namespace {

std::vector<std::uint8_t> encoded(const Table& table) {
  Table none;
  none.name = table.name;
  Batch all;  // one batch, so that the ids of sets in it are unique
  for (const Batch& batch : plan(none, diff(none, table))) all.insert(all.end(), batch.begin(), batch.end());
  const auto stream = encode(table.name, all, 0, 1);
  EXPECT_TRUE(stream) << stream.error().message;
  const Span bytes = stream->bytes();
  return {bytes.begin(), bytes.end()};
}

Table sample_table() {
  std::vector<Rule> rules;
  for (const auto& sample : test::sample_rules()) rules.push_back(sample.rule);
  return test::table_with(rules);
}

TEST(Decode, GivesBackWhatWasEncoded) {
  const Table table = sample_table();
  const Decoded decoded = decode("selvedge", encoded(table));
  EXPECT_TRUE(decoded.dump.table == table) << to_text(decoded.dump.table);
  EXPECT_TRUE(decoded.dump.opaque.empty());
  EXPECT_FALSE(decoded.torn);
}

TEST(Decode, GivesBackTablesAtRandom) {
  for (const std::uint64_t seed : test::seeds(60)) {
    test::Random random(seed);
    const Table table = test::random_table(random);
    const Decoded decoded = decode("selvedge", encoded(table));
    ASSERT_TRUE(decoded.dump.table == table) << "SELVEDGE_SEED=" << seed;
    ASSERT_TRUE(decoded.dump.opaque.empty()) << "SELVEDGE_SEED=" << seed;
  }
}

TEST(Decode, OfAnotherTable_IsEmpty) {
  const Decoded decoded = decode("other", encoded(sample_table()));
  EXPECT_TRUE(decoded.dump.table.chains.empty());
  EXPECT_TRUE(decoded.dump.opaque.empty());
}

TEST(Decode, OfElementsThatCameTwice_IsTorn) {
  Table table;
  table.name = "selvedge";
  table.sets["s"] = {.type = address_type(Family::v4), .interval = false, .comment = "", .elements = {}};
  table.sets["s"].elements = {test::span("10.0.0.1", "10.0.0.1")};
  std::vector<std::uint8_t> bytes = encoded(table);
  EXPECT_FALSE(decode("selvedge", bytes).torn);
  const auto again = bytes;
  bytes.insert(bytes.end(), again.begin(), again.end());
  EXPECT_FALSE(decode("selvedge", {}).torn);
  const Decoded decoded = decode("selvedge", bytes);
  EXPECT_TRUE(decoded.torn);
  EXPECT_EQ(decoded.dump.table.sets.at("s").elements.size(), 1U);
}

// A stream cut off anywhere says less, or says Opaque; it never says something else.
TEST(Decode, OfATruncatedStream_MakesNothingUp) {
  const Table whole = sample_table();
  const std::vector<std::uint8_t> bytes = encoded(whole);
  for (std::size_t size = 0; size < bytes.size(); size += 29) {
    const Decoded decoded = decode("selvedge", Span(bytes).first(size));
    for (const auto& [name, chain] : decoded.dump.table.chains) {
      const auto& rules = whole.chains.at(name).rules;
      ASSERT_LE(chain.rules.size(), rules.size());
      for (std::size_t i = 0; i < chain.rules.size(); ++i) ASSERT_EQ(chain.rules[i], rules[i]) << size;
    }
  }
}

// An attribute's length that reaches past its parent makes that parent opaque, not empty.
TEST(Decode, OfABrokenElementList_IsOpaque) {
  Table table;
  table.name = "selvedge";
  table.sets["s"] = {.type = address_type(Family::v4), .interval = false, .comment = "", .elements = {}};
  table.sets["s"].elements = {test::span("10.0.0.1", "10.0.0.1"), test::span("10.0.0.2", "10.0.0.2")};
  std::vector<std::uint8_t> bytes = encoded(table);
  const std::vector<std::uint8_t> key{10, 0, 0, 2};
  const auto at = std::search(bytes.begin(), bytes.end(), key.begin(), key.end());
  ASSERT_NE(at, bytes.end());
  *(at - 4) = 0xff;  // the length of the key's own attribute
  const Decoded decoded = decode("selvedge", bytes);
  ASSERT_EQ(decoded.dump.opaque.size(), 1U);
  EXPECT_EQ(decoded.dump.opaque[0].where, Opaque::Where::element);
  EXPECT_EQ(decoded.dump.opaque[0].owner, "s");
  EXPECT_EQ(decoded.dump.table.sets.at("s").elements.size(), 1U);
}

// Any bytes get an answer, and what decodes is a value that can be printed and encoded again.
TEST(Decode, OfSpoiledBytes_EndsAndYieldsValuesThatEncode) {
  const std::vector<std::uint8_t> sound = encoded(sample_table());
  for (const std::uint64_t seed : test::seeds(400)) {
    SCOPED_TRACE("SELVEDGE_SEED=" + std::to_string(seed));
    test::Random random(seed);
    std::vector<std::uint8_t> bytes = sound;
    for (std::size_t flips = 1 + random() % 60; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    Dump dump = decode("selvedge", bytes).dump;
    EXPECT_FALSE(to_text(dump.table).empty());
    for (const auto& [name, chain] : dump.table.chains)
      for (const Rule& rule : chain.rules) {
        Rule bare = rule;
        bare.comment.clear();
        ASSERT_EQ(rule_of(expressions_of(rule)), bare);
      }
  }
}

TEST(Decode, OfNoise_Ends) {
  for (const std::uint64_t seed : test::seeds(200)) {
    test::Random random(seed);
    std::vector<std::uint8_t> bytes(random() % 5000);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() % 4 == 0 ? random() : 0);
    EXPECT_TRUE(decode("selvedge", bytes).dump.table.sets.empty()) << "SELVEDGE_SEED=" << seed;
  }
}

// ---- the encoding's limits ------------------------------------------------------

TEST(Encode, SplitsElementsIntoListsThatAnAttributeHolds) {
  AddMapElements added{"egress-v4", {}};
  for (unsigned i = 0; i < 3'000; ++i)
    added.elements[key_of(
        Address{Family::v4, {10, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}})] =
        Goto{std::string(255, 'x')};
  const auto stream = encode("selvedge", {added}, 0, 1);
  ASSERT_TRUE(stream);
  EXPECT_GT(stream->messages(), 10U);
  std::size_t elements = 0;
  for (const Message& message : messages_of(stream->bytes())) {
    if (message.type != NFT_MSG_NEWSETELEM) continue;
    const auto attributes = Attributes::parse(message.attributes);
    ASSERT_TRUE(attributes);
    const auto list = attributes->nested(NFTA_SET_ELEM_LIST_ELEMENTS);
    ASSERT_TRUE(list);
    elements += list->all().size();
  }
  EXPECT_EQ(elements, 3'000U);
}

TEST(Encode, NumbersMessages_AndKnowsTheirOperations) {
  const auto stream = encode("selvedge", {AddTable{}, AddChain{"c", {}}, FlushChain{"c"}}, 0, 0xffffffff);
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->messages(), 5U);
  EXPECT_TRUE(stream->has(0xffffffff));
  EXPECT_FALSE(stream->op_of(0xffffffff));  // the batch's beginning
  EXPECT_EQ(stream->op_of(0), 0U);          // numbers wrap
  EXPECT_EQ(stream->op_of(2), 2U);
  EXPECT_FALSE(stream->op_of(3));
  EXPECT_FALSE(stream->has(4));
}

}  // namespace
}  // namespace selvedge::nft::netlink
