// A table of ours taken apart by pod and by policy: who is isolated how, by whom, and what was counted.
//
// All of it is read from the names that chains and counters have (controller/names.h) and from what leads where, so
// that it needs no API server. What leads nowhere, or has no name of ours, is not in it.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/direction.h"
#include "nft/backend.h"

namespace selvedge::cli {

struct HeldIsolation {
  std::string chain;
  std::vector<std::string> policies;  // "production/api": whose rules it asks, in order
  bool audited = false;               // what they deny is counted, and passes
  nft::CounterValue denied;           // or would be
};
struct HeldPod {
  std::string name;  // "production/api-0"
  std::set<std::string> addresses;
  std::map<Direction, HeldIsolation> isolated;  // a direction that is not here is open
};
struct HeldRules {
  std::string chain;
  std::size_t rules = 0;
  nft::CounterValue allowed;
  std::set<std::string> pods;  // that ask it
};
struct HeldPolicy {
  std::string name;
  std::map<Direction, HeldRules> rules;
};
struct Holdings {
  std::map<std::string, HeldPod> pods;  // isolated in a direction at least; by name and hash: two may have one name
  std::map<std::string, HeldPolicy> policies;
  std::map<std::string, nft::CounterValue> elsewhere;  // "link-scope": what is denied and no pod's isolation
};

Holdings holdings_of(const nft::Dump& dump);

// A name as names.h makes them, taken apart: "pod-ingress-HASH-shop/api".
struct RoleName {
  std::string role;       // "pod", "policy", "deny", "audit", "allow"; empty: none of these
  std::string direction;  // "ingress", "egress"
  std::string hash;
  std::string object;  // "shop/api", cut where it is long
};
RoleName role_name(const std::string& name);

}  // namespace selvedge::cli
