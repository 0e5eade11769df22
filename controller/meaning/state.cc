// Everything is read once, at construction; what evaluate() asks is then a lookup.
#include "controller/meaning/state.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

#include "controller/meaning/address.h"
#include "controller/meaning/audit.h"

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

void insert_blocks(std::set<nft::Interval>& named, const std::vector<RuleReading>& rules) {
  for (const auto& rule : rules) {
    for (const auto& peer : rule.peers) {
      const auto* block = peer ? std::get_if<Block>(&*peer) : nullptr;
      if (block == nullptr) continue;
      named.insert(block->addresses);
      named.insert(block->except.begin(), block->except.end());
    }
  }
}

}  // namespace

bool PodReading::owns(const nft::Address& address) const {
  return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

State::State(const Viewpoint& viewpoint, const std::vector<k8s::Object>& objects) {
  for (const auto& [key, policy] : last_of_each<k8s::NetworkPolicy>(objects)) policies_.push_back(read_policy(policy));
  for (const auto& [key, ns] : last_of_each<k8s::Namespace>(objects)) namespaces_.emplace(key.name, ns);
  for (const auto& policy : policies_) {
    insert_blocks(blocks_, policy.ingress);
    insert_blocks(blocks_, policy.egress);
  }
  read_pods(viewpoint, last_of_each<k8s::Pod>(objects));
  for (const auto& [key, value] : last_of_each<k8s::Node>(objects)) {
    if (viewpoint.guard && viewpoint.node && value.meta.name == *viewpoint.node) read_ranges(value);
  }
  for (const auto& pod : pods_) {
    for (const auto& address : pod.addresses) claimants_[address].push_back(&pod);
    any_isolated_ = any_isolated_ || pod.isolated(Direction::ingress) || pod.isolated(Direction::egress);
  }
}

void State::read_pods(const Viewpoint& viewpoint, const std::map<k8s::ObjectKey, k8s::Pod>& pods) {
  for (const auto& [key, pod] : pods) {
    if (!is_policed(pod)) continue;
    const auto ns = namespaces_.find(pod.meta.ns);
    PodReading read{.pod = pod,
                    .addresses = addresses_of(pod),
                    .local = is_local(pod, viewpoint.node),
                    .audited = is_audited(pod, ns == namespaces_.end() ? nullptr : &ns->second, viewpoint.audited)};
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

// A range that holds more than pods of one node is none: over 2^24 addresses, or over 2^96, or the node's own.
void State::read_ranges(const k8s::Node& node) {
  static const auto widest_v4 = block("10.0.0.0/8");
  static const auto widest_v6 = block("fd00::/32");
  const auto larger = [](const nft::Interval& one, const nft::Interval& other) {
    for (std::size_t i = 0; i < one.first.bytes.size(); ++i) {
      const int size = one.last.bytes.at(i) - one.first.bytes.at(i);
      const int other_size = other.last.bytes.at(i) - other.first.bytes.at(i);
      if (size != other_size) return size > other_size;
    }
    return false;
  };
  for (const auto& text : node.pod_cidrs) {
    const auto range = read_block(text);
    if (!range || larger(*range, range->first.family == nft::Family::v4 ? widest_v4 : widest_v6)) continue;
    const bool own = std::any_of(node.addresses.begin(), node.addresses.end(), [&](const std::string& written) {
      const auto address = read_address(written);
      return address && lies_in(*address, *range);
    });
    if (!own) guarded_.push_back(*range);
  }
}

bool State::guards(const nft::Address& address) const {
  if (target(address, Direction::egress) != nullptr) return false;
  return std::any_of(guarded_.begin(), guarded_.end(),
                     [&](const nft::Interval& range) { return lies_in(address, range); });
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
  const PodReading* newest_enforced = nullptr;
  for (const PodReading* pod : found->second) {
    if (pod->local) newest = pod;
    if (pod->isolated(direction)) newest_isolated = pod;
    if (pod->isolated(direction) && !pod->audited) newest_enforced = pod;
  }
  if (newest_enforced != nullptr) return newest_enforced;
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
  std::vector<nft::Interval> named(blocks_.begin(), blocks_.end());
  named.insert(named.end(), guarded_.begin(), guarded_.end());
  for (const auto& [address, pods] : claimants_) named.push_back({address, address});
  return named;
}

// Each word with its length, so that no two lists of words read alike.
std::string State::likeness(const nft::Address& address) const {
  std::string words;
  const auto add = [&](const std::string& word) { words += " " + std::to_string(word.size()) + ":" + word; };
  for (const auto& block : blocks_) words += lies_in(address, block) ? '1' : '0';
  if (guards(address)) words += "guarded";
  const OtherEnd other = other_end(address);
  if (other.pod == nullptr || !other.pod->understood) return words;
  add(other.pod->meta.ns);
  if (other.ns == nullptr) add("unknown");
  add(std::to_string(other.pod->meta.labels.size()));
  for (const auto& [key, value] : other.pod->meta.labels) {
    add(key);
    add(value);
  }
  for (const auto& port : other.pod->ports) {
    add(port.name);
    add(std::to_string(number_of(port.protocol)) + " " + std::to_string(port.number));
  }
  return words;
}

}  // namespace selvedge::meaning
