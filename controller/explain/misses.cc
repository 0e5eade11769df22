#include "controller/explain/misses.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "controller/meaning/address.h"
#include "controller/meaning/labels.h"
#include "controller/meaning/ports.h"

namespace selvedge::explain {
namespace {

using k8s::Requirement;
using Lacks = std::vector<std::string>;
constexpr std::size_t hopeless = 100;  // another kind of thing altogether

std::string list(const std::vector<std::string>& words, const char* between = ", ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::string words(const Requirement& requirement) {
  switch (requirement.op) {
    case Requirement::Operator::in:
      return requirement.key + " in (" + list(requirement.values) + ')';
    case Requirement::Operator::not_in:
      return requirement.key + " notin (" + list(requirement.values) + ')';
    case Requirement::Operator::exists:
      return requirement.key;
    case Requirement::Operator::does_not_exist:
      return '!' + requirement.key;
  }
  return "";
}

// What the labels have where `key` is asked for; or who has the value under another key.
std::string instead(const k8s::Labels& labels, const std::string& key, const std::string& value) {
  const auto same_key = labels.find(key);
  if (same_key != labels.end()) return ", has " + key + '=' + same_key->second;
  const auto same_value = std::ranges::find_if(labels, [&](const auto& label) { return label.second == value; });
  return same_value == labels.end() ? "" : ", has " + same_value->first + '=' + value;
}

Lacks lacking(const k8s::LabelSelector& selector, const k8s::Labels& labels) {
  Lacks lacks;
  for (const auto& [key, value] : selector.match_labels) {
    const auto label = labels.find(key);
    if (label != labels.end() && label->second == value) continue;
    lacks.push_back("label " + key + '=' + value + " missing" + instead(labels, key, value));
  }
  for (const Requirement& requirement : selector.match_expressions) {
    if (meaning::matches({.match_labels = {}, .match_expressions = {requirement}}, labels)) continue;
    const auto label = labels.find(requirement.key);
    const std::string has =
        label == labels.end() ? "has no label " + requirement.key : "has " + requirement.key + '=' + label->second;
    lacks.push_back("label " + words(requirement) + " not met, " + has);
  }
  return lacks;
}

void add(Lacks& lacks, const std::string& whose, Lacks more) {
  for (std::string& one : more) lacks.push_back(whose + std::move(one));
}

// Of a pod both addresses are meant, so that it is the same to say of both.
Lacks lacking(const meaning::Block& block, const std::string& text, const meaning::OtherEnd& other) {
  const std::string whose = other.pod == nullptr ? nft::to_string(other.address) + " is " : "is ";
  if (!meaning::lies_in(other.address, block.addresses)) return {whose + "not in " + text};
  return {whose + "one of its exceptions"};
}

struct Nearness {
  Lacks lacks;
  std::size_t distance = 0;
};

Nearness nearness(const meaning::PodsByLabel& peer, const std::string& ns, const meaning::OtherEnd& other) {
  if (other.pod == nullptr)
    return {{nft::to_string(other.address) + " is no pod's address, and selectors match pods"}, hopeless};
  if (!other.pod->understood) return {{"the pod's object was not understood"}, hopeless};
  Lacks lacks;
  if (!peer.namespaces) {
    if (other.pod->meta.ns != ns)
      lacks.push_back("is in namespace " + other.pod->meta.ns + ", and without a namespaceSelector only pods of " + ns +
                      " are meant");
  } else if (other.ns == nullptr) {
    lacks.push_back("namespace " + other.pod->meta.ns + " is not known");
  } else {
    add(lacks, "namespace " + other.pod->meta.ns + ": ", lacking(*peer.namespaces, *other.ns));
  }
  if (peer.pods) add(lacks, "", lacking(*peer.pods, other.pod->meta.labels));
  const std::size_t distance = lacks.size();
  return {std::move(lacks), distance};
}

Nearness nearness(const k8s::Peer& written, const std::string& ns, const meaning::OtherEnd& other) {
  const auto peer = meaning::read_peer(written);
  if (!peer) return {{"was not understood and matches nothing"}, hopeless};
  if (meaning::stands_for(*peer, ns, other)) return {};
  if (const auto* block = std::get_if<meaning::Block>(&*peer))
    return {lacking(*block, written.ip_block->cidr, other), other.pod == nullptr ? std::size_t{2} : hopeless};
  return nearness(std::get<meaning::PodsByLabel>(*peer), ns, other);
}

bool opens(const meaning::PortElement& element, const k8s::Pod* receiver, const PortAsked& port) {
  if (meaning::number_of(element.protocol) != port.protocol) return false;
  return std::ranges::any_of(meaning::ports_at(element, receiver), [&](const meaning::Ports& ports) {
    return ports.first <= port.number && port.number <= ports.last;
  });
}

bool opens(const k8s::PolicyRule& rule, const k8s::Pod* receiver, const PortAsked& port) {
  if (rule.ports.empty()) return true;
  return std::ranges::any_of(rule.ports, [&](const k8s::PolicyPort& written) {
    const auto element = meaning::read_port(written);
    return element && opens(*element, receiver, port);
  });
}

std::string declared_by(const k8s::PolicyPort& written, const k8s::Pod* receiver) {
  const auto element = meaning::read_port(written);
  if (!element) return " (not understood)";
  const auto* name = std::get_if<std::string>(&element->ports);
  if (name == nullptr) return "";
  if (receiver == nullptr) return " (a name, and the receiving end is no pod)";
  const auto ports = meaning::ports_at(*element, receiver);
  const std::string whose = k8s::to_string(receiver->meta.key());
  if (ports.empty()) return " (which " + whose + " does not declare)";
  std::vector<std::string> numbers;
  for (const auto& port : ports) numbers.push_back(std::to_string(port.first));
  return " (" + list(numbers) + " at " + whose + ')';
}

std::string port_lack(const k8s::PolicyRule& rule, const k8s::Pod* receiver, const PortAsked& port) {
  std::vector<std::string> allowed;
  for (const k8s::PolicyPort& written : rule.ports)
    allowed.push_back(words_of(written) + declared_by(written, receiver));
  return "allows " + list(allowed) + ", not " + to_string(port);
}

std::string element(const char* list, std::size_t index) {
  return std::string(list) + '[' + std::to_string(index) + ']';
}

class Looking {
 public:
  Looking(const k8s::NetworkPolicy& policy, Direction direction, const meaning::OtherEnd& other,
          const k8s::Pod* receiver, const PortAsked& port)
      : policy_(policy), ingress_(direction == Direction::ingress), other_(other), receiver_(receiver), port_(port) {}

