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

// Later than any time, so that no pod that had the address before owns it still.
constexpr std::uint64_t just_attached = std::uint64_t(-1);

bool is_newer(const PodEntry* a, const PodEntry* b) {
  const auto age = [](const PodEntry* e) {
    return std::tie(e->second.started, e->second.created, e->second.cohort->ns->name, e->first);
  };
  return age(a) > age(b);
}

constexpr std::string_view label_trait = "label";
constexpr std::string_view port_trait = "port";

// What cohorts are looked up by. Each once.
std::vector<Anchor> traits_of(const Likeness& like) {
  std::vector<Anchor> traits;
  like.labels().each([&](auto key, auto value) { traits.push_back(anchor_of(label_trait, key, value)); });
  like.each_port([&](const PortOfPod& port) { traits.push_back(anchor_of(port_trait, port.name)); });
  std::ranges::sort(traits);
  traits.erase(std::unique(traits.begin(), traits.end()), traits.end());
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
  const auto parts = [](const PodRecord& r) { return std::tie(r.started, r.created, r.addresses); };
  return parts(a) == parts(b) && a.is_local() == b.is_local() && (!a.is_local() || *a.uid == *b.uid);
}

std::vector<nft::Address> sorted(std::vector<nft::Address> addresses) {
  std::ranges::sort(addresses);
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
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

std::uint32_t Cluster::AddressHash::operator()(const nft::Address& address) const {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, address.bytes.data(), sizeof high);
  std::memcpy(&low, address.bytes.data() + sizeof high, sizeof low);
  return spread(high ^ spread(low));
}

// ---- pods ------------------------------------------------------------------------

// A pod whose node could not be read may be this one's (R9).
bool Cluster::is_local(const k8s::Pod& pod) const {
  return !node_ || pod.node == *node_ || (!pod.understood && pod.node.empty());
}

PodRecord Cluster::record_of(const k8s::Pod& pod) {
  PodRecord record{.started = digits_of(pod.started),
                   .created = digits_of(pod.meta.created),
                   .addresses = {},
                   .uid = is_local(pod) ? std::make_unique<const std::string>(pod.meta.uid) : nullptr};
  std::vector<k8s::Problem> problems;
  record.addresses.reserve(pod.addresses.size());
  for (const std::string& text : pod.addresses) {
    if (const auto address = nft::parse_address(text)) {
      record.addresses.push_back(*address);
    } else {
      problems.push_back(bad_address(pod, text));
    }
  }
  record.addresses = sorted(std::move(record.addresses));
  unreported_.erase(pod.meta.key());
  if (record.is_local() && pod.addresses.empty()) {
    unreported_.insert(pod.meta.key());
    record.addresses = attached_addresses(pod.meta.key(), pod.meta.uid);
    record.started = just_attached;
  }
  problems_.erase(pod.meta.key());
  if (!problems.empty()) problems_[pod.meta.key()] = std::move(problems);
  return record;
}

ClusterChange Cluster::upsert(const k8s::Pod& pod) {
  if (!takes_part(pod)) return erase_pod(pod.meta.key());
  PodRecord record = record_of(pod);
  Likeness like(pod);
  NamespaceRecord& ns = namespace_of(pod.meta.ns);
  PodEntry& entry = *ns.pods.try_emplace(pod.meta.name).first;
  PodRecord& held = entry.second;
  const bool stays = held.cohort && held.cohort->like == like;
  if (stays && same(held, record)) return {};

  ClusterChange change;
  const Owners before = owners_of(united(held.addresses, record.addresses));
  if (held.cohort) withdraw(entry);
  if (!stays) {
    if (held.cohort) leave(ns, entry, change);
    join(ns, entry, std::move(like));
  }
  record.cohort = held.cohort;
  held = std::move(record);
  claim(entry);
  note_moves(before, change);
  return change;
}

ClusterChange Cluster::erase_pod(const k8s::ObjectKey& key) {
  problems_.erase(key);
  unreported_.erase(key);
  const auto ns = namespaces_.find(key.ns);
  if (ns == namespaces_.end()) return {};
  const auto pod = ns->second.pods.find(key.name);
  if (pod == ns->second.pods.end()) return {};

  ClusterChange change;
  const Owners before = owners_of(pod->second.addresses);
  withdraw(*pod);
  leave(ns->second, *pod, change);
  ns->second.pods.erase(pod);
  note_moves(before, change);
  drop_if_unused(key.ns, change);
  return change;
}

void Cluster::join(NamespaceRecord& ns, PodEntry& pod, Likeness like) {
  const auto* known = ns.cohorts.find(like.hash(), [&](const auto& cohort) { return cohort->like == like; });
  Cohort* cohort = known ? known->get() : nullptr;
  if (!cohort) {
    auto begun = std::make_unique<Cohort>(Cohort{.ns = &ns, .like = std::move(like), .pods = {}});
    cohort = begun.get();
    ns.cohorts.insert(std::move(begun));
    for (const Anchor trait : traits_of(cohort->like)) by_trait_[trait].insert(cohort);
  }
  pod.second.cohort = cohort;
  cohort->pods.insert(&pod);
}

void Cluster::leave(NamespaceRecord& ns, PodEntry& pod, ClusterChange& change) {
  Cohort* cohort = std::exchange(pod.second.cohort, nullptr);
  cohort->pods.erase(&pod);
  if (!cohort->pods.empty()) return;
  for (const Anchor trait : traits_of(cohort->like)) {
    const auto carriers = by_trait_.find(trait);
    carriers->second.erase(cohort);
    if (carriers->second.empty()) by_trait_.erase(carriers);
  }
  const auto is_it = [&](const auto& other) { return other.get() == cohort; };
  change.ended = ns.cohorts.take(ns.cohorts.find(cohort->like.hash(), is_it));
}

