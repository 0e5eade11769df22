#include "controller/cluster.h"

#include <algorithm>
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

}  // namespace

k8s::ObjectKey key_of(const PodEntry& pod) {
  return {pod.second.cohort->ns->name, pod.first};
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
  std::ranges::sort(record.addresses);
  record.addresses.erase(std::unique(record.addresses.begin(), record.addresses.end()), record.addresses.end());
  report(pod.meta.key(), record);
  problems_.erase(pod.meta.key());
  if (!problems.empty()) problems_[pod.meta.key()] = std::move(problems);
  return record;
}

ClusterChange Cluster::upsert(const k8s::Pod& pod) {
  if (!takes_part(pod)) return erase_pod(pod.meta.key());
  const auto reported_before = reported(pod.meta.key());
  PodRecord record = record_of(pod);
  Likeness like(pod);
  NamespaceRecord& ns = namespace_of(pod.meta.ns);
  PodEntry& entry = *ns.pods.try_emplace(pod.meta.name).first;
  PodRecord& held = entry.second;
  const bool stays = held.cohort && held.cohort->like == like;
  if (stays && same(held, record) && reported(pod.meta.key()) == reported_before) return {};

  ClusterChange change;
  const Owners before = owners_of(held, record);
  if (held.cohort) {
    note_rivals(entry, change);
    withdraw(entry);
  }
  if (!stays) {
    if (held.cohort) leave(ns, entry, change);
    join(ns, entry, std::move(like));
  }
  record.cohort = held.cohort;
  held = std::move(record);
  claim(entry);
  note_rivals(entry, change);
  note_moves(before, change);
  return change;
}

ClusterChange Cluster::erase_pod(const k8s::ObjectKey& key) {
  problems_.erase(key);
  forget_report(key);
  const auto ns = namespaces_.find(key.ns);
  if (ns == namespaces_.end()) return {};
  const auto pod = ns->second.pods.find(key.name);
  if (pod == ns->second.pods.end()) return {};

  ClusterChange change;
  const Owners before = owners_of(pod->second.addresses);
  note_rivals(*pod, change);
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

const PodEntry* Cluster::entry(const k8s::ObjectKey& key) const {
  const auto ns = namespaces_.find(key.ns);
  if (ns == namespaces_.end()) return nullptr;
  const auto pod = ns->second.pods.find(key.name);
  return pod == ns->second.pods.end() ? nullptr : &*pod;
}

const PodRecord* Cluster::pod(const k8s::ObjectKey& key) const {
  const PodEntry* pod = entry(key);
  return pod ? &pod->second : nullptr;
}

bool Cluster::knows_local(const k8s::ObjectKey& pod, const std::string& uid) const {
  const PodRecord* record = this->pod(pod);
  return record && record->is_local() && *record->uid == uid;
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
