// Wires the stages together. Each event updates what it touches and marks chains
// as stale by name; changes() renders the stale ones and hands out what differs.
#include "controller/core.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <variant>

#include "controller/chains.h"
#include "controller/cluster.h"
#include "controller/dispatch.h"
#include "controller/endpoint.h"
#include "controller/names.h"
#include "controller/policy.h"
#include "controller/sets.h"
#include "controller/tracked_chains.h"

namespace selvedge {
namespace {

using k8s::ObjectKey;
using nft::Address;
using nft::Family;

constexpr std::array directions{Direction::ingress, Direction::egress};

// Whose rules a chain holds.
struct PodRules {
  ObjectKey pod;
  Direction direction{};
};
struct PolicyRules {
  ObjectKey policy;
  Direction direction{};
};
using ChainOwner = std::variant<PodRules, PolicyRules>;

}  // namespace

class Core::Impl {
 public:
  explicit Impl(Settings settings)
      : settings_(std::move(settings)),
        cluster_(settings_.node),
        sets_(cluster_, [this](const Address& address) { return target(address, Direction::ingress); }) {}

  void upsert(const k8s::Pod& pod) { refresh_pod(pod.meta.key(), cluster_.upsert(pod)); }
  void upsert(const k8s::Namespace& ns) { refresh_sets(cluster_.upsert(ns)); }
  void upsert(const k8s::Node& node) { knows_node_ = knows_node_ || is_ours(node.meta.name); }
  void upsert(const k8s::NetworkPolicy& policy) { replace(policy.meta.key(), compile(policy)); }
  void upsert(const k8s::Workload&) {}

  void erase(k8s::Kind kind, const ObjectKey& key);
  nft::Changes changes();
  nft::Table table();
  std::vector<k8s::Problem> problems() const;
  std::vector<ObjectKey> unreached_policies() const;
  bool knows_node() const { return knows_node_; }
  std::size_t local_pods() const;
  std::size_t isolated_pods() const;
  std::size_t policies() const { return policies_.size(); }

 private:
  bool is_ours(const std::string& node) const { return settings_.node && node == *settings_.node; }

  void refresh_sets(const std::set<Address>& addresses);
  void refresh_pod(const ObjectKey& key, const std::set<Address>& addresses);
  void refresh_endpoint(const ObjectKey& key);
  void refresh_dispatch(const Address& address);
  void replace(const ObjectKey& key, std::optional<CompiledPolicy> policy);
  void refresh_policy(const ObjectKey& key);
  void use_sets(const ObjectKey& policy, std::set<SetSource> sources);

  bool is_isolated(const ObjectKey& pod, Direction direction) const;
  const PodEntry* target(const Address& address, Direction direction) const;
  void select(const ObjectKey& pod, const std::set<ObjectKey>& before, const std::set<ObjectKey>& after);
  void claim_chain(const std::string& name, ChainOwner owner);
  void drop_chain(const std::string& name);

  std::set<Family> families() const;
  nft::Chain render(const ChainOwner& owner) const;
  nft::Chain render_pod(const PodRules& rules) const;
  void refresh_base_chains();

