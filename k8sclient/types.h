// The Kubernetes objects that decide who may talk to whom, with only the fields
// that matter, as plain values with the API server's defaults applied.
//
// Text stays text where the API has text (addresses, CIDRs, label values, port
// names): what it means, and whether it means anything, is the core's to judge.
// What did not have the shape that the API documents is marked `understood =
// false`: it must then match nothing, while isolation stays (fail closed).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace selvedge::k8s {

using Labels = std::map<std::string, std::string>;

struct ObjectKey {
  std::string ns;  // empty for cluster-scoped objects
  std::string name;

  auto operator<=>(const ObjectKey&) const = default;
};
std::string to_string(const ObjectKey& key);  // "production/api", "node-a"

struct Meta {
  std::string ns;
  std::string name;
  std::string uid;
  Labels labels;
  std::string created;  // creationTimestamp, RFC 3339 in UTC: sorts as text

  ObjectKey key() const { return {ns, name}; }
  bool operator==(const Meta&) const = default;
};

// ---- selectors (meta/v1 LabelSelector) ----------------------------------------

struct Requirement {
  enum class Operator { in, not_in, exists, does_not_exist };
  std::string key;
  Operator op{};
  std::vector<std::string> values;

  auto operator<=>(const Requirement&) const = default;
};

// Empty and understood: matches everything.
struct LabelSelector {
  Labels match_labels;
  std::vector<Requirement> match_expressions;
  bool understood = true;

  auto operator<=>(const LabelSelector&) const = default;
};

// ---- core/v1 -------------------------------------------------------------------

enum class Protocol : std::uint8_t { tcp, udp, sctp };

struct ContainerPort {
  std::string name;  // may be empty
  Protocol protocol = Protocol::tcp;
  std::uint16_t number = 0;

  bool operator==(const ContainerPort&) const = default;
};

struct Pod {
  enum class Phase { pending, running, succeeded, failed, unknown };

  Meta meta;
  std::string node;  // spec.nodeName; empty: not scheduled
  bool host_network = false;
  Phase phase = Phase::pending;
  std::vector<std::string> addresses;  // status.podIPs as text, podIP if that is empty
  std::string started;                 // status.startTime, as Meta::created
  std::string maker{};                 // the controller among its ownerReferences, "ReplicaSet/web-6d4cf56db6"
  // Of containers and restartable init containers (sidecars), in their order.
  std::vector<ContainerPort> ports;
  bool understood = true;  // false: a field that counts was malformed; the addresses are what could be read

  bool operator==(const Pod&) const = default;
};

struct Namespace {
  Meta meta;               // labels hold kubernetes.io/metadata.name always
  bool understood = true;  // false: its labels were malformed; no namespaceSelector may match it
  std::string ignored{};   // the annotation selvedge.io/ignore as it is written: findings of lint, by id

  bool operator==(const Namespace&) const = default;
};

struct Node {
  Meta meta;
  std::vector<std::string> pod_cidrs;  // spec.podCIDRs, podCIDR if that is empty
  std::vector<std::string> addresses;  // status.addresses of type InternalIP and ExternalIP

  bool operator==(const Node&) const = default;
};

// A Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob or ReplicationController, for reviewing
// manifests before anything runs: the pods that it would make.
struct Workload {
  Meta meta;
  std::string resource;  // "Deployment"
  Pod pod;               // from the template: namespace, labels, host_network, ports; no name, no address

  bool operator==(const Workload&) const = default;
};

struct ServicePort {
  std::string name;  // may be empty
  Protocol protocol = Protocol::tcp;
  std::uint16_t number = 0;
  std::variant<std::uint16_t, std::string> target =
      std::uint16_t{0};  // of its pods: a number, or a container port's name

  bool operator==(const ServicePort&) const = default;
};

// Who is meant where people name a Service. No policy does, so that nothing fails closed because of one.
struct Service {
  Meta meta;
  Labels selector;  // empty: its endpoints are not chosen by labels
  bool external_name = false;
  std::vector<std::string> addresses;  // clusterIPs; a headless one has none
  std::vector<ServicePort> ports;

  bool operator==(const Service&) const = default;
};

// ---- networking.k8s.io/v1 --------------------------------------------------------

struct IpBlock {
  std::string cidr;
  std::vector<std::string> except;

  bool operator==(const IpBlock&) const = default;
};

// Which of the three are present decides what it means; the core judges combinations.
struct Peer {
  std::optional<LabelSelector> pod_selector;
  std::optional<LabelSelector> namespace_selector;
  std::optional<IpBlock> ip_block;
  bool understood = true;

  bool operator==(const Peer&) const = default;
};

struct PolicyPort {
  Protocol protocol = Protocol::tcp;
  std::variant<std::monostate, std::int64_t, std::string> port;  // any, number, name
  std::optional<std::int64_t> end_port;
  bool understood = true;

  bool operator==(const PolicyPort&) const = default;
};

struct PolicyRule {
  std::vector<Peer> peers;        // `from` or `to`; empty: anyone
  std::vector<PolicyPort> ports;  // empty: any port of any protocol
  bool understood = true;         // false: an unknown field, or a field of the wrong type

  bool operator==(const PolicyRule&) const = default;
};

struct NetworkPolicy {
  Meta meta;
  LabelSelector pod_selector;
  bool ingress_isolates = false;  // policyTypes, defaulted
  bool egress_isolates = false;
  std::vector<PolicyRule> ingress;
  std::vector<PolicyRule> egress;
  // false: podSelector, policyTypes or the spec as a whole was malformed. Then it isolates every
  // pod of its namespace in both directions and allows nothing.
  bool understood = true;
  std::string ignored{};  // as Namespace::ignored

  bool operator==(const NetworkPolicy&) const = default;
};

// ---- objects and events -----------------------------------------------------------

enum class Kind : std::uint8_t { pod, ns, node, network_policy, workload, service };
std::string_view to_string(Kind kind);  // "Pod", "Namespace", "Node", "NetworkPolicy", …

using Object = std::variant<Pod, Namespace, Node, NetworkPolicy, Workload, Service>;
Kind kind_of(const Object& object);
const Meta& meta_of(const Object& object);

// Something in an object's text that was not as documented.
struct Problem {
  Kind kind{};
  ObjectKey object;
  std::string field;    // "spec.ingress[0].from[2].ipBlock.cidr"
  std::string message;  // the value and what follows: `is a number, not a string; the peer matches nothing`
  bool closed = false;  // something was made to fail closed because of it; else it is a warning

  bool operator==(const Problem&) const = default;
};
std::string to_string(const Problem& problem);  // "NetworkPolicy production/api: spec.ingress[0]… …"

struct Decoded {
  Object object;
  std::vector<Problem> problems;
  std::string file{};    // of a manifest; empty: from somewhere else, standard input too
  std::size_t line = 0;  // where its document begins there
};

}  // namespace selvedge::k8s
