#include "test/bench/agent/reaction.h"

#include <iostream>
#include <random>
#include <stdexcept>
#include <thread>

#include "test/bench/agent/kernel_news.h"

namespace selvedge::bench {
namespace {

using std::chrono::milliseconds;

// A step and its undoing: what to tell the server, and the address by which the kernel shows that it is done.
struct Step {
  std::string name;
  std::function<void()> event;
  std::string address;
  bool enters = true;
};

double milliseconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

class Trials {
 public:
  Trials(World& world, Daemon& daemon) : world_(world), daemon_(daemon) {}

  // The steps in turn, `count` times.
  void run(const std::vector<Step>& steps, std::size_t count) {
    std::vector<std::vector<double>> times(steps.size());
    std::uniform_real_distribution<double> gap(2, 12);
    const double cpu = daemon_.usage().cpu_seconds;
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t at = 0; at < steps.size(); ++at) {
        times[at].push_back(time(steps[at]));
        std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(gap(random_)));
      }
    }
    const double each = (daemon_.usage().cpu_seconds - cpu) / static_cast<double>(count * steps.size());
    for (std::size_t at = 0; at < steps.size(); ++at) tell(steps[at].name, times[at], each * 1000);
  }

 private:
  double time(const Step& step) {
    news_.forget();
    const auto began = Clock::now();
    step.event();
    const auto done = news_.when(step.address, step.enters, std::chrono::seconds(30));
    if (!done) throw std::runtime_error(step.name + ": the kernel did not hear of " + step.address + daemon_.log());
    return milliseconds_between(began, *done);
  }

  void tell(const std::string& name, const std::vector<double>& times, double cpu_ms) {
    for (const auto& [stat, q] : {std::pair{"median", 0.5}, {"p99", 0.99}, {"max", 1.0}}) {
      Figure figure = world_.figure("agent", "event to kernel: " + name);
      figure.unit = "ms";
      figure.stat = stat;
      figure.value = quantile(times, q);
      figure.note = "CPU per event " + std::to_string(cpu_ms).substr(0, 5) + " ms";
      print(figure);
    }
  }

  World& world_;
  Daemon& daemon_;
  KernelNews news_;
  std::mt19937 random_{1};
};

// A pod of namespace s0, whose pods are peers of its own policy and of others.
std::vector<Step> remote_pod(World& world) {
  const Scale& scale = world.scale();
  const std::size_t number = scale.pods / scale.namespaces * scale.namespaces + scale.namespaces;  // new; s0
  const std::string address = spare_address(1);
  const auto put = [&world, number, scale](const std::string& at) {
    const PodState state{.address = at, .tier = "back", .version = world.next_version()};
    world.server().put(k8s::Kind::pod, pod_text(scale, number, state), state.version);
  };
  const auto removed = [&world, number, scale, address] {
    const PodState state{.address = address, .tier = "back", .version = world.next_version()};
    world.server().remove(k8s::Kind::pod, pod_text(scale, number, state), state.version);
  };
  return {{"remote pod added", [put, address] { put(address); }, address, true},
          {"remote pod deleted", removed, address, false}};
}

// Half of the egress rules ask for the tier `back` in namespace s1.
std::vector<Step> relabelled_pod(World& world) {
  const Scale& scale = world.scale();
  const std::size_t number = scale.pods / scale.namespaces * scale.namespaces + scale.namespaces + 1;  // new; s1
  const std::string address = spare_address(2);
  const auto put = [&world, number, scale, address](const std::string& tier) {
    const PodState state{.address = address, .tier = tier, .version = world.next_version()};
    world.server().put(k8s::Kind::pod, pod_text(scale, number, state), state.version);
  };
  return {{"remote pod relabelled, enters", [put] { put("back"); }, address, true},
          {"remote pod relabelled, leaves", [put] { put("front"); }, address, false}};
}

// A deny-all for a local pod that no policy has isolated: its address enters the dispatch.
std::vector<Step> policy(World& world) {
  const std::string address = first_state(world.scale(), 1).address;
  const auto text = [&world](std::uint64_t version) {
    return Text{.ns = "s1",
                .name = "deny",
                .json = R"({"metadata":{"name":"deny","namespace":"s1","uid":"d","resourceVersion":")" +
                        std::to_string(version) +
                        R"("},"spec":{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress"]}})"};
  };
  const auto put = [&world, text] {
    const auto version = world.next_version();
    world.server().put(k8s::Kind::network_policy, text(version), version);
  };
  const auto removed = [&world, text] {
    const auto version = world.next_version();
    world.server().remove(k8s::Kind::network_policy, text(version), version);
  };
  return {{"policy added", put, address, true}, {"policy deleted", removed, address, false}};
}

// The pod of namespace s0 that np0 isolates gets another address, and its first one again.
std::vector<Step> local_pod(World& world) {
  const Scale scale = world.scale();
  const std::string first = first_state(scale, 0).address, other = spare_address(3);
  const auto put = [&world, scale](const std::string& address) {
    PodState state = first_state(scale, 0);
    state.address = address;
    state.version = world.next_version();
    world.server().put(k8s::Kind::pod, pod_text(scale, 0, state), state.version);
  };
  return {{"local pod, new address", [put, other] { put(other); }, other, true},
          {"local pod, address back", [put, first] { put(first); }, first, true}};
}

}  // namespace

void measure_reaction(World& world, const Plan& plan) {
  Daemon daemon(world.command());
  rules_in_force(daemon);
  Trials trials(world, daemon);
  trials.run(remote_pod(world), plan.reactions);
  trials.run(relabelled_pod(world), plan.reactions);
  trials.run(policy(world), plan.reactions);
  trials.run(local_pod(world), plan.reactions);
  Figure rss = world.figure("agent", "RSS after all these events");
  rss.unit = "MB";
  rss.value = daemon.usage().rss_mb;
  print(rss);
  run("nft flush ruleset || true");
}

}  // namespace selvedge::bench
