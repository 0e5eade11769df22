// nf_tables' expressions as values: the middle ground between a Rule and its
// netlink form. Both directions pass through it, so that a rule read from the
// kernel counts as understood only if lowering it again gives the very
// expressions that came: nothing is ever half understood.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "nft/ruleset.h"

namespace selvedge::nft::netlink {

// Where TCP's flags stand in its header (RFC 9293), those that tell what a segment does to its connection (FIN, SYN,
// RST, ACK), and the one that begins it (SYN).
inline constexpr std::uint32_t tcp_flags_offset = 13;
inline constexpr std::uint8_t tcp_flags_told = 0x17, tcp_flag_syn = 0x02;

// Where a frame's type stands in its Ethernet header.
inline constexpr std::uint32_t ether_type_offset = 12;

inline constexpr std::uint64_t one_second = 1;  // in which a limit's rate is told

// Registers by the kernel's numbers (NFT_REG_1, NFT_REG32_01, …).

struct LoadMeta {
  std::uint32_t key = 0;  // NFT_META_…
  std::uint32_t target = 1;
  bool operator==(const LoadMeta&) const = default;
};
struct LoadPayload {
  std::uint32_t base = 0;  // NFT_PAYLOAD_…_HEADER
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t target = 1;
  bool operator==(const LoadPayload&) const = default;
};
struct LoadCt {
  std::uint32_t key = 0;  // NFT_CT_…
  std::uint32_t target = 1;
  bool operator==(const LoadCt&) const = default;
};
struct LoadFib {
  std::uint32_t result = 0;  // NFT_FIB_RESULT_…
  std::uint32_t flags = 0;   // NFTA_FIB_F_…
  std::uint32_t target = 1;
  bool operator==(const LoadFib&) const = default;
};
// Ends the rule unless register `source` compares so.
struct Compare {
  std::uint32_t op = 0;  // NFT_CMP_…
  std::vector<std::uint8_t> data;
  std::uint32_t source = 1;
  bool operator==(const Compare&) const = default;
};
// Register 1 becomes itself & mask.
struct Mask {
  std::vector<std::uint8_t> mask;
  bool operator==(const Mask&) const = default;
};
struct AnonymousSet {
  std::uint32_t key_type = 0;  // nft's number
  bool interval = false;
  std::vector<Element> elements{};
  bool operator==(const AnonymousSet&) const = default;
};
// Ends the rule unless register 1 (and those after it, for a concatenation) is in the set.
struct Lookup {
  std::variant<std::string, AnonymousSet> set;
  bool inverted = false;
  bool verdict = false;  // the set is a map, and what it holds is the verdict
  bool operator==(const Lookup&) const = default;
};
struct Count {
  std::string counter;
  bool operator==(const Count&) const = default;
};
struct Decide {
  std::int32_t code = 0;  // NF_ACCEPT, NF_DROP, NFT_JUMP, …
  std::string chain{};
  bool operator==(const Decide&) const = default;
};
// Ends the rule when more packets came than this many a second.
struct Limit {
  std::uint64_t rate = 0;
  std::uint32_t burst = 0;
  bool operator==(const Limit&) const = default;
};
// To a group of NFLOG, of which whoever listens decides how much of a packet it gets.
struct Report {
  std::uint16_t group = 0;
  std::string prefix;
  bool operator==(const Report&) const = default;
};
// What only the kernel and whoever wrote it understand.
struct Foreign {
  std::string name;
  bool operator==(const Foreign&) const = default;
};
using Expression =
    std::variant<LoadMeta, LoadPayload, LoadCt, LoadFib, Compare, Mask, Lookup, Count, Limit, Report, Decide, Foreign>;
using Expressions = std::vector<Expression>;

// What nft 1.0.6 makes of the rule's text, in a table of that family. A protocol check that several matches need is
// made once.
Expressions expressions_of(const Rule& rule, TableFamily family = TableFamily::inet);

// The rule (without its comment) that lowers to exactly these expressions; no value if there is none.
std::optional<Rule> rule_of(const Expressions& expressions, TableFamily family = TableFamily::inet);

// A verdict as the kernel's code and chain. `verdict` neither dispatches nor logs.
Decide decision_of(const Verdict& verdict);
std::optional<Verdict> verdict_of(const Decide& decision);

}  // namespace selvedge::nft::netlink
