// A NetworkPolicy as this program understands it: directions, peers, ports, with
// every value parsed and judged. Nothing here depends on pods or namespaces.
//
// What the API would refuse today but old objects may hold matches nothing, while
// the isolation stays (fail closed), and a Problem says so.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/names.h"
#include "controller/selector.h"
#include "k8sclient/types.h"
#include "nft/ip.h"
#include "nft/ruleset.h"

namespace selvedge {

// The pods that one `from` or `to` element selects: (namespaces) AND (pods).
struct PodSet {
  std::string ns;       // pods of this namespace only; empty: of those that `namespaces` selects
  Selector namespaces;  // unused when ns is given
  Selector pods;

  auto operator<=>(const PodSet&) const = default;
};
// "pods role=frontend in namespace production"; different sets differ in text.
std::string to_string(const PodSet& set);

// A port by its name on each pod that declares it (semantics 30-32).
struct NamedPort {
  k8s::Protocol protocol{};
  std::string name;

  auto operator<=>(const NamedPort&) const = default;
};

std::uint8_t ip_protocol(k8s::Protocol protocol);  // 6, 17, 132

using PortRanges = std::vector<nft::Range<std::uint16_t>>;  // sorted, disjoint, not adjacent

struct PortMatch {
  bool any = false;                              // any port of any protocol, ICMP included
  std::map<k8s::Protocol, PortRanges> numbered;  // no ranges: every port of that protocol
  std::set<NamedPort> named;

  bool operator==(const PortMatch&) const = default;
};

// One `ingress` or `egress` element: whoever is in any of the peers, on any of the ports.
struct AllowRule {
  struct Pods {
    std::size_t index = 0;  // in `from` or `to`
    PodSet set;
    bool operator==(const Pods&) const = default;
  };
  struct Block {
    std::size_t index = 0;  // in `from` or `to`
    nft::Family family{};
    bool operator==(const Block&) const = default;
  };
  std::size_t index = 0;
  bool anyone = false;                // `from` or `to` is empty
  std::vector<Pods> pods;             // OR
  std::vector<nft::Interval> blocks;  // OR; all ipBlocks of the rule, excepts taken out, united
  std::vector<Block> block_peers;     // where they are from; not those of which nothing is left
  PortMatch ports;

  bool operator==(const AllowRule&) const = default;
};

struct Isolation {
  bool isolates = false;
  std::vector<AllowRule> rules;  // only those that can match something

  bool operator==(const Isolation&) const = default;
};

struct Policy {
  k8s::ObjectKey key;
  Selector pods;  // within the policy's namespace
  Isolation ingress;
  Isolation egress;

  const Isolation& in(Direction direction) const { return direction == Direction::ingress ? ingress : egress; }
  bool operator==(const Policy&) const = default;
};

// They select the same pods and isolate them in the same directions.
bool is_applied_alike(const Policy& a, const Policy& b);

struct CompiledPolicy {
  Policy policy;
  std::vector<k8s::Problem> problems;
};

CompiledPolicy compile(const k8s::NetworkPolicy& policy);

}  // namespace selvedge
