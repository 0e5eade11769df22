// Who claims an address, and in which order: those that the CNI plugin told of it before those that the API alone gives
// it to, then the newest first.
//
// The surprise is that an attachment does not end the API's claims: news of its own end may have been missed, and then
// the API is right. So both are claims, and an address is isolated if either pod is (semantics 63). But a pod that the
// plugin told of elsewhere, or of whose end there it told, has lost what it told of another: there the API is late.
// What it told before the daemon's start is a claim, too, but takes nothing from anybody unless the API says the same
// now.
#include <algorithm>
#include <cstring>
#include <iterator>
#include <tuple>

#include "controller/cluster.h"

namespace selvedge {
namespace {

bool is_newer(const PodEntry* a, const PodEntry* b) {
  const auto age = [](const PodEntry* e) {
    return std::tie(e->second.started, e->second.created, e->second.cohort->ns->name, e->first);
  };
  return age(a) > age(b);
}

bool holds(const std::vector<nft::Address>& addresses, const nft::Address& address) {
  return std::ranges::find(addresses, address) != addresses.end();
}

std::vector<nft::Address> sorted(std::vector<nft::Address> addresses) {
  std::ranges::sort(addresses);
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

std::vector<nft::Address> united(std::vector<nft::Address> a, const std::vector<nft::Address>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return sorted(std::move(a));
}

}  // namespace

std::uint32_t Cluster::AddressHash::operator()(const nft::Address& address) const {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, address.bytes.data(), sizeof high);
  std::memcpy(&low, address.bytes.data() + sizeof high, sizeof low);
  return spread(high ^ spread(low));
}

// ---- what the CNI plugin tells -----------------------------------------------------

ClusterChange Cluster::attach(const Attachment& attachment) {
  const auto [told, is_first] = told_.try_emplace(attachment.pod);
  const PodRecord* record = pod(attachment.pod);
  if (is_first && record) told->second.reported = record->addresses;
  told->second.by_id.insert_or_assign(attachment.id, attachment);
  std::erase_if(told->second.ended, [&](const nft::Address& address) { return holds(attachment.addresses, address); });
  return readdress(attachment.pod);
}

ClusterChange Cluster::detach(const k8s::ObjectKey& pod, const std::string& id, Ending ending) {
  const auto told = told_.find(pod);
  if (told == told_.end()) return {};
  const auto attachment = told->second.by_id.extract(id);
  if (attachment.empty()) return {};
  if (ending == Ending::told) end_at(pod, attachment.mapped());
  ClusterChange change = readdress(pod);
  if (told->second.is_empty()) told_.erase(told);
  return change;
}

// Of an inherited one the news may be old, and the pod have another sandbox there.
void Cluster::end_at(const k8s::ObjectKey& pod, const Attachment& attachment) {
  if (attachment.standing == Standing::inherited || !knows_local(pod, attachment.uid)) return;
  Told& told = told_.at(pod);
  std::ranges::copy_if(attachment.addresses, std::back_inserter(told.ended),
                       [&](const nft::Address& address) { return holds(told.reported, address); });
  told.ended = sorted(std::move(told.ended));
}

// What the object of a pod says of its addresses, and what the pod has by that and by the plugin's word. News of an end
// are older than another report than that one of which they were news.
void Cluster::report(const k8s::ObjectKey& key, PodRecord& record) {
  const auto found = told_.find(key);
  if (found == told_.end()) return;
  Told& told = found->second;
  const bool is_same_pod = record.is_local() && knows_local(key, *record.uid);
  if (!is_same_pod || told.reported != record.addresses) told.ended.clear();
  told.reported = record.addresses;
  record.addresses = addresses_by(told, record);
  if (told.is_empty()) told_.erase(found);
}

void Cluster::forget_report(const k8s::ObjectKey& pod) {
  const auto told = told_.find(pod);
  if (told == told_.end()) return;
  told->second.reported.clear();
  told->second.ended.clear();
  if (told->second.is_empty()) told_.erase(told);
}

// What its attachments are held against; none where it has none.
std::vector<nft::Address> Cluster::reported(const k8s::ObjectKey& pod) const {
  const auto told = told_.find(pod);
  return told == told_.end() ? std::vector<nft::Address>{} : told->second.reported;
}

// Attachments of a former pod of this name are not its own.
std::vector<nft::Address> Cluster::addresses_by(const Told& told, const PodRecord& record) {
  std::vector<nft::Address> addresses = told.reported;
  for (const auto& [id, attachment] : told.by_id) {
    if (record.is_local() && attachment.uid == *record.uid) addresses = united(addresses, attachment.addresses);
  }
  return addresses;
}

ClusterChange Cluster::readdress(const k8s::ObjectKey& pod) {
  const auto ns = namespaces_.find(pod.ns);
  if (ns == namespaces_.end()) return {};
  const auto found = ns->second.pods.find(pod.name);
  if (found == ns->second.pods.end()) return {};
  PodEntry& entry = *found;
  std::vector<nft::Address> addresses = addresses_by(told_.at(pod), entry.second);
  ClusterChange change;
  const Owners before = owners_of(united(entry.second.addresses, addresses));
  note_rivals(entry, change);
  withdraw(entry);
  entry.second.addresses = std::move(addresses);
  claim(entry);
  note_rivals(entry, change);
  note_moves(before, change);
  return change;
}

// The attachments of the pod that is there now.
std::vector<const Attachment*> Cluster::attachments_of(const PodEntry& pod) const {
  std::vector<const Attachment*> own;
  if (told_.empty() || !pod.second.is_local()) return own;
  const auto told = told_.find(key_of(pod));
  if (told == told_.end()) return own;
  for (const auto& [id, attachment] : told->second.by_id) {
    if (attachment.uid == *pod.second.uid) own.push_back(&attachment);
  }
  return own;
}

// Its end cannot have been missed, or the API says the same.
bool Cluster::is_certain(const Attachment& attachment) const {
  if (attachment.standing != Standing::inherited) return true;
  return std::ranges::includes(told_.at(attachment.pod).reported, sorted(attachment.addresses));
}

// The addresses are those of its sandbox for certain: what else the API reports of it is out of date.
bool Cluster::is_placed(const PodEntry& pod) const {
  return std::ranges::any_of(attachments_of(pod), [&](const auto* one) { return is_certain(*one); });
}

bool Cluster::has_ended_at(const PodEntry& pod, const nft::Address& address) const {
  const auto told = told_.find(key_of(pod));
  return told != told_.end() && holds(told->second.ended, address);
}

bool Cluster::is_placed_at(const PodEntry& pod, const nft::Address& address) const {
  return std::ranges::any_of(attachments_of(pod),
                             [&](const auto* one) { return is_certain(*one) && holds(one->addresses, address); });
}

bool Cluster::is_told_of(const PodEntry& pod, const nft::Address& address) const {
  return std::ranges::any_of(attachments_of(pod), [&](const auto* one) { return holds(one->addresses, address); });
}

// What an attachment comes or goes with changes what the other claimants have.
void Cluster::note_rivals(const PodEntry& pod, ClusterChange& change) const {
  if (contested_.empty() || told_.empty() || !told_.contains(key_of(pod))) return;
  for (const nft::Address& address : pod.second.addresses) {
    const auto contest = contested_.find(address);
    if (contest == contested_.end()) continue;
    for (const PodEntry* claimant : contest->second) {
      if (claimant != &pod) change.rivals.insert(key_of(*claimant));
    }
  }
}

// ---- claims ------------------------------------------------------------------------

bool Cluster::precedes(const PodEntry* a, const PodEntry* b, const nft::Address& address) const {
  const bool a_is_there = is_placed_at(*a, address);
  if (a_is_there != is_placed_at(*b, address)) return a_is_there;
  return is_newer(a, b);
}

void Cluster::claim(const PodEntry& pod) {
  for (const nft::Address& address : pod.second.addresses) {
    Claim* held = find_claim(address);
    if (!held) {
      owners_.insert({address, &pod});
      continue;
    }
    auto& claimants = contested_[address];
    if (claimants.empty()) claimants = {held->owner};
    const auto before = [&](const PodEntry* a, const PodEntry* b) { return precedes(a, b, address); };
    claimants.insert(std::ranges::upper_bound(claimants, &pod, before), &pod);
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

Cluster::Owners Cluster::owners_of(const PodRecord& before, const PodRecord& after) const {
  return owners_of(united(before.addresses, after.addresses));
}

void Cluster::note_moves(const Owners& before, ClusterChange& change) const {
  for (const auto& [address, from] : before) {
    const PodEntry* pod = owner(address);
    const Cohort* to = pod ? pod->second.cohort : nullptr;
    if (from != to) change.moved.push_back({address, from, to});
  }
}

// ---- what there is -----------------------------------------------------------------

const PodEntry* Cluster::owner(const nft::Address& address) const {
  const Claim* held = find_claim(address);
  return held ? held->owner : nullptr;
}

std::vector<const PodEntry*> Cluster::claimants(const nft::Address& address) const {
  const auto contest = contested_.find(address);
  if (contest == contested_.end()) {
    const PodEntry* only = owner(address);
    return only ? std::vector{only} : std::vector<const PodEntry*>{};
  }
  std::vector<const PodEntry*> all = contest->second;
  if (!is_placed_at(*all.front(), address)) return all;
  std::erase_if(all, [&](const PodEntry* pod) {
    return !is_told_of(*pod, address) && (is_placed(*pod) || has_ended_at(*pod, address));
  });
  return all;
}

std::vector<nft::Address> Cluster::lost_addresses(const k8s::ObjectKey& key) const {
  std::vector<nft::Address> lost;
  const PodEntry* pod = entry(key);
  if (!pod || contested_.empty() || told_.empty()) return lost;
  std::ranges::copy_if(pod->second.addresses, std::back_inserter(lost), [&](const nft::Address& address) {
    return !owns(pod, address) && is_placed_at(*owner(address), address) && !is_told_of(*pod, address);
  });
  return lost;
}

bool Cluster::is_pending(const PodEntry& pod, const nft::Address& address) const {
  const auto own = attachments_of(pod);
  if (own.empty() || holds(told_.at(key_of(pod)).reported, address)) return false;
  return std::ranges::all_of(
      own, [&](const auto* one) { return one->standing == Standing::pending || !holds(one->addresses, address); });
}

bool Cluster::vouches_for(const Attachment& attachment) const {
  const PodEntry* pod = entry(attachment.pod);
  if (!pod || !pod->second.is_local() || *pod->second.uid != attachment.uid) return false;
  const auto told = told_.find(attachment.pod);
  if (told == told_.end() || told->second.reported.empty()) return true;
  return std::ranges::any_of(attachment.addresses, [&](const nft::Address& address) {
    return holds(told->second.reported, address) || !contested_.contains(address);
  });
}

std::vector<nft::Address> Cluster::addresses_of(const Cohort& cohort) const {
  std::vector<nft::Address> addresses;
  for (const PodEntry* pod : cohort.pods) {
    std::ranges::copy_if(pod->second.addresses, std::back_inserter(addresses),
                         [&](const nft::Address& address) { return owns(pod, address); });
  }
  return addresses;
}

}  // namespace selvedge
