// An nftables table as a value: what is rendered, printed, sent to the kernel,
// read back, compared and simulated is always this, never text.
//
// Every alternative of Match and Verdict has one spelling. A match brings the
// protocol checks it needs with it (`ip saddr` implies "is IPv4", `tcp dport`
// implies "is TCP"), as in nft's own syntax; validate() refuses a rule that
// repeats such a check, so that one meaning has one form.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "nft/ip.h"

namespace selvedge::nft {

// ---- keys -------------------------------------------------------------------

// nft's data types, and so the columns of a set's `type` line.
enum class Field : std::uint8_t { ipv4_addr, ipv6_addr, inet_proto, inet_service, iface_index };
using KeyType = std::vector<Field>;  // more than one: a concatenation

// A key in the kernel's register layout: fields in network byte order (but an interface's index: the host's), each
// padded to 4 bytes. Keys of one type sort as their fields do, but for indexes.
struct Key {
  std::array<std::uint8_t, 24> bytes{};  // 16 (IPv6 address) + 4 (protocol) + 4 (port)
  std::uint8_t size = 0;

  auto operator<=>(const Key&) const = default;
};

Key key_of(const Address& address);
std::optional<Address> address_of(const Key& key);  // as wide as one; what it is of only its set's type knows
Key key_of(const Address& address, std::uint8_t protocol, std::uint16_t port);
Key key_of_interface(std::uint32_t index);
std::uint32_t interface_of(const Key& key);  // of type interface_type()
KeyType address_type(Family family);         // ipv4_addr
KeyType endpoint_type(Family family);        // ipv4_addr . inet_proto . inet_service
KeyType interface_type();                    // iface_index

std::size_t width(Field field);                  // its bytes, without padding: 4, 16, 1, 2, 4
std::size_t register_size(const KeyType& type);  // of a key: the sum of its fields, each padded to 4

// ---- sets and maps ----------------------------------------------------------

// A single key, or in an interval set all keys from first to last.
struct Element {
  Key first;
  Key last;

  auto operator<=>(const Element&) const = default;
};

struct Set {
  KeyType type;
  bool interval = false;
  std::string comment;            // at most 127 bytes: nft shows no more
  std::vector<Element> elements;  // sorted, disjoint; not adjacent if interval

  bool operator==(const Set&) const = default;
};

// ---- rules ------------------------------------------------------------------

enum class Side : std::uint8_t { source, destination };
enum class Way : std::uint8_t { in, out };

// Inclusive; first <= last.
template <typename T>
struct Range {
  T first{};
  T last{};

