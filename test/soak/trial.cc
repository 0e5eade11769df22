#include "test/soak/trial.h"

#include <stdlib.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <thread>

#include "controller/core.h"
#include "nft/netlink_backend.h"
#include "test/property/dice.h"
#include "test/soak/bed.h"
#include "test/soak/cast.h"
#include "test/soak/traffic.h"
#include "test/soak/world.h"
#include "test/soak/writers.h"

namespace selvedge::soak {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr const char* table_name = "selvedge";

nft::NetlinkBackend open_stranger() {
  auto backend = nft::NetlinkBackend::open({.own_table = false});
  if (!backend) throw std::runtime_error("soak: " + backend.error().message);
  return *std::move(backend);
}

class Trial {
 public:
  explicit Trial(const TrialOptions& options)
      : options_(options),
        dice_(options.seed ^ 0x50a4),
        bed_(flows()),
        stranger_(open_stranger()),
        writers_(options.program, {.seed = options.seed,
                                   .own_table = options.own_table,
                                   .heartbeat = options.heartbeat,
                                   .pace = options.pace}) {}

  TrialResult run() {
    start(Layout::plain);
    writers_.await_in_step();
    result_.control = control();
    const std::vector<Count> begun = bed_.counts();
    in_wipes_.assign(begun.size(), 0);
    const auto started = Clock::now();
    {
      Traffic traffic(bed_.wiring(), bed_.flows(), options_.rate);
      go_through(plan_of_mishaps());
      writers_.await_commits(options_.transactions);
      succeed(Layout::plain);
      writers_.await_in_step();
      writers_.hold();
      result_.duration = Clock::now() - started;
      traffic.stop();
      result_.sent = traffic.sent();
    }
    result_.flows = since(begun, quiet_counts());
    result_.right_at_the_end = is_right();
    add_progress();
    return std::move(result_);
  }

 private:
  enum class Mishap { kill, wipe };

  // ---- what happens, and when -------------------------------------------------------

  // Kills and wipes in random order, evenly spread over the transactions.
  std::vector<Mishap> plan_of_mishaps() {
    std::vector<Mishap> all(options_.kills, Mishap::kill);
    all.insert(all.end(), options_.wipes, Mishap::wipe);
    dice_.shuffle(all);
    return all;
  }

  void go_through(const std::vector<Mishap>& mishaps) {
    const std::uint64_t begun = writers_.progress().commits;
    for (std::size_t i = 0; i < mishaps.size(); ++i) {
      writers_.await_commits(begun + options_.transactions * (i + 1) / (mishaps.size() + 1));
      if (mishaps[i] == Mishap::wipe) {
        result_.wipes.push_back(wipe());
      } else if (result_.kills < options_.kills) {
        kill_and_succeed();
      }
      if (i % 25 == 24)
        options_.say(std::to_string(writers_.progress().commits) + " transactions, " + std::to_string(result_.kills) +
                     " kills, " + std::to_string(result_.wipes.size()) + " wipes");
    }
  }

  // A quarter of the successors are killed again while they adopt the table.
  void kill_and_succeed() {
    succeed(random_layout());
    if (dice_.chance(25) && result_.kills < options_.kills) {
      sleep_up_to(milliseconds(60));
      ++result_.killed_early;
      succeed(random_layout());
    }
    writers_.await_in_step();
  }

  void succeed(Layout layout) {
    sleep_up_to(milliseconds(3));
    writers_.kill();
    ++result_.kills;
    start(layout);
  }

  void start(Layout layout) {
    ++result_.writers_of_layout.at(static_cast<std::size_t>(layout));
    writers_.start(layout);
  }

  Layout random_layout() {
    if (dice_.chance(50)) return Layout::plain;
    return static_cast<Layout>(1 + dice_.below(static_cast<int>(Layout::count) - 1));
  }

  void sleep_up_to(microseconds longest) {
    std::this_thread::sleep_for(microseconds(dice_.below(static_cast<int>(longest.count()))));
  }

  // ---- wipes ------------------------------------------------------------------------

