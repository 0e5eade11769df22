#include "controller/cluster.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <tuple>

namespace selvedge {
namespace {

// Host-network pods are nodes (R7); a finished pod's address may be another's already (semantics 61).
bool takes_part(const k8s::Pod& pod) {
  return !pod.host_network && pod.phase != k8s::Pod::Phase::succeeded && pod.phase != k8s::Pod::Phase::failed;
}

// The digits of a time as the API writes it, which sort as the times do.
std::uint64_t digits_of(const std::string& time) {
  std::uint64_t digits = 0;
  for (const char c : time) {
    if (c >= '0' && c <= '9') digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return digits;
}

bool is_newer(const PodEntry* a, const PodEntry* b) {
  const auto age = [](const PodEntry* e) {
    return std::tie(e->second.started, e->second.created, e->second.cohort->ns->name, e->first);
  };
  return age(a) > age(b);
}

Likeness likeness_of(const k8s::Pod& pod) {
  Likeness like{.labels = PackedLabels(pod.meta.labels), .ports = {}, .understood = pod.understood};
  for (const k8s::ContainerPort& port : pod.ports) {
    if (!port.name.empty() && port.number != 0) like.ports.push_back({port.name, port.protocol, port.number});
  }
  std::ranges::sort(like.ports);
  like.ports.erase(std::unique(like.ports.begin(), like.ports.end()), like.ports.end());
  return like;
}

constexpr std::string_view label_trait = "label";
constexpr std::string_view port_trait = "port";

// What cohorts are looked up by. Each once.
std::set<Anchor> traits_of(const Likeness& like) {
  std::set<Anchor> traits;
  like.labels.each([&](auto key, auto value) { traits.insert(anchor_of(label_trait, key, value)); });
  for (const PortOfPod& port : like.ports) traits.insert(anchor_of(port_trait, port.name));
  return traits;
}

k8s::Problem bad_address(const k8s::Pod& pod, const std::string& text) {
  return {.kind = k8s::Kind::pod,
          .object = pod.meta.key(),
          .field = "status.podIPs",
          .message = "\"" + text + "\" is not an IP address; it is in no rule",
          .closed = true};
}

bool same(const PodRecord& a, const PodRecord& b) {
  const auto parts = [](const PodRecord& r) { return std::tie(r.uid, r.started, r.created, r.addresses, r.local); };
  return parts(a) == parts(b);
}

std::vector<nft::Address> united(const std::vector<nft::Address>& a, const std::vector<nft::Address>& b) {
  std::vector<nft::Address> all;
  std::ranges::set_union(a, b, std::back_inserter(all));
  return all;
}

}  // namespace

k8s::ObjectKey key_of(const PodEntry& pod) {
  return {pod.second.cohort->ns->name, pod.first};
}

std::size_t Cluster::AddressHash::operator()(const nft::Address& address) const {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, address.bytes.data(), sizeof high);
  std::memcpy(&low, address.bytes.data() + sizeof high, sizeof low);
  return static_cast<std::size_t>((high ^ (low * 0x9e3779b97f4a7c15ULL)) * 0xff51afd7ed558ccdULL);
}

// ---- pods ------------------------------------------------------------------------

// A pod whose node could not be read may be this one's (R9).
bool Cluster::is_local(const k8s::Pod& pod) const {
  return !node_ || pod.node == *node_ || (!pod.understood && pod.node.empty());
}

PodRecord Cluster::record_of(const k8s::Pod& pod) {
  PodRecord record{.uid = {},
                   .started = digits_of(pod.started),
                   .created = digits_of(pod.meta.created),
                   .addresses = {},
                   .local = is_local(pod)};
  if (record.local) record.uid = pod.meta.uid;
  std::vector<k8s::Problem> problems;
  record.addresses.reserve(pod.addresses.size());
  for (const std::string& text : pod.addresses) {
    if (const auto address = nft::parse_address(text)) {
      record.addresses.push_back(*address);
    } else {
      problems.push_back(bad_address(pod, text));
    }
  }
  std::ranges::sort(record.addresses);
  record.addresses.erase(std::unique(record.addresses.begin(), record.addresses.end()), record.addresses.end());
  problems_.erase(pod.meta.key());
  if (!problems.empty()) problems_[pod.meta.key()] = std::move(problems);
  return record;
}

ClusterChange Cluster::upsert(const k8s::Pod& pod) {
  if (!takes_part(pod)) return erase_pod(pod.meta.key());
  PodRecord record = record_of(pod);
  Likeness like = likeness_of(pod);
  NamespaceRecord& ns = namespace_of(pod.meta.ns);
  PodEntry& entry = *ns.pods.try_emplace(pod.meta.name).first;
  PodRecord& held = entry.second;
  const bool stays = held.cohort && held.cohort->like == like;
  if (stays && same(held, record)) return {};

  ClusterChange change;
  change.claimed = united(held.addresses, record.addresses);
  const Owners before = owners_of(change.claimed);
  if (held.cohort) withdraw(entry);
  if (!stays) {
    if (held.cohort) leave(entry, change);
    join(ns, entry, std::move(like), change);
  }
  record.cohort = held.cohort;
  record.place = held.place;
  held = std::move(record);
  claim(entry);
  note_moves(before, change);
  return change;
}

ClusterChange Cluster::erase_pod(const k8s::ObjectKey& key) {
  problems_.erase(key);
  const auto ns = namespaces_.find(key.ns);
  if (ns == namespaces_.end()) return {};
  const auto pod = ns->second.pods.find(key.name);
  if (pod == ns->second.pods.end()) return {};

  ClusterChange change;
  change.claimed = pod->second.addresses;
  const Owners before = owners_of(change.claimed);
  withdraw(*pod);
  leave(*pod, change);
  ns->second.pods.erase(pod);
  note_moves(before, change);
  drop_if_unused(key.ns);
  return change;
}

void Cluster::join(NamespaceRecord& ns, PodEntry& pod, Likeness like, ClusterChange& change) {
  auto known = ns.cohorts.find(like);
  if (known == ns.cohorts.end()) {
    auto cohort = std::make_unique<Cohort>();
    cohort->ns = &ns;
    cohort->like = std::move(like);
    known = ns.cohorts.insert(std::move(cohort)).first;
    for (const Anchor trait : traits_of((*known)->like)) by_trait_[trait].push_back(known->get());
    change.begun.push_back(known->get());
  }
  pod.second.cohort = known->get();
  pod.second.place = (*known)->pods.size();
  (*known)->pods.push_back(&pod);
}

void Cluster::leave(PodEntry& pod, ClusterChange& change) {
  Cohort& cohort = *std::exchange(pod.second.cohort, nullptr);
  PodEntry* last = cohort.pods.back();
  cohort.pods[pod.second.place] = last;
  last->second.place = pod.second.place;
  cohort.pods.pop_back();
  if (!cohort.pods.empty()) return;
  for (const Anchor trait : traits_of(cohort.like)) {
    const auto carriers = by_trait_.find(trait);
    carriers->second.erase(std::ranges::find(carriers->second, &cohort));
    if (carriers->second.empty()) by_trait_.erase(carriers);
  }
  auto& cohorts = namespace_of(cohort.ns->name).cohorts;
  change.ended.push_back(std::move(cohorts.extract(cohorts.find(cohort.like)).value()));
}

// ---- addresses -------------------------------------------------------------------

void Cluster::claim(const PodEntry& pod) {
  for (const nft::Address& address : pod.second.addresses) {
    const auto [owner, first] = owners_.try_emplace(address, &pod);
    if (first) continue;
    auto& claimants = contested_[address];
    if (claimants.empty()) claimants = {owner->second};
    claimants.insert(std::ranges::upper_bound(claimants, &pod, is_newer), &pod);
    owner->second = claimants.front();
  }
}

void Cluster::withdraw(const PodEntry& pod) {
  for (const nft::Address& address : pod.second.addresses) {
    const auto contest = contested_.find(address);
    if (contest == contested_.end()) {
      owners_.erase(address);
      continue;
    }
    std::erase(contest->second, &pod);
    owners_[address] = contest->second.front();
    if (contest->second.size() == 1) contested_.erase(contest);
  }
}

Cluster::Owners Cluster::owners_of(const std::vector<nft::Address>& addresses) const {
  Owners owners;
  for (const nft::Address& address : addresses) {
    const PodEntry* pod = owner(address);
    owners.emplace_back(address, pod ? pod->second.cohort : nullptr);
  }
  return owners;
}

void Cluster::note_moves(const Owners& before, ClusterChange& change) const {
  for (const auto& [address, from] : before) {
    const PodEntry* pod = owner(address);
    const Cohort* to = pod ? pod->second.cohort : nullptr;
    if (from != to) change.moved.push_back({address, from, to});
  }
}

// ---- namespaces ------------------------------------------------------------------

NamespaceRecord& Cluster::namespace_of(const std::string& name) {
  NamespaceRecord& ns = namespaces_[name];
  if (ns.name.empty()) ns.name = name;
  return ns;
}

void Cluster::drop_if_unused(const std::string& name) {
  const auto ns = namespaces_.find(name);
  if (!ns->second.labels && ns->second.pods.empty()) namespaces_.erase(ns);
}

ClusterChange Cluster::upsert(const k8s::Namespace& ns) {
  if (!ns.understood) return erase_namespace(ns.meta.name);  // no selector may match it
  return relabel(namespace_of(ns.meta.name), PackedLabels(ns.meta.labels));
}

ClusterChange Cluster::erase_namespace(const std::string& name) {
  const auto ns = namespaces_.find(name);
  if (ns == namespaces_.end()) return {};
  ClusterChange change = relabel(ns->second, std::nullopt);
  drop_if_unused(name);
  return change;
}

ClusterChange Cluster::relabel(NamespaceRecord& ns, std::optional<PackedLabels> labels) {
  if (ns.labels == labels) return {};
  ns.labels = std::move(labels);
  ClusterChange change;
  for (const auto& cohort : ns.cohorts) change.elsewhere.push_back(cohort.get());
  return change;
}

// ---- what there is ---------------------------------------------------------------

const PodEntry* Cluster::owner(const nft::Address& address) const {
  const auto owner = owners_.find(address);
  return owner == owners_.end() ? nullptr : owner->second;
}

std::vector<const PodEntry*> Cluster::claimants(const nft::Address& address) const {
  if (const auto contest = contested_.find(address); contest != contested_.end()) return contest->second;
  const PodEntry* only = owner(address);
  return only ? std::vector{only} : std::vector<const PodEntry*>{};
}

const PodRecord* Cluster::pod(const k8s::ObjectKey& key) const {
  const auto ns = namespaces_.find(key.ns);
  if (ns == namespaces_.end()) return nullptr;
  const auto pod = ns->second.pods.find(key.name);
  return pod == ns->second.pods.end() ? nullptr : &pod->second;
}

std::vector<nft::Address> Cluster::addresses_of(const Cohort& cohort) const {
  std::vector<nft::Address> addresses;
  for (const PodEntry* pod : cohort.pods) {
    std::ranges::copy_if(pod->second.addresses, std::back_inserter(addresses),
                         [&](const nft::Address& address) { return owner(address) == pod; });
  }
  return addresses;
}

const std::vector<const Cohort*>& Cluster::with(Anchor trait) const {
  static const std::vector<const Cohort*> none;
  const auto carriers = by_trait_.find(trait);
  return carriers == by_trait_.end() ? none : carriers->second;
}

const std::vector<const Cohort*>& Cluster::with_label(std::string_view key, std::string_view value) const {
  return with(anchor_of(label_trait, key, value));
}

const std::vector<const Cohort*>& Cluster::with_port(std::string_view name) const {
  return with(anchor_of(port_trait, name));
}

std::vector<k8s::Problem> Cluster::problems() const {
  std::vector<k8s::Problem> all;
  for (const auto& [key, problems] : problems_) all.insert(all.end(), problems.begin(), problems.end());
  return all;
}

}  // namespace selvedge
