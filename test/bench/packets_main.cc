// What a packet pays for the rules: no rules (NAT and conntrack alone) / the ideal ruleset / Selvedge's table /
// kube-router's layouts, all in one run.
//
// The rulesets take turns many times, a few hundredths of a second each, and each turn is compared with the
// ideal's of the same round: what else the machine does meanwhile meets both. The ideal is loaded twice and
// compared with itself: what that ratio is off by is the noise of all the others.
#include <unistd.h>

#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <tuple>

#include <CLI/CLI.hpp>

#include "test/bench/figure.h"
#include "test/bench/load.h"
#include "test/bench/namespaces.h"
#include "test/bench/processor.h"
#include "test/bench/rulesets.h"
#include "test/bench/taken_apart.h"
#include "test/bench/wires.h"
#include "test/support/conntrack_entries.h"

namespace selvedge::bench {
namespace {

struct Turn {
  Scene scene;
  bool every_load = false;  // else only the two that tell most: of a first packet, and of all others
};

struct Plan {
  int rounds = 11;
  Duration slice{0.05};
  bool quick = false;
  bool take_apart = false;
  std::vector<Turn> turns;
};

constexpr const char* ideal = "ideal";
constexpr const char* ports_alone = "Selvedge, ports' addresses alone";

struct Load {
  std::string name;
  std::string unit;
  double goal;  // Selvedge's ratio to the ideal, at least; 0: none
  std::function<double(const Server&, const std::vector<std::string>&, Duration)> run;
  std::string path = "";  // from which side
};

double segment_by_segment(const Server& server, const std::string& source, Duration time) {
  set_segmentation_offload(false);
  const double rate = bytes(server, source, time);
  set_segmentation_offload(true);
  return rate;
}

std::vector<Load> loads(bool every) {
  using Sources = std::vector<std::string>;
  std::vector<Load> kinds{
      {"new TCP connections", "/s", 0.97,
       [](const Server& server, const Sources& from, Duration time) { return connections(server, from, 2 * time); }},
      {"UDP packets of an answered flow", "/s", 0.99,
       [](const Server& server, const Sources& from, Duration time) { return datagrams(server, from[0], time, true); }},
  };
  if (every) {
    kinds.push_back(
        {"TCP stream, segmentation offloaded", "MB/s", 0.99,
         [](const Server& server, const Sources& from, Duration time) { return bytes(server, from[0], time) / 1e6; }});
    kinds.push_back(
        {"TCP stream, packets of one MTU", "MB/s", 0.99, [](const Server& server, const Sources& from, Duration time) {
           return segment_by_segment(server, from[0], 2 * time) / 1e6;
         }});
    kinds.push_back(
        {"UDP packets of an unanswered flow", "/s", 0, [](const Server& server, const Sources& from, Duration time) {
           return datagrams(server, from[0], time, false);
         }});
  }
  std::vector<Load> all;
  for (const char* path : {"routed", "bridged"}) {
    for (Load load : kinds) {
      load.path = path;
      all.push_back(std::move(load));
    }
  }
  return all;
}

// One scene's namespaces, with every ruleset loaded and asleep.
class Bed {
 public:
  Bed(const Scene& scene, bool take_apart)
      : scene_(scene), wires_(addresses()), server_(wires_.server(), server_address(), 8080) {
    in_namespace(wires_.node(), [&] {
      entries_ = std::make_unique<test::ConntrackEntries>();
      load_all(take_apart);
    });
  }

  const std::vector<Ruleset>& rulesets() const { return rulesets_; }
  const Scene& scene() const { return scene_; }

  void begin(const Ruleset& ruleset) const {
    in_namespace(wires_.node(), [&] { wake(ruleset); });
  }
  void end(const Ruleset& ruleset) const {
    in_namespace(wires_.node(), [&] { put_to_sleep(ruleset); });
  }

  double measure(const Load& load, Duration time) {
    entries_->flush();
    const bool routed = load.path == "routed";
    enter(routed ? wires_.remote() : wires_.neighbour());
    const GoesFirst undisturbed;
    return load.run(server_, routed ? remote_clients() : neighbour_clients(), time);
  }