  // An owned table withstands others while its owner lives, and anyone can wipe it when the owner is gone.
  Wipe wipe() {
    Wipe wipe{.how = "", .busy = dice_.chance(50), .healed = {}, .leaked = 0};
    if (!wipe.busy) {
      writers_.hold();
      sleep_up_to(options_.heartbeat);
    }
    const std::vector<Count> before = bed_.counts();
    if (options_.own_table && bed_.withstands_flush()) {
      withstand();
      writers_.kill();
      ++result_.kills;
    }
    wipe.how = commit_wipe();
    const auto wiped = Clock::now();
    if (options_.own_table && bed_.withstands_flush()) start(random_layout());
    wipe.healed = std::chrono::duration_cast<microseconds>(await_healed(wipe) - wiped);
    writers_.go_on();
    writers_.await_in_step();
    const std::vector<Count> after = bed_.counts();
    for (std::size_t i = 0; i < after.size(); ++i) {
      if (bed_.flows()[i].allowed) continue;
      in_wipes_[i] += after[i].after - before[i].after;
      wipe.leaked += after[i].after - before[i].after;
    }
    return wipe;
  }

  void withstand() {
    const auto found = stranger_.glance(table_name);
    flush_ruleset();
    const auto left = stranger_.glance(table_name);
    if (found && left && left->exists && left->handle == found->handle) ++result_.withstood;
  }

  static void flush_ruleset() {
    if (system("nft flush ruleset") != 0) throw std::runtime_error("soak: nft flush ruleset fails");
  }

  struct Deed {
    std::string how;
    nft::Batch batch;
  };

  // What foreign hands can do to what is there, whatever the writer calls it.
  std::vector<Deed> deeds() {
    std::vector<Deed> all{{"delete table", {nft::DeleteTable{}}}};
    auto dump = stranger_.dump(table_name);
    while (!dump) dump = stranger_.dump(table_name);  // the writer came between
    if (!*dump) return all;
    const nft::Key victims = nft::key_of(*nft::parse_address(victim.v4));
    for (const auto& [name, chain] : (*dump)->table.chains) {
      if (!chain.base || chain.rules.empty()) continue;
      all.push_back({"flush a base chain", {nft::FlushChain{name}}});
      all.push_back({"delete a base chain", {nft::FlushChain{name}, nft::DeleteChain{name}}});
    }
    for (const auto& [name, map] : (*dump)->table.maps)
      if (map.elements.contains(victims))
        all.push_back({"delete an element", {nft::DeleteMapElements{name, {victims}}}});
    return all;
  }

  std::string commit_wipe() {
    if (bed_.withstands_flush() && dice_.chance(20)) {
      flush_ruleset();
      return "flush ruleset";
    }
    const std::vector<Deed> all = deeds();
    const std::string how = dice_.pick(
        std::vector<std::string>{"delete table", "flush a base chain", "delete a base chain", "delete an element"});
    std::vector<Deed> chosen;
    std::ranges::copy_if(all, std::back_inserter(chosen), [&](const Deed& deed) { return deed.how == how; });
    const Deed& deed = chosen.empty() ? all[0] : dice_.pick(chosen);
    const auto done = stranger_.commit(table_name, deed.batch);
    if (!done && !options_.own_table) return commit_wipe();  // the writer was faster
    if (!done) throw std::runtime_error("soak: cannot wipe: " + done.error().message);
    return deed.how;
  }

  struct Sum {
    std::uint64_t judged = 0, leaked = 0;
  };
  Sum forbidden() {
    Sum sum;
    const std::vector<Count> counts = bed_.counts();
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (bed_.flows()[i].allowed) continue;
      sum.judged += counts[i].before;
      sum.leaked += counts[i].after;
    }
    return sum;
  }

