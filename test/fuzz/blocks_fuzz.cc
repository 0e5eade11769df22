// Addresses: texts that print as they parse, interval arithmetic against a
// bitmap of 256 addresses, and a policy's ipBlocks and ports against the API's
// own words: in some cidr and in none of its excepts; equal to some port or within some range.
#include <bitset>

#include "controller/policy.h"
#include "nft/ip.h"
#include "test/fuzz/fuzz.h"

namespace {

using namespace selvedge::nft;  // NOLINT: all of it is about its types
using selvedge::fuzz::fail;
using selvedge::fuzz::Input;
using selvedge::fuzz::require;
namespace k8s = selvedge::k8s;

// ---- texts

void expect_texts_to_return(const std::string& text) {
  if (const auto address = parse_address(text)) {
    require(parse_address(to_string(*address)) == address, "an address prints as another: " + text);
    require(contains(host_prefix(*address), *address), "a host is not in its own prefix: " + text);
  }
  const auto prefix = parse_prefix(text);
  if (!prefix) return;
  require(parse_prefix(to_string(*prefix)) == prefix, "a prefix prints as another: " + text);
  require(prefix_of(interval_of(*prefix)) == prefix, "an interval is another prefix: " + text);
  require(contains(*prefix, prefix->address), "a prefix does not hold its own address: " + text);
}

// ---- arithmetic, in the last 256 addresses of either family: the edge is where numbers wrap

using Bitmap = std::bitset<256>;

Address address_at(Family family, std::size_t index) {
  Address address{.family = family};
  for (std::size_t i = 0; i < width(family); ++i) address.bytes[i] = 0xff;
  address.bytes[width(family) - 1] = static_cast<std::uint8_t>(index);
  return address;
}

Bitmap bitmap_of(Family family, const std::vector<Interval>& intervals) {
  Bitmap bits;
  for (const auto& [first, last] : intervals) {
    if (first.family != family) continue;
    for (std::size_t i = first.bytes[width(family) - 1]; i <= last.bytes[width(family) - 1]; ++i) bits.set(i);
  }
  return bits;
}

std::vector<Interval> intervals_in(Input& input) {
  std::vector<Interval> intervals;
  for (std::size_t left = input.below(12); left > 0; --left) {
    const Family family = input.flag() ? Family::v6 : Family::v4;
    const std::size_t a = input.byte();
    const std::size_t b = input.byte();
    intervals.push_back({address_at(family, std::min(a, b)), address_at(family, std::max(a, b))});
  }
  return intervals;
}

// As the kernel's interval sets want them.
void expect_normal_form(const std::vector<Interval>& intervals) {
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const auto& [first, last] = intervals[i];
    require(first.family == last.family && first <= last, "an interval is upside down");
    if (i == 0 || intervals[i - 1].last.family != first.family) continue;
    const std::size_t end = width(first.family) - 1;
    require(intervals[i - 1].last.bytes[end] + 1 < first.bytes[end], "intervals touch or are out of order");
  }
}

void expect_arithmetic_as_on_a_bitmap(Input& input) {
  const auto a = intervals_in(input);
  const auto b = intervals_in(input);
  const auto united = unite(a);
  const auto rest = subtract(united, unite(b));
  expect_normal_form(united);
  expect_normal_form(rest);
  for (const Family family : {Family::v4, Family::v6}) {
    require(bitmap_of(family, united) == bitmap_of(family, a), "unite() changes what is in");
    require(bitmap_of(family, rest) == (bitmap_of(family, a) & ~bitmap_of(family, b)),
            "subtract() is not a difference");
  }
}

// ---- policies

// Around the same edge, and now and then a short prefix that holds all of it.
std::string cidr_in(Input& input) {
  const std::size_t last = input.byte();
  const std::size_t bits = input.below(12);
  const bool v6 = input.flag();
  const std::size_t whole = v6 ? 128 : 32;
  const std::size_t length = bits == 9 ? 0 : bits == 10 ? whole - 31 : bits == 11 ? whole - 9 : whole - bits;
  return to_string(address_at(v6 ? Family::v6 : Family::v4, last)) + "/" + std::to_string(length);
}

k8s::PolicyPort port_in(Input& input) {
  k8s::PolicyPort port;
  port.protocol = static_cast<k8s::Protocol>(input.below(3));
  const std::int64_t base = input.flag() ? 65530 : 0;
  if (input.flag()) port.port = base + input.byte() % 12;
  if (input.flag()) port.end_port = base + input.byte() % 12;
  return port;
}

k8s::NetworkPolicy policy_in(Input& input) {
  k8s::NetworkPolicy policy;
  policy.meta = {.ns = "shop", .name = "api", .uid = {}, .labels = {}, .created = {}};
  policy.ingress_isolates = true;
  k8s::PolicyRule rule;
  for (std::size_t peers = 1 + input.below(4); peers > 0; --peers) {
    k8s::IpBlock block{.cidr = cidr_in(input), .except = {}};
    for (std::size_t excepts = input.below(4); excepts > 0; --excepts) block.except.push_back(cidr_in(input));
    rule.peers.push_back({.pod_selector = {}, .namespace_selector = {}, .ip_block = std::move(block)});
  }
  for (std::size_t ports = input.below(4); ports > 0; --ports) rule.ports.push_back(port_in(input));
  policy.ingress = {std::move(rule)};
  return policy;
}

