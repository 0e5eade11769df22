// Expressions become a Rule again. The reading is generous: it takes each
// expression for what our own lowering would have meant by it. Then the rule is
// lowered once more and must give the same expressions; that comparison, and
// not the reading, is what keeps a foreign rule from being misunderstood.
#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/netlink_expression.h"

namespace selvedge::nft::netlink {
namespace {

constexpr std::uint8_t tcp = 6, udp = 17, icmpv6 = 58, sctp = 132;  // IPPROTO_…
constexpr std::uint32_t ct_states = MatchCtState::invalid | MatchCtState::established | MatchCtState::related |
                                    MatchCtState::fresh | MatchCtState::untracked;

std::uint32_t host_number(const std::vector<std::uint8_t>& bytes) {
  std::uint32_t number = 0;
  if (bytes.size() == sizeof number) std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

// The number of a port or an ICMPv6 type, network byte order.
template <typename Bytes>
std::uint16_t network_number(const Bytes& bytes, std::size_t size) {
  std::uint16_t number = 0;
  for (std::size_t i = 0; i < size && i < 2; ++i) number = static_cast<std::uint16_t>(number << 8 | bytes[i]);
  return number;
}

Side side_of(Family family, std::uint32_t offset) {
  return offset == (family == Family::v4 ? 12U : 8U) ? Side::source : Side::destination;
}

// Sorted, disjoint, not adjacent, not empty: the one form that a rule has.
template <typename T>
bool canonical(const std::vector<Range<T>>& ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].first > ranges[i].last) return false;
    if (i > 0 && ranges[i].first <= ranges[i - 1].last + 1) return false;
  }
  return !ranges.empty();
}

bool has_host_bits(const Prefix& prefix) {
  const auto& bytes = prefix.address.bytes;
  for (std::size_t bit = prefix.bits; bit < bytes.size() * 8; ++bit)
    if ((bytes[bit / 8] & 0x80U >> bit % 8) != 0) return true;
  return false;
}

class Reading {
 public:
  Reading(const Expressions& expressions, TableFamily table) : all_(expressions), table_(table) {}

  std::optional<Rule> rule();

 private:
  // The expression `ahead` of the next one, if it is a T.
  template <typename T>
  const T* next(std::size_t ahead = 0) const {
    return at_ + ahead < all_.size() ? std::get_if<T>(&all_[at_ + ahead]) : nullptr;
  }
  template <typename T>
  const T* take() {
    const T* found = next<T>();
    if (found != nullptr) ++at_;
    return found;
  }

  bool step();  // false: not of our making
  bool family(const Compare& compared);
  bool protocol(const Compare& compared);
  bool interface(Way way);
  bool ct_state();
  bool by_interface();
  bool log(const Limit& limit);
  bool ether_type();
  bool fib_type(const LoadFib& load);
  bool network(const LoadPayload& load);
  bool endpoint();
  bool looked_up(Side side, const Lookup& lookup);
  bool prefix(Side side, std::uint32_t length);
  bool transport(const LoadPayload& load);
  bool meta(const LoadMeta& load);

  bool put(Match match) {
    rule_.matches.push_back(std::move(match));
    return true;
  }
  template <typename T>
  std::optional<std::vector<Range<T>>> among();

  const Expressions& all_;
  TableFamily table_;
  std::size_t at_ = 0;
  Family family_ = Family::v4;
  std::uint8_t protocol_ = 0;
  Rule rule_;
  bool decided_ = false;
};

// A check of the family is a match of its own unless the next match brings it along.
bool Reading::family(const Compare& compared) {
  if (compared.data.size() != (table_ == TableFamily::inet ? 1 : 2)) return false;
  const bool v4 = table_ == TableFamily::inet ? compared.data[0] == NFPROTO_IPV4
                                              : network_number(compared.data, 2) == MatchEtherType::ip;
  family_ = v4 ? Family::v4 : Family::v6;
  const auto* load = next<LoadPayload>();
  if (load != nullptr && load->base == NFT_PAYLOAD_NETWORK_HEADER) return true;
  const auto* inner = next<LoadMeta>();
  const auto* inner_compared = next<Compare>(1);
  const auto* type = next<LoadPayload>(2);
  if (inner != nullptr && inner->key == NFT_META_L4PROTO && inner_compared != nullptr && type != nullptr &&
      type->base == NFT_PAYLOAD_TRANSPORT_HEADER && type->offset == 0 && type->length == 1)
    return true;
  return put(MatchFamily{family_});
}