  // When the last packet leaked: it is past when thousands after it were judged, and none of them leaked.
  Clock::time_point await_healed(const Wipe& wipe) {
    constexpr std::uint64_t enough = 3000;
    constexpr std::chrono::seconds patience{60};
    const std::vector<Count> seen_flows = bed_.counts();
    const auto begun = Clock::now();
    auto last = begun;
    Sum seen = forbidden();
    for (Sum now = seen; now.judged < seen.judged + enough || Clock::now() < last + milliseconds(50);
         now = forbidden()) {
      if (now.leaked != seen.leaked) {
        seen = now;
        last = Clock::now();
      }
      if (last > begun + patience) throw std::runtime_error("soak: not healed: " + wipe.how + leaking(seen_flows));
      std::this_thread::sleep_for(milliseconds(1));
    }
    return last;
  }

  std::string leaking(const std::vector<Count>& before) {
    std::string text = ", by writer " + std::to_string(writers_.number()) + ":";
    const std::vector<Count> now = bed_.counts();
    for (std::size_t i = 0; i < now.size(); ++i)
      if (!bed_.flows()[i].allowed && now[i].after > before[i].after) text += "\n  leaks: " + bed_.flows()[i].name;
    return text;
  }

  // ---- counting -----------------------------------------------------------------------

  // Nothing is on its way any more when two readings are equal.
  std::vector<Count> quiet_counts() {
    std::vector<Count> counts = bed_.counts();
    for (;;) {
      std::this_thread::sleep_for(milliseconds(50));
      std::vector<Count> again = bed_.counts();
      const auto same = [](const Count& a, const Count& b) { return a.before == b.before && a.after == b.after; };
      if (std::equal(counts.begin(), counts.end(), again.begin(), same)) return again;
      counts = std::move(again);
    }
  }

  std::vector<FlowCount> since(const std::vector<Count>& begun, const std::vector<Count>& now) const {
    std::vector<FlowCount> all;
    for (std::size_t i = 0; i < now.size(); ++i)
      all.push_back({.flow = bed_.flows()[i],
                     .before = now[i].before - begun[i].before,
                     .after = now[i].after - begun[i].after,
                     .leaked_in_wipes = in_wipes_.empty() ? 0 : in_wipes_[i]});
    return all;
  }

  // Traffic alone.
  std::vector<FlowCount> control() {
    writers_.hold();
    const std::vector<Count> begun = bed_.counts();
    Traffic traffic(bed_.wiring(), bed_.flows(), options_.rate);
    std::this_thread::sleep_for(options_.control);
    traffic.stop();
    auto counted = since(begun, quiet_counts());
    writers_.go_on();
    return counted;
  }

  bool is_right() {
    World world(options_.seed);
    while (world.turns() < writers_.progress().turns) world.turn();
    Core core(settings_of(Layout::plain));
    for (const k8s::Object& object : world.objects()) core.upsert(object);
    const auto dump = stranger_.dump(table_name);
    return dump && *dump && (*dump)->opaque.empty() && (*dump)->table == core.table();
  }

  void add_progress() {
    const Progress& progress = writers_.progress();
    result_.commits = progress.commits;
    result_.turns = progress.turns;
    result_.resyncs = progress.resyncs;
    result_.failures = progress.failures;
    for (std::size_t i = 0; i < acts; ++i) result_.commits_with.at(i) = progress.commits_with.at(i);
  }

  const TrialOptions& options_;
  test::Dice dice_;
  Bed bed_;
  nft::NetlinkBackend stranger_;  // foreign hands
  Writers writers_;
  std::vector<std::uint64_t> in_wipes_;
  TrialResult result_;
};

template <typename Get>
std::uint64_t sum(const std::vector<FlowCount>& flows, Get get) {
  return std::accumulate(flows.begin(), flows.end(), std::uint64_t{0},
                         [&](std::uint64_t so_far, const FlowCount& flow) { return so_far + (flow.*get)(); });
}

}  // namespace

std::uint64_t TrialResult::leaked() const {
  return sum(flows, &FlowCount::leaked);
}
std::uint64_t TrialResult::lost() const {
  return sum(flows, &FlowCount::lost);
}

TrialResult run_trial(const TrialOptions& options) {
  return Trial(options).run();
}

}  // namespace selvedge::soak