  Settings settings_;
  Cluster cluster_;
  Sets sets_;
  DispatchMaps dispatch_;
  bool knows_node_ = false;
  std::map<ObjectKey, CompiledPolicy> policies_;
  std::map<ObjectKey, Endpoint> endpoints_;
  std::map<ObjectKey, std::set<ObjectKey>> selected_;   // policy → local pods
  std::map<ObjectKey, std::set<SetSource>> used_sets_;  // policy → sets its rules look up
  std::map<std::string, ChainOwner> owners_;            // chains there are to be, but for base chains
  std::map<std::string, nft::Chain> base_;              // base chains as they are to be
  std::set<std::string> stale_;                         // chains to render anew
  TrackedChains chains_;
  std::set<Family> emitted_families_;
};

// ---- events --------------------------------------------------------------------

void Core::Impl::erase(k8s::Kind kind, const ObjectKey& key) {
  switch (kind) {
    case k8s::Kind::pod:
      return refresh_pod(key, cluster_.erase_pod(key));
    case k8s::Kind::ns:
      return refresh_sets(cluster_.erase_namespace(key.name));
    case k8s::Kind::node:
      knows_node_ = knows_node_ && !is_ours(key.name);
      return;
    case k8s::Kind::network_policy:
      return replace(key, std::nullopt);
    case k8s::Kind::workload:
      return;
  }
}

void Core::Impl::refresh_sets(const std::set<Address>& addresses) {
  for (const Address& address : addresses) sets_.update(address);
}

void Core::Impl::refresh_pod(const ObjectKey& key, const std::set<Address>& addresses) {
  refresh_endpoint(key);
  refresh_sets(addresses);
  for (const Address& address : addresses) refresh_dispatch(address);
}

void Core::Impl::refresh_endpoint(const ObjectKey& key) {
  const auto known = endpoints_.find(key);
  const std::optional<Endpoint> before = known == endpoints_.end() ? std::nullopt : std::optional(known->second);
  const std::optional<Endpoint> after = endpoint_of(key, cluster_, policies_);
  for (const Direction d : directions) {
    if (before && before->is_isolated(d)) drop_chain(pod_chain_name(d, key, before->uid));
    if (after && after->is_isolated(d)) claim_chain(pod_chain_name(d, key, after->uid), PodRules{key, d});
  }
  if (after) {
    endpoints_[key] = *after;
  } else {
    endpoints_.erase(key);
  }
  select(key, before ? before->policies : std::set<ObjectKey>{}, after ? after->policies : std::set<ObjectKey>{});
  if (!after) return;  // refresh_pod() looks at the addresses that a pod lost
  for (const Address& address : after->addresses) {
    refresh_dispatch(address);
    if (cluster_.claimants(address).size() > 1) sets_.update(address);  // it may have another target now
  }
}

void Core::Impl::select(const ObjectKey& pod, const std::set<ObjectKey>& before, const std::set<ObjectKey>& after) {
  for (const ObjectKey& policy : before) {
    if (after.contains(policy)) continue;
    auto& pods = selected_[policy];
    pods.erase(pod);
    if (pods.empty()) refresh_policy(policy);
  }
  for (const ObjectKey& policy : after) {
    auto& pods = selected_[policy];
    if (pods.insert(pod).second && pods.size() == 1) refresh_policy(policy);
  }
}

bool Core::Impl::is_isolated(const ObjectKey& pod, Direction direction) const {
  const auto endpoint = endpoints_.find(pod);
  return endpoint != endpoints_.end() && endpoint->second.is_isolated(direction);
}

// Of several local pods that claim an address the newest isolated one's rules hold: an address is
// isolated if any of them is (semantics 63). None isolated: the newest; null: none is local.
const PodEntry* Core::Impl::target(const Address& address, Direction direction) const {
  const PodEntry* newest = nullptr;
  for (const PodEntry* claimant : cluster_.claimants(address)) {
    if (is_isolated(claimant->first, direction)) return claimant;
    if (!newest && claimant->second.local) newest = claimant;
  }
  return newest;
}

void Core::Impl::refresh_dispatch(const Address& address) {
  for (const Direction d : directions) {
    const PodEntry* pod = target(address, d);
    std::optional<std::string> chain;
    if (pod && is_isolated(pod->first, d)) chain = pod_chain_name(d, pod->first, pod->second.uid);
    dispatch_.point(d, address, std::move(chain));
  }
}

void Core::Impl::replace(const ObjectKey& key, std::optional<CompiledPolicy> policy) {
  const auto known = policies_.find(key);
  if (policy && known != policies_.end() && known->second.policy == policy->policy) {
    known->second.problems = std::move(policy->problems);
    return;
  }
  if (policy) {
    policies_[key] = *std::move(policy);
  } else if (policies_.erase(key) == 0) {
    return;
  }
  for (auto pod = cluster_.pods().lower_bound({key.ns, ""}); pod != cluster_.pods().end() && pod->first.ns == key.ns;
       ++pod) {
    if (pod->second.local) refresh_endpoint(pod->first);
  }
  refresh_policy(key);
}

// Gives a policy its chains and sets if it has a pod here, takes them away if not.
void Core::Impl::refresh_policy(const ObjectKey& key) {
  const auto policy = policies_.find(key);
  const bool reached = policy != policies_.end() && (settings_.unreached || !selected_[key].empty());
  use_sets(key, reached ? sets_of(policy->second.policy) : std::set<SetSource>{});
  for (const Direction d : directions) {
    const std::string name = policy_chain_name(d, key);
    if (reached && policy->second.policy.in(d).isolates) {
      claim_chain(name, PolicyRules{key, d});
    } else {
      drop_chain(name);
    }
  }
  if (selected_[key].empty()) selected_.erase(key);
}

void Core::Impl::use_sets(const ObjectKey& policy, std::set<SetSource> sources) {
  std::set<SetSource>& used = used_sets_[policy];
  for (const SetSource& source : sources) {
    if (!used.contains(source)) sets_.acquire(source);
  }
  for (const SetSource& source : used) {
    if (!sources.contains(source)) sets_.release(source);
  }
  used = std::move(sources);
  if (used.empty()) used_sets_.erase(policy);
}

void Core::Impl::claim_chain(const std::string& name, ChainOwner owner) {
  owners_.insert_or_assign(name, std::move(owner));
  stale_.insert(name);
}

void Core::Impl::drop_chain(const std::string& name) {
  owners_.erase(name);
  stale_.insert(name);
}

// ---- rendering -------------------------------------------------------------------

std::set<Family> Core::Impl::families() const {
  if (settings_.unreached) return {Family::v4, Family::v6};
  std::set<Family> families;
  for (const auto& [key, endpoint] : endpoints_) {
    for (const Address& address : endpoint.addresses) families.insert(address.family);
    if (families.size() == 2) break;
  }
  return families;
}

nft::Chain Core::Impl::render_pod(const PodRules& rules) const {
  const Endpoint& endpoint = endpoints_.at(rules.pod);
  PodChain pod{.direction = rules.direction,
               .addresses = endpoint.addresses,
               .deny_counter = deny_counter_name(rules.direction, rules.pod, endpoint.uid),
               .policy_chains = {}};
  for (const ObjectKey& policy : endpoint.policies) {
    if (!policies_.at(policy).policy.in(rules.direction).isolates) continue;
    pod.policy_chains.push_back(policy_chain_name(rules.direction, policy));
  }
  // A pod that was not understood allows nothing, whatever policies select it (R9).
  if (!cluster_.pod(rules.pod)->understood) pod.policy_chains.clear();
  return pod_chain(pod);
}

nft::Chain Core::Impl::render(const ChainOwner& owner) const {
  if (const auto* pod = std::get_if<PodRules>(&owner)) return render_pod(*pod);
  const auto& rules = std::get<PolicyRules>(owner);
  return policy_chain(policies_.at(rules.policy).policy, rules.direction, emitted_families_);
}

void Core::Impl::refresh_base_chains() {
  for (const auto& [name, chain] : base_) stale_.insert(name);
  base_ =
      base_chains({.bridge = settings_.bridge, .vxlan_port = settings_.vxlan_port, .isolates = isolated_pods() > 0});
  for (const auto& [name, chain] : base_) stale_.insert(name);
}

nft::Changes Core::Impl::changes() {
  nft::Changes changes;
  if (std::set<Family> now = families(); now != emitted_families_) {
    emitted_families_ = std::move(now);
    for (const auto& [name, owner] : owners_) stale_.insert(name);
  }
  refresh_base_chains();
  for (const std::string& name : stale_) {
    const auto base = base_.find(name);
    const auto owner = owners_.find(name);
    std::optional<nft::Chain> chain;
    if (base != base_.end()) chain = base->second;
    if (owner != owners_.end()) chain = render(owner->second);
    chains_.put(name, std::move(chain), changes);
  }
  stale_.clear();
  sets_.take_changes(emitted_families_, changes);
  dispatch_.take_changes(changes);
  return changes;
}

nft::Table Core::Impl::table() {
  changes();
  nft::Table table;
  table.name = settings_.table;
  chains_.add_to(table);
  sets_.add_to(table);
  dispatch_.add_to(table);
  return table;
}

// ---- what there is ---------------------------------------------------------------

std::size_t Core::Impl::local_pods() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(endpoints_, [](const auto& entry) { return !entry.second.addresses.empty(); }));
}

