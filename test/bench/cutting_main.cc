// What it takes to end the connections that a change forbids: one in a hundred of all that the node keeps, from the
// order until they are gone, beside what reading them all takes by itself.
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <thread>

#include <CLI/CLI.hpp>

#include "controller/agent/cutter.h"
#include "controller/core.h"
#include "nft/conntrack_table.h"
#include "test/bench/figure.h"
#include "test/bench/namespaces.h"
#include "test/support/conntrack_entries.h"

namespace selvedge::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint16_t port = 3000;
constexpr std::size_t pods = 110, one_in = 100;

double milliseconds(Clock::time_point from) {
  return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

nft::Address at(const std::string& text) {
  return *nft::parse_address(text);
}

// The node's pods, which let in what is in the cluster.
struct Node {
  nft::PackedTable rules;
  Neighbourhood neighbourhood;
};

Node node() {
  Core core({.node = "node-a"});
  for (std::size_t i = 0; i < pods; ++i) {
    k8s::Pod pod;
    pod.meta = {
        .ns = "shop", .name = "api-" + std::to_string(i), .uid = std::to_string(i), .labels = {}, .created = ""};
    pod.node = "node-a";
    pod.phase = k8s::Pod::Phase::running;
    pod.addresses = {"10.244.1." + std::to_string(i + 2)};
    core.upsert(pod);
  }
  k8s::NetworkPolicy policy;
  policy.meta = {.ns = "shop", .name = "cluster", .uid = "u", .labels = {}, .created = ""};
  policy.ingress_isolates = true;
  policy.ingress.push_back({});
  k8s::Peer peer;
  peer.ip_block = k8s::IpBlock{.cidr = "10.244.0.0/16", .except = {}};
  policy.ingress[0].peers.push_back(peer);
  core.upsert(policy);
  nft::Table table = core.table();
  nft::HeldElements elements = nft::take_elements(table);
  return {.rules = {std::move(table), std::move(elements)},
          .neighbourhood = {.bridge = "cni0", .pods = core.local_addresses()}};
}

test::Connection connection(std::size_t i) {
  const bool forbidden = i % one_in == 0;
  const std::size_t caller = i / 50'000 * 200 + i % 200;  // so that none comes twice
  const std::string network = forbidden ? "203.0." : "10.244.";
  return {.source = at(network + std::to_string(2 + caller / 250) + "." + std::to_string(1 + caller % 250)),
          .destination = at("10.244.1." + std::to_string(2 + i % pods)),
          .protocol = 6,
          .source_port = static_cast<std::uint16_t>(10'000 + i % 50'000),
          .destination_port = port,
          .state = test::Connection::State::answered};
}

void fill(test::ConntrackEntries& entries, std::size_t count, std::size_t step) {
  std::vector<test::Connection> some;
  for (std::size_t i = 0; i < count; i += step) some.push_back(connection(i));
  entries.add(some);
}

double time_of_reading(nft::ConntrackTable& table, std::size_t expected) {
  const auto begun = Clock::now();
  std::size_t seen = 0;
  const auto read = table.each([&](const nft::Connection&) { ++seen; });
  if (!read) throw std::runtime_error(read.error().message);
  if (seen < expected) throw std::runtime_error("the kernel told of too few connections: " + std::to_string(seen));
  return milliseconds(begun);
}

agent::CuttingOutcome outcome_of(agent::Cutter& cutter, Clock::time_point begun) {
  while (true) {
    if (auto outcome = cutter.take_outcome()) return *outcome;
    if (milliseconds(begun) > 30'000) throw std::runtime_error("the connections were not cut: " + cutter.fault());
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

void measure(std::size_t count, int rounds) {
  test::ConntrackEntries entries;
  fill(entries, count, 1);
  const std::size_t forbidden = (count + one_in - 1) / one_in;
  auto table = nft::ConntrackTable::open();
  if (!table) throw std::runtime_error(table.error().message);
  std::vector<double> cutting, reading;
  for (int round = 0; round < rounds; ++round) {
    if (round > 0) fill(entries, count, one_in);  // those that the round before has cut
    reading.push_back(time_of_reading(*table, count));
    agent::Metrics metrics;
    agent::Cutter cutter([](const agent::LogLine&) {}, metrics, [] {});
    const Node here = node();
    const auto begun = Clock::now();
    const agent::CuttingOrder order{.about = {.narrowed = {.anyone = true, .addresses = {}}},
                                    .neighbourhood = here.neighbourhood,
                                    .rules = here.rules};
    cutter.find(order);
    if (outcome_of(cutter, begun).found != forbidden) throw std::runtime_error("not all forbidden ones were found");
    cutter.remove(order);
    outcome_of(cutter, begun);
    cutting.push_back(milliseconds(begun));
  }
  Figure figure{
      .section = "cutting",
      .name = "order to cut",
      .params = {{"connections", static_cast<std::int64_t>(count)}, {"cut", static_cast<std::int64_t>(forbidden)}},
      .unit = "ms",
      .limit_name = "reading them all"};
  summarize(figure, cutting);
  figure.limit = median(reading);
  figure.ratio = figure.value / *figure.limit;
  figure.goal = "<= 2.5 x limit + 2";
  figure.met = figure.value <= 2.5 * *figure.limit + 2;
  print(figure);
}

}  // namespace
}  // namespace selvedge::bench

int main(int argc, char** argv) {
  using namespace selvedge::bench;
  CLI::App app("what it takes to cut connections");
  bool quick = false;
  std::vector<std::size_t> sizes{10'000, 100'000, 200'000};
  int rounds = 9;
  app.add_flag("--quick", quick, "only that it runs");
  app.add_option("--connections", sizes, "how many the node keeps");
  app.add_option("--rounds", rounds, "how often each is measured");
  CLI11_PARSE(app, argc, argv);
  if (geteuid() != 0) {
    std::cerr << "needs root: it makes network namespaces and connections\n";
    return 1;
  }
  try {
    for (const std::size_t size : quick ? std::vector<std::size_t>{1000} : sizes)
      in_namespace(new_namespace(), [&] { measure(size, quick ? 1 : rounds); });
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
