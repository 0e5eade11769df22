#include "test/soak/bed.h"

#include <stdlib.h>

#include <map>
#include <stdexcept>

#include "nft/programmed.h"
#include "test/support/conntrack_entries.h"
#include "test/support/packet_bed.h"

namespace selvedge::soak {
namespace {

using nft::Family;

constexpr const char* table_name = "soak-count";

struct Place {
  const char* name;
  std::int32_t priority;
  bool last;
};
constexpr Place places[] = {{"before", -20, false}, {"after", 10, true}};

std::string counter_name(const Place& place, std::size_t flow) {
  return std::string(place.name) + "-" + std::to_string(flow);
}

nft::Match protocol_of(const nft::Packet& packet) {
  if (packet.protocol == 6 || packet.protocol == 17)
    return nft::MatchPort{packet.protocol, {{packet.port, packet.port}}};
  return nft::MatchProtocol{packet.protocol};
}

nft::Rule counting_rule(const Place& place, const Flow& flow, std::size_t index) {
  const bool ends = place.last && !flow.established;
  return {.matches = {nft::MatchAddress{nft::Side::destination, nft::host_prefix(flow.packet.destination)},
                      protocol_of(flow.packet)},
          .counter = counter_name(place, index),
          .verdict = ends ? nft::Verdict(nft::Drop{}) : nft::Verdict(nft::Accept{}),
          .comment = ""};
}

std::string map_name(const Place& place, Family family) {
  return std::string(place.name) + (family == Family::v4 ? "-v4" : "-v6");
}

nft::Chain base_chain(const Place& place, nft::Hook hook) {
  nft::Chain chain{.base = nft::Base{hook, place.priority}, .rules = {}};
  for (const Family family : {Family::v4, Family::v6})
    chain.rules.push_back({.matches = {},
                           .counter = "",
                           .verdict = nft::Dispatch{nft::Side::source, family, map_name(place, family)},
                           .comment = ""});
  return chain;
}

// By source, then by destination and port.
nft::Table counting_table(const std::vector<Flow>& flows) {
  nft::Table table{.name = table_name, .counters = {}, .sets = {}, .maps = {}, .chains = {}};
  for (const Place& place : places) {
    for (const Family family : {Family::v4, Family::v6})
      table.maps[map_name(place, family)].type = nft::address_type(family);
    for (std::size_t i = 0; i < flows.size(); ++i) {
      const nft::Address& source = flows[i].packet.source;
      auto& elements = table.maps[map_name(place, source.family)].elements;
      const auto chain = elements.try_emplace(nft::key_of(source), nft::Goto{"from-" + counter_name(place, i)}).first;
      table.chains[std::get<nft::Goto>(chain->second).chain].rules.push_back(counting_rule(place, flows[i], i));
      table.counters.insert(counter_name(place, i));
    }
    table.chains[std::string(place.name) + "-forward"] = base_chain(place, nft::Hook::forward);
    table.chains[std::string(place.name) + "-input"] = base_chain(place, nft::Hook::input);
  }
  return table;
}

[[noreturn]] void fail(const nft::Error& error) {
  throw std::runtime_error("soak: " + error.message);
}

nft::NetlinkBackend open_backend() {
  auto backend = nft::NetlinkBackend::open({.own_table = true});
  if (!backend) fail(backend.error());
  return *std::move(backend);
}

void know_established(const std::vector<Flow>& flows) {
  std::vector<test::Connection> connections;
  for (const Flow& flow : flows)
    if (flow.established)
      connections.push_back({.source = flow.packet.source,
                             .destination = flow.packet.destination,
                             .protocol = flow.packet.protocol,
                             .source_port = established_port,
                             .destination_port = flow.packet.port,
                             .state = test::Connection::State::answered});
  test::ConntrackEntries().add(connections);
}

}  // namespace

Bed::Bed(std::vector<Flow> flows) : flows_(std::move(flows)), wiring_(test::usual_legs()), backend_(open_backend()) {
  if (system("nft flush ruleset") != 0) throw std::runtime_error("soak: nft flush ruleset fails");  // the wiring's own
  nft::Programmed programmed(backend_, table_name);
  if (auto read = programmed.adopt(); !read) fail(read.error());
  if (auto written = programmed.reconcile(counting_table(flows_)); !written) fail(written.error());
  know_established(flows_);
  const auto dump = backend_.dump(table_name);
  if (!dump) fail(dump.error());
  owned_ = *dump && (*dump)->owned;
}

std::vector<Count> Bed::counts() {
  const auto dump = backend_.dump(table_name);
  if (!dump) fail(dump.error());
  if (!*dump) throw std::runtime_error("soak: the counting table is gone");
  std::vector<Count> counts;
  for (std::size_t i = 0; i < flows_.size(); ++i)
    counts.push_back({(*dump)->counters.at(counter_name(places[0], i)).packets,
                      (*dump)->counters.at(counter_name(places[1], i)).packets});
  return counts;
}

}  // namespace selvedge::soak