  auto operator<=>(const Range&) const = default;
};

// meta nfproto ipv4
struct MatchFamily {
  Family family{};
  bool operator==(const MatchFamily&) const = default;
};
// meta l4proto 132
struct MatchProtocol {
  std::uint8_t protocol{};
  bool operator==(const MatchProtocol&) const = default;
};
// ip saddr 10.0.0.0/8
struct MatchAddress {
  Side side{};
  Prefix prefix;
  bool operator==(const MatchAddress&) const = default;
};
// ip saddr @peers-v4
struct MatchAddressSet {
  Side side{};
  Family family{};
  std::string set;
  bool operator==(const MatchAddressSet&) const = default;
};
// ip daddr . meta l4proto . th dport @named-v4
struct MatchEndpointSet {
  Family family{};
  std::string set;
  bool operator==(const MatchEndpointSet&) const = default;
};
// tcp dport { 80, 8000-8100 }; protocol is TCP, UDP or SCTP; ports as unite() would leave them:
// sorted, disjoint, not adjacent, at least one. One single port or range needs no set.
struct MatchPort {
  std::uint8_t protocol{};
  std::vector<Range<std::uint16_t>> ports;
  bool operator==(const MatchPort&) const = default;
};
// ct state established,related
struct MatchCtState {
  static constexpr std::uint32_t invalid = 1, established = 2, related = 4, fresh = 8, untracked = 64;
  std::uint32_t states = 0;  // a mask of the above
  bool operator==(const MatchCtState&) const = default;
};
// iifname != "cni0"
struct MatchInterface {
  Way way{};
  std::string name;  // at most 15 bytes, no wildcard
  bool negated = false;
  bool operator==(const MatchInterface&) const = default;
};
// icmpv6 type { 130-132, 143 }; sorted, disjoint, not adjacent, at least one
struct MatchIcmpv6Type {
  std::vector<Range<std::uint8_t>> types;
  bool operator==(const MatchIcmpv6Type&) const = default;
};
// ip6 hoplimit 255
struct MatchHopLimit {
  std::uint8_t limit{};
  bool operator==(const MatchHopLimit&) const = default;
};
// tcp flags != syn / fin,syn,rst,ack: it does not begin a connection, as a lone SYN does
struct MatchMidstream {
  bool operator==(const MatchMidstream&) const = default;
};
// fib daddr type { broadcast, multicast }: what this node's routing table says of the address
struct MatchFibType {
  static constexpr std::uint32_t unicast = 1, local = 2, broadcast = 3, anycast = 4, multicast = 5;  // RTN_*
  Side side{};
  std::uint32_t type = 0;  // one of the above
  bool negated = false;
  bool operator==(const MatchFibType&) const = default;
};
// ether type != { ip, arp, ip6 }: as it stands in the frame, where a VLAN tag comes first; of bridge tables alone. As
// ranges would be: sorted, no two alike, at least two.
struct MatchEtherType {
  static constexpr std::uint16_t ip = 0x0800, arp = 0x0806, vlan = 0x8100, ip6 = 0x86dd;
  std::vector<std::uint16_t> types;
  bool negated = false;
  bool operator==(const MatchEtherType&) const = default;
};
using Match =
    std::variant<MatchFamily, MatchProtocol, MatchAddress, MatchAddressSet, MatchEndpointSet, MatchPort, MatchCtState,
                 MatchInterface, MatchIcmpv6Type, MatchHopLimit, MatchMidstream, MatchFibType, MatchEtherType>;

struct Accept {
  bool operator==(const Accept&) const = default;
};
struct Drop {
  bool operator==(const Drop&) const = default;
};
struct Return {
  bool operator==(const Return&) const = default;
};
struct Jump {
  std::string chain;
  bool operator==(const Jump&) const = default;
};
struct Goto {
  std::string chain;
  bool operator==(const Goto&) const = default;
};
// ip saddr vmap @egress-v4: what the map holds for the packet's address; nothing held: the next rule
struct Dispatch {
  Side side{};
  Family family{};
  std::string map;
  bool operator==(const Dispatch&) const = default;
};
// iif vmap @ports: what the map holds for the interface that the packet came by
struct DispatchInterface {
  std::string map;
  bool operator==(const DispatchInterface&) const = default;
};
// limit rate 10/second burst 20 packets log prefix "selvedge deny egress a/b" group 100: on to the next rule, and the
// packet is told to whoever listens to the group, unless too many were of late. The kernel throttles, rule by rule.
struct Log {
  std::uint32_t rate = 0;   // packets a second; not 0
  std::uint32_t burst = 0;  // as many at once; not 0
  std::uint16_t group = 0;  // of NFLOG
  std::string prefix;       // at most 127 bytes, at least one
  bool operator==(const Log&) const = default;
};
using Verdict = std::variant<Accept, Drop, Return, Jump, Goto, Dispatch, DispatchInterface, Log>;

struct Rule {
  std::vector<Match> matches;  // all must hold, tried in order
  std::string counter;         // a named counter of the table, or none; counts when all matches hold
  Verdict verdict;
  std::string comment;  // at most 127 bytes: nft shows no more

  bool operator==(const Rule&) const = default;
};

// Values of a verdict map: never one that dispatches or logs.
struct Map {
  KeyType type;
  std::string comment;
  std::map<Key, Verdict> elements;

  bool operator==(const Map&) const = default;
};

// ---- chains and tables --------------------------------------------------------

enum class Hook : std::uint8_t { forward, input, output, prerouting };  // the last: of bridge tables alone

// A base chain's place. Its policy is always accept: what isolates a pod is its
// own chain, and a table half torn down must not cut off the node.
struct Base {
  Hook hook{};
  std::int32_t priority = 0;

  bool operator==(const Base&) const = default;
};

struct Chain {
  std::optional<Base> base;
  std::vector<Rule> rules;

  bool operator==(const Chain&) const = default;
};

// Which packets a table sees: inet, those of IP that the node receives or forwards; bridge, all frames that ports of
// a bridge receive.
enum class TableFamily : std::uint8_t { inet, bridge };
const char* to_string(TableFamily family);  // "inet", "bridge"

// `table inet NAME`. Sets and maps share one name space in the kernel.
struct Table {
  std::string name;
  TableFamily family = TableFamily::inet;
  std::set<std::string> counters;  // named counters: their values are state, not rules
  std::map<std::string, Set> sets;
  std::map<std::string, Map> maps;
  std::map<std::string, Chain> chains;

  bool operator==(const Table&) const = default;
};

}  // namespace selvedge::nft