  // What the server's policies mean, asked with real packets.
  bool verdicts_are_right(const Ruleset& ruleset) {
    const bool all_pass = ruleset.table.empty() || ruleset.name == ports_alone || scene_.selecting == 0;
    auto from_remote = remote_clients(), from_neighbour = neighbour_clients();
    from_remote.push_back(first_peer());
    bool right = true;
    for (const auto& [from, allowed, stranger] :
         {std::tuple{&wires_.remote(), from_remote, remote_stranger()},
          std::tuple{&wires_.neighbour(), from_neighbour, neighbour_stranger()}}) {
      entries_->flush();
      enter(*from);
      right &= all_arrive(server_, allowed);
      right &= all_pass ? all_arrive(server_, {stranger}) : none_arrives(server_, {stranger});
    }
    if (!right) std::cerr << ruleset.name << ": a wrong verdict\n";
    return right;
  }

 private:
  static Addresses addresses() {
    Addresses all{.server = server_address(), .remote = remote_clients(), .neighbour = neighbour_clients()};
    for (const auto& more : {remote_stranger(), first_peer()}) all.remote.push_back(more);
    all.neighbour.push_back(neighbour_stranger());
    return all;
  }

  template <class Loading>
  void add(const std::string& name, const std::string& table, Loading loading) {
    if (!table.empty()) loading();
    rulesets_.push_back({name, table});
    put_to_sleep(rulesets_.back());
  }

  void load_all(bool take_apart) {
    const Shapes shapes = shapes_of(scene_);
    add("none", "", [] {});
    if (scene_.selecting > 0) {
      add(ideal, "inet ideal", [&] { load_ideal(shapes, "ideal"); });
      add("ideal, again", "inet ideal-again", [&] { load_ideal(shapes, "ideal-again"); });
    }
    const nft::Table table = rendered(scene_);
    add("Selvedge", "inet selvedge", [&] { load(table); });
    add(ports_alone, "bridge selvedge", [&] { load(rendered_ports()); });
    if (take_apart) {
      for (const auto& part : taken_apart(table)) add(part.what, "inet " + part.table.name, [&] { load(part.table); });
      return;
    }
    if (is_installed("ipset") && is_installed("iptables-nft-restore"))
      add("kube-router, iptables", "ip filter", [&] { load_kube_router_iptables(shapes); });
    else
      std::cerr << "packets: without ipset and iptables, so without kube-router's layout in them\n";
    add("kube-router, nftables", "ip kube-router-filter-ipv4", [&] { load_kube_router_nftables(shapes); });
  }