// ---- what the CNI plugin tells -----------------------------------------------------

ClusterChange Cluster::attach(const Attachment& attachment) {
  attached_[attachment.pod].insert_or_assign(attachment.id, attachment);
  return readdress(attachment.pod);
}

ClusterChange Cluster::detach(const k8s::ObjectKey& pod, const std::string& id) {
  const auto attached = attached_.find(pod);
  if (attached == attached_.end() || attached->second.erase(id) == 0) return {};
  if (attached->second.empty()) attached_.erase(attached);
  return readdress(pod);
}

// Those of a former pod of this name are not its own.
std::vector<nft::Address> Cluster::attached_addresses(const k8s::ObjectKey& pod, const std::string& uid) const {
  std::vector<nft::Address> addresses;
  const auto attached = attached_.find(pod);
  if (attached == attached_.end()) return addresses;
  for (const auto& [id, attachment] : attached->second) {
    if (attachment.uid == uid) addresses = united(addresses, sorted(attachment.addresses));
  }
  return addresses;
}

ClusterChange Cluster::readdress(const k8s::ObjectKey& pod) {
  if (!unreported_.contains(pod)) return {};
  PodEntry& entry = *namespaces_.at(pod.ns).pods.find(pod.name);
  std::vector<nft::Address> addresses = attached_addresses(pod, *entry.second.uid);
  ClusterChange change;
  const Owners before = owners_of(united(entry.second.addresses, addresses));
  withdraw(entry);
  entry.second.addresses = std::move(addresses);
  claim(entry);
  note_moves(before, change);
  return change;
}

// ---- addresses -------------------------------------------------------------------

void Cluster::claim(const PodEntry& pod) {
  for (const nft::Address& address : pod.second.addresses) {
    Claim* held = find_claim(address);
    if (!held) {
      owners_.insert({address, &pod});
      continue;
    }
    auto& claimants = contested_[address];
    if (claimants.empty()) claimants = {held->owner};
    claimants.insert(std::ranges::upper_bound(claimants, &pod, is_newer), &pod);
    held->owner = claimants.front();
  }
}

void Cluster::withdraw(const PodEntry& pod) {
  for (const nft::Address& address : pod.second.addresses) {
    Claim* held = find_claim(address);
    const auto contest = contested_.find(address);
    if (contest == contested_.end()) {
      owners_.take(held);
      continue;
    }
    std::erase(contest->second, &pod);
    held->owner = contest->second.front();
    if (contest->second.size() == 1) contested_.erase(contest);
  }
}

Cluster::Claim* Cluster::find_claim(const nft::Address& address) const {
  return owners_.find(AddressHash()(address), [&](const Claim& claim) { return claim.address == address; });
}

// As owner() tells, but without looking for the owner where there is but one claimant.
bool Cluster::owns(const PodEntry* pod, const nft::Address& address) const {
  if (contested_.empty()) return true;
  const auto contest = contested_.find(address);
  return contest == contested_.end() || contest->second.front() == pod;
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

void Cluster::drop_if_unused(const std::string& name, ClusterChange& change) {
  const auto ns = namespaces_.find(name);
  if (!ns->second.labels && ns->second.pods.empty()) change.ended_namespace = namespaces_.extract(ns);
}

ClusterChange Cluster::upsert(const k8s::Namespace& ns) {
  if (!ns.understood) return erase_namespace(ns.meta.name);  // no selector may match it
  return relabel(namespace_of(ns.meta.name), PackedLabels(ns.meta.labels));
}

ClusterChange Cluster::erase_namespace(const std::string& name) {
  const auto ns = namespaces_.find(name);
  if (ns == namespaces_.end()) return {};
  ClusterChange change = relabel(ns->second, std::nullopt);
  drop_if_unused(name, change);
  return change;
}

ClusterChange Cluster::relabel(NamespaceRecord& ns, std::optional<PackedLabels> labels) {
  if (ns.labels == labels) return {};
  ClusterChange change;
  change.relabelled = {.ns = &ns, .before = std::exchange(ns.labels, std::move(labels))};
  return change;
}

// ---- what there is ---------------------------------------------------------------

const PodEntry* Cluster::owner(const nft::Address& address) const {
  const Claim* held = find_claim(address);
  return held ? held->owner : nullptr;
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

bool Cluster::knows_local(const k8s::ObjectKey& pod, const std::string& uid) const {
  const PodRecord* record = this->pod(pod);
  return record && record->is_local() && *record->uid == uid;
}

std::vector<nft::Address> Cluster::addresses_of(const Cohort& cohort) const {
  std::vector<nft::Address> addresses;
  for (const PodEntry* pod : cohort.pods) {
    std::ranges::copy_if(pod->second.addresses, std::back_inserter(addresses),
                         [&](const nft::Address& address) { return owns(pod, address); });
  }
  return addresses;
}

const Cohorts& Cluster::with(Anchor trait) const {
  static const Cohorts none;
  const auto carriers = by_trait_.find(trait);
  return carriers == by_trait_.end() ? none : carriers->second;
}

const Cohorts& Cluster::with_label(std::string_view key, std::string_view value) const {
  return with(anchor_of(label_trait, key, value));
}

const Cohorts& Cluster::with_port(std::string_view name) const {
  return with(anchor_of(port_trait, name));
}

std::vector<k8s::Problem> Cluster::problems() const {
  std::vector<k8s::Problem> all;
  for (const auto& [key, problems] : problems_) all.insert(all.end(), problems.begin(), problems.end());
  return all;
}

}  // namespace selvedge
