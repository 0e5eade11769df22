// Everything is read once, at construction; what evaluate() asks is then a lookup.
#include "controller/meaning/state.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

#include "controller/meaning/address.h"

namespace selvedge::meaning {
namespace {

// The last of several objects of one key counts.
template <typename Kind>
std::map<k8s::ObjectKey, Kind> last_of_each(const std::vector<k8s::Object>& objects) {
  std::map<k8s::ObjectKey, Kind> by_key;
  for (const auto& object : objects) {
    if (const auto* value = std::get_if<Kind>(&object)) by_key.insert_or_assign(value->meta.key(), *value);
  }
  return by_key;
}

bool is_policed(const k8s::Pod& pod) {
  return !pod.host_network && pod.phase != k8s::Pod::Phase::succeeded && pod.phase != k8s::Pod::Phase::failed;
}

bool is_older(const k8s::Pod& one, const k8s::Pod& other) {
  const auto age = [](const k8s::Pod& pod) {
    return std::tie(pod.started, pod.meta.created, pod.meta.ns, pod.meta.name, pod.meta.uid);
  };
  return age(one) < age(other);
}

// A pod that was not understood might be scheduled anywhere.
bool is_local(const k8s::Pod& pod, const std::optional<std::string>& node) {
  return !node || pod.node == *node || (!pod.understood && pod.node.empty());
}

std::vector<nft::Address> addresses_of(const k8s::Pod& pod) {
  std::vector<nft::Address> addresses;
  for (const auto& text : pod.addresses) {
    const auto address = read_address(text);
    if (!address) continue;
    if (std::find(addresses.begin(), addresses.end(), *address) == addresses.end()) addresses.push_back(*address);
  }
  return addresses;
}

void append_blocks(std::vector<nft::Interval>& named, const std::vector<RuleReading>& rules) {
  for (const auto& rule : rules) {
    for (const auto& peer : rule.peers) {
      const auto* block = peer ? std::get_if<Block>(&*peer) : nullptr;
      if (block == nullptr) continue;
      named.push_back(block->addresses);
      named.insert(named.end(), block->except.begin(), block->except.end());
    }
  }
}

}  // namespace

bool PodReading::owns(const nft::Address& address) const {
  return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

State::State(std::optional<std::string> node, const std::vector<k8s::Object>& objects) {
  for (const auto& [key, policy] : last_of_each<k8s::NetworkPolicy>(objects)) policies_.push_back(read_policy(policy));
  for (auto& [key, ns] : last_of_each<k8s::Namespace>(objects)) namespaces_.emplace(key.name, ns);
  read_pods(node, last_of_each<k8s::Pod>(objects));
  for (const auto& pod : pods_) {
    for (const auto& address : pod.addresses) claimants_[address].push_back(&pod);
    any_isolated_ = any_isolated_ || pod.isolated(Direction::ingress) || pod.isolated(Direction::egress);
  }
}

void State::read_pods(const std::optional<std::string>& node, std::map<k8s::ObjectKey, k8s::Pod> pods) {
  for (auto& [key, pod] : pods) {
    if (!is_policed(pod)) continue;
    PodReading read{.addresses = addresses_of(pod), .local = is_local(pod, node)};
    read.pod = std::move(pod);
    isolate(read);
    pods_.push_back(std::move(read));
  }
  std::sort(pods_.begin(), pods_.end(),
            [](const PodReading& one, const PodReading& other) { return is_older(one.pod, other.pod); });
}

void State::isolate(PodReading& pod) const {
  if (!pod.local || !pod.pod.understood) return;
  for (const auto& policy : policies_) {
    if (!selects(policy, pod.pod)) continue;
    if (policy.isolates_ingress) pod.ingress.push_back(&policy);
    if (policy.isolates_egress) pod.egress.push_back(&policy);
  }
}

OtherEnd State::other_end(const nft::Address& address) const {
  const auto found = claimants_.find(address);
  if (found == claimants_.end()) return {.address = address};
  const k8s::Pod& owner = found->second.back()->pod;
  const auto ns = namespaces_.find(owner.meta.ns);
  const bool known = ns != namespaces_.end() && ns->second.understood;
  return {.address = address, .pod = &owner, .ns = known ? &ns->second.meta.labels : nullptr};
}

const PodReading* State::target(const nft::Address& address, Direction direction) const {
  const auto found = claimants_.find(address);
  if (found == claimants_.end()) return nullptr;
  const PodReading* newest = nullptr;
  const PodReading* newest_isolated = nullptr;
  for (const PodReading* pod : found->second) {
    if (pod->local) newest = pod;
    if (pod->isolated(direction)) newest_isolated = pod;
  }
  return newest_isolated != nullptr ? newest_isolated : newest;
}

std::vector<nft::Address> State::local_addresses() const {
  std::vector<nft::Address> addresses;
  for (const auto& [address, pods] : claimants_) {
    if (std::any_of(pods.begin(), pods.end(), [](const PodReading* pod) { return pod->local; })) {
      addresses.push_back(address);
    }
  }
  return addresses;
}

std::vector<nft::Interval> State::addresses_named() const {
  std::vector<nft::Interval> named;
  for (const auto& [address, pods] : claimants_) named.push_back({address, address});
  for (const auto& policy : policies_) {
    append_blocks(named, policy.ingress);
    append_blocks(named, policy.egress);
  }
  return named;
}

}  // namespace selvedge::meaning
