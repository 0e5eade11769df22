#include "controller/monitor/witness.h"

#include <algorithm>
#include <utility>

#include "controller/explain/misses.h"

namespace selvedge::monitor {
namespace {

constexpr std::size_t most_remembered = 4096;

std::string likeness(const Sighting& sighting) {
  const nft::PacketHead& packet = sighting.packet;
  std::string key = std::string(to_string(sighting.prefix.denial)) + ' ' + sighting.prefix.hash + ' ' +
                    sighting.prefix.pod + (sighting.prefix.direction == Direction::egress ? " >" : " <");
  for (const nft::Address& address : {packet.source, packet.destination}) key += ' ' + nft::to_string(address);
  for (const int part : {int{packet.protocol}, int{packet.destination_port.value_or(0)},
                         int{packet.icmp_type.value_or(0)}, packet.fragment || packet.cut ? 1 : 0})
    key += ' ' + std::to_string(part);
  return key;
}

// "production/api-0", the end of which may be cut.
std::optional<k8s::ObjectKey> named_pod(const DenialPrefix& prefix) {
  const std::size_t slash = prefix.pod.find('/');
  if (slash == std::string::npos) return std::nullopt;
  return k8s::ObjectKey{prefix.pod.substr(0, slash), prefix.pod.substr(slash + 1)};
}

nft::Packet packet_of(const meaning::Viewpoint& viewpoint, const nft::PacketHead& head) {
  nft::Packet packet;
  packet.hook = nft::Hook::forward;
  packet.in = packet.out = viewpoint.bridge;
  packet.source = head.source;
  packet.destination = head.destination;
  packet.protocol = head.protocol;
  packet.port = head.destination_port.value_or(0);
  packet.icmpv6_type = head.protocol == 58 ? head.icmp_type.value_or(0) : std::uint8_t{0};
  return packet;
}

bool is_of_a_pod(Denial denial) {
  return denial == Denial::policy || denial == Denial::audit;
}

}  // namespace

std::string_view to_string(Party::Kind kind) {
  switch (kind) {
    case Party::Kind::pod:
      return "pod";
    case Party::Kind::node:
      return "node";
    case Party::Kind::service:
      return "service";
    case Party::Kind::external:
      return "external";
  }
  return "";
}

const Party& peer_of(const Denied& denied) {
  return denied.seen.prefix.direction == Direction::egress ? denied.destination : denied.source;
}

bool passed(Denial denial) {
  return denial == Denial::audit;
}

Witness::Witness(meaning::Viewpoint viewpoint, std::vector<k8s::Object> objects)
    : objects_(std::move(objects)), directory_(objects_), meaning_(std::move(viewpoint), objects_) {}

Denied Witness::tell(const Sighting& sighting) {
  const std::string key = likeness(sighting);
  auto known = told_.find(key);
  if (known == told_.end()) {
    if (told_.size() >= most_remembered) told_.clear();
    known = told_.emplace(key, look_up(sighting)).first;
  }
  Denied denied = known->second;
  denied.seen = sighting;
  return denied;
}

Denied Witness::look_up(const Sighting& sighting) const {
  const nft::PacketHead& packet = sighting.packet;
  Denied denied{
      .seen = sighting, .source = directory_.party(packet.source), .destination = directory_.party(packet.destination)};
  if (packet.destination_port)
    denied.port_name = directory_.port_name(denied.destination, packet.protocol, *packet.destination_port);
  if (is_of_a_pod(sighting.prefix.denial)) ask_policies(denied);
  return denied;
}

// The pod by its address; a pod that is gone since, by the name that the rule had.
void Witness::ask_policies(Denied& denied) const {
  const DenialPrefix& prefix = denied.seen.prefix;
  const bool egress = prefix.direction == Direction::egress;
  const k8s::Pod* pod = directory_.pod((egress ? denied.source : denied.destination).address);
  const auto named = named_pod(prefix);
  const bool same = pod != nullptr && k8s::to_string(pod->meta.key()).starts_with(prefix.pod);
  denied.pod = same ? pod->meta.key() : named;
  if (!same) {
    denied.note = "the pod is not known, or another one has its address now";
    return;
  }
  const auto judgement = meaning_.evaluate(packet_of(meaning_.viewpoint(), denied.seen.packet));
  for (const meaning::Reason& reason : judgement.reasons) {
    if (reason.direction != prefix.direction) continue;
    denied.isolated_by = reason.isolated_by;
    if (reason.kind == meaning::Reason::Kind::granted || reason.kind == meaning::Reason::Kind::not_isolated)
      denied.note = "the policies as they are now allow it";
  }
  if (denied.note.empty()) denied.nearest = nearest(denied);
}

std::string Witness::nearest(const Denied& denied) const {
  const bool egress = denied.seen.prefix.direction == Direction::egress;
  const Party& peer = peer_of(denied);
  meaning::OtherEnd other{.address = peer.address, .pod = directory_.pod(peer.address)};
  if (other.pod != nullptr) other.ns = directory_.labels_of_namespace(other.pod->meta.ns);
  const nft::PacketHead& packet = denied.seen.packet;
  const explain::PortAsked port{.protocol = packet.protocol,
                                .number = packet.destination_port.value_or(0),
                                .icmp_type = packet.icmp_type.value_or(0)};
  std::optional<explain::Miss> best;
  for (const k8s::ObjectKey& key : denied.isolated_by) {
    const k8s::NetworkPolicy* policy = directory_.policy(key);
    if (policy == nullptr) continue;
    const auto misses = explain::misses_of(*policy, egress ? Direction::egress : Direction::ingress, other,
                                           directory_.pod(denied.destination.address), port);
    if (!misses.empty() && !misses[0].lacks.empty() && (!best || misses[0].distance < best->distance)) best = misses[0];
  }
  if (!best) return "";
  std::string text = best->at + (best->means.empty() ? "" : " (" + best->means + ')') + ": ";
  for (std::size_t i = 0; i < best->lacks.size(); ++i) text += (i == 0 ? "" : "; ") + best->lacks[i];
  return text;
}

}  // namespace selvedge::monitor
