#include "controller/report/report.h"

#include <algorithm>
#include <map>
#include <utility>

#include "controller/meaning/peers.h"
#include "controller/meaning/policies.h"
#include "controller/reach/reach.h"
#include "controller/report/subjects.h"

namespace selvedge::report {
namespace {

using nft::Family;

constexpr std::array families{Family::v4, Family::v6};
constexpr std::array directions{Direction::ingress, Direction::egress};

class Making {
 public:
  Making(const std::vector<k8s::Object>& objects, const lint::Unseen& unseen, const std::set<std::string>& audited)
      : reach_(objects, audited), unseen_(unseen) {
    std::map<k8s::ObjectKey, const k8s::NetworkPolicy*> last;
    for (const k8s::Object& object : objects) {
      if (const auto* policy = std::get_if<k8s::NetworkPolicy>(&object)) last[policy->meta.key()] = policy;
      const auto* ns = std::get_if<k8s::Namespace>(&object);
      if (ns == nullptr) continue;
      report_.namespaces.erase(ns->meta.name);
      if (ns->understood) report_.namespaces[ns->meta.name] = ns->meta.labels;
    }
    for (const auto& [key, policy] : last) {
      number_[key] = static_cast<Index>(report_.policies.size());
      report_.policies.push_back(read(*policy));
    }
  }

  Report made();

 private:
  Policy read(const k8s::NetworkPolicy& written);
  PeerMembers members(const k8s::PolicyRule& rule, const k8s::Peer& written, const std::string& ns);
  Index set(std::vector<Index> parties);
  void isolate(Subject& subject, std::size_t party);
  std::optional<Index> row(std::size_t party, Direction direction);
  Index ports(Index of_reach);
  void as_subjects(std::vector<std::vector<Index>>& sets) const;

  reach::Reach reach_;
  const lint::Unseen& unseen_;
  Report report_;
  Lines lines_;
  std::map<k8s::ObjectKey, Index> number_;
  std::map<std::vector<Index>, Index> set_number_;
  std::map<const std::vector<Index>*, Index> row_by_address_;  // of what Reach has
  std::map<Row, Index> row_number_;
  std::map<Index, Index> ports_number_;
};

Index Making::set(std::vector<Index> parties) {
  std::ranges::sort(parties);
  const auto [at, fresh] = set_number_.try_emplace(std::move(parties), static_cast<Index>(report_.sets.size()));
  if (fresh) report_.sets.push_back(at->first);
  return at->second;
}

PeerMembers Making::members(const k8s::PolicyRule& rule, const k8s::Peer& written, const std::string& ns) {
  const auto peer = rule.understood ? meaning::read_peer(written) : std::nullopt;
  PeerMembers found;
  for (const Family family : families) {
    found.meant[slot(family)] = set(peer ? reach_.members(*peer, ns, family) : std::vector<Index>());
    found.around[slot(family)] = found.meant[slot(family)];
    const auto* block = peer ? std::get_if<meaning::Block>(&*peer) : nullptr;
    if (block != nullptr && !block->except.empty())
      found.around[slot(family)] = set(reach_.members(meaning::Block{block->addresses, {}}, ns, family));
  }
  return found;
}

Policy Making::read(const k8s::NetworkPolicy& written) {
  const meaning::PolicyReading reading = meaning::read_policy(written);
  Policy policy{.written = &written,
                .understood = reading.pods.has_value(),
                .isolates = {reading.isolates_ingress, reading.isolates_egress},
                .members = {}};
  if (!policy.understood) return policy;
  for (const Direction direction : directions) {
    if (!policy.isolates[slot(direction)]) continue;
    const auto& rules = direction == Direction::ingress ? written.ingress : written.egress;
    for (const k8s::PolicyRule& rule : rules) {
      auto& peers = policy.members[slot(direction)].emplace_back();
      for (const k8s::Peer& peer : rule.peers) peers.push_back(members(rule, peer, written.meta.ns));
    }
  }
  return policy;
}

Index Making::ports(Index of_reach) {
  const auto [at, fresh] = ports_number_.try_emplace(of_reach, static_cast<Index>(report_.ports.size()));
  if (fresh) report_.ports.push_back(reach_.ports(of_reach));
  return at->second;
}

std::optional<Index> Making::row(std::size_t party, Direction direction) {
  const auto* of_parties = reach_.row(party, direction, Family::v4);
  if (of_parties == nullptr) return std::nullopt;
  const auto known = row_by_address_.find(of_parties);
  if (known != row_by_address_.end()) return known->second;
  Row row;
  for (const Family family : families) {
    const auto& whole = *reach_.row(party, direction, family);
    for (const std::size_t first : lines_.first) row[slot(family)].push_back(ports(whole[first]));
  }
  const auto [at, fresh] = row_number_.try_emplace(std::move(row), static_cast<Index>(report_.rows.size()));
  if (fresh) report_.rows.push_back(at->first);
  return row_by_address_[of_parties] = at->second;
}

void Making::isolate(Subject& subject, std::size_t party) {
  subject.audited = reach_.audited(party);
  for (const Direction direction : directions) {
    Isolation& isolation = subject.isolations[slot(direction)];
    isolation.isolated = reach_.isolated(party, direction);
    isolation.unknown = !subject.pods.empty() && unseen_.contains(subject.ns);
    for (const k8s::ObjectKey& key : reach_.isolating(party, direction)) isolation.policies.push_back(number_.at(key));
    isolation.row = row(party, direction);
  }
}

void Making::as_subjects(std::vector<std::vector<Index>>& sets) const {
  for (auto& set : sets) {
    for (Index& member : set) member = lines_.of_party[member];
    std::ranges::sort(set);
    set.erase(std::unique(set.begin(), set.end()), set.end());
  }
}

Report Making::made() {
  lines_ = lines_of(reach_, report_.sets);
  as_subjects(report_.sets);
  report_.subjects = std::move(lines_.subjects);
  for (std::size_t i = 0; i < report_.subjects.size(); ++i) isolate(report_.subjects[i], lines_.first[i]);
  return std::move(report_);
}

}  // namespace

std::string name_of(const Subject& subject) {
  const std::string name = subject.ns.empty() ? subject.name : subject.ns + '/' + subject.name;
  return subject.variant.empty() ? name : name + " (" + subject.variant + ')';
}

Report report_of(const std::vector<k8s::Object>& objects, const lint::Unseen& unseen,
                 const std::set<std::string>& audited) {
  return Making(objects, unseen, audited).made();
}

}  // namespace selvedge::report
