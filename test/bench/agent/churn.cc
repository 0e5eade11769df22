// Half of the events are updates that change nothing for policy, as most are in a cluster. The others add a peer and
// delete the oldest of a hundred that were added: each with an address that only it has had, so that the
// kernel's word names the event.
#include "test/bench/agent/churn.h"

#include <algorithm>
#include <deque>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "test/bench/agent/kernel_news.h"

namespace selvedge::bench {
namespace {

struct Sent {
  std::string address;
  bool enters = true;
  Clock::time_point at;
};

class Churn {
 public:
  explicit Churn(World& world) : world_(world) {}

  // The next event; none: one that the kernel will not hear of.
  std::optional<Sent> event() {
    ++count_;
    if (count_ % 2 == 0) return unimportant();
    if (count_ % 4 == 1 || living_.size() < 100) return added();
    return removed();
  }

 private:
  std::size_t pod(std::size_t serial) const {
    const Scale& scale = world_.scale();
    return (scale.pods / scale.namespaces + 2 + serial) * scale.namespaces;  // of namespace s0
  }
  PodState state(std::size_t serial) {
    return {.address = spare_address(100 + serial % 60'000), .tier = "back", .version = world_.next_version()};
  }
  std::optional<Sent> unimportant() {
    const std::size_t number = world_.scale().local + count_ % (world_.scale().pods - world_.scale().local);
    PodState same = first_state(world_.scale(), number);
    same.version = world_.next_version();
    world_.server().put(k8s::Kind::pod, pod_text(world_.scale(), number, same), same.version);
    return std::nullopt;
  }
  std::optional<Sent> added() {
    const PodState now = state(serial_);
    living_.push_back(serial_);
    const Text text = pod_text(world_.scale(), pod(serial_++), now);
    const Sent sent{now.address, true, Clock::now()};
    world_.server().put(k8s::Kind::pod, text, now.version);
    return sent;
  }
  std::optional<Sent> removed() {
    const std::size_t serial = living_.front();
    living_.pop_front();
    const PodState last = state(serial);
    const Text text = pod_text(world_.scale(), pod(serial), last);
    const Sent sent{last.address, false, Clock::now()};
    world_.server().remove(k8s::Kind::pod, text, last.version);
    return sent;
  }

  World& world_;
  std::uint64_t count_ = 0;
  std::size_t serial_ = 0;
  std::deque<std::size_t> living_;
};

// What was sent and is not in the kernel yet, looked at after the fact: at each sending, how many were before it.
std::size_t deepest(const std::vector<std::pair<Clock::time_point, Clock::time_point>>& spans) {
  std::vector<std::pair<Clock::time_point, int>> steps;
  for (const auto& [from, to] : spans) {
    steps.emplace_back(from, 1);
    steps.emplace_back(to, -1);
  }
  std::ranges::sort(steps);
  int depth = 0, most = 0;
  for (const auto& [when, step] : steps) most = std::max(most, depth += step);
  return static_cast<std::size_t>(most);
}

void tell(const World& world, std::size_t rate, const std::string& name, const std::string& stat, double value,
          const std::string& unit, const std::string& note = "") {
  Figure figure = world.figure("churn", name);
  figure.params.emplace_back("events/s", static_cast<std::int64_t>(rate));
  figure.stat = stat;
  figure.value = value;
  figure.unit = unit;
  figure.note = note;
  print(figure);
}

void churn_at(World& world, Churn& churn, std::size_t rate, std::chrono::seconds length) {
  Daemon daemon(world.command());
  rules_in_force(daemon);
  KernelNews news;
  std::vector<Sent> sent;
  const Usage before = daemon.usage();
  const auto began = Clock::now();
  const std::size_t count = rate * static_cast<std::size_t>(length.count());
  for (std::size_t i = 0; i < count; ++i) {
    std::this_thread::sleep_until(began + i * std::chrono::nanoseconds(std::chrono::seconds(1)) / rate);
    if (const auto one = churn.event()) sent.push_back(*one);
  }
  const double took = std::chrono::duration<double>(Clock::now() - began).count();
  std::vector<double> times;
  std::vector<std::pair<Clock::time_point, Clock::time_point>> spans;
  std::size_t lost = 0;
  for (const Sent& one : sent) {
    const auto done = news.when(one.address, one.enters, std::chrono::seconds(lost == 0 ? 10 : 0));
    if (!done) {
      ++lost;
      continue;
    }
    times.push_back(std::chrono::duration<double, std::milli>(*done - one.at).count());
    spans.emplace_back(one.at, *done);
  }
  const Usage after = daemon.usage();
  if (lost > 0) throw std::runtime_error(std::to_string(lost) + " events never reached the kernel");
  const double cpu = after.cpu_seconds - before.cpu_seconds;
  const std::string really = "sent " + std::to_string(static_cast<int>(static_cast<double>(count) / took)) + "/s";
  tell(world, rate, "event to kernel", "median", median(times), "ms", really);
  tell(world, rate, "event to kernel", "p99", quantile(times, 0.99), "ms");
  tell(world, rate, "event to kernel", "max", quantile(times, 1), "ms");
  tell(world, rate, "queue: sent and not in the kernel yet", "max", static_cast<double>(deepest(spans)), "events");
  tell(world, rate, "CPU", "", cpu / took * 100, "%", "of one core");
  tell(world, rate, "CPU per event", "mean", cpu / static_cast<double>(count) * 1e6, "us");
  tell(world, rate, "RSS at the end", "", after.rss_mb, "MB",
       "peak " + std::to_string(static_cast<int>(after.peak_mb)));
}

}  // namespace

// One churn for all rates: a pod that one of them left must not be added again by the next.
void measure_churn(World& world, const Plan& plan) {
  Churn churn(world);
  for (const std::size_t rate : plan.rates) {
    churn_at(world, churn, rate, plan.churn);
    run("nft flush ruleset || true");
  }
}

}  // namespace selvedge::bench
