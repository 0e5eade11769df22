#include "controller/endpoints.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace selvedge {

using k8s::ObjectKey;

std::vector<nft::Address> Endpoint::own_addresses() const {
  std::vector<nft::Address> own;
  std::ranges::set_difference(addresses, lost, std::back_inserter(own));
  return own;
}

void Census::count(const Endpoint& endpoint, int sign) {
  const auto by = static_cast<std::size_t>(sign);  // -1 wraps around, and so back again
  if (!endpoint.addresses.empty()) addressed += by;
  if (endpoint.is_isolated()) isolated += by;
  if (endpoint.is_isolated() && endpoint.audited) audited += by;
  for (const nft::Address& address : endpoint.addresses) of_family.at(static_cast<std::size_t>(address.family)) += by;
}

std::optional<Endpoint> Endpoints::endpoint_of(const ObjectKey& key) const {
  const PodRecord* pod = cluster_.pod(key);
  if (!pod || !pod->is_local()) return std::nullopt;
  const Likeness& like = pod->cohort->like;
  Endpoint endpoint{.uid = *pod->uid,
                    .addresses = pod->addresses,
                    .lost = cluster_.lost_addresses(key),
                    .policies = policies_.selecting(key.ns, like.labels()),
                    .isolated = {},
                    .understood = like.understood(),
                    .audited = like.understood() && audit_.holds(key.ns)};
  for (const Direction d : {Direction::ingress, Direction::egress}) {
    endpoint.isolated.at(static_cast<std::size_t>(d)) =
        !like.understood() || std::ranges::any_of(endpoint.policies, [&](const ObjectKey& policy) {
          return policies_.find(policy)->policy.in(d).isolates;
        });
  }
  return endpoint;
}

Endpoints::Refreshed Endpoints::refresh(const ObjectKey& key) {
  Refreshed refreshed;
  if (const auto known = endpoints_.find(key); known != endpoints_.end()) refreshed.before = known->second;
  refreshed.after = endpoint_of(key);
  if (refreshed.before) census_.count(*refreshed.before, -1);
  if (refreshed.after) {
    census_.count(*refreshed.after, 1);
    endpoints_[key] = *refreshed.after;
  } else if (refreshed.before) {
    endpoints_.erase(key);
  }
  const std::set<ObjectKey> none;
  refreshed.reached = select(key, refreshed.before ? refreshed.before->policies : none,
                             refreshed.after ? refreshed.after->policies : none);
  return refreshed;
}

std::vector<ObjectKey> Endpoints::select(const ObjectKey& pod, const std::set<ObjectKey>& before,
                                         const std::set<ObjectKey>& after) {
  std::vector<ObjectKey> reached;
  for (const ObjectKey& policy : before) {
    if (after.contains(policy)) continue;
    const auto selected = selected_.find(policy);
    selected->second.erase(pod);
    if (!selected->second.empty()) continue;
    selected_.erase(selected);
    reached.push_back(policy);
  }
  for (const ObjectKey& policy : after) {
    auto& pods = selected_[policy];
    if (pods.insert(pod).second && pods.size() == 1) reached.push_back(policy);
  }
  return reached;
}

bool Endpoints::is_isolated(const ObjectKey& pod, Direction direction) const {
  const auto endpoint = endpoints_.find(pod);
  return endpoint != endpoints_.end() && endpoint->second.is_isolated(direction);
}

std::map<ObjectKey, std::vector<nft::Address>> Endpoints::pods() const {
  std::map<ObjectKey, std::vector<nft::Address>> pods;
  for (const auto& [pod, endpoint] : endpoints_) pods.emplace(pod, endpoint.own_addresses());
  return pods;
}

std::set<nft::Address> Endpoints::addresses() const {
  std::set<nft::Address> all;
  for (const auto& [key, endpoint] : endpoints_) all.insert(endpoint.addresses.begin(), endpoint.addresses.end());
  return all;
}

const PodEntry* Endpoints::target(const nft::Address& address, Direction direction) const {
  const PodEntry* newest = nullptr;
  const PodEntry* audited = nullptr;
  for (const PodEntry* claimant : cluster_.claimants(address)) {
    if (!claimant->second.is_local()) continue;
    const auto endpoint = endpoints_.find(key_of(*claimant));
    const bool isolated = endpoint != endpoints_.end() && endpoint->second.is_isolated(direction);
    if (isolated && !endpoint->second.audited) return claimant;
    if (isolated && !audited) audited = claimant;
    if (!newest) newest = claimant;
  }
  return audited ? audited : newest;
}

const std::set<ObjectKey>& Endpoints::selected_by(const ObjectKey& policy) const {
  static const std::set<ObjectKey> none;
  const auto selected = selected_.find(policy);
  return selected == selected_.end() ? none : selected->second;
}

std::set<ObjectKey> Endpoints::of_namespace(const std::string& ns) const {
  std::set<ObjectKey> pods;
  for (auto e = endpoints_.lower_bound({ns, ""}); e != endpoints_.end() && e->first.ns == ns; ++e)
    pods.insert(pods.end(), e->first);
  return pods;
}

std::set<ObjectKey> Endpoints::matched_by(const Policy& policy) const {
  std::set<ObjectKey> pods;
  const std::string& ns = policy.key.ns;
  for (auto e = endpoints_.lower_bound({ns, ""}); e != endpoints_.end() && e->first.ns == ns; ++e) {
    const PodRecord* pod = cluster_.pod(e->first);  // null: gone since the last refresh
    if (pod && matches(policy.pods, pod->cohort->like.labels())) pods.insert(e->first);
  }
  return pods;
}

}  // namespace selvedge