  Scene scene_;
  Wires wires_;
  Server server_;
  std::unique_ptr<test::ConntrackEntries> entries_;
  std::vector<Ruleset> rulesets_;
};

// Rates by load (an index) and ruleset, one per round.
using Rates = std::map<std::pair<std::size_t, std::string>, std::vector<double>>;

Rates rates_of(Bed& bed, const Plan& plan, const std::vector<Load>& all) {
  const auto& rulesets = bed.rulesets();
  Rates rates;
  for (int round = 0; round < plan.rounds; ++round) {
    for (std::size_t turn = 0; turn < rulesets.size(); ++turn) {
      const Ruleset& ruleset = rulesets[(turn + static_cast<std::size_t>(round)) % rulesets.size()];
      bed.begin(ruleset);
      for (std::size_t i = 0; i < all.size(); ++i) rates[{i, ruleset.name}].push_back(bed.measure(all[i], plan.slice));
      bed.end(ruleset);
    }
  }
  return rates;
}

std::vector<double> ratios(const std::vector<double>& values, const std::vector<double>& limits) {
  std::vector<double> result;
  for (std::size_t i = 0; i < values.size(); ++i) result.push_back(values[i] / limits[i]);
  return result;
}

std::string spread_of(const std::vector<double>& values) {
  char text[64];
  std::snprintf(text, sizeof text, "ratios %.3f to %.3f", quantile(values, 0.25), quantile(values, 0.75));
  return text;
}

std::string rules_of(const Scene& scene) {
  return scene.selecting > 0 ? std::to_string(scene.policies) : std::to_string(scene.policies) + ", none for the pod";
}

void set_goal(Figure& figure, double least) {
  char text[16];
  std::snprintf(text, sizeof text, ">= %.2f", least);
  figure.goal = text;
  figure.met = *figure.ratio >= least;
}

void report(const Bed& bed, const Rates& rates, const std::vector<Load>& all) {
  const std::string limit = bed.scene().selecting > 0 ? ideal : "none";
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const Ruleset& ruleset : bed.rulesets()) {
      Figure figure{.section = "packets", .name = all[i].name};
      figure.params = {{"path", all[i].path},
                       {"policies", rules_of(bed.scene())},
                       {"local pods", static_cast<std::int64_t>(bed.scene().local_pods)},
                       {"rules", ruleset.name}};
      figure.unit = all[i].unit;
      const auto& values = rates.at({i, ruleset.name});
      summarize(figure, values);
      const auto against = ratios(values, rates.at({i, limit}));
      figure.ratio = median(against);
      figure.limit = median(rates.at({i, limit}));
      figure.limit_name = limit;
      figure.note = spread_of(against);
      if (ruleset.name == "Selvedge" && limit == ideal && all[i].goal > 0) set_goal(figure, all[i].goal);
      print(figure);
    }
  }
}

bool run_turn(const Turn& turn, const Plan& plan) {
  const Scene& scene = turn.scene;
  std::cerr << "packets: " << rules_of(scene) << " policies, " << scene.local_pods << " local pods\n";
  Bed bed(scene, plan.take_apart);
  bool right = true;
  for (const auto& ruleset : bed.rulesets()) {
    bed.begin(ruleset);
    right &= bed.verdicts_are_right(ruleset);
    bed.end(ruleset);
  }
  const auto all = loads(turn.every_load);
  const Rates rates = rates_of(bed, plan, all);
  if (!plan.quick) report(bed, rates, all);
  return right;
}

std::vector<Turn> usual_turns(bool quick) {
  if (quick) return {{{.policies = 20, .local_pods = 3, .peers = 200}, true}};
  return {{{.policies = 10, .local_pods = 10}, true},    {{.policies = 100, .local_pods = 10}},
          {{.policies = 1000, .local_pods = 10}},        {{.policies = 10, .local_pods = 110}},
          {{.policies = 1000, .local_pods = 110}, true}, {{.policies = 1000, .selecting = 0, .local_pods = 110}}};
}

int run_all(const Plan& plan) {
  stay_on_this_processor();
  bool right = true;
  for (const Turn& turn : plan.turns) right &= run_turn(turn, plan);
  return right ? 0 : 1;
}

}  // namespace
}  // namespace selvedge::bench

int main(int argc, char** argv) {
  using selvedge::bench::Plan;
  Plan plan;
  double slice = 0;
  std::size_t only = 0;
  CLI::App app("What a packet pays for the rules; needs root.");
  app.add_flag("--quick", plan.quick, "one short round in a tiny scene");
  app.add_flag("--take-apart", plan.take_apart, "instead of kube-router: our table without this or that");
  app.add_option("--rounds", plan.rounds);
  app.add_option("--slice", slice, "seconds of one measurement");
  app.add_option("--scene", only, "only this one, counted from 1");
  CLI11_PARSE(app, argc, argv);
  if (plan.quick) plan.rounds = 1;
  if (plan.quick) plan.slice = selvedge::bench::Duration(0.005);
  if (slice > 0) plan.slice = selvedge::bench::Duration(slice);
  plan.turns = selvedge::bench::usual_turns(plan.quick);
  if (only > 0) plan.turns = {plan.turns.at(only - 1)};
  try {
    return run_all(plan);
  } catch (const std::exception& error) {
    std::cerr << "bench-packets: " << error.what() << "\n";
    return 1;
  }
}