  std::vector<Miss> all() const;

 private:
  std::vector<Miss> of_rule(const k8s::PolicyRule& rule, const std::string& at) const;
  Miss with_port(const k8s::PolicyRule& rule, Miss miss) const;

  const k8s::NetworkPolicy& policy_;
  bool ingress_;
  const meaning::OtherEnd& other_;
  const k8s::Pod* receiver_;
  const PortAsked& port_;
};

std::vector<Miss> Looking::all() const {
  if (!policy_.understood || !meaning::is_valid(policy_.pod_selector))  // R9
    return {{.at = k8s::to_string(policy_.meta.key()),
             .means = {},
             .lacks = {"was not understood, isolates its namespace and allows nothing"},
             .distance = hopeless}};
  const auto& rules = ingress_ ? policy_.ingress : policy_.egress;
  std::vector<Miss> misses;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string at = k8s::to_string(policy_.meta.key()) + ' ' + element(ingress_ ? "ingress" : "egress", i);
    std::ranges::move(of_rule(rules[i], at), std::back_inserter(misses));
  }
  std::ranges::stable_sort(misses, {}, &Miss::distance);
  return misses;
}

std::vector<Miss> Looking::of_rule(const k8s::PolicyRule& rule, const std::string& at) const {
  if (!rule.understood)
    return {{.at = at, .means = {}, .lacks = {"was not understood and allows nothing"}, .distance = hopeless}};
  if (rule.peers.empty()) return {with_port(rule, {.at = at, .means = "anyone", .lacks = {}})};
  std::vector<Miss> misses;
  for (std::size_t i = 0; i < rule.peers.size(); ++i) {
    Nearness near = nearness(rule.peers[i], policy_.meta.ns, other_);
    misses.push_back(with_port(rule, {.at = at + element(ingress_ ? " from" : " to", i),
                                      .means = words_of(rule.peers[i]),
                                      .lacks = std::move(near.lacks),
                                      .distance = near.distance}));
  }
  return misses;
}

Miss Looking::with_port(const k8s::PolicyRule& rule, Miss miss) const {
  if (opens(rule, receiver_, port_)) return miss;
  miss.lacks.push_back(port_lack(rule, receiver_, port_));
  ++miss.distance;
  return miss;
}

}  // namespace

std::vector<Miss> misses_of(const k8s::NetworkPolicy& policy, Direction direction, const meaning::OtherEnd& other,
                            const k8s::Pod* receiver, const PortAsked& port) {
  return Looking(policy, direction, other, receiver, port).all();
}

std::string words_of(const k8s::LabelSelector& selector) {
  std::vector<std::string> all;
  for (const auto& [key, value] : selector.match_labels) all.push_back(key + '=' + value);
  for (const Requirement& requirement : selector.match_expressions) all.push_back(words(requirement));
  return all.empty() ? "all" : list(all, ",");
}

std::string words_of(const k8s::Peer& peer) {
  if (peer.ip_block) {
    const std::string except = list(peer.ip_block->except);
    return "ipBlock " + peer.ip_block->cidr + (except.empty() ? "" : " except " + except);
  }
  std::string text;
  if (peer.namespace_selector) text = "namespaceSelector " + words_of(*peer.namespace_selector);
  if (peer.pod_selector) text += (text.empty() ? "" : " and ") + ("podSelector " + words_of(*peer.pod_selector));
  return text;
}

std::string words_of(const k8s::PolicyPort& port) {
  const std::string protocol = name_of(meaning::number_of(port.protocol));
  if (const auto* number = std::get_if<std::int64_t>(&port.port)) {
    const std::string last = port.end_port ? '-' + std::to_string(*port.end_port) : "";
    return protocol + '/' + std::to_string(*number) + last;
  }
  if (const auto* name = std::get_if<std::string>(&port.port)) return protocol + '/' + *name;
  return protocol;
}

}  // namespace selvedge::explain