std::size_t Core::Impl::isolated_pods() const {
  return static_cast<std::size_t>(std::ranges::count_if(endpoints_, [](const auto& entry) {
    return entry.second.is_isolated(Direction::ingress) || entry.second.is_isolated(Direction::egress);
  }));
}

std::vector<k8s::Problem> Core::Impl::problems() const {
  std::vector<k8s::Problem> all = cluster_.problems();
  for (const auto& [key, policy] : policies_) {
    all.insert(all.end(), policy.problems.begin(), policy.problems.end());
  }
  std::ranges::sort(all, {}, [](const k8s::Problem& p) { return std::tie(p.kind, p.object, p.field, p.message); });
  return all;
}

std::vector<ObjectKey> Core::Impl::unreached_policies() const {
  std::vector<ObjectKey> keys;
  for (const auto& [key, policy] : policies_) {
    if (!selected_.contains(key)) keys.push_back(key);
  }
  return keys;
}

// ---- Core ------------------------------------------------------------------------

Core::Core(Settings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
Core::~Core() = default;
Core::Core(Core&&) noexcept = default;
Core& Core::operator=(Core&&) noexcept = default;

void Core::upsert(const k8s::Object& object) {
  std::visit([this](const auto& value) { impl_->upsert(value); }, object);
}
void Core::erase(k8s::Kind kind, const k8s::ObjectKey& key) {
  impl_->erase(kind, key);
}
nft::Changes Core::changes() {
  return impl_->changes();
}
nft::Table Core::table() {
  return impl_->table();
}
std::vector<k8s::Problem> Core::problems() const {
  return impl_->problems();
}
std::vector<k8s::ObjectKey> Core::unreached_policies() const {
  return impl_->unreached_policies();
}
bool Core::knows_node() const {
  return impl_->knows_node();
}
std::size_t Core::local_pods() const {
  return impl_->local_pods();
}
std::size_t Core::isolated_pods() const {
  return impl_->isolated_pods();
}
std::size_t Core::policies() const {
  return impl_->policies();
}

}  // namespace selvedge
