#include "controller/lint/scene.h"

#include <algorithm>
#include <iterator>

#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

bool is_finished(const k8s::Pod& pod) {
  return pod.phase == k8s::Pod::Phase::succeeded || pod.phase == k8s::Pod::Phase::failed;
}

template <typename Kind>
std::vector<const Kind*> last_of_each(const std::vector<const k8s::Object*>& objects) {
  std::map<k8s::ObjectKey, const Kind*> last;
  for (const k8s::Object* object : objects) {
    if (const auto* one = std::get_if<Kind>(object)) last[one->meta.key()] = one;
  }
  std::vector<const Kind*> result;
  result.reserve(last.size());
  for (const auto& [key, one] : last) result.push_back(one);
  return result;
}

std::string element(const char* list, std::size_t index) {
  return list + ("[" + std::to_string(index) + "]");
}

}  // namespace

Scene::Scene(const std::vector<const k8s::Object*>& objects, Unknown unknown)
    : nodes_(last_of_each<k8s::Node>(objects)),
      services_(last_of_each<k8s::Service>(objects)),
      all_namespaces_(last_of_each<k8s::Namespace>(objects)),
      unknown_(std::move(unknown)) {
  for (const k8s::Pod* pod : last_of_each<k8s::Pod>(objects)) {
    if (is_finished(*pod) || !pod->understood) continue;
    by_namespace_[pod->host_network ? Network::host : Network::pod][pod->meta.ns].push_back(pod);
    if (!pod->host_network) pods_.push_back(pod);
  }
  for (const k8s::Namespace* ns : all_namespaces_) {
    if (ns->understood) namespaces_[ns->meta.name] = &ns->meta.labels;
  }
  for (const k8s::NetworkPolicy* policy : last_of_each<k8s::NetworkPolicy>(objects)) {
    auto compiled = compile(*policy);
    policies_.push_back({.written = policy, .policy = std::move(compiled.policy), .problems = compiled.problems});
    policies_.back().selects_somebody = find(policies_.back().selects()) != nullptr;
  }
  for (const Subject& subject : policies_) {
    for (const Direction direction : {Direction::ingress, Direction::egress}) {
      const auto& written = direction == Direction::ingress ? subject.written->ingress : subject.written->egress;
      for (const AllowRule& rule : subject.policy.in(direction).rules)
        all_rules_.push_back({&subject, direction, &written[rule.index], &rule, rule.index});
    }
  }
  std::ranges::copy_if(all_rules_, std::back_inserter(rules_),
                       [](const RuleAt& at) { return at.subject->selects_somebody; });
}

const k8s::Pod* Scene::find(const PodSet& set, const Condition& condition, Network network) const {
  const auto all = by_namespace_.find(network);
  if (all == by_namespace_.end()) return nullptr;
  const auto fits = [&](const k8s::Pod* pod) { return matches(set.pods, pod->meta.labels) && condition(*pod); };
  for (const auto& [ns, pods] : all->second) {
    const auto labels = namespaces_.find(ns);
    const bool inside =
        set.ns.empty() ? labels != namespaces_.end() && matches(set.namespaces, *labels->second) : ns == set.ns;
    if (!inside) continue;
    if (const auto pod = std::ranges::find_if(pods, fits); pod != pods.end()) return *pod;
  }
  return nullptr;
}

bool Scene::knows_namespace(const Selector& selector) const {
  return std::ranges::any_of(namespaces_, [&](const auto& ns) { return matches(selector, *ns.second); });
}

std::vector<RuleAt> Scene::written_rules() const {
  std::vector<RuleAt> all;
  for (const Subject& subject : policies_) {
    for (const Direction direction : {Direction::ingress, Direction::egress}) {
      if (!subject.policy.in(direction).isolates || !subject.written->understood) continue;
      const auto& rules = direction == Direction::ingress ? subject.written->ingress : subject.written->egress;
      for (std::size_t i = 0; i < rules.size(); ++i) all.push_back({&subject, direction, &rules[i], nullptr, i});
    }
  }
  return all;
}

bool Scene::knows_labels() const {
  return unknown_.assumed.empty() || all_namespaces_.size() > unknown_.assumed.size();
}

// Of a namespace that was not given only its name is known.
bool Scene::may_hold_more(const PodSet& set) const {
  if (!set.ns.empty()) return unknown_.pods.contains(set.ns);
  return unknown_.pods.any() || !(knows_labels() || set.namespaces.requirements.empty());
}

std::string rule_field(const RuleAt& at) {
  return "spec." + std::string(to_string(at.direction)) + element("", at.index);
}

std::string peer_field(const RuleAt& at, std::size_t peer) {
  return rule_field(at) + element(at.direction == Direction::ingress ? ".from" : ".to", peer);
}

std::string port_field(const RuleAt& at, std::size_t port) {
  return rule_field(at) + element(".ports", port);
}

std::string name_of(const k8s::Pod& pod) {
  return k8s::to_string(pod.meta.key());
}

std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string_view protocol_name(k8s::Protocol protocol) {
  if (protocol == k8s::Protocol::tcp) return "TCP";
  return protocol == k8s::Protocol::udp ? "UDP" : "SCTP";
}

std::vector<nft::Interval> intervals_of(const k8s::IpBlock& block) {
  const auto cidr = nft::parse_prefix(block.cidr);
  if (!cidr) return {};
  std::vector<nft::Interval> excluded;
  for (const std::string& text : block.except) {
    if (const auto except = nft::parse_prefix(text)) excluded.push_back(nft::interval_of(*except));
  }
  return nft::subtract({nft::interval_of(*cidr)}, nft::unite(std::move(excluded)));
}

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

}  // namespace selvedge::lint
