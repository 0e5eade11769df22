#include "controller/reach/reach.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "controller/meaning/audit.h"
#include "controller/meaning/ports.h"
#include "controller/reach/peer_table.h"

namespace selvedge::reach {
namespace {

using Index = std::uint32_t;  // of ports
constexpr std::array families{nft::Family::v4, nft::Family::v6};
constexpr std::array directions{Direction::ingress, Direction::egress};

std::size_t slot(nft::Family family) {
  return family == nft::Family::v4 ? 0 : 1;
}
std::size_t slot(Direction direction) {
  return direction == Direction::ingress ? 0 : 1;
}

// Each set of ports once, so that a cell of the matrix is a number and two are combined once.
class PortPool {
 public:
  static constexpr Index none = 0, all = 1;

  PortPool() {
    index_of({});
    index_of(Ports::everything());
  }

  Index index_of(Ports ports) {
    const auto [at, fresh] = index_of_.try_emplace(ports, static_cast<Index>(all_.size()));
    if (fresh) all_.push_back(std::move(ports));
    return at->second;
  }
  Index united(Index one, Index other) {
    if (one == other || other == none) return one;
    if (one == none) return other;
    const auto [at, fresh] = unions_.try_emplace(std::minmax(one, other), none);
    if (fresh) at->second = index_of(reach::united(all_[one], all_[other]));
    return at->second;
  }
  const Ports& operator[](Index index) const { return all_[index]; }

 private:
  std::vector<Ports> all_;
  std::map<Ports, Index> index_of_;
  std::map<std::pair<Index, Index>, Index> unions_;
};

bool has_names(const meaning::RuleReading& rule) {
  return std::ranges::any_of(rule.ports,
                             [](const auto& port) { return port && std::holds_alternative<std::string>(port->ports); });
}

Ports ports_of(const meaning::RuleReading& rule, const k8s::Pod* receiver) {
  if (rule.ports.empty()) return Ports::everything();
  Ports ports;
  for (const auto& element : rule.ports) {
    if (!element) continue;
    for (const auto& range : meaning::ports_at(*element, receiver))
      ports = united(ports, {.ranges = {{meaning::number_of(element->protocol), range.first, range.last}}});
  }
  return ports;
}

}  // namespace

class Reach::Impl {
 public:
  Impl(const std::vector<k8s::Object>& objects, const std::vector<nft::Prefix>& blocks,
       const std::set<std::string>& audited)
      : parties_(parties_of(objects, blocks)), peers_(parties_, objects) {
    std::map<k8s::ObjectKey, const k8s::NetworkPolicy*> last;
    std::map<std::string, const k8s::Namespace*> namespaces;
    for (const k8s::Object& object : objects) {
      if (const auto* policy = std::get_if<k8s::NetworkPolicy>(&object)) last[policy->meta.key()] = policy;
      if (const auto* ns = std::get_if<k8s::Namespace>(&object)) namespaces[ns->meta.name] = ns;
    }
    for (const auto& [key, policy] : last) policies_.push_back(meaning::read_policy(*policy));
    for (std::size_t i = 0; i < policies_.size(); ++i) by_namespace_[policies_[i].key.ns].push_back(i);
    for (std::size_t i = 0; i < parties_.size(); ++i) {
      isolations_.emplace_back();
      audited_.push_back(false);
      if (parties_[i].pods.empty()) continue;
      isolate(i);
      const k8s::Pod& pod = *parties_[i].pods.front();
      const auto ns = namespaces.find(pod.meta.ns);
      audited_[i] = meaning::is_audited(pod, ns == namespaces.end() ? nullptr : ns->second, audited);
    }
  }

  const std::vector<Party>& parties() const { return parties_; }
  const Ports& between(std::size_t from, std::size_t to, nft::Family family) const;
  std::vector<k8s::ObjectKey> isolating(std::size_t party, Direction direction) const;
  bool isolated(std::size_t party, Direction direction) const { return isolations_[party][slot(direction)].isolated; }
  const std::vector<Index>* row(std::size_t party, Direction direction, nft::Family family) const {
    const Rows* rows = isolations_[party][slot(direction)].rows;
    return rows == nullptr ? nullptr : &(*rows)[slot(family)];
  }
  const Ports& ports(Index index) const { return ports_[index]; }
  PeerTable& peers() { return peers_; }
  bool audited(std::size_t party) const { return audited_[party]; }

 private:
  // What one is allowed with each other party, in either family.
  using Rows = std::array<std::vector<Index>, 2>;

  struct Isolation {
    bool isolated = false;
    std::vector<std::size_t> policies;
    const Rows* rows = nullptr;
  };

  void isolate(std::size_t party);
  const Rows& rows_of(const Isolation& isolation, Direction direction, const k8s::Pod& pod);
  void add(Rows& rows, const meaning::RuleReading& rule, const std::string& ns, Direction direction,
           const k8s::Pod& pod);
  Members members(const meaning::RuleReading& rule, const std::string& ns, nft::Family family);
  Index allowed(std::size_t party, Direction direction, std::size_t other, nft::Family family) const;

