#include "test/support/packets_near.h"

#include <algorithm>
#include <array>
#include <utility>

#include "test/support/packet_frame.h"

namespace selvedge::test {
namespace {

using namespace nft;  // NOLINT: what rules and packets are made of
using State = MatchCtState;

constexpr std::uint8_t icmpv6 = 58;
constexpr std::array<std::uint32_t, 5> states{State::fresh, State::established, State::related, State::invalid,
                                              State::untracked};

std::size_t below(Random& random, std::size_t bound) {
  return random() % bound;
}
bool one_in(Random& random, std::size_t n) {
  return below(random, n) == 0;
}
template <typename Range>
const auto& pick(Random& random, const Range& from) {
  return *std::next(std::begin(from), static_cast<std::ptrdiff_t>(below(random, std::size(from))));
}

template <typename T>
T edge(Random& random, const std::vector<Range<T>>& ranges) {
  const Range<T> range = pick(random, ranges);
  return one_in(random, 2) ? range.first : range.last;
}

Address address_in(const Key& key) {
  Address address{key.size == 16 || key.size == 24 ? Family::v6 : Family::v4, {}};
  std::copy_n(key.bytes.begin(), width(address.family), address.bytes.begin());
  return address;
}

Address address_of_type(Random& random, Family family, std::uint32_t type) {
  constexpr std::array v4{"224.0.0.1", "239.1.1.1", "255.255.255.255", "10.244.1.255", "0.0.0.0", "10.244.1.1"};
  constexpr std::array v6{"ff02::1", "ff05::2", "::", "fe80::1", "fd00::1", "fd00::"};
  if (type == MatchFibType::unicast) return random_address(random, family);
  return *parse_address(family == Family::v4 ? pick(random, v4) : pick(random, v6));
}

// The other end follows, so that a packet stays of one family.
void set_address(Random& random, Packet& packet, Side side, const Address& address) {
  Address& here = side == Side::source ? packet.source : packet.destination;
  Address& there = side == Side::source ? packet.destination : packet.source;
  here = address;
  if (there.family != address.family) there = random_address(random, address.family);
}

}  // namespace

// Makes a packet what one match asks for, if it can.
struct PacketsNear::Meeting {
  Random& random;
  const Table& table;
  Packet& packet;

  void operator()(const MatchFamily& m) const { be(m.family); }
  void operator()(const MatchProtocol& m) const { packet.protocol = m.protocol; }
  void operator()(const MatchAddress& m) const {
    const Interval all = interval_of(m.prefix);
    set_address(random, packet, m.side, one_in(random, 2) ? all.first : all.last);
  }
  void operator()(const MatchAddressSet& m) const {
    const Set& set = table.sets.at(m.set);
    if (set.elements.empty()) return be(m.family);
    const Element& element = pick(random, set.elements);
    set_address(random, packet, m.side, address_in(one_in(random, 2) ? element.first : element.last));
  }
  void operator()(const MatchEndpointSet& m) const {
    const Set& set = table.sets.at(m.set);
    if (set.elements.empty()) return be(m.family);
    const Key key = pick(random, set.elements).first;
    set_address(random, packet, Side::destination, address_in(key));
    packet.protocol = key.bytes.at(key.size - 8U);
    packet.port = static_cast<std::uint16_t>(key.bytes.at(key.size - 4U) << 8 | key.bytes.at(key.size - 3U));
  }
  void operator()(const MatchPort& m) const {
    packet.protocol = m.protocol;
    packet.port = edge(random, m.ports);
  }
  void operator()(const MatchCtState& m) const {
    do packet.state = pick(random, states);
    while ((packet.state & m.states) == 0);
  }
  void operator()(const MatchInterface& m) const {
    if (m.negated || packet.hook == (m.way == Way::in ? Hook::output : Hook::input)) return;
    (m.way == Way::in ? packet.in : packet.out) = m.name;
  }
  void operator()(const MatchIcmpv6Type& m) const {
    be(Family::v6);
    packet.protocol = icmpv6;
    packet.icmpv6_type = edge(random, m.types);
    packet.state = first_state(packet);
  }
  void operator()(const MatchHopLimit& m) const {
    be(Family::v6);
    packet.hop_limit = m.limit;
  }
  void operator()(const MatchMidstream&) const {
    packet.protocol = 6;
    packet.midstream = !one_in(random, 4);
  }
  void operator()(const MatchEtherType&) const {}  // of bridge tables alone
  void operator()(const MatchFibType& m) const {
    set_address(random, packet, m.side, address_of_type(random, packet.destination.family, m.type));
  }

