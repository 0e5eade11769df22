// Makes worlds simpler: fewer objects, then fewer parts in them, then plainer
// parts. Every step leads towards the default value of a field or a shorter
// list, so it ends.
#include <functional>
#include <set>

#include "test/property/world.h"

namespace selvedge::test {
namespace {

// Collects what `original` becomes when one member of it is made simpler.
template <typename T>
class Variants {
 public:
  explicit Variants(T original) : original_(std::move(original)) {}

  template <typename Member>
  void vary(Member T::*member, const std::vector<Member>& values) {
    for (const Member& value : values) {
      all_.push_back(original_);
      all_.back().*member = value;
    }
  }
  template <typename Member>
  void settle(Member T::*member, Member plain) {
    if (!(original_.*member == plain)) vary(member, {std::move(plain)});
  }
  std::vector<T> take() { return std::move(all_); }

 private:
  T original_;
  std::vector<T> all_;
};

template <typename T, typename Simpler>
std::vector<std::vector<T>> simpler_list(const std::vector<T>& list, Simpler simpler_element) {
  std::vector<std::vector<T>> all;
  const auto without = [&](std::size_t from, std::size_t count) {
    all.push_back(list);
    const auto start = all.back().begin() + static_cast<std::ptrdiff_t>(from);
    all.back().erase(start, start + static_cast<std::ptrdiff_t>(count));
  };
  for (std::size_t count = list.size(); count > 1; count /= 2) {
    for (std::size_t from = 0; from + count <= list.size(); from += count) without(from, count);
  }
  for (std::size_t i = 0; i < list.size(); ++i) without(i, 1);
  for (std::size_t i = 0; i < list.size(); ++i) {
    for (T& element : simpler_element(list[i])) {
      all.push_back(list);
      all.back()[i] = std::move(element);
    }
  }
  return all;
}

template <typename T>
std::vector<T> as_it_is(const T&) {
  return {};
}

std::vector<k8s::Labels> simpler_labels(const k8s::Labels& labels) {
  std::vector<k8s::Labels> all;
  for (const auto& [key, value] : labels) {
    if (key == "kubernetes.io/metadata.name") continue;
    all.push_back(labels);
    all.back().erase(key);
  }
  return all;
}

template <typename T>
std::vector<std::optional<T>> simpler_optional(const std::optional<T>& value,
                                               const std::function<std::vector<T>(const T&)>& simpler_value) {
  std::vector<std::optional<T>> all;
  if (!value) return all;
  all.push_back(std::nullopt);
  for (T& simple : simpler_value(*value)) all.emplace_back(std::move(simple));
  return all;
}

std::vector<k8s::Requirement> simpler_requirement(const k8s::Requirement& requirement) {
  Variants variants(requirement);
  variants.vary(&k8s::Requirement::values, simpler_list(requirement.values, as_it_is<std::string>));
  return variants.take();
}

std::vector<k8s::LabelSelector> simpler_selector(const k8s::LabelSelector& selector) {
  Variants variants(selector);
  variants.settle(&k8s::LabelSelector::understood, true);
  variants.vary(&k8s::LabelSelector::match_labels, simpler_labels(selector.match_labels));
  variants.vary(&k8s::LabelSelector::match_expressions, simpler_list(selector.match_expressions, simpler_requirement));
  return variants.take();
}

std::vector<k8s::IpBlock> simpler_block(const k8s::IpBlock& block) {
  Variants variants(block);
  variants.vary(&k8s::IpBlock::except, simpler_list(block.except, as_it_is<std::string>));
  return variants.take();
}

std::vector<k8s::Peer> simpler_peer(const k8s::Peer& peer) {
  Variants variants(peer);
  variants.settle(&k8s::Peer::understood, true);
  variants.vary(&k8s::Peer::pod_selector, simpler_optional<k8s::LabelSelector>(peer.pod_selector, simpler_selector));
  variants.vary(&k8s::Peer::namespace_selector,
                simpler_optional<k8s::LabelSelector>(peer.namespace_selector, simpler_selector));
  variants.vary(&k8s::Peer::ip_block, simpler_optional<k8s::IpBlock>(peer.ip_block, simpler_block));
  return variants.take();
}

std::vector<k8s::PolicyPort> simpler_port(const k8s::PolicyPort& port) {
  Variants variants(port);
  variants.settle(&k8s::PolicyPort::understood, true);
  variants.settle(&k8s::PolicyPort::end_port, {});
  variants.settle(&k8s::PolicyPort::port, {});
  variants.settle(&k8s::PolicyPort::protocol, k8s::Protocol::tcp);
  return variants.take();
}

std::vector<k8s::PolicyRule> simpler_rule(const k8s::PolicyRule& rule) {
  Variants variants(rule);
  variants.settle(&k8s::PolicyRule::understood, true);
  variants.vary(&k8s::PolicyRule::peers, simpler_list(rule.peers, simpler_peer));
  variants.vary(&k8s::PolicyRule::ports, simpler_list(rule.ports, simpler_port));
  return variants.take();
}

std::vector<k8s::NetworkPolicy> simpler_policy(const k8s::NetworkPolicy& policy) {
  Variants variants(policy);
  variants.settle(&k8s::NetworkPolicy::understood, true);
  variants.settle(&k8s::NetworkPolicy::ingress_isolates, false);
  variants.settle(&k8s::NetworkPolicy::egress_isolates, false);
  variants.vary(&k8s::NetworkPolicy::ingress, simpler_list(policy.ingress, simpler_rule));
  variants.vary(&k8s::NetworkPolicy::egress, simpler_list(policy.egress, simpler_rule));
  variants.vary(&k8s::NetworkPolicy::pod_selector, simpler_selector(policy.pod_selector));
  return variants.take();
}

template <typename Object>
std::vector<k8s::Meta> simpler_meta(const Object& object) {
  Variants variants(object.meta);
  variants.settle(&k8s::Meta::created, std::string());
  variants.settle(&k8s::Meta::uid, std::string());
  variants.vary(&k8s::Meta::labels, simpler_labels(object.meta.labels));
  return variants.take();
}

std::vector<k8s::ContainerPort> simpler_container_port(const k8s::ContainerPort& port) {
  Variants variants(port);
  variants.settle(&k8s::ContainerPort::protocol, k8s::Protocol::tcp);
  return variants.take();
}

std::vector<k8s::Pod> simpler_pod(const k8s::Pod& pod) {
  Variants variants(pod);
  variants.settle(&k8s::Pod::understood, true);
  variants.settle(&k8s::Pod::host_network, false);
  variants.settle(&k8s::Pod::phase, k8s::Pod::Phase::running);
  variants.settle(&k8s::Pod::started, std::string());
  variants.vary(&k8s::Pod::addresses, simpler_list(pod.addresses, as_it_is<std::string>));
  variants.vary(&k8s::Pod::ports, simpler_list(pod.ports, simpler_container_port));
  variants.vary(&k8s::Pod::meta, simpler_meta(pod));
  variants.settle(&k8s::Pod::node, std::string("node-a"));
  return variants.take();
}

std::vector<k8s::Namespace> simpler_namespace(const k8s::Namespace& ns) {
  Variants variants(ns);
  variants.settle(&k8s::Namespace::understood, true);
  variants.vary(&k8s::Namespace::meta, simpler_meta(ns));
  return variants.take();
}

template <typename T>
std::vector<k8s::Object> as_objects(std::vector<T> values) {
  return {std::make_move_iterator(values.begin()), std::make_move_iterator(values.end())};
}

}  // namespace

std::vector<World> simpler(const World& world) {
  Variants variants(world);
  variants.vary(&World::policies, simpler_list(world.policies, as_it_is<k8s::NetworkPolicy>));
  variants.vary(&World::pods, simpler_list(world.pods, as_it_is<k8s::Pod>));
  variants.vary(&World::namespaces, simpler_list(world.namespaces, as_it_is<k8s::Namespace>));
  variants.vary(&World::nodes, simpler_list(world.nodes, as_it_is<k8s::Node>));
  variants.settle(&World::vxlan_port, std::uint16_t{8472});
  variants.settle(&World::guard, false);
  variants.settle(&World::own_node_open, false);
  variants.settle(&World::audited, {});
  variants.settle(&World::ipvs, false);
  variants.settle(&World::node, std::optional<std::string>("node-a"));
  // Elements only: what leaves some out was tried above.
  const auto elements = [](const auto& list, auto simpler_element) {
    auto all = simpler_list(list, simpler_element);
    std::erase_if(all, [&](const auto& other) { return other.size() != list.size(); });
    return all;
  };
  variants.vary(&World::policies, elements(world.policies, simpler_policy));
  variants.vary(&World::pods, elements(world.pods, simpler_pod));
  variants.vary(&World::namespaces, elements(world.namespaces, simpler_namespace));
  return variants.take();
}

std::vector<k8s::Object> simpler(const k8s::Object& object) {
  if (const auto* pod = std::get_if<k8s::Pod>(&object)) return as_objects(simpler_pod(*pod));
  if (const auto* ns = std::get_if<k8s::Namespace>(&object)) return as_objects(simpler_namespace(*ns));
  if (const auto* policy = std::get_if<k8s::NetworkPolicy>(&object)) return as_objects(simpler_policy(*policy));
  return {};
}

}  // namespace selvedge::test