struct Block {
  Prefix cidr;
  std::vector<Prefix> except;
};

std::vector<Block> blocks_of(const k8s::PolicyRule& rule) {
  std::vector<Block> blocks;
  for (const k8s::Peer& peer : rule.peers) {
    Block block{.cidr = parse_prefix(peer.ip_block->cidr).value(), .except = {}};
    for (const std::string& cidr : peer.ip_block->except) block.except.push_back(parse_prefix(cidr).value());
    blocks.push_back(std::move(block));
  }
  return blocks;
}

bool in_block(const Block& block, const Address& address) {
  const auto holds = [&](const Prefix& prefix) { return contains(prefix, address); };
  return holds(block.cidr) && std::none_of(block.except.begin(), block.except.end(), holds);
}

bool in_port(const k8s::PolicyPort& port, k8s::Protocol protocol, std::int64_t number) {
  if (port.protocol != protocol) return false;
  const auto* first = std::get_if<std::int64_t>(&port.port);
  if (first == nullptr) return !port.end_port;  // an end without a beginning means nothing
  const std::int64_t last = port.end_port.value_or(*first);
  return *first >= 1 && last <= 65535 && *first <= number && number <= last;
}

bool in_ports(const selvedge::PortMatch& ports, k8s::Protocol protocol, std::int64_t number) {
  if (ports.any) return true;
  const auto found = ports.numbered.find(protocol);
  if (found == ports.numbered.end()) return false;
  return found->second.empty() || std::any_of(found->second.begin(), found->second.end(), [&](const auto& range) {
           return range.first <= number && number <= range.last;
         });
}

bool in_intervals(const std::vector<Interval>& intervals, const Address& address) {
  return std::any_of(intervals.begin(), intervals.end(), [&](const Interval& interval) {
    return interval.first.family == address.family && interval.first <= address && address <= interval.last;
  });
}

void expect_addresses_as_the_api_says(const k8s::PolicyRule& rule, const std::vector<selvedge::AllowRule>& compiled) {
  const std::vector<Block> blocks = blocks_of(rule);
  for (const Family family : {Family::v4, Family::v6}) {
    for (std::size_t i = 0; i < 256; ++i) {
      const Address address = address_at(family, i);
      const bool expected =
          std::any_of(blocks.begin(), blocks.end(), [&](const Block& block) { return in_block(block, address); });
      const bool found = !compiled.empty() && in_intervals(compiled[0].blocks, address);
      if (found != expected) fail(to_string(address) + (expected ? " is missing" : " does not belong here"));
    }
  }
}

void expect_ports_as_the_api_says(const k8s::PolicyRule& rule, const selvedge::PortMatch& compiled) {
  for (const auto protocol : {k8s::Protocol::tcp, k8s::Protocol::udp, k8s::Protocol::sctp}) {
    for (const std::int64_t number :
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 443, 65529, 65530, 65531, 65532, 65533, 65534, 65535}) {
      const bool expected =
          rule.ports.empty() || std::any_of(rule.ports.begin(), rule.ports.end(),
                                            [&](const auto& port) { return in_port(port, protocol, number); });
      if (in_ports(compiled, protocol, number) != expected) fail("port " + std::to_string(number) + " is wrong");
    }
  }
}

// A rule that can match nothing may be left out; then there must be nothing that it would match.
bool can_match_a_port(const k8s::PolicyRule& rule) {
  const auto sound = [](const k8s::PolicyPort& port) {
    const auto* first = std::get_if<std::int64_t>(&port.port);
    return first != nullptr ? in_port(port, port.protocol, *first) : !port.end_port;
  };
  return rule.ports.empty() || std::any_of(rule.ports.begin(), rule.ports.end(), sound);
}

void expect_policy_as_the_api_says(const k8s::NetworkPolicy& policy) {
  const auto compiled = selvedge::compile(policy).policy;
  const auto& rules = compiled.ingress.rules;
  require(compiled.ingress.isolates && !compiled.egress.isolates, "another isolation");
  require(rules.size() <= 1, "rules out of nothing");
  require(rules.empty() || can_match_a_port(policy.ingress[0]), "a rule that matches no port");
  if (rules.empty() && !can_match_a_port(policy.ingress[0])) return;
  expect_addresses_as_the_api_says(policy.ingress[0], rules);
  if (!rules.empty()) expect_ports_as_the_api_says(policy.ingress[0], rules[0].ports);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::size_t what = input.below(3);
  if (what == 0) {
    for (int texts = 0; texts < 8 && !input.empty(); ++texts) expect_texts_to_return(input.line());
  } else if (what == 1) {
    expect_arithmetic_as_on_a_bitmap(input);
  } else {
    expect_policy_as_the_api_says(policy_in(input));
  }
  return 0;
}
