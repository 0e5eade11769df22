// The daemon at size: cold start, memory, and how soon an event is a rule, against an API server that only sends
// (bulk_server.h), in a network namespace of its own.
//
//   bench-agent [--pods N]… [--quick] [--program PATH]
//   bench-agent --dump N
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>

#include "test/bench/agent/churn.h"
#include "test/bench/agent/cold_start.h"
#include "test/bench/agent/reaction.h"
#include "test/bench/agent/world.h"

using namespace selvedge::bench;

namespace {

// "RESOURCE NAMESPACE/NAME JSON", a line each; the namespace may be empty.
int print_objects(const Scale& scale) {
  const auto print = [](const char* resource, const Text& text) {
    std::printf("%s %s/%s %s\n", resource, text.ns.c_str(), text.name.c_str(), text.json.c_str());
  };
  for (std::size_t i = 0; i < scale.namespaces; ++i) print("namespaces", namespace_text(i, 1));
  for (std::size_t i = 0; i < scale.policies; ++i) print("networkpolicies", policy_text(scale, i, 1));
  for (std::size_t i = 0; i < scale.pods; ++i) print("pods", pod_text(scale, i, first_state(scale, i)));
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app("The daemon at size: cold start, memory, reaction, churn");
  std::vector<std::size_t> sizes;
  Plan plan;
  bool quick = false;
  std::size_t dump = 0;
  app.add_option("--pods", sizes, "sizes of the cluster; default 10000 and 100000");
  app.add_option("--program", plan.program, "another build of selvedge");
  app.add_option("--only", plan.only, "cold-start, reaction or churn");
  app.add_flag("--pages", plan.pages, "a server without streaming lists");
  app.add_option("--dump", dump, "print the objects of a cluster of so many pods, for a real API server, and end");
  app.add_flag("--quick", quick, "one tiny cluster, once");
  CLI11_PARSE(app, argc, argv);
  if (dump > 0) return print_objects({.pods = dump});
  if (sizes.empty()) sizes = quick ? std::vector<std::size_t>{600} : std::vector<std::size_t>{10'000, 100'000};
  if (quick) plan = plan.quickened();
  enter(new_namespace());
  run("ip link set lo up");
  for (const std::size_t pods : sizes) {
    World world({.pods = pods}, plan);
    if (plan.wants("cold-start")) measure_cold_start(world, plan);
    if (plan.wants("reaction")) measure_reaction(world, plan);
    if (plan.wants("churn")) measure_churn(world, plan);
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "bench-agent: " << error.what() << '\n';
  return 1;
}
