// Two ways to write: the agent's own (Reconciler), and for layouts that are not the agent's whole
// tables, compared with what is held and brought in step each time.
#include "test/soak/writer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <thread>
#include <variant>

#include "controller/agent/reconciler.h"
#include "nft/netlink_backend.h"
#include "nft/programmed.h"
#include "test/soak/counted_backend.h"
#include "test/soak/progress.h"
#include "test/soak/world.h"

namespace selvedge::soak {
namespace {

using Clock = std::chrono::steady_clock;

// The agent's loop without its queue.
class AgentWriter {
 public:
  AgentWriter(const WriterOptions& options, nft::NetlinkBackend& kernel, CountedBackend& backend, Progress& progress)
      : progress_(progress),
        reconciler_(
            settings_of(options.layout), backend, [&kernel] { return agent::glimpse_of(kernel, "selvedge"); },
            Clock::now, [this](const agent::LogLine& line) { note(line); }, metrics_) {}

  void begin() {
    for (const auto kind : {k8s::Kind::pod, k8s::Kind::ns, k8s::Kind::node, k8s::Kind::network_policy})
      take(k8s::Synced{kind});
  }
  void take(k8s::Event event) { reconciler_.take(std::move(event)); }
  void look() { reconciler_.look(); }
  bool settle() {
    reconciler_.settle();
    return reconciler_.readiness().ready();
  }
  std::optional<Clock::time_point> wake() const { return reconciler_.wake(); }

 private:
  void note(const agent::LogLine& line) {
    if (line.message.rfind("rules are in", 0) == 0) ++progress_.resyncs;
    if (line.level != agent::LogLevel::error) return;
    ++progress_.failures;
    if (getenv("SELVEDGE_SOAK_LOG") != nullptr) fprintf(stderr, "%s\n", to_logfmt(line).c_str());
  }

  Progress& progress_;
  agent::Metrics metrics_;
  agent::Reconciler reconciler_;
};

class LayoutWriter {
 public:
  LayoutWriter(const WriterOptions& options, CountedBackend& backend, Progress& progress)
      : layout_(options.layout),
        number_(options.number),
        progress_(progress),
        core_(settings_of(options.layout)),
        programmed_(backend, "selvedge") {}

  void begin() {}
  void take(const k8s::Event& event) {
    if (const auto* upserted = std::get_if<k8s::Upserted>(&event)) core_.upsert(upserted->object);
    if (const auto* deleted = std::get_if<k8s::Deleted>(&event)) core_.erase(deleted->kind, deleted->key);
  }
  void look() { touched_ = true; }  // it reads the whole table each time: no part of what is tested
  bool settle() {
    const bool read = !programmed_.known() || touched_;
    if (read && !programmed_.adopt()) return false;
    touched_ = false;
    if (read || ++settled_ % 20 == 0) ++comments_;
    if (const auto done = programmed_.reconcile(in_layout(core_.table(), layout_, 1000 * number_ + comments_)); !done) {
      ++progress_.failures;
      if (getenv("SELVEDGE_SOAK_LOG") != nullptr) fprintf(stderr, "%s\n", done.error().message.c_str());
      return false;
    }
    ++progress_.resyncs;
    return true;
  }
  std::optional<Clock::time_point> wake() const { return std::nullopt; }

 private:
  Layout layout_;
  std::uint64_t number_;
  Progress& progress_;
  Core core_;
  nft::Programmed programmed_;
  bool touched_ = false;
  std::uint64_t settled_ = 0, comments_ = 0;
};

Progress& shared_progress(int descriptor) {
  void* memory = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("soak writer: cannot map the progress");
  return *static_cast<Progress*>(memory);
}

// When the turn after one that began at `begun` may begin.
Clock::time_point next_turn(Clock::time_point begun, std::uint64_t commits, const WriterOptions& options) {
  if (options.pace == 0) return begun;
  return begun + std::chrono::duration_cast<Clock::duration>(
                     std::chrono::duration<double>(static_cast<double>(commits) / static_cast<double>(options.pace)));
}

// Turns as fast as they are written, or at the pace; while held, or while the table is not in step, as the agent waits.
template <typename Writer>
[[noreturn]] void write(Writer& writer, World& world, const WriterOptions& options, Progress& progress) {
  constexpr std::chrono::milliseconds slice{1};
  for (const k8s::Object& object : world.objects()) writer.take(k8s::Upserted{object, {}});
  writer.begin();
  bool in_step = false;
  for (Clock::time_point look_at = Clock::now(), turn_at = look_at;;) {
    const Clock::time_point now = Clock::now();
    const bool looks = now >= look_at;
    if (looks) writer.look();
    if (looks) look_at = now + options.heartbeat;
    const bool rests = in_step && (progress.hold || now < turn_at);
    const bool waits = rests || (!in_step && !looks && now < writer.wake().value_or(now));
    if (!waits && in_step) {
      ++progress.turns;
      for (k8s::Event& event : world.turn()) writer.take(std::move(event));
    }
    const std::uint64_t commits = progress.commits;
    if (!waits || looks) in_step = writer.settle();
    turn_at = std::max(turn_at, next_turn(now, progress.commits - commits, options));
    if (in_step) progress.in_step = options.number;
    progress.held = progress.hold && in_step;
    if (waits) std::this_thread::sleep_for(slice);
  }
}

}  // namespace

std::vector<std::string> to_arguments(const WriterOptions& options) {
  return {std::to_string(options.number),
          std::to_string(options.seed),
          std::to_string(static_cast<int>(options.layout)),
          options.own_table ? "own" : "plain",
          std::to_string(options.heartbeat.count()),
          std::to_string(options.pace),
          std::to_string(options.progress)};
}

WriterOptions from_arguments(const std::vector<std::string>& arguments) {
  return {.number = std::stoull(arguments.at(0)),
          .seed = std::stoull(arguments.at(1)),
          .layout = static_cast<Layout>(std::stoi(arguments.at(2))),
          .own_table = arguments.at(3) == "own",
          .heartbeat = std::chrono::milliseconds(std::stol(arguments.at(4))),
          .pace = std::stoull(arguments.at(5)),
          .progress = std::stoi(arguments.at(6))};
}

int run_writer(const WriterOptions& options) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  Progress& progress = shared_progress(options.progress);
  World world(options.seed);
  while (world.turns() < progress.turns) world.turn();

  auto kernel = nft::NetlinkBackend::open({.own_table = options.own_table});
  if (!kernel) {
    fprintf(stderr, "soak writer: %s\n", kernel.error().message.c_str());
    return 3;
  }
  CountedBackend backend(*kernel, progress);
  if (is_agents(options.layout)) {
    AgentWriter writer(options, *kernel, backend, progress);
    write(writer, world, options, progress);
  }
  LayoutWriter writer(options, backend, progress);
  write(writer, world, options, progress);
}

}  // namespace selvedge::soak
