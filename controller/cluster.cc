#include "controller/cluster.h"

#include <algorithm>
#include <tuple>

namespace selvedge {
namespace {

// Host-network pods are nodes (R7); a finished pod's address may be another's already (semantics 61).
bool takes_part(const k8s::Pod& pod) {
  return !pod.host_network && pod.phase != k8s::Pod::Phase::succeeded && pod.phase != k8s::Pod::Phase::failed;
}

bool is_newer(const PodEntry* a, const PodEntry* b) {
  const auto age = [](const PodEntry* e) {
    return std::tie(e->second.started, e->second.created, e->first, e->second.uid);
  };
  return age(a) > age(b);
}

std::vector<k8s::ContainerPort> named_ports(const k8s::Pod& pod) {
  std::vector<k8s::ContainerPort> ports;
  std::ranges::copy_if(pod.ports, std::back_inserter(ports), [](const auto& port) { return !port.name.empty(); });
  return ports;
}

k8s::Problem bad_address(const k8s::Pod& pod, const std::string& text) {
  return {.kind = k8s::Kind::pod,
          .object = pod.meta.key(),
          .field = "status.podIPs",
          .message = "\"" + text + "\" is not an IP address; it is in no rule",
          .closed = true};
}

}  // namespace

// A pod whose node could not be read may be this one's (R9).
bool Cluster::is_local(const k8s::Pod& pod) const {
  return !node_ || pod.node == *node_ || (!pod.understood && pod.node.empty());
}

std::set<nft::Address> Cluster::upsert(const k8s::Pod& pod) {
  const k8s::ObjectKey key = pod.meta.key();
  if (!takes_part(pod)) return erase_pod(key);
  PodRecord record{.uid = pod.meta.uid,
                   .started = pod.started,
                   .created = pod.meta.created,
                   .labels = pod.meta.labels,
                   .addresses = {},
                   .ports = named_ports(pod),
                   .local = is_local(pod),
                   .understood = pod.understood};
  std::vector<k8s::Problem> problems;
  for (const std::string& text : pod.addresses) {
    if (const auto address = nft::parse_address(text)) {
      record.addresses.push_back(*address);
    } else {
      problems.push_back(bad_address(pod, text));
    }
  }
  std::ranges::sort(record.addresses);
  record.addresses.erase(std::unique(record.addresses.begin(), record.addresses.end()), record.addresses.end());
  problems_.erase(key);
  if (!problems.empty()) problems_[key] = std::move(problems);
  const auto known = pods_.find(key);
  if (known != pods_.end() && known->second == record) return {};

  std::set<nft::Address> touched = withdraw(key);
  const auto entry = pods_.insert_or_assign(key, std::move(record)).first;
  for (const nft::Address& address : entry->second.addresses) {
    auto& claimants = claims_[address];
    claimants.insert(std::ranges::upper_bound(claimants, &*entry, is_newer), &*entry);
    touched.insert(address);
  }
  return touched;
}

std::set<nft::Address> Cluster::erase_pod(const k8s::ObjectKey& key) {
  std::set<nft::Address> touched = withdraw(key);
  problems_.erase(key);
  pods_.erase(key);
  return touched;
}

std::set<nft::Address> Cluster::upsert(const k8s::Namespace& ns) {
  if (!ns.understood) return erase_namespace(ns.meta.name);  // no selector may match it
  const auto known = namespaces_.find(ns.meta.name);
  if (known != namespaces_.end() && known->second == ns.meta.labels) return {};
  namespaces_[ns.meta.name] = ns.meta.labels;
  return addresses_in(ns.meta.name);
}

std::set<nft::Address> Cluster::erase_namespace(const std::string& name) {
  return namespaces_.erase(name) == 0 ? std::set<nft::Address>{} : addresses_in(name);
}

const PodEntry* Cluster::owner(const nft::Address& address) const {
  const auto claim = claims_.find(address);
  return claim == claims_.end() ? nullptr : claim->second.front();
}

std::vector<const PodEntry*> Cluster::claimants(const nft::Address& address) const {
  const auto claim = claims_.find(address);
  return claim == claims_.end() ? std::vector<const PodEntry*>{} : claim->second;
}

const PodRecord* Cluster::pod(const k8s::ObjectKey& key) const {
  const auto entry = pods_.find(key);
  return entry == pods_.end() ? nullptr : &entry->second;
}

const k8s::Labels* Cluster::namespace_labels(const std::string& name) const {
  const auto ns = namespaces_.find(name);
  return ns == namespaces_.end() ? nullptr : &ns->second;
}

std::vector<k8s::Problem> Cluster::problems() const {
  std::vector<k8s::Problem> all;
  for (const auto& [key, problems] : problems_) all.insert(all.end(), problems.begin(), problems.end());
  return all;
}

// Takes back all claims of a pod, so that its record may change.
std::set<nft::Address> Cluster::withdraw(const k8s::ObjectKey& key) {
  const auto entry = pods_.find(key);
  if (entry == pods_.end()) return {};
  std::set<nft::Address> touched(entry->second.addresses.begin(), entry->second.addresses.end());
  for (const nft::Address& address : touched) {
    auto& claimants = claims_[address];
    std::erase(claimants, &*entry);
    if (claimants.empty()) claims_.erase(address);
  }
  return touched;
}

std::set<nft::Address> Cluster::addresses_in(const std::string& ns) const {
  std::set<nft::Address> addresses;
  for (auto pod = pods_.lower_bound({ns, ""}); pod != pods_.end() && pod->first.ns == ns; ++pod) {
    addresses.insert(pod->second.addresses.begin(), pod->second.addresses.end());
  }
  return addresses;
}

}  // namespace selvedge
