// Wires the stages together. Each event updates the cluster, the policies and the
// sets' cohorts, and marks what else it touches as stale: pods of this node,
// policies, addresses, chains. changes() refreshes the stale ones, in that order and
// each once however many events there were, and hands out what differs.
#include "controller/core.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "controller/audit.h"
#include "controller/cluster.h"
#include "controller/dispatch.h"
#include "controller/endpoints.h"
#include "controller/guard.h"
#include "controller/names.h"
#include "controller/policy_book.h"
#include "controller/rule_chains.h"
#include "controller/sets.h"

namespace selvedge {
namespace {

using k8s::ObjectKey;
using nft::Address;
using nft::Family;

constexpr std::array directions{Direction::ingress, Direction::egress};

}  // namespace

class Core::Impl {
 public:
  explicit Impl(Settings settings)
      : settings_(std::move(settings)),
        guard_(settings_.guard, settings_.node),
        cluster_(settings_.node),
        audit_(settings_.audited),
        endpoints_(cluster_, policies_, audit_),
        chains_(endpoints_, policies_, {.own_node_open = settings_.own_node_open, .log = settings_.deny_log}),
        sets_(cluster_, [this](const Address& address) { return endpoints_.target(address, Direction::ingress); }) {}

  void upsert(const k8s::Pod& pod) { note(pod.meta.key(), cluster_.upsert(pod)); }
  void upsert(const k8s::Namespace& ns) {
    if (audit_.upsert(ns)) stale_pods_.merge(endpoints_.of_namespace(ns.meta.name));
    sets_.apply(cluster_.upsert(ns));
  }
  void upsert(const k8s::Node& node) { guard_.upsert(node); }
  void upsert(const k8s::NetworkPolicy& policy) {
    change_policy(policy.meta.key(), [&] { return policies_.put(compile(policy)); });
  }
  void upsert(const k8s::Workload&) {}
  void upsert(const k8s::Service&) {}
  void erase(k8s::Kind kind, const ObjectKey& key);
  void attach(const Attachment& attachment) { note(attachment.pod, cluster_.attach(attachment)); }
  void detach(const ObjectKey& pod, const std::string& id, Ending ending) {
    note(pod, cluster_.detach(pod, id, ending));
  }
  void pod_ranges(std::vector<nft::Prefix> ranges) { guard_.told(std::move(ranges)); }
  void services_by_ipvs(bool on) { settings_.ipvs = on; }
  void stop_logging() {
    settings_.deny_log.reset();
    chains_.stop_logging();
  }
  void refuse(const ObjectKey& policy, const std::string& why) {
    change_policy(policy, [&] { return policies_.refuse(policy, why); });
  }
  void readmit(const ObjectKey& policy) {
    change_policy(policy, [&] { return policies_.readmit(policy); });
  }
  std::set<ObjectKey> policies_behind(const std::string& object) const;
  nft::Changes changes();
  nft::Table table();
  std::vector<k8s::Problem> problems() const;
  std::vector<ObjectKey> unreached_policies() const;
  PodAddresses pod_addresses() const { return endpoints_.pods(); }
  const std::vector<nft::Prefix>& guarded() const { return guard_.ranges(); }
  const std::vector<nft::Prefix>& on_bridge() const { return guard_.told(); }
  bool knows_pod(const ObjectKey& pod, const std::string& uid) const { return cluster_.knows_local(pod, uid); }
  bool vouches_for(const Attachment& attachment) const { return cluster_.vouches_for(attachment); }
  std::optional<ObjectKey> ruler(const Address& address, Direction direction) const;
  bool knows_node() const { return guard_.knows_node(); }
  std::size_t local_pods() const { return endpoints_.census().addressed; }
  std::size_t isolated_pods() const { return endpoints_.census().isolated; }
  std::size_t audited_pods() const { return endpoints_.census().audited; }
  std::size_t policies() const { return policies_.all().size(); }

 private:
  void note(const ObjectKey& pod, const ClusterChange& change);
  void refresh();
  void refresh_guard();
  void refresh_endpoint(const ObjectKey& key);
  void refresh_dispatch(const Address& address);
  template <typename Act>
  void change_policy(const ObjectKey& key, Act act);
  void refresh_policy(const ObjectKey& key);
  void use_sets(const ObjectKey& policy, const std::set<SetSource>& sources);

  std::set<Family> families() const;

