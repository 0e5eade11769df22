// What a tenant who means harm can make the core do: time and memory of taking the objects in, of the kernel's first
// load, and of a bystander's event after. None may starve the others: that is what the bystander is measured for.
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <iostream>

#include <CLI/CLI.hpp>

#include "test/bench/cluster.h"
#include "test/bench/figure.h"
#include "test/bench/kernel_pair.h"
#include "test/bench/processor.h"

namespace selvedge::bench {
namespace {

struct Hostile {
  std::string name;
  std::function<void(Core&, const Cluster&)> feed;
  std::function<void(Core&, const Cluster&)> one_more;  // the tenant's own next event
};

k8s::NetworkPolicy named(k8s::NetworkPolicy policy, const Cluster& cluster, std::size_t i) {
  policy.meta.ns = cluster.pod(0).meta.ns;
  policy.meta.name = policy.meta.uid = "hostile" + std::to_string(i);
  policy.pod_selector = {};
  return policy;
}

// Of about twenty pods in ten thousand.
k8s::LabelSelector distinct(std::size_t i) {
  const auto hash = [](std::size_t n) { return "h" + std::to_string(n % 997); };
  return {
      .match_labels = {},
      .match_expressions = {{"pod-template-hash", k8s::Requirement::Operator::in, {hash(i), hash(i + 1 + i / 997)}}}};
}

k8s::Peer peer_of(k8s::LabelSelector pods) {
  return {.pod_selector = std::move(pods), .namespace_selector = k8s::LabelSelector{}, .ip_block = {}};
}
k8s::Peer block_of(std::size_t i) {
  const std::string network =
      "198." + std::to_string(18 + i / 65536 % 2) + "." + std::to_string(i / 256 % 256) + "." + std::to_string(i % 256);
  return {
      .pod_selector = {}, .namespace_selector = {}, .ip_block = k8s::IpBlock{.cidr = network + "/32", .except = {}}};
}

// Every second peer a block, so that neither merges with its neighbour.
k8s::NetworkPolicy with_many_peers(const Cluster& cluster, std::size_t count, std::size_t number) {
  k8s::NetworkPolicy policy = named(cluster.policy(0), cluster, number);
  policy.ingress = {{.peers = {}, .ports = {}}};
  policy.egress.clear();
  for (std::size_t i = 0; i < count; ++i) policy.ingress[0].peers.push_back(block_of(2 * i));
  return policy;
}

k8s::NetworkPolicy with_selectors(const Cluster& cluster, std::size_t first, std::size_t count) {
  k8s::NetworkPolicy policy = named(cluster.policy(0), cluster, 100'000 + first);
  policy.ingress = {{.peers = {}, .ports = {}}};
  policy.egress.clear();
  for (std::size_t i = 0; i < count; ++i) policy.ingress[0].peers.push_back(peer_of(distinct(first + i)));
  return policy;
}

// A hundred labels of the greatest length: prefix 253, name 63, value 63.
k8s::Pod with_long_labels(const Cluster& cluster, std::size_t i) {
  k8s::Pod pod = cluster.pod(cluster.pods + i);
  const std::string prefix =
      std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(61, 'd') + "/";
  for (std::size_t label = 0; label < 100; ++label) {
    std::string name = std::string(56, 'n') + std::to_string(1'000'000 + label);
    std::string value = std::string(50, 'v') + std::to_string(1'000'000'000'000 + i * 1000 + label);
    pod.meta.labels[prefix + name] = std::move(value);
  }
  return pod;
}

std::vector<Hostile> hostiles(std::size_t scale) {
  std::vector<Hostile> all;
  all.push_back({"a policy with " + std::to_string(10'000 / scale) + " peers, all blocks",
                 [=](Core& core, const Cluster& c) { core.upsert(with_many_peers(c, 10'000 / scale, 0)); },
                 [=](Core& core, const Cluster& c) { core.upsert(with_many_peers(c, 10'000 / scale + 1, 0)); }});
  all.push_back({"a policy with " + std::to_string(10'000 / scale) + " peers, all selectors",
                 [=](Core& core, const Cluster& c) { core.upsert(with_selectors(c, 0, 10'000 / scale)); },
                 [=](Core& core, const Cluster& c) { core.upsert(with_selectors(c, 0, 10'000 / scale + 1)); }});
  all.push_back({"a namespace with " + std::to_string(10'000 / scale) + " policies",
                 [=](Core& core, const Cluster& c) {
                   for (std::size_t i = 0; i < 10'000 / scale; ++i) core.upsert(named(c.policy(i), c, i));
                 },
                 [=](Core& core, const Cluster& c) { core.upsert(named(c.policy(0), c, 10'000 / scale)); }});
  all.push_back({std::to_string(5'000 / scale) + " distinct selectors in as many policies",
                 [=](Core& core, const Cluster& c) {
                   for (std::size_t i = 0; i < 5'000 / scale; ++i) core.upsert(with_selectors(c, i, 1));
                 },
                 [=](Core& core, const Cluster& c) { core.upsert(with_selectors(c, 5'000 / scale, 1)); }});
  all.push_back({std::to_string(1'000 / scale) + " pods with 100 labels of the greatest length",
                 [=](Core& core, const Cluster& c) {
                   for (std::size_t i = 0; i < 1'000 / scale; ++i) core.upsert(with_long_labels(c, i));
                 },
                 [=](Core& core, const Cluster& c) { core.upsert(with_long_labels(c, 1'000 / scale)); }});
  return all;
}

void tell(const std::string& what, const std::string& name, double value, const std::string& unit,
          std::optional<double> limit = {}, const std::string& note = "") {
  Figure figure{.section = "hostile", .name = what};
  figure.params = {{"measured", name}};
  figure.value = value;
  figure.unit = unit;
  figure.limit = limit;
  figure.note = note;
  if (limit) figure.limit_name = "bare replay";
  if (limit && *limit > 0) figure.ratio = value / *limit;
  print(figure);
}

void tell(const std::string& what, const std::string& name, const Times& times) {
  char note[64];
  std::snprintf(note, sizeof note, "core %.2f ms, %zu batches", times.core, times.batches);
  tell(what, name, times.total, "ms", times.bare, note);
}

// A pod of another namespace comes and goes, several times.
Times bystander(KernelPair& kernel, Core& core, const Cluster& cluster) {
  std::vector<double> core_times, totals, bares;
  for (std::size_t i = 0; i < 20; ++i) {
    const k8s::Pod pod = cluster.pod(cluster.pods + 5'001 + i);
    const Times times = kernel.change(core, [&] { core.upsert(pod); });
    kernel.change(core, [&] { core.erase(k8s::Kind::pod, pod.meta.key()); });
    core_times.push_back(times.core);
    totals.push_back(times.total);
    bares.push_back(times.bare);
  }
  return {.core = median(core_times), .total = median(totals), .bare = median(bares), .batches = 1};
}

void measure(const Hostile& hostile, const Cluster& cluster, bool quiet) {
  std::cerr << "hostile: " << hostile.name << "\n";
  Core core(cluster.settings());
  cluster.for_objects([&](const k8s::Object& object) { core.upsert(object); });
  KernelPair kernel;
  kernel.change(core, [] {});
  const double before = resident_MB();
  const Times first = kernel.change(core, [&] { hostile.feed(core, cluster); });
  const double grown = resident_MB() - before;
  const Times next = kernel.change(core, [&] { hostile.one_more(core, cluster); });
  const Times other = bystander(kernel, core, cluster);
  if (quiet) return;
  tell(hostile.name, "all of it", first);
  tell(hostile.name, "memory", grown, "MB", {}, "resident, with the table's copy and the recording of its batches");
  tell(hostile.name, "one event more of the kind", next);
  tell(hostile.name, "a bystander's pod, added", other);
}

}  // namespace
}  // namespace selvedge::bench

int main(int argc, char** argv) {
  using namespace selvedge::bench;
  bool quick = false;
  std::size_t only = 0;
  CLI::App app("What hostile sizes cost; needs root.");
  app.add_flag("--quick", quick, "a hundredth of each size");
  app.add_option("--only", only, "this one, counted from 1");
  CLI11_PARSE(app, argc, argv);
  const Cluster cluster = quick ? Cluster{.pods = 600, .policies = 50} : Cluster{};
  try {
    const auto all = hostiles(quick ? 100 : 1);
    for (std::size_t i = 0; i < all.size(); ++i)
      if (only == 0 || only == i + 1) measure(all[i], cluster, quick);
  } catch (const std::exception& error) {
    std::cerr << "bench-hostile: " << error.what() << "\n";
    return 1;
  }
}
