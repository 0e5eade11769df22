// What an event costs, from the object's change to the end of the kernel's commit, beside the bare replay of the very
// same batches; per kind of event, in clusters of several sizes.
//
// Events come in cycles that lead back to where they began (a pod is added, relabelled, deleted), each time with
// another pod, policy or namespace, so that every cycle does the same work.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>

#include <CLI/CLI.hpp>

#include "test/bench/cluster.h"
#include "test/bench/figure.h"
#include "test/bench/kernel_pair.h"
#include "test/bench/processor.h"

namespace selvedge::bench {
namespace {

struct Event {
  std::string kind;
  std::function<void(Core&)> feed;
};

Event put(std::string kind, k8s::Object object) {
  return {std::move(kind), [object = std::move(object)](Core& core) { core.upsert(object); }};
}
Event remove(std::string kind, const k8s::Object& object) {
  return {std::move(kind),
          [type = k8s::kind_of(object), key = k8s::meta_of(object).key()](Core& core) { core.erase(type, key); }};
}

k8s::Pod relabelled(k8s::Pod pod) {
  auto& labels = pod.meta.labels;
  labels["tier"] = labels["tier"] == "back" ? "front" : "back";
  labels["app"] = "other";
  return pod;
}

std::vector<Event> pod_cycle(const k8s::Pod& pod, const std::string& where) {
  return {put("pod added, " + where, pod), put("pod relabelled, " + where, relabelled(pod)),
          remove("pod deleted, " + where, pod)};
}

std::vector<Event> policy_cycle(const k8s::NetworkPolicy& policy) {
  k8s::NetworkPolicy changed = policy;
  changed.ingress[0].peers[1].namespace_selector->match_labels["team"] = "t0";
  return {put("policy added", policy), put("policy changed", changed), remove("policy deleted", policy)};
}

std::vector<Event> block_cycle(const k8s::NetworkPolicy& policy) {
  k8s::NetworkPolicy changed = policy;
  changed.ingress[1].peers[0].ip_block->except.emplace_back("192.0.2.240/28");
  return {put("ipBlock changed", changed), put("ipBlock changed", policy)};
}

std::vector<Event> namespace_cycle(const k8s::Namespace& ns) {
  k8s::Namespace changed = ns;
  changed.meta.labels["team"] = ns.meta.labels.at("team") == "t1" ? "t2" : "t1";
  return {put("namespace relabelled", changed), put("namespace relabelled", ns)};
}

std::vector<Event> cycle(const Cluster& cluster, std::size_t turn) {
  const std::size_t local = turn * 7 % std::min(cluster.local_pods, cluster.policies);
  k8s::Pod remote = cluster.pod(cluster.pods + turn);
  remote.meta.labels["tier"] = "back";
  std::vector<Event> events;
  for (const auto& part : {pod_cycle(remote, "remote"), pod_cycle(cluster.new_local_pod(local), "local"),
                           policy_cycle(new_policy(cluster, local)), block_cycle(cluster.policy(local)),
                           namespace_cycle(cluster.movable_ns(turn % Cluster::movable_namespaces))})
    events.insert(events.end(), part.begin(), part.end());
  return events;
}

struct Plan {
  std::vector<std::size_t> pods{1'000, 10'000, 100'000};
  std::vector<std::size_t> policies{100, 500, 2'000};
  std::size_t cycles = 60;
  std::size_t many_cycles = 300;  // where the goals are told
  bool quick = false;
};

using ByKind = std::map<std::string, std::vector<Times>>;

std::vector<double> column(const std::vector<Times>& times, const std::function<double(const Times&)>& of) {
  std::vector<double> values;
  std::ranges::transform(times, std::back_inserter(values), of);
  return values;
}
double core_of(const Times& times) {
  return times.core;
}
double total_of(const Times& times) {
  return times.total;
}
double bare_of(const Times& times) {
  return times.bare;
}

bool has_goals(const Cluster& cluster) {
  return cluster.pods == 10'000 && cluster.policies == 500;
}

Figure figure_of(const Cluster& cluster, std::string section, std::string name) {
  Figure figure{.section = std::move(section), .name = std::move(name)};
  figure.params = {{"pods", static_cast<std::int64_t>(cluster.pods)},
                   {"policies", static_cast<std::int64_t>(cluster.policies)}};
  figure.unit = "ms";
  return figure;
}

std::string in_words(const char* format, double a, double b, double c) {
  char text[128];
  std::snprintf(text, sizeof text, format, a, b, c);
  return text;
}

void report(const Cluster& cluster, const std::string& kind, const std::vector<Times>& times) {
  const auto total = column(times, total_of), bare = column(times, bare_of), core = column(times, core_of);
  Figure figure = figure_of(cluster, "events", kind);
  summarize(figure, total);
  figure.limit = median(bare);
  figure.limit_name = "bare replay";
  figure.ratio = figure.value / *figure.limit;
  figure.note =
      in_words("core %.3f ms; p99 %.2f, bare %.2f", median(core), quantile(total, 0.99), quantile(bare, 0.99));
  if (has_goals(cluster)) {
    figure.goal = "<= 1.5 x limit + 0.2 ms";
    figure.met = figure.value <= 1.5 * *figure.limit + 0.2;
  }
  print(figure);
  if (!has_goals(cluster)) return;
  Figure worst = figure_of(cluster, "events", kind);
  worst.stat = "p99";
  worst.value = quantile(total, 0.99);
  worst.limit = quantile(bare, 0.99);
  worst.limit_name = "bare replay";
  worst.ratio = worst.value / *worst.limit;
  worst.note =
      in_words("max %.2f, bare %.2f, core p99 %.2f", quantile(total, 1), quantile(bare, 1), quantile(core, 0.99));
  if (kind != "namespace relabelled") {
    worst.goal = "<= 5 ms";
    worst.met = worst.value <= 5;
  }
  print(worst);
}

// Medians of core time in the smallest cluster, for the growth.
using Small = std::map<std::string, double>;

void report_growth(const Cluster& cluster, const ByKind& all, const Small& small) {
  for (const auto& [kind, times] : all) {
    Figure figure = figure_of(cluster, "growth", "core time: " + kind);
    summarize(figure, column(times, core_of));
    figure.limit = small.at(kind);
    figure.limit_name = "at 1,000 pods";
    figure.ratio = figure.value / *figure.limit;
    figure.goal = "<= 2 x limit";
    figure.met = *figure.ratio <= 2;
    print(figure);
  }
}

void report_load(const Cluster& cluster, double feeding, const Times& load) {
  Figure figure = figure_of(cluster, "events", "the whole cluster at once");
  figure.value = feeding + load.total;
  figure.limit = load.bare;
  figure.limit_name = "bare replay";
  figure.ratio = figure.value / load.bare;
  figure.note = in_words("feeding the core %.0f ms, its changes %.0f ms, %.0f batches", feeding, load.core,
                         static_cast<double>(load.batches));
  print(figure);
}

void report_memory(const Cluster& cluster, double megabytes) {
  Figure figure = figure_of(cluster, "memory", "resident, the core's");
  figure.value = megabytes;
  figure.unit = "MB";
  figure.note = in_words("%.0f bytes per pod", megabytes * 1e6 / static_cast<double>(cluster.pods), 0, 0);
  print(figure);
}

ByKind times_in(const Cluster& cluster, std::size_t cycles, bool quiet) {
  const double empty = resident_MB();
  const auto start = cpu_seconds();
  Core core(cluster.settings());
  cluster.for_objects([&](const k8s::Object& object) { core.upsert(object); });
  const double feeding = (cpu_seconds() - start) * 1e3;
  KernelPair kernel;
  const Times load = kernel.change(core, [] {});
  if (!quiet) report_memory(cluster, resident_MB() - empty);
  if (!quiet) report_load(cluster, feeding, load);
  ByKind all;
  for (std::size_t turn = 0; turn < cycles + 3; ++turn) {
    for (const Event& event : cycle(cluster, turn)) {
      const GoesFirst undisturbed;
      const Times times = kernel.change(core, [&] { event.feed(core); });
      if (turn >= 3) all[event.kind].push_back(times);
    }
  }
  return all;
}

void run_all(const Plan& plan) {
  std::map<std::size_t, Small> small;  // by the number of policies
  for (const std::size_t pods : plan.pods) {
    for (const std::size_t policies : plan.policies) {
      const Cluster cluster{.pods = pods, .policies = policies};
      std::cerr << "events: " << pods << " pods, " << policies << " policies\n";
      const ByKind all = times_in(cluster, has_goals(cluster) ? plan.many_cycles : plan.cycles, plan.quick);
      if (plan.quick) continue;
      for (const auto& [kind, times] : all) report(cluster, kind, times);
      if (pods == plan.pods.front())
        for (const auto& [kind, times] : all) small[policies][kind] = median(column(times, core_of));
      else if (pods == plan.pods.back())
        report_growth(cluster, all, small.at(policies));
    }
  }
}

}  // namespace
}  // namespace selvedge::bench

int main(int argc, char** argv) {
  selvedge::bench::Plan plan;
  CLI::App app("What an event costs, beside the bare replay of its batches; needs root.");
  app.add_flag("--quick", plan.quick, "a few events in a small cluster");
  app.add_option("--pods", plan.pods);
  app.add_option("--policies", plan.policies);
  app.add_option("--cycles", plan.cycles);
  CLI11_PARSE(app, argc, argv);
  if (app.count("--cycles") > 0) plan.many_cycles = plan.cycles;
  if (plan.quick) plan = {.pods = {600}, .policies = {50}, .cycles = 3, .many_cycles = 3, .quick = true};
  try {
    selvedge::bench::run_all(plan);
  } catch (const std::exception& error) {
    std::cerr << "bench-events: " << error.what() << "\n";
    return 1;
  }
}