  void be(Family family) const {
    if (packet.source.family != family) set_address(random, packet, Side::source, random_address(random, family));
  }
};

PacketsNear::PacketsNear(Random& random, const Table& table) : random_(random), table_(table) {
  for (const auto& [name, chain] : table.chains)
    if (chain.base) bases_.push_back(name);
}

Packet PacketsNear::next() {
  Packet packet = anything();
  if (!bases_.empty()) {
    const std::string& base = pick(random_, bases_);
    packet.hook = table_.chains.at(base).base->hook;
    descend(packet, base);
  }
  if (!one_in(random_, 3)) step_aside(packet);
  return packet;
}

Packet PacketsNear::anything() {
  constexpr std::array<std::uint8_t, 8> protocols{1, 6, 6, 17, 17, 58, 132, 47};
  constexpr std::array<std::uint8_t, 7> types{1, 128, 128, 129, 135, 136, 143};
  constexpr std::array<std::uint8_t, 4> limits{0, 1, 64, 255};
  const Family family = one_in(random_, 2) ? Family::v4 : Family::v6;
  Packet packet;
  packet.hook = one_in(random_, 4) ? Hook::input : Hook::forward;
  packet.source = random_address(random_, family);
  packet.destination = random_address(random_, family);
  packet.protocol = pick(random_, protocols);
  packet.port = static_cast<std::uint16_t>(random_());
  packet.icmpv6_type = pick(random_, types);
  packet.hop_limit = pick(random_, limits);
  packet.state = one_in(random_, 3) ? pick(random_, states) : first_state(packet);
  return packet;
}

// Rules before the chosen one may take the packet first; so may they for any other.
void PacketsNear::descend(Packet& packet, const std::string& chain) {
  const std::vector<Rule>& rules = table_.chains.at(chain).rules;
  if (rules.empty()) return;
  const Rule& rule = pick(random_, rules);
  const Meeting meeting{random_, table_, packet};
  for (const Match& match : rule.matches) std::visit(meeting, match);

  const Verdict* verdict = &rule.verdict;
  if (const auto* dispatch = std::get_if<Dispatch>(verdict)) {
    const Map& map = table_.maps.at(dispatch->map);
    meeting.be(dispatch->family);
    if (map.elements.empty()) return;
    const auto& [key, held] = pick(random_, map.elements);
    set_address(random_, packet, dispatch->side, address_in(key));
    verdict = &held;
  }
  if (const auto* jump = std::get_if<Jump>(verdict)) descend(packet, jump->chain);
  if (const auto* jump = std::get_if<Goto>(verdict)) descend(packet, jump->chain);
}

void PacketsNear::step_aside(Packet& packet) {
  const int step = one_in(random_, 2) ? 1 : -1;
  switch (below(random_, 9)) {
    case 0:
      packet.source = moved(packet.source, step);
      break;
    case 1:
      packet.destination = moved(packet.destination, step);
      break;
    case 2:
      packet.port = static_cast<std::uint16_t>(packet.port + step);
      break;
    case 3:
      packet.protocol = anything().protocol;
      break;
    case 4:
      packet.icmpv6_type = static_cast<std::uint8_t>(packet.icmpv6_type + step);
      packet.state = first_state(packet);
      break;
    case 5:
      packet.hop_limit = static_cast<std::uint8_t>(packet.hop_limit + step);
      break;
    case 6:
      packet.state = pick(random_, states);
      break;
    case 7:
      packet.in.clear();
      packet.out.clear();
      break;
    default:
      std::swap(packet.source, packet.destination);
  }
}

Address moved(Address address, int step) {
  for (std::size_t i = width(address.family); i-- > 0;) {
    const int byte = address.bytes.at(i) + step;
    address.bytes.at(i) = static_cast<std::uint8_t>(byte & 0xff);
    if (byte >= 0 && byte <= 0xff) break;
  }
  return address;
}

std::optional<Packet> fitted(Random& random, const PacketBed& bed, const Packet& packet) {
  constexpr int tries = 12;
  for (int i = 0; i < tries; ++i) {
    Packet candidate = packet;
    if (candidate.hook == Hook::output) candidate.hook = Hook::forward;  // nothing in the bed starts on the node
    if (candidate.in.empty() || i > tries / 3) candidate.in = pick(random, bed.interfaces());
    if (candidate.hook == Hook::input) candidate.out.clear();
    if (candidate.hook == Hook::forward && (candidate.out.empty() || i > tries / 3))
      candidate.out = pick(random, bed.interfaces());
    if (i > 2 * tries / 3) candidate.state = one_in(random, 2) ? first_state(candidate) : pick(random, states);
    candidate.midstream = is_midstream(candidate);
    candidate.source_type = bed.type_of(candidate.source, candidate.hook);
    candidate.destination_type = bed.type_of(candidate.destination, candidate.hook);
    if (bed.carries(candidate)) return candidate;
  }
  return std::nullopt;
}

}  // namespace selvedge::test
