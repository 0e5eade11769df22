#include "test/bench/agent/cold_start.h"

#include <sys/resource.h>

#include <iostream>
#include <stdexcept>
#include <thread>

#include "nft/netlink_backend.h"
#include "nft/programmed.h"
#include "test/support/replay.h"

namespace selvedge::bench {
namespace {

double seconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double children_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

struct Cost {
  double wall = 0;
  double cpu = 0;
};

// The daemon's requests at the same time, as it makes them, by curl.
Cost download(World& world) {
  std::string command;
  for (const std::string& path : world.paths()) {
    command +=
        "curl -sf -A selvedge-bench --cacert " + world.directory() +
        "/ca.pem -H 'Accept-Encoding: gzip' -o /dev/null 'https://127.0.0.1:" + std::to_string(world.server().port()) +
        path + "' & ";
  }
  const double cpu = children_cpu();
  const auto began = Clock::now();
  run(command + "wait");
  return {.wall = seconds(Clock::now() - began), .cpu = children_cpu() - cpu};
}

nft::Table kernels_table() {
  auto backend = nft::NetlinkBackend::open({.own_table = false});
  if (!backend) throw std::runtime_error(backend.error().message);
  auto dump = backend->dump("selvedge");
  if (!dump || !*dump) throw std::runtime_error("the kernel's table cannot be read");
  return std::move((*dump)->table);
}

// As bytes that netlink carries.
std::vector<test::RecordedBatch> load_of(const nft::Table& table) {
  std::vector<test::RecordedBatch> batches;
  in_namespace(new_namespace(), [&] {
    auto backend = nft::NetlinkBackend::open({.own_table = false});
    if (!backend) throw std::runtime_error(backend.error().message);
    test::RecordingBackend recorder(*backend);
    nft::Programmed programmed(recorder, "selvedge");
    if (!programmed.adopt() || !programmed.reconcile(table)) throw std::runtime_error("the table does not load again");
    batches = recorder.batches();
  });
  return batches;
}

double bare_load(const std::vector<test::RecordedBatch>& batches) {
  double total = 0;
  in_namespace(new_namespace(), [&] {
    auto replay = test::Replay::open(batches);
    if (!replay) throw std::runtime_error(replay.error());
    for (const auto& batch : batches) {
      const auto took = replay->send(batch);
      if (!took) throw std::runtime_error(took.error());
      total += std::chrono::duration<double>(*took).count();
    }
  });
  return total;
}

struct Start {
  double wall = 0;
  Usage at_once;           // when the rules were in force
  Usage later;             // two seconds after
  double cgroup_peak = 0;  // 0: not known
};

Start cold_start(World& world, std::vector<test::RecordedBatch>& batches) {
  Start start;
  {
    Daemon daemon(world.command());
    start.wall = seconds(rules_in_force(daemon) - daemon.started());
    start.at_once = daemon.usage();
    std::this_thread::sleep_for(std::chrono::seconds(2));  // what it gives back, it gives back by then
    start.later = daemon.usage();
    start.cgroup_peak = daemon.cgroup_peak_mb().value_or(0);
    if (batches.empty()) batches = load_of(kernels_table());
  }
  run("nft flush ruleset");
  return start;
}

template <class Get>
std::vector<double> each(const std::vector<Start>& starts, const Get& get) {
  std::vector<double> values;
  for (const Start& start : starts) values.push_back(get(start));
  return values;
}

void tell(Figure figure, const std::vector<double>& values, const char* unit) {
  figure.unit = unit;
  summarize(figure, values);
  print(figure);
}

// Where it goes. What curl takes for all requests stands beside what is read of the pods: it throws the bytes away.
void tell_cpu(const World& world, const std::vector<Start>& starts, const std::vector<double>& curls) {
  tell(world.figure("agent", "CPU of the cold start"),
       each(starts, [](const Start& s) { return s.at_once.cpu_seconds; }), "s");
  const auto of = [&](const char* thread) {
    return each(starts, [&](const Start& s) {
      const auto found = s.at_once.by_thread.find(thread);
      return found == s.at_once.by_thread.end() ? 0 : found->second;
    });
  };
  Figure reading = world.figure("agent", "of it: pods, off the wire and out of JSON");
  reading.limit = median(curls);
  reading.limit_name = "curl's CPU";
  reading.ratio = median(of("pods")) / *reading.limit;
  reading.note = "two fifths each for JSON and for TLS and socket, a fifth for memory (perf record)";
  tell(reading, of("pods"), "s");
  tell(world.figure("agent", "of it: the rules, core and kernel"), of("rules"), "s");
}

void tell_memory(const World& world, const std::vector<Start>& starts) {
  Figure rss = world.figure("agent", "RSS, rules in force");
  rss.limit = world.scale().pods > 10'000 ? 100 : 20;
  rss.limit_name = "the goal";
  rss.goal = "<= " + std::to_string(static_cast<int>(*rss.limit));
  rss.unit = "MB";
  summarize(rss, each(starts, [](const Start& s) { return s.later.rss_mb; }));
  rss.met = rss.value <= *rss.limit;
  print(rss);
  tell(world.figure("agent", "RSS without program and libraries"),
       each(starts, [](const Start& s) { return s.later.anonymous_mb; }), "MB");
  tell(world.figure("agent", "RSS, peak"), each(starts, [](const Start& s) { return s.later.peak_mb; }), "MB");
  if (starts.front().cgroup_peak == 0) return;
  tell(world.figure("agent", "memory cgroup, peak"), each(starts, [](const Start& s) { return s.cgroup_peak; }), "MB");
}

}  // namespace

void measure_cold_start(World& world, const Plan& plan) {
  std::vector<test::RecordedBatch> batches;
  std::vector<Start> starts;
  std::vector<double> ratios, limits, curls, curl_cpus, loads;
  for (std::size_t turn = 0; turn < plan.cold_starts; ++turn) {
    starts.push_back(cold_start(world, batches));
    const Cost curl = download(world);
    loads.push_back(bare_load(batches));
    curls.push_back(curl.wall);
    curl_cpus.push_back(curl.cpu);
    limits.push_back(curl.wall + loads.back());
    ratios.push_back(starts.back().wall / limits.back());
  }
  Figure figure = world.figure("agent", "cold start, exec to rules in force");
  figure.unit = "s";
  summarize(figure, each(starts, [](const Start& s) { return s.wall; }));
  figure.limit = median(limits);
  figure.limit_name = "curl + bare load";
  figure.ratio = median(ratios);
  figure.goal = "<= 1.5 x limit";
  figure.met = *figure.ratio <= 1.5;
  print(figure);
  tell(world.figure("agent", "the same requests by curl to nowhere"), curls, "s");
  tell(world.figure("agent", "the same requests by curl, CPU"), curl_cpus, "s");
  tell(world.figure("agent", "bare load of the same table"), loads, "s");
  tell_cpu(world, starts, curl_cpus);
  tell_memory(world, starts);
}

}  // namespace selvedge::bench
