// A packet is asked about up to three times: what its way settles, whether its sender's pod may send it,
// and whether its receiver's pod may receive it. Both must allow (semantics 15).
#include "controller/meaning/evaluate.h"

#include <algorithm>
#include <utility>

#include "controller/meaning/paths.h"
#include "controller/meaning/state.h"

namespace selvedge::meaning {
namespace {

using nft::Address;
using nft::Packet;
using Kind = Reason::Kind;

Judgement judgement(std::vector<Reason> reasons) {
  const bool allowed =
      std::all_of(reasons.begin(), reasons.end(), [](const Reason& reason) { return allows(reason.kind); });
  return {allowed, std::move(reasons)};
}

bool fits(const Grant& grant, const Packet& packet) {
  if (!grant.protocol) return true;
  return *grant.protocol == packet.protocol && grant.ports.first <= packet.port && packet.port <= grant.ports.last;
}

std::vector<Grant> grants_between(const PodReading& pod, Direction direction, const OtherEnd& other) {
  std::vector<Grant> grants;
  for (const PolicyReading* policy : pod.policies(direction)) {
    for (auto& grant : grants_of(*policy, pod.pod, direction, other)) grants.push_back(std::move(grant));
  }
  std::sort(grants.begin(), grants.end());
  grants.erase(std::unique(grants.begin(), grants.end()), grants.end());
  return grants;
}

std::vector<k8s::ObjectKey> isolating(const PodReading& pod, Direction direction) {
  std::vector<k8s::ObjectKey> keys;
  for (const PolicyReading* policy : pod.policies(direction)) keys.push_back(policy->key);
  return keys;
}

// By any other interface than the pod bridge an address is no pod's of this node. At output nobody tells by which one
// a packet came, and in doubt it is held.
bool may_be_a_pods(const Viewpoint& viewpoint, const Packet& packet, Direction direction) {
  if (direction == Direction::ingress) return packet.out == viewpoint.bridge;
  return packet.in == viewpoint.bridge || packet.hook == nft::Hook::output;
}

// Whether the local pod at one end may have `packet`: it sends it, or gets it.
Reason ask(const State& state, const Viewpoint& viewpoint, const Packet& packet, Direction direction) {
  const bool egress = direction == Direction::egress;
  const Address& end = egress ? packet.source : packet.destination;
  const Address& other = egress ? packet.destination : packet.source;
  Reason reason{.kind = Kind::not_isolated, .direction = direction};
  const PodReading* pod = state.target(end, direction);
  if (pod == nullptr) {
    const bool broadcast =
        end.family == nft::Family::v4 && !egress && packet.destination_type == nft::MatchFibType::broadcast;
    if (!broadcast && may_be_a_pods(viewpoint, packet, direction) && state.guards(end)) reason.kind = Kind::guarded;
    return reason;
  }
  reason.pod = pod->pod.meta.key();
  if (!pod->isolated(direction)) return reason;
  reason.isolated_by = isolating(*pod, direction);
  reason.kind = Kind::denied;
  if (pod->owns(other)) {
    reason.kind = Kind::itself;
  } else if (egress && viewpoint.own_node_open && packet.destination_type == nft::MatchFibType::local) {
    reason.kind = Kind::own_node;
  } else if ((packet.state & nft::MatchCtState::invalid) != 0) {
    reason.kind = Kind::invalid;
  } else {
    reason.grants = grants_between(*pod, direction, state.other_end(other));
    std::erase_if(reason.grants, [&](const Grant& grant) { return !fits(grant, packet); });
    if (!reason.grants.empty()) reason.kind = Kind::granted;
  }
  if (pod->audited && !allows(reason.kind)) reason.kind = Kind::audited;
  return reason;
}

}  // namespace

bool allows(Kind kind) {
  switch (kind) {
    case Kind::not_ours:
    case Kind::reply:
    case Kind::discovery:
    case Kind::lease:
    case Kind::not_isolated:
    case Kind::itself:
    case Kind::own_node:
    case Kind::granted:
    case Kind::audited:
      return true;
    case Kind::router:
    case Kind::link_scope:
    case Kind::encapsulation:
    case Kind::borrowed:
    case Kind::guarded:
    case Kind::invalid:
    case Kind::denied:
      return false;
  }
  return false;
}

class Meaning::Impl {
 public:
  Impl(Viewpoint viewpoint, const std::vector<k8s::Object>& objects)
      : viewpoint_(std::move(viewpoint)), state_(viewpoint_, objects) {}

  const Viewpoint& viewpoint() const { return viewpoint_; }
  const State& state() const { return state_; }

 private:
  Viewpoint viewpoint_;
  State state_;
};

Meaning::Meaning(Viewpoint viewpoint, const std::vector<k8s::Object>& objects)
    : impl_(std::make_unique<Impl>(std::move(viewpoint), objects)) {}
Meaning::~Meaning() = default;
Meaning::Meaning(Meaning&&) noexcept = default;
Meaning& Meaning::operator=(Meaning&&) noexcept = default;

const Viewpoint& Meaning::viewpoint() const {
  return impl_->viewpoint();
}

Judgement Meaning::evaluate(const Packet& packet) const {
  const State& state = impl_->state();
  const Viewpoint& viewpoint = impl_->viewpoint();
  const auto kind = settled(packet, viewpoint, state.any_isolated());
  if (kind && kind != Kind::lease) return judgement({{.kind = *kind}});
  std::vector<Reason> reasons;
  reasons.push_back(kind ? Reason{.kind = *kind, .direction = Direction::egress}
                         : ask(state, viewpoint, packet, Direction::egress));
  if (packet.hook != nft::Hook::input) {
    reasons.push_back(ask(state, viewpoint, packet, Direction::ingress));
  }
  return judgement(std::move(reasons));
}

std::optional<std::vector<Grant>> Meaning::grants(const Address& pod, Direction direction, const Address& other) const {
  const PodReading* target = impl_->state().target(pod, direction);
  if (target == nullptr || !target->isolated(direction) || target->audited) return std::nullopt;
  return grants_between(*target, direction, impl_->state().other_end(other));
}

std::string Meaning::likeness(const Address& address) const {
  return impl_->state().likeness(address);
}

bool Meaning::guards(const Address& address) const {
  return impl_->state().guards(address);
}

std::vector<Address> Meaning::local_addresses() const {
  return impl_->state().local_addresses();
}

std::vector<nft::Interval> Meaning::address_edges() const {
  auto edges = impl_->state().addresses_named();
  for (const auto& interval : addresses_with_rules()) edges.push_back(interval);
  return edges;
}

}  // namespace selvedge::meaning
