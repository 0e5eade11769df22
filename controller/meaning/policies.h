// A NetworkPolicy with every element read once: what it selects, and what it allows.
#pragma once

#include <optional>
#include <vector>

#include "controller/direction.h"
#include "controller/meaning/evaluate.h"
#include "controller/meaning/peers.h"
#include "controller/meaning/ports.h"
#include "k8sclient/types.h"

namespace selvedge::meaning {

// Elements keep their index in the object; one without a value matches nothing.
struct RuleReading {
  std::size_t index = 0;
  std::vector<std::optional<PeerElement>> peers{};  // empty: anyone
  std::vector<std::optional<PortElement>> ports{};  // empty: any port of any protocol
};

struct PolicyReading {
  k8s::ObjectKey key{};
  std::optional<k8s::LabelSelector> pods{};  // none: every pod of the namespace (R9)
  bool isolates_ingress = false;
  bool isolates_egress = false;
  std::vector<RuleReading> ingress{};
  std::vector<RuleReading> egress{};
};

PolicyReading read_policy(const k8s::NetworkPolicy& policy);
bool selects(const PolicyReading& policy, const k8s::Pod& pod);

// What `policy` allows between `pod`, which it selects, and `other`.
std::vector<Grant> grants_of(const PolicyReading& policy, const k8s::Pod& pod, Direction direction,
                             const OtherEnd& other);

}  // namespace selvedge::meaning