bool Reading::protocol(const Compare& compared) {
  if (compared.data.size() != 1) return false;
  protocol_ = compared.data[0];
  const auto* load = next<LoadPayload>();
  if (load != nullptr && load->base == NFT_PAYLOAD_TRANSPORT_HEADER) return true;
  return put(MatchProtocol{protocol_});
}

bool Reading::interface(Way way) {
  const auto* compared = take<Compare>();
  if (compared == nullptr || compared->data.empty() || compared->data[0] == 0) return false;
  const auto end = std::find(compared->data.begin(), compared->data.end(), std::uint8_t{0});
  return put(MatchInterface{
      .way = way, .name = std::string(compared->data.begin(), end), .negated = compared->op == NFT_CMP_NEQ});
}

bool Reading::meta(const LoadMeta& load) {
  if (load.key == NFT_META_IIFNAME) return interface(Way::in);
  if (load.key == NFT_META_OIFNAME) return interface(Way::out);
  if (load.key == NFT_META_IIF) return by_interface();
  const auto* compared = take<Compare>();
  if (compared == nullptr) return false;
  if (load.key == (table_ == TableFamily::inet ? NFT_META_NFPROTO : NFT_META_PROTOCOL)) return family(*compared);
  return load.key == NFT_META_L4PROTO && protocol(*compared);
}

bool Reading::by_interface() {
  const auto* lookup = take<Lookup>();
  const auto* map = lookup != nullptr ? std::get_if<std::string>(&lookup->set) : nullptr;
  if (map == nullptr) return false;
  rule_.verdict = DispatchInterface{*map};
  decided_ = true;
  return true;
}

bool Reading::log(const Limit& limit) {
  const auto* report = take<Report>();
  if (report == nullptr || limit.rate > std::numeric_limits<std::uint32_t>::max()) return false;
  rule_.verdict = Log{.rate = static_cast<std::uint32_t>(limit.rate),
                      .burst = limit.burst,
                      .group = report->group,
                      .prefix = report->prefix};
  decided_ = true;
  return true;
}

bool Reading::ether_type() {
  const auto* lookup = take<Lookup>();
  const auto* set = lookup != nullptr ? std::get_if<AnonymousSet>(&lookup->set) : nullptr;
  if (set == nullptr) return false;
  MatchEtherType match{.types = {}, .negated = lookup->inverted};
  for (const Element& element : set->elements) match.types.push_back(network_number(element.first.bytes, 2));
  return put(std::move(match));
}

bool Reading::ct_state() {
  const auto* mask = take<Mask>();
  if (mask == nullptr || take<Compare>() == nullptr) return false;
  const std::uint32_t states = host_number(mask->mask);
  return states != 0 && (states & ~ct_states) == 0 && put(MatchCtState{states});
}

bool Reading::fib_type(const LoadFib& load) {
  const auto* compared = take<Compare>();
  if (compared == nullptr) return false;
  const std::uint32_t type = host_number(compared->data);
  if (type < MatchFibType::unicast || type > MatchFibType::multicast) return false;
  return put(MatchFibType{.side = load.flags == NFTA_FIB_F_SADDR ? Side::source : Side::destination,
                          .type = type,
                          .negated = compared->op == NFT_CMP_NEQ});
}

bool Reading::endpoint() {
  ++at_;  // the protocol's load
  const auto* port = take<LoadPayload>();
  const auto* lookup = take<Lookup>();
  if (port == nullptr || lookup == nullptr) return false;
  const auto* set = std::get_if<std::string>(&lookup->set);
  return set != nullptr && put(MatchEndpointSet{family_, *set});
}

bool Reading::looked_up(Side side, const Lookup& lookup) {
  const auto* set = std::get_if<std::string>(&lookup.set);
  if (set == nullptr) return false;
  if (!lookup.verdict) return put(MatchAddressSet{side, family_, *set});
  rule_.verdict = Dispatch{side, family_, *set};
  decided_ = true;
  return true;
}

