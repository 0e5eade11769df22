// A Rule becomes nf_tables' expressions, one function per alternative.
//
// Each match brings the checks that its bytes mean what it takes them for
// ("is IPv4" before the IPv4 source address): a table of family inet sees all
// kinds of packets. nft makes them at the first match in need, once per rule,
// and so do we, so that `nft list` folds them back into the match.
#include <cassert>
#include <cstring>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/netlink_expression.h"
#include "nft/netlink_wire.h"

namespace selvedge::nft::netlink {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t tcp = 6, icmpv6 = 58;  // IPPROTO_…

Bytes host_order(std::uint32_t number) {
  Bytes bytes(sizeof number);
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

Bytes port_bytes(std::uint16_t port) {
  return {static_cast<std::uint8_t>(port >> 8), static_cast<std::uint8_t>(port & 0xff)};
}

Bytes ether_type_bytes(std::uint16_t type) {
  return port_bytes(type);
}

Bytes type_bytes(std::uint8_t type) {
  return {type};
}

LoadPayload address_load(Family family, Side side) {
  const bool source = side == Side::source;
  if (family == Family::v4) return {.base = NFT_PAYLOAD_NETWORK_HEADER, .offset = source ? 12U : 16U, .length = 4};
  return {.base = NFT_PAYLOAD_NETWORK_HEADER, .offset = source ? 8U : 24U, .length = 16};
}

Bytes mask_bytes(std::size_t size, std::size_t bits) {
  Bytes mask(size);
  for (std::size_t bit = 0; bit < bits && bit < size * 8; ++bit)
    mask[bit / 8] = static_cast<std::uint8_t>(mask[bit / 8] | 0x80U >> bit % 8);
  return mask;
}

Key key_of_bytes(const Bytes& bytes) {
  Key key;
  assert(bytes.size() <= key.bytes.size());
  std::copy(bytes.begin(), bytes.end(), key.bytes.begin());
  key.size = static_cast<std::uint8_t>(bytes.size());
  return key;
}

class Lowering {
 public:
  explicit Lowering(TableFamily table) : table_(table) {}

  void operator()(const MatchFamily& match) {
    family_.reset();
    need(match.family);
  }
  void operator()(const MatchProtocol& match) {
    protocol_.reset();
    need_protocol(match.protocol);
  }
  void operator()(const MatchAddress& match);
  void operator()(const MatchAddressSet& match) {
    need(match.family);
    put(address_load(match.family, match.side));
    put(Lookup{.set = match.set});
  }
  void operator()(const MatchEndpointSet& match);
  void operator()(const MatchPort& match);
  void operator()(const MatchCtState& match) {
    put(LoadCt{.key = NFT_CT_STATE});
    put(Mask{.mask = host_order(match.states)});
    put(Compare{.op = NFT_CMP_NEQ, .data = host_order(0)});
  }
  void operator()(const MatchInterface& match);
  void operator()(const MatchIcmpv6Type& match);
  void operator()(const MatchHopLimit& match) {
    need(Family::v6);
    put(LoadPayload{.base = NFT_PAYLOAD_NETWORK_HEADER, .offset = 7, .length = 1});
    equal({match.limit});
  }
  void operator()(const MatchMidstream&) {
    need_protocol(tcp);
    put(LoadPayload{.base = NFT_PAYLOAD_TRANSPORT_HEADER, .offset = tcp_flags_offset, .length = 1});
    put(Mask{.mask = {tcp_flags_told}});
    put(Compare{.op = NFT_CMP_NEQ, .data = {tcp_flag_syn}});
  }
  void operator()(const MatchFibType& match) {
    const std::uint32_t side = match.side == Side::source ? NFTA_FIB_F_SADDR : NFTA_FIB_F_DADDR;
    put(LoadFib{.result = NFT_FIB_RESULT_ADDRTYPE, .flags = side});
    put(Compare{.op = match.negated ? NFT_CMP_NEQ : NFT_CMP_EQ, .data = host_order(match.type)});
  }

  void operator()(const MatchEtherType& match) {
    AnonymousSet set{.key_type = type_ether_type};
    for (const std::uint16_t type : match.types) {
      const Key key = key_of_bytes(ether_type_bytes(type));
      set.elements.push_back({key, key});
    }
    put(LoadPayload{.base = NFT_PAYLOAD_LL_HEADER, .offset = ether_type_offset, .length = 2});
    put(Lookup{.set = std::move(set), .inverted = match.negated});
  }

  void operator()(const DispatchInterface& verdict) {
    put(LoadMeta{.key = NFT_META_IIF});
    put(Lookup{.set = verdict.map, .verdict = true});
  }
  void operator()(const Dispatch& verdict) {
    need(verdict.family);
    put(address_load(verdict.family, verdict.side));
    put(Lookup{.set = verdict.map, .verdict = true});
  }
  void operator()(const Log& log) {
    put(Limit{.rate = log.rate, .burst = log.burst});
    put(Report{.group = log.group, .prefix = log.prefix});
  }
  template <typename Final>
  void operator()(const Final& verdict) {
    put(decision_of(verdict));
  }

  void count(const std::string& counter) { put(Count{counter}); }
  Expressions take() { return std::move(out_); }

 private:
  void put(Expression expression) { out_.push_back(std::move(expression)); }
  void equal(Bytes data) { put(Compare{.op = NFT_CMP_EQ, .data = std::move(data)}); }

  void need(Family family) {
    if (family_ == family) return;
    family_ = family;
    if (table_ == TableFamily::bridge) {  // where the packet's family is the bridge's own
      put(LoadMeta{.key = NFT_META_PROTOCOL});
      return equal(ether_type_bytes(family == Family::v4 ? MatchEtherType::ip : MatchEtherType::ip6));
    }
    put(LoadMeta{.key = NFT_META_NFPROTO});
    equal({static_cast<std::uint8_t>(family == Family::v4 ? NFPROTO_IPV4 : NFPROTO_IPV6)});
  }
  void need_protocol(std::uint8_t protocol) {
    if (protocol_ == protocol) return;
    put(LoadMeta{.key = NFT_META_L4PROTO});
    equal({protocol});
    protocol_ = protocol;
  }

  // One value or range is compared; more are looked up in a set that belongs to the rule.
  template <typename T>
  void among(const std::vector<Range<T>>& ranges, std::uint32_t key_type, Bytes (*bytes_of)(T));

  Expressions out_;
  std::optional<Family> family_;
  std::optional<std::uint8_t> protocol_;
  TableFamily table_;
};

template <typename T>
void Lowering::among(const std::vector<Range<T>>& ranges, std::uint32_t key_type, Bytes (*bytes_of)(T)) {
  if (ranges.size() == 1 && ranges[0].first == ranges[0].last) {
    equal(bytes_of(ranges[0].first));
    return;
  }
  if (ranges.size() == 1) {
    put(Compare{.op = NFT_CMP_GTE, .data = bytes_of(ranges[0].first)});
    put(Compare{.op = NFT_CMP_LTE, .data = bytes_of(ranges[0].last)});
    return;
  }
  AnonymousSet set{.key_type = key_type};
  for (const Range<T>& range : ranges) {
    set.interval = set.interval || range.first != range.last;
    set.elements.push_back({key_of_bytes(bytes_of(range.first)), key_of_bytes(bytes_of(range.last))});
  }
  put(Lookup{.set = std::move(set)});
}

// A prefix of whole bytes is compared byte by byte; another needs its host bits masked.
void Lowering::operator()(const MatchAddress& match) {
  const Family family = match.prefix.address.family;
  const std::size_t bits = match.prefix.bits;
  const bool whole_bytes = bits != 0 && bits % 8 == 0;
  LoadPayload load = address_load(family, match.side);
  if (whole_bytes) load.length = static_cast<std::uint32_t>(bits / 8);
  need(family);
  put(load);
  if (!whole_bytes) put(Mask{.mask = mask_bytes(load.length, bits)});
  const auto first = match.prefix.address.bytes.begin();
  equal(Bytes(first, first + load.length));
}

// Registers of a concatenation: the address, then each field in the next 4-byte one.
void Lowering::operator()(const MatchEndpointSet& match) {
  const bool v4 = match.family == Family::v4;
  need(match.family);
  put(address_load(match.family, Side::destination));
  put(LoadMeta{.key = NFT_META_L4PROTO, .target = v4 ? std::uint32_t{NFT_REG32_01} : std::uint32_t{NFT_REG_2}});
  put(LoadPayload{.base = NFT_PAYLOAD_TRANSPORT_HEADER,
                  .offset = 2,
                  .length = 2,
                  .target = v4 ? std::uint32_t{NFT_REG32_02} : std::uint32_t{NFT_REG32_05}});
  put(Lookup{.set = match.set});
}

void Lowering::operator()(const MatchPort& match) {
  need_protocol(match.protocol);
  put(LoadPayload{.base = NFT_PAYLOAD_TRANSPORT_HEADER, .offset = 2, .length = 2});
  among(match.ports, type_inet_service, port_bytes);
}

void Lowering::operator()(const MatchInterface& match) {
  constexpr std::size_t name_size = 16;  // IFNAMSIZ; a shorter comparison would be a wildcard
  Bytes name(match.name.begin(), match.name.end());
  name.resize(name_size);
  put(LoadMeta{.key = match.way == Way::in ? NFT_META_IIFNAME : NFT_META_OIFNAME});
  put(Compare{.op = match.negated ? NFT_CMP_NEQ : NFT_CMP_EQ, .data = std::move(name)});
}

void Lowering::operator()(const MatchIcmpv6Type& match) {
  need(Family::v6);
  need_protocol(icmpv6);
  put(LoadPayload{.base = NFT_PAYLOAD_TRANSPORT_HEADER, .offset = 0, .length = 1});
  among(match.types, type_icmpv6_type, type_bytes);
}

struct Deciding {
  Decide operator()(const Accept&) const { return {.code = NF_ACCEPT}; }
  Decide operator()(const Drop&) const { return {.code = NF_DROP}; }
  Decide operator()(const Return&) const { return {.code = NFT_RETURN}; }
  Decide operator()(const Jump& jump) const { return {.code = NFT_JUMP, .chain = jump.chain}; }
  Decide operator()(const Goto& jump) const { return {.code = NFT_GOTO, .chain = jump.chain}; }
  Decide operator()(const DispatchInterface&) const { return (*this)(Dispatch{}); }
  Decide operator()(const Log&) const { return (*this)(Dispatch{}); }
  Decide operator()(const Dispatch&) const {
    assert(false && "a dispatch is a lookup, not a decision, nor is a log");
    return {};
  }
};

}  // namespace

Decide decision_of(const Verdict& verdict) {
  return std::visit(Deciding{}, verdict);
}

std::optional<Verdict> verdict_of(const Decide& decision) {
  switch (decision.code) {
    case NF_ACCEPT:
      return Accept{};
    case NF_DROP:
      return Drop{};
    case NFT_RETURN:
      return Return{};
    case NFT_JUMP:
      return Jump{decision.chain};
    case NFT_GOTO:
      return Goto{decision.chain};
    default:
      return std::nullopt;
  }
}

Expressions expressions_of(const Rule& rule, TableFamily family) {
  Lowering lowering(family);
  for (const Match& match : rule.matches) std::visit(lowering, match);
  if (!rule.counter.empty()) lowering.count(rule.counter);
  std::visit(lowering, rule.verdict);
  return lowering.take();
}

}  // namespace selvedge::nft::netlink
