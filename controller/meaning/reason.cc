// Reasons in words. Indexes are the object's own: `production/api ingress[0] from[1] ports[0]`.
#include <string>
#include <string_view>

#include "controller/meaning/evaluate.h"

namespace selvedge::meaning {
namespace {

using Kind = Reason::Kind;

std::string words(const Grant& grant) {
  const bool ingress = grant.direction == Direction::ingress;
  std::string text = to_string(grant.policy) + (ingress ? " ingress[" : " egress[") + std::to_string(grant.rule) + "]";
  if (grant.peer) text += (ingress ? " from[" : " to[") + std::to_string(*grant.peer) + "]";
  if (grant.port) text += " ports[" + std::to_string(*grant.port) + "]";
  return text;
}

template <typename Item, typename Words>
std::string list(const std::vector<Item>& items, Words words_of) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + words_of(item);
  return text;
}

std::string policies(const Reason& reason) {
  if (reason.isolated_by.empty()) return "its object was not understood";
  return "isolated by " + list(reason.isolated_by, [](const k8s::ObjectKey& key) { return to_string(key); });
}

std::string_view what_settles(Kind kind) {
  switch (kind) {
    case Kind::not_ours:
      return "allowed: to the node, and not from a pod; or from the node itself";
    case Kind::reply:
      return "allowed: of an established connection, or related to one";
    case Kind::discovery:
      return "allowed: neighbour discovery, or multicast listeners on the link";
    case Kind::lease:
      return "allowed: a request for an address (DHCP)";
    case Kind::router:
      return "denied: a pod may not advertise or redirect as a router does";
    case Kind::link_scope:
      return "denied: link-local, multicast or broadcast where a pod of this node is isolated";
    case Kind::encapsulation:
      return "denied: a pod may not send encapsulated packets to a node";
    case Kind::borrowed:
      return "denied: a pod may not send from the node's own addresses";
    case Kind::not_isolated:
      return "allowed: not isolated";
    case Kind::guarded:
      return "denied: an address of this node's pod ranges that no known pod has";
    case Kind::itself:
      return "allowed: it reaches itself";
    case Kind::own_node:
      return "allowed: to its own node, which is open to pods";
    case Kind::invalid:
      return "denied: connection tracking cannot place the packet";
    case Kind::granted:
      return "allowed";
    case Kind::denied:
      return "denied";
    case Kind::audited:
      return "allowed: its namespace is audited";
  }
  return "";
}

}  // namespace

std::string to_string(const Reason& reason) {
  std::string text;
  if (reason.direction) text += std::string(selvedge::to_string(*reason.direction)) + " ";
  if (reason.pod) text += "of " + to_string(*reason.pod) + " ";
  text += what_settles(reason.kind);
  if (reason.kind == Kind::granted) text += " by " + list(reason.grants, words);
  if (reason.kind == Kind::denied) text += ": " + policies(reason) + ", and no rule allows it";
  if (reason.kind == Kind::audited) text += "; else denied: " + policies(reason) + ", and no rule allows it";
  return text;
}

}  // namespace selvedge::meaning
