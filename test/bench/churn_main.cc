// A minute of pod events at a steady pace: added, relabelled and deleted, one in ten on our node. The loop is the
// agent's: whatever has come is fed, the changes are written, and what comes meanwhile waits for the next turn.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <thread>

#include <CLI/CLI.hpp>

#include "nft/netlink_backend.h"
#include "nft/programmed.h"
#include "test/bench/cluster.h"
#include "test/bench/figure.h"
#include "test/bench/namespaces.h"
#include "test/bench/processor.h"

namespace selvedge::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// The i-th event: each pod is added, then relabelled, then deleted, thirty others in between.
void feed(Core& core, const Cluster& cluster, std::size_t i) {
  constexpr std::size_t alive = 30;
  const std::size_t group = i / (3 * alive), step = i / alive % 3, member = i % alive;
  const std::size_t number = group * alive + member;
  k8s::Pod pod = member % 10 == 0 ? cluster.new_local_pod(number) : cluster.pod(cluster.pods + number % 20'000);
  if (step == 2) return core.erase(k8s::Kind::pod, pod.meta.key());
  if (step == 1) pod.meta.labels["tier"] = pod.meta.labels.at("tier") == "back" ? "front" : "back";
  core.upsert(pod);
}

struct Run {
  std::vector<double> latencies;  // milliseconds, from when an event was due until its commit was done
  std::size_t deepest = 0;        // events that waited for one turn
  std::size_t turns = 0;
  double cpu = 0;  // seconds
  double seconds = 0;
};

Run churn(Core& core, nft::Programmed& programmed, const Cluster& cluster, double rate, double duration) {
  Run run;
  const double cpu_before = cpu_seconds();
  const auto start = Clock::now();
  const auto due = [&](std::size_t i) {
    return start + std::chrono::duration_cast<Clock::duration>(Seconds(static_cast<double>(i) / rate));
  };
  const auto count = static_cast<std::size_t>(rate * duration);
  for (std::size_t next = 0; next < count;) {
    std::this_thread::sleep_until(due(next));
    const std::size_t first = next;
    for (const auto now = Clock::now(); next < count && due(next) <= now; ++next) feed(core, cluster, next);
    if (auto written = programmed.write(core.changes()); !written) throw std::runtime_error(written.error().message);
    const auto done = Clock::now();
    for (std::size_t i = first; i < next; ++i)
      run.latencies.push_back(std::chrono::duration<double, std::milli>(done - due(i)).count());
    run.deepest = std::max(run.deepest, next - first);
    ++run.turns;
  }
  run.cpu = cpu_seconds() - cpu_before;
  run.seconds = Seconds(Clock::now() - start).count();
  return run;
}

void report(const Cluster& cluster, double rate, const Run& run) {
  const auto tell = [&](const std::string& name, double value, const std::string& unit, const std::string& stat,
                        const std::string& note) {
    Figure figure{.section = "churn", .name = name};
    figure.params = {{"pods", static_cast<std::int64_t>(cluster.pods)},
                     {"policies", static_cast<std::int64_t>(cluster.policies)},
                     {"events per second", static_cast<std::int64_t>(rate)}};
    figure.value = value;
    figure.unit = unit;
    figure.stat = stat;
    figure.note = note;
    print(figure);
  };
  tell("event due until commit done", median(run.latencies), "ms", "", "");
  tell("event due until commit done", quantile(run.latencies, 0.99), "ms", "p99", "");
  tell("event due until commit done", quantile(run.latencies, 1), "ms", "max", "");
  char note[64];
  std::snprintf(note, sizeof note, "%.3f ms per event", run.cpu * 1e3 / static_cast<double>(run.latencies.size()));
  tell("processor, core and commits", 100 * run.cpu / run.seconds, "%", "mean", note);
  std::snprintf(note, sizeof note, "%zu turns for %zu events", run.turns, run.latencies.size());
  tell("events that waited for one turn", static_cast<double>(run.deepest), "", "max", note);
}

void run_all(const Cluster& cluster, double seconds, bool quiet) {
  enter(new_namespace());
  auto kernel = nft::NetlinkBackend::open({});
  if (!kernel) throw std::runtime_error("cannot open netlink: " + kernel.error().message);
  nft::Programmed programmed(*kernel, "selvedge");
  Core core(cluster.settings());
  cluster.for_objects([&](const k8s::Object& object) { core.upsert(object); });
  if (auto adopted = programmed.adopt(); !adopted) throw std::runtime_error(adopted.error().message);
  if (auto written = programmed.write(core.changes()); !written) throw std::runtime_error(written.error().message);
  for (const double rate : {100.0, 1000.0}) {
    std::cerr << "churn: " << rate << " events per second\n";
    const GoesFirst undisturbed;
    const Run run = churn(core, programmed, cluster, rate, seconds);
    if (!quiet) report(cluster, rate, run);
  }
}

}  // namespace
}  // namespace selvedge::bench

int main(int argc, char** argv) {
  bool quick = false;
  double seconds = 60;
  selvedge::bench::Cluster cluster;
  CLI::App app("Pod events at 100 and 1000 per second; needs root.");
  app.add_flag("--quick", quick, "a tenth of a second in a small cluster");
  app.add_option("--seconds", seconds, "of each run");
  app.add_option("--pods", cluster.pods);
  app.add_option("--policies", cluster.policies);
  CLI11_PARSE(app, argc, argv);
  if (quick) cluster = {.pods = 600, .policies = 50};
  try {
    selvedge::bench::run_all(cluster, quick ? 0.1 : seconds, quick);
  } catch (const std::exception& error) {
    std::cerr << "bench-churn: " << error.what() << "\n";
    return 1;
  }
}
