#include "controller/cli/denial_json.h"

#include <nlohmann/json.hpp>

#include "controller/explain/port.h"

namespace selvedge::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

Json party(const monitor::Party& party) {
  Json json = {{"kind", to_string(party.kind)}, {"name", party.name}, {"address", nft::to_string(party.address)}};
  if (!party.ns.empty()) json["namespace"] = party.ns;
  if (!party.workload.empty()) json["workload"] = party.workload;
  if (!party.services.empty()) json["services"] = party.services;
  if (!party.blocks.empty()) json["ipBlocks"] = party.blocks;
  return json;
}

const char* verdict(Denial denial) {
  return monitor::passed(denial) ? "audited" : "denied";
}

void add_packet(Json& json, const monitor::Denied& denied) {
  const nft::PacketHead& packet = denied.seen.packet;
  json["protocol"] = explain::name_of(packet.protocol);
  if (packet.destination_port) json["port"] = *packet.destination_port;
  if (!denied.port_name.empty()) json["portName"] = denied.port_name;
  if (packet.source_port) json["sourcePort"] = *packet.source_port;
  if (packet.icmp_type) json["icmpType"] = *packet.icmp_type;
  if (packet.icmp_code) json["icmpCode"] = *packet.icmp_code;
  if (packet.fragment) json["fragment"] = true;
  json["length"] = packet.length;
}

}  // namespace

std::string denial_json(const monitor::Denied& denied) {
  const DenialPrefix& prefix = denied.seen.prefix;
  Json json = {{"time", monitor::to_text(denied.seen.time)},
               {"verdict", verdict(prefix.denial)},
               {"by", to_string(prefix.denial)}};
  if (prefix.direction) json["direction"] = to_string(*prefix.direction);
  if (denied.pod) json["pod"] = k8s::to_string(*denied.pod);
  json["source"] = party(denied.source);
  json["destination"] = party(denied.destination);
  add_packet(json, denied);
  if (!denied.seen.in.empty()) json["in"] = denied.seen.in;
  if (!denied.seen.out.empty()) json["out"] = denied.seen.out;
  json["isolatedBy"] = Json::array();
  for (const auto& policy : denied.isolated_by) json["isolatedBy"].push_back(k8s::to_string(policy));
  json["why"] = monitor::why(denied);
  if (!denied.nearest.empty()) json["nearest"] = denied.nearest;
  if (!denied.note.empty()) json["note"] = denied.note;
  return line(json);
}

std::string summary_json(const monitor::Tally<monitor::Talk>& talks, std::size_t most) {
  std::string text;
  std::uint64_t told = 0;
  for (const auto& [talk, count] : talks.top(most)) {
    Json json = {{"count", count}, {"verdict", verdict(talk.denial)}, {"by", to_string(talk.denial)}};
    if (!talk.direction.empty()) json["direction"] = talk.direction;
    json["source"] = talk.source;
    json["destination"] = talk.destination;
    json["port"] = talk.port;
    text += line(json);
    told += count;
  }
  return text + line({{"total", talks.total()}, {"kinds", talks.kinds()}, {"others", talks.total() - told}});
}

}  // namespace selvedge::cli
