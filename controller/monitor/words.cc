#include "controller/monitor/words.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "controller/explain/port.h"

namespace selvedge::monitor {
namespace {

std::string list(const std::vector<k8s::ObjectKey>& keys) {
  std::string text;
  for (const auto& key : keys) text += (text.empty() ? "" : ", ") + k8s::to_string(key);
  return text;
}

// Of what the rules of no pod deny.
const char* why_of_no_pod(Denial denial) {
  switch (denial) {
    case Denial::guard:
      return "no known pod has this address of the node's pod ranges";
    case Denial::link_scope:
      return "link-local, multicast or broadcast where a pod of this node is isolated";
    case Denial::vxlan:
      return "a pod may not send encapsulated packets to a node";
    case Denial::own_address:
      return "a pod may not send from the node's own addresses";
    case Denial::policy:
    case Denial::audit:
      break;
  }
  return "";
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width > text.size() ? width - text.size() : 0, ' ');
}

std::string title(const Talk& talk) {
  return (passed(talk.denial) ? "audited" : "denied") + (talk.direction.empty() ? "" : ' ' + talk.direction);
}

}  // namespace

std::string to_text(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(since).count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[80];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>((since - std::chrono::floor<std::chrono::seconds>(since)).count()));
  return text;
}

std::string port_of(const Denied& denied) {
  const nft::PacketHead& packet = denied.seen.packet;
  std::string text = explain::name_of(packet.protocol);
  if (packet.fragment) return "fragment of " + text;
  if (packet.destination_port) text += '/' + std::to_string(*packet.destination_port);
  if (packet.icmp_type) text += '/' + std::to_string(*packet.icmp_type);
  return denied.port_name.empty() ? text : text + " (" + denied.port_name + ')';
}

std::string words(const Party& party) {
  const std::string address = nft::to_string(party.address);
  switch (party.kind) {
    case Party::Kind::pod:
      return party.name + " (" + address + ')';
    case Party::Kind::node:
      return "node " + party.name + " (" + address + ')';
    case Party::Kind::service:
      return "Service " + party.name + " (" + address + ')';
    case Party::Kind::external:
      break;
  }
  return party.blocks.empty() ? address : address + " (in " + party.blocks.front() + ')';
}

std::string why(const Denied& denied) {
  const Denial denial = denied.seen.prefix.denial;
  if (denial != Denial::policy && denial != Denial::audit) return why_of_no_pod(denial);
  if (!denied.note.empty() && denied.isolated_by.empty()) return denied.note;
  std::string text = denied.isolated_by.empty() ? std::string("isolated, because its object was not understood")
                                                : "isolated by " + list(denied.isolated_by);
  if (!denied.note.empty()) return text + "; " + denied.note;
  text += denial == Denial::audit ? ", and no rule allows it; it passed, as its namespace is audited"
                                  : ", and no rule allows it";
  return denied.nearest.empty() ? text : text + "; nearest: " + denied.nearest;
}

std::string sentence(const Denied& denied) {
  const Talk talk = talk_of(denied);
  std::string text = to_text(denied.seen.time) + ' ' + title(talk);
  if (denied.pod) text += " of " + k8s::to_string(*denied.pod);
  return text + ": " + words(denied.source) + " -> " + words(denied.destination) + ' ' + talk.port + ": " + why(denied);
}

Talk talk_of(const Denied& denied) {
  const auto& direction = denied.seen.prefix.direction;
  return {.denial = denied.seen.prefix.denial,
          .direction = direction ? std::string(to_string(*direction)) : "",
          .source = words(denied.source),
          .destination = words(denied.destination),
          .port = port_of(denied)};
}

std::string summary(const Tally<Talk>& talks, std::size_t most) {
  const auto top = talks.top(most);
  std::string text = std::to_string(talks.total()) + (talks.total() == 1 ? " packet, " : " packets, ") +
                     std::to_string(talks.kinds()) + (talks.kinds() == 1 ? " kind\n" : " kinds\n");
  std::size_t ways = 0, sources = 0;
  for (const auto& [talk, count] : top) {
    ways = std::max(ways, title(talk).size());
    sources = std::max(sources, talk.source.size());
  }
  std::uint64_t told = talks.left_out();
  for (const auto& [talk, count] : top) {
    const std::string number = std::to_string(count);
    text += std::string(number.size() < 8 ? 8 - number.size() : 0, ' ') + number + "  " + padded(title(talk), ways) +
            "  " + padded(talk.source, sources) + " -> " + talk.destination + ' ' + talk.port + '\n';
    told += count;
  }
  if (talks.total() > told) text += "          and " + std::to_string(talks.total() - told) + " of other kinds\n";
  if (talks.left_out() > 0)
    text += "          and " + std::to_string(talks.left_out()) + " of kinds beyond the first " +
            std::to_string(talks.kinds()) + ", which are not told apart\n";
  return text;
}

}  // namespace selvedge::monitor
