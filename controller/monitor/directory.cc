#include "controller/monitor/directory.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "controller/explain/cast.h"
#include "controller/meaning/address.h"
#include "controller/meaning/ports.h"

namespace selvedge::monitor {
namespace {

constexpr std::size_t most_names = 3;

bool is_newer(const k8s::Pod& a, const k8s::Pod& b) {
  return std::tie(a.started, a.meta.created) > std::tie(b.started, b.meta.created);
}

// How much of an address a block leaves open, comparable bytewise: the narrower is less.
std::array<std::uint8_t, 16> size_of(const nft::Interval& block) {
  std::array<std::uint8_t, 16> size{};
  for (std::size_t i = 0; i < size.size(); ++i) size.at(i) = block.first.bytes.at(i) ^ block.last.bytes.at(i);
  return size;
}

bool selects(const k8s::Labels& selector, const k8s::Labels& labels) {
  return !selector.empty() && std::ranges::all_of(selector, [&](const auto& wanted) {
    const auto label = labels.find(wanted.first);
    return label != labels.end() && label->second == wanted.second;
  });
}

}  // namespace

Directory::Directory(const std::vector<k8s::Object>& objects) {
  for (const k8s::Object& object : objects) {
    if (const auto* one = std::get_if<k8s::Pod>(&object)) note(*one);
    if (const auto* one = std::get_if<k8s::NetworkPolicy>(&object)) note(*one);
    if (const auto* one = std::get_if<k8s::Namespace>(&object)) namespaces_[one->meta.name] = one;
    if (const auto* one = std::get_if<k8s::Node>(&object)) {
      for (const std::string& text : one->addresses)
        if (const auto address = meaning::read_address(text)) nodes_[*address] = one;
    }
    if (const auto* one = std::get_if<k8s::Service>(&object)) {
      services_of_namespace_.emplace(one->meta.ns, one);
      for (const std::string& text : one->addresses)
        if (const auto address = meaning::read_address(text)) services_[*address] = one;
    }
  }
  std::ranges::stable_sort(blocks_, {}, [](const Block& block) { return size_of(block.addresses); });
}

void Directory::note(const k8s::Pod& pod) {
  if (!explain::takes_part(pod)) return;
  for (const std::string& text : pod.addresses) {
    const auto address = meaning::read_address(text);
    if (!address) continue;
    const k8s::Pod*& owner = pods_[*address];
    if (owner == nullptr || is_newer(pod, *owner)) owner = &pod;
  }
}

void Directory::note(const k8s::NetworkPolicy& policy) {
  policies_[policy.meta.key()] = &policy;
  const auto take = [&](const std::vector<k8s::PolicyRule>& rules, const char* direction, const char* list) {
    for (std::size_t r = 0; r < rules.size(); ++r) {
      for (std::size_t p = 0; p < rules[r].peers.size(); ++p) {
        const auto& written = rules[r].peers[p].ip_block;
        const auto addresses = written ? meaning::read_block(written->cidr) : std::nullopt;
        if (!addresses) continue;
        Block block{.addresses = *addresses,
                    .except = {},
                    .name = written->cidr + " of " + k8s::to_string(policy.meta.key()) + ' ' + direction + '[' +
                            std::to_string(r) + "] " + list + '[' + std::to_string(p) + ']'};
        for (const std::string& text : written->except)
          if (const auto except = meaning::read_block(text)) block.except.push_back(*except);
        blocks_.push_back(std::move(block));
      }
    }
  };
  take(policy.ingress, "ingress", "from");
  take(policy.egress, "egress", "to");
}

std::vector<std::string> Directory::services_of(const k8s::Pod& pod) const {
  std::vector<std::string> names;
  const auto [begin, end] = services_of_namespace_.equal_range(pod.meta.ns);
  for (auto service = begin; service != end && names.size() < most_names; ++service)
    if (selects(service->second->selector, pod.meta.labels))
      names.push_back(k8s::to_string(service->second->meta.key()));
  return names;
}

std::vector<std::string> Directory::blocks_around(const nft::Address& address) const {
  std::vector<std::string> names;
  const auto holds = [&](const nft::Interval& interval) { return meaning::lies_in(address, interval); };
  for (const Block& block : blocks_) {
    if (names.size() == most_names) break;
    if (holds(block.addresses) && std::ranges::none_of(block.except, holds)) names.push_back(block.name);
  }
  return names;
}

Party Directory::party(const nft::Address& address) const {
  Party party{.address = address};
  if (const k8s::Pod* owner = pod(address)) {
    party.kind = Party::Kind::pod;
    party.ns = owner->meta.ns;
    party.name = k8s::to_string(owner->meta.key());
    party.workload = explain::workload_of(*owner);
    party.services = services_of(*owner);
  } else if (const auto node = nodes_.find(address); node != nodes_.end()) {
    party.kind = Party::Kind::node;
    party.name = node->second->meta.name;
  } else if (const auto service = services_.find(address); service != services_.end()) {
    party.kind = Party::Kind::service;
    party.ns = service->second->meta.ns;
    party.name = k8s::to_string(service->second->meta.key());
  } else {
    party.name = nft::to_string(address);
    party.blocks = blocks_around(address);
  }
  return party;
}

const k8s::Pod* Directory::pod(const nft::Address& address) const {
  const auto found = pods_.find(address);
  return found == pods_.end() ? nullptr : found->second;
}

const k8s::NetworkPolicy* Directory::policy(const k8s::ObjectKey& key) const {
  const auto found = policies_.find(key);
  return found == policies_.end() ? nullptr : found->second;
}

const k8s::Labels* Directory::labels_of_namespace(const std::string& name) const {
  const auto found = namespaces_.find(name);
  return found == namespaces_.end() || !found->second->understood ? nullptr : &found->second->meta.labels;
}

std::string Directory::port_name(const Party& receiver, std::uint8_t protocol, std::uint16_t port) const {
  const auto named = [&](const auto& ports) -> std::string {
    for (const auto& one : ports)
      if (one.number == port && meaning::number_of(one.protocol) == protocol && !one.name.empty()) return one.name;
    return "";
  };
  if (const k8s::Pod* owner = receiver.kind == Party::Kind::pod ? pod(receiver.address) : nullptr)
    return named(owner->ports);
  const auto service = services_.find(receiver.address);
  return receiver.kind == Party::Kind::service && service != services_.end() ? named(service->second->ports) : "";
}

}  // namespace selvedge::monitor