  std::vector<Party> parties_;
  PeerTable peers_;
  std::vector<meaning::PolicyReading> policies_;  // by key
  std::map<std::string, std::vector<std::size_t>> by_namespace_;
  std::vector<std::array<Isolation, 2>> isolations_;  // of each party, in either direction
  std::vector<bool> audited_;                         // of each party
  PortPool ports_;
  // By direction, policies, and the pod whose names are meant, where names matter.
  std::map<std::tuple<Direction, std::vector<std::size_t>, const k8s::Pod*>, Rows> rows_;
  mutable std::map<std::pair<Index, Index>, Ports> common_;
};

void Reach::Impl::isolate(std::size_t party) {
  const k8s::Pod& pod = *parties_[party].pods.front();
  for (const Direction direction : directions) {
    Isolation& isolation = isolations_[party][slot(direction)];
    isolation.isolated = !pod.understood;
    const auto here = by_namespace_.find(pod.meta.ns);
    if (here == by_namespace_.end() || !pod.understood) continue;
    for (const std::size_t i : here->second) {
      const auto& policy = policies_[i];
      const bool isolates = direction == Direction::ingress ? policy.isolates_ingress : policy.isolates_egress;
      if (isolates && meaning::selects(policy, pod)) isolation.policies.push_back(i);
    }
    isolation.isolated = !isolation.policies.empty();
    if (isolation.isolated) isolation.rows = &rows_of(isolation, direction, pod);
  }
}

const Reach::Impl::Rows& Reach::Impl::rows_of(const Isolation& isolation, Direction direction, const k8s::Pod& pod) {
  const bool ingress = direction == Direction::ingress;
  const bool names = ingress && std::ranges::any_of(isolation.policies, [&](std::size_t i) {
                       return std::ranges::any_of(policies_[i].ingress, has_names);
                     });
  const auto [at, fresh] = rows_.try_emplace(std::tuple(direction, isolation.policies, names ? &pod : nullptr));
  if (!fresh) return at->second;
  for (auto& row : at->second) row.assign(parties_.size(), PortPool::none);
  for (const std::size_t i : isolation.policies) {
    const auto& policy = policies_[i];
    for (const auto& rule : ingress ? policy.ingress : policy.egress)
      add(at->second, rule, policy.key.ns, direction, pod);
  }
  return at->second;
}

Members Reach::Impl::members(const meaning::RuleReading& rule, const std::string& ns, nft::Family family) {
  Members all;
  if (rule.peers.empty()) {
    for (Index i = 0; i < parties_.size(); ++i) all.push_back(i);
    return all;
  }
  for (const auto& peer : rule.peers) {
    if (!peer) continue;
    const Members more = peers_.members(*peer, ns, family);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

void Reach::Impl::add(Rows& rows, const meaning::RuleReading& rule, const std::string& ns, Direction direction,
                      const k8s::Pod& pod) {
  const bool at_others = direction == Direction::egress && has_names(rule);
  const Index fixed = at_others ? PortPool::none : ports_.index_of(ports_of(rule, &pod));
  for (const nft::Family family : families) {
    std::vector<Index>& row = rows[slot(family)];
    for (const auto other : members(rule, ns, family)) {
      const Index more = at_others ? ports_.index_of(ports_of(rule, peers_.end(other, family).pod)) : fixed;
      row[other] = ports_.united(row[other], more);
    }
  }
}

Index Reach::Impl::allowed(std::size_t party, Direction direction, std::size_t other, nft::Family family) const {
  const Isolation& isolation = isolations_[party][slot(direction)];
  if (!isolation.isolated || audited_[party]) return PortPool::all;
  return isolation.rows == nullptr ? PortPool::none : (*isolation.rows)[slot(family)][other];
}

const Ports& Reach::Impl::between(std::size_t from, std::size_t to, nft::Family family) const {
  if (!parties_[from].address(family) || !parties_[to].address(family)) return ports_[PortPool::none];
  const Index sent = allowed(from, Direction::egress, to, family);
  const Index taken = allowed(to, Direction::ingress, from, family);
  if (sent == taken || taken == PortPool::all || sent == PortPool::none) return ports_[sent];
  if (sent == PortPool::all || taken == PortPool::none) return ports_[taken];
  const auto [at, fresh] = common_.try_emplace(std::minmax(sent, taken));
  if (fresh) at->second = common(ports_[sent], ports_[taken]);
  return at->second;
}

std::vector<k8s::ObjectKey> Reach::Impl::isolating(std::size_t party, Direction direction) const {
  std::vector<k8s::ObjectKey> keys;
  for (const std::size_t i : isolations_[party][slot(direction)].policies) keys.push_back(policies_[i].key);
  return keys;
}

Reach::Reach(const std::vector<k8s::Object>& objects, const std::vector<nft::Prefix>& blocks,
             const std::set<std::string>& audited)
    : impl_(std::make_unique<Impl>(objects, blocks, audited)) {}
Reach::~Reach() = default;

const std::vector<Party>& Reach::parties() const {
  return impl_->parties();
}

const Ports& Reach::between(std::size_t from, std::size_t to, nft::Family family) const {
  return impl_->between(from, to, family);
}

std::vector<k8s::ObjectKey> Reach::isolating(std::size_t party, Direction direction) const {
  return impl_->isolating(party, direction);
}

bool Reach::audited(std::size_t party) const {
  return impl_->audited(party);
}

bool Reach::isolated(std::size_t party, Direction direction) const {
  return impl_->isolated(party, direction);
}

const std::vector<Reach::Index>* Reach::row(std::size_t party, Direction direction, nft::Family family) const {
  return impl_->row(party, direction, family);
}

const Ports& Reach::ports(Index index) const {
  return impl_->ports(index);
}

std::vector<Reach::Index> Reach::members(const meaning::PeerElement& peer, const std::string& ns,
                                         nft::Family family) const {
  return impl_->peers().members(peer, ns, family);
}

}  // namespace selvedge::reach