bool Reading::prefix(Side side, std::uint32_t length) {
  const auto* mask = take<Mask>();
  const auto* compared = take<Compare>();
  Address address{.family = family_};
  if (compared == nullptr || compared->data.size() > width(family_)) return false;
  std::copy(compared->data.begin(), compared->data.end(), address.bytes.begin());
  std::size_t bits = length * std::size_t{8};
  if (mask != nullptr) {
    bits = 0;
    for (const std::uint8_t byte : mask->mask) bits += static_cast<std::size_t>(std::popcount(byte));
  }
  if (bits > width(family_) * 8) return false;
  const Prefix prefix{address, static_cast<std::uint8_t>(bits)};
  return !has_host_bits(prefix) && put(MatchAddress{side, prefix});
}

bool Reading::network(const LoadPayload& load) {
  if (load.offset == 7) {
    const auto* compared = take<Compare>();
    return compared != nullptr && compared->data.size() == 1 && put(MatchHopLimit{compared->data[0]});
  }
  if (next<LoadMeta>() != nullptr) return endpoint();
  const Side side = side_of(family_, load.offset);
  if (const auto* lookup = take<Lookup>()) return looked_up(side, *lookup);
  return prefix(side, load.length);
}

template <typename T>
std::optional<std::vector<Range<T>>> Reading::among() {
  std::vector<Range<T>> ranges;
  const auto add = [&](const auto& first, const auto& last) {
    ranges.push_back({static_cast<T>(network_number(first, sizeof(T))),  //
                      static_cast<T>(network_number(last, sizeof(T)))});
  };
  if (const auto* lookup = take<Lookup>()) {
    const auto* set = std::get_if<AnonymousSet>(&lookup->set);
    if (set == nullptr) return std::nullopt;
    for (const Element& element : set->elements) add(element.first.bytes, element.last.bytes);
    return ranges;
  }
  const auto* first = take<Compare>();
  if (first == nullptr || first->data.size() != sizeof(T)) return std::nullopt;
  const auto* last = first->op == NFT_CMP_GTE ? take<Compare>() : first;
  if (last == nullptr || last->data.size() != sizeof(T)) return std::nullopt;
  add(first->data, last->data);
  return ranges;
}

bool Reading::transport(const LoadPayload& load) {
  if (load.offset == 0 && protocol_ == icmpv6) {
    auto types = among<std::uint8_t>();
    return types && canonical(*types) && put(MatchIcmpv6Type{std::move(*types)});
  }
  if (load.offset == tcp_flags_offset)
    return take<Mask>() != nullptr && take<Compare>() != nullptr && put(MatchMidstream{});
  auto ports = among<std::uint16_t>();
  const bool has_ports = protocol_ == tcp || protocol_ == udp || protocol_ == sctp;
  return has_ports && ports && canonical(*ports) && put(MatchPort{protocol_, std::move(*ports)});
}

bool Reading::step() {
  if (const auto* load = take<LoadMeta>()) return meta(*load);
  if (const auto* load = take<LoadFib>()) return fib_type(*load);
  if (take<LoadCt>() != nullptr) return ct_state();
  if (const auto* load = take<LoadPayload>()) {
    if (load->base == NFT_PAYLOAD_LL_HEADER) return ether_type();
    return load->base == NFT_PAYLOAD_NETWORK_HEADER ? network(*load) : transport(*load);
  }
  if (const auto* count = take<Count>()) {
    rule_.counter = count->counter;
    return true;
  }
  if (const auto* limit = take<Limit>()) return log(*limit);
  const auto* decision = take<Decide>();
  auto verdict = decision != nullptr ? verdict_of(*decision) : std::nullopt;
  if (!verdict) return false;
  rule_.verdict = std::move(*verdict);
  decided_ = true;
  return true;
}

std::optional<Rule> Reading::rule() {
  while (at_ < all_.size())
    if (decided_ || !step()) return std::nullopt;
  if (!decided_) return std::nullopt;
  return std::move(rule_);
}

}  // namespace

std::optional<Rule> rule_of(const Expressions& expressions, TableFamily family) {
  auto rule = Reading(expressions, family).rule();
  if (!rule || expressions_of(*rule, family) != expressions) return std::nullopt;
  return rule;
}

}  // namespace selvedge::nft::netlink