  Settings settings_;
  Guard guard_;
  Cluster cluster_;
  PolicyBook policies_;
  Audit audit_;
  Endpoints endpoints_;
  RuleChains chains_;
  Sets sets_;
  DispatchMaps dispatch_;
  std::map<ObjectKey, std::vector<Sets::Use>> used_sets_;  // policy → sets its rules look up
  std::vector<nft::Prefix> guarded_;                       // as the dispatch maps have it
  std::set<ObjectKey> stale_pods_;                         // of this node, or that were
  std::set<ObjectKey> stale_policies_;
  std::set<Address> stale_addresses_;
};

// ---- events --------------------------------------------------------------------

void Core::Impl::erase(k8s::Kind kind, const ObjectKey& key) {
  switch (kind) {
    case k8s::Kind::pod:
      return note(key, cluster_.erase_pod(key));
    case k8s::Kind::ns:
      if (audit_.erase(key.name)) stale_pods_.merge(endpoints_.of_namespace(key.name));
      return sets_.apply(cluster_.erase_namespace(key.name));
    case k8s::Kind::node:
      return guard_.erase_node(key.name);
    case k8s::Kind::network_policy:
      return change_policy(key, [&] { return policies_.erase(key); });
    case k8s::Kind::workload:
    case k8s::Kind::service:
      return;
  }
}

void Core::Impl::note(const ObjectKey& pod, const ClusterChange& change) {
  sets_.apply(change);
  const PodRecord* record = cluster_.pod(pod);
  if (endpoints_.knows(pod) || (record && record->is_local())) stale_pods_.insert(pod);
  for (const ObjectKey& rival : change.rivals) {
    if (endpoints_.knows(rival)) stale_pods_.insert(rival);
  }
}

// `act` changes the policy in the book, and tells whether it did.
template <typename Act>
void Core::Impl::change_policy(const ObjectKey& key, Act act) {
  const std::optional<Policy> before = policies_.policy(key);
  if (!act()) return;
  const std::optional<Policy> after = policies_.policy(key);
  stale_policies_.insert(key);
  if (before && after && is_applied_alike(*before, *after)) return;
  stale_pods_.merge(std::set<ObjectKey>(endpoints_.selected_by(key)));
  if (after) stale_pods_.merge(endpoints_.matched_by(*after));
}

// ---- refreshing ------------------------------------------------------------------

void Core::Impl::refresh() {
  refresh_guard();
  for (const ObjectKey& pod : std::exchange(stale_pods_, {})) refresh_endpoint(pod);
  for (const ObjectKey& policy : std::exchange(stale_policies_, {})) refresh_policy(policy);
  for (const Address& address : std::exchange(stale_addresses_, {})) {
    refresh_dispatch(address);
    sets_.retarget(address);
  }
  chains_.set_base({.bridge = settings_.bridge,
                    .vxlan_port = settings_.vxlan_port,
                    .isolates = isolated_pods() > 0,
                    .guarded = guarded_,
                    .ipvs = settings_.ipvs,
                    .log = settings_.deny_log});
}

void Core::Impl::refresh_guard() {
  if (guard_.ranges() == guarded_) return;
  guarded_ = guard_.ranges();
  stale_addresses_.merge(endpoints_.addresses());
}

void Core::Impl::refresh_endpoint(const ObjectKey& key) {
  const auto [before, after, reached] = endpoints_.refresh(key);
  for (const Direction d : directions) {
    if (before && before->is_isolated(d)) chains_.drop(pod_chain_name(d, key, before->uid));
    if (after && after->is_isolated(d)) chains_.claim(pod_chain_name(d, key, after->uid), PodRules{key, d});
  }
  stale_policies_.insert(reached.begin(), reached.end());
  if (before) stale_addresses_.insert(before->addresses.begin(), before->addresses.end());
  if (after) stale_addresses_.insert(after->addresses.begin(), after->addresses.end());
}

void Core::Impl::refresh_dispatch(const Address& address) {
  for (const Direction d : directions) {
    const PodEntry* pod = endpoints_.target(address, d);
    std::optional<nft::Verdict> verdict;
    if (pod && guard_.holds(address) && !cluster_.is_pending(*pod, address)) verdict = nft::Accept{};
    if (pod && endpoints_.is_isolated(key_of(*pod), d))
      verdict = nft::Goto{pod_chain_name(d, key_of(*pod), *pod->second.uid)};
    dispatch_.point(d, address, std::move(verdict));
  }
}

// Gives a policy its chains and sets if it has a pod here, takes them away if not.
void Core::Impl::refresh_policy(const ObjectKey& key) {
  const CompiledPolicy* policy = policies_.find(key);
  const bool reached = policy && (settings_.unreached || !endpoints_.selected_by(key).empty());
  use_sets(key, reached ? sets_of(policy->policy) : std::set<SetSource>{});
  for (const Direction d : directions) {
    const std::string name = policy_chain_name(d, key);
    if (reached && policy->policy.in(d).isolates) {
      chains_.claim(name, PolicyRules{key, d});
    } else {
      chains_.drop(name);
    }
  }
}

// What stays in use is acquired again before it is released.
void Core::Impl::use_sets(const ObjectKey& policy, const std::set<SetSource>& sources) {
  std::vector<Sets::Use> uses;
  for (const SetSource& source : sources) uses.push_back(sets_.acquire(source));
  std::vector<Sets::Use>& used = used_sets_[policy];
  for (const Sets::Use use : used) sets_.release(use);
  used = std::move(uses);
  if (used.empty()) used_sets_.erase(policy);
}

// ---- what is written -------------------------------------------------------------------

std::set<Family> Core::Impl::families() const {
  std::set<Family> families;
  for (const Family family : {Family::v4, Family::v6}) {
    if (settings_.unreached || endpoints_.census().of_family.at(static_cast<std::size_t>(family)) > 0)
      families.insert(family);
  }
  return families;
}

nft::Changes Core::Impl::changes() {
  refresh();
  nft::Changes changes;
  const std::set<Family> written = families();
  chains_.take_changes(written, changes);
  sets_.take_changes(written, changes);
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

std::vector<k8s::Problem> Core::Impl::problems() const {
  std::vector<k8s::Problem> all = cluster_.problems();
  std::ranges::move(policies_.problems(), std::back_inserter(all));
  std::ranges::move(audit_.problems(), std::back_inserter(all));
  std::ranges::move(guard_.problems(endpoints_.addresses()), std::back_inserter(all));
  std::ranges::sort(all, {}, [](const k8s::Problem& p) { return std::tie(p.kind, p.object, p.field, p.message); });
  return all;
}

std::optional<ObjectKey> Core::Impl::ruler(const Address& address, Direction direction) const {
  const PodEntry* pod = endpoints_.target(address, direction);
  return pod ? std::optional(key_of(*pod)) : std::nullopt;
}

std::set<ObjectKey> Core::Impl::policies_behind(const std::string& object) const {
  std::set<ObjectKey> policies;
  for (const auto& [policy, uses] : used_sets_)
    if (std::ranges::any_of(uses, [&](Sets::Use use) { return Sets::is_called(use, object); })) policies.insert(policy);
  for (const auto& [policy, compiled] : policies_.all()) {
    for (const Direction d : directions)
      if (object == policy_chain_name(d, policy) || object == allow_counter_name(d, policy)) policies.insert(policy);
  }
  return policies;
}

std::vector<ObjectKey> Core::Impl::unreached_policies() const {
  std::vector<ObjectKey> keys;
  for (const auto& [key, policy] : policies_.all())
    if (endpoints_.selected_by(key).empty()) keys.push_back(key);
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
void Core::attach(const Attachment& attachment) {
  impl_->attach(attachment);
}
void Core::detach(const k8s::ObjectKey& pod, const std::string& id, Ending ending) {
  impl_->detach(pod, id, ending);
}
void Core::pod_ranges(std::vector<nft::Prefix> ranges) {
  impl_->pod_ranges(std::move(ranges));
}
void Core::services_by_ipvs(bool on) {
  impl_->services_by_ipvs(on);
}
void Core::stop_logging() {
  impl_->stop_logging();
}
void Core::refuse(const k8s::ObjectKey& policy, const std::string& why) {
  impl_->refuse(policy, why);
}
void Core::readmit(const k8s::ObjectKey& policy) {
  impl_->readmit(policy);
}
std::set<k8s::ObjectKey> Core::policies_behind(const std::string& object) const {
  return impl_->policies_behind(object);
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
const std::vector<nft::Prefix>& Core::guarded() const {
  return impl_->guarded();
}

const std::vector<nft::Prefix>& Core::on_bridge() const {
  return impl_->on_bridge();
}
PodAddresses Core::pod_addresses() const {
  return impl_->pod_addresses();
}
bool Core::knows_pod(const k8s::ObjectKey& pod, const std::string& uid) const {
  return impl_->knows_pod(pod, uid);
}
bool Core::vouches_for(const Attachment& attachment) const {
  return impl_->vouches_for(attachment);
}
std::optional<k8s::ObjectKey> Core::ruler(const nft::Address& address, Direction direction) const {
  return impl_->ruler(address, direction);
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
std::size_t Core::audited_pods() const {
  return impl_->audited_pods();
}
std::size_t Core::policies() const {
  return impl_->policies();
}

}  // namespace selvedge
