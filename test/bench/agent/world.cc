#include "test/bench/agent/world.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace selvedge::bench {
namespace {

std::string temporary_directory() {
  std::string path = "/tmp/selvedge-bench-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("no directory in /tmp");
  return path;
}

}  // namespace

Plan Plan::quickened() const {
  Plan plan = *this;
  plan.cold_starts = 1;
  plan.reactions = 3;
  plan.rates = {100};
  plan.churn = std::chrono::seconds(1);
  return plan;
}

World::World(const Scale& scale, const Plan& plan)
    : scale_(scale),
      plan_(plan),
      directory_(temporary_directory()),
      server_({.streaming_lists = !plan.pages}),
      version_(scale.pods + 10'000) {
  for (std::size_t i = 0; i < scale.namespaces; ++i) server_.put(k8s::Kind::ns, namespace_text(i, 2), 2);
  for (std::size_t i = 0; i < scale.policies; ++i) {
    server_.put(k8s::Kind::network_policy, policy_text(scale, i, 2), 2);
  }
  server_.put(k8s::Kind::node, node_text(2), 2);
  for (std::size_t i = 0; i < scale.pods; ++i) {
    server_.put(k8s::Kind::pod, pod_text(scale, i, first_state(scale, i)), version_);
  }
  std::ofstream(directory_ + "/kubeconfig") << server_.kubeconfig();
  std::ofstream(directory_ + "/ca.pem") << server_.ca_pem();
}

World::~World() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::vector<std::string> World::command() const {
  return {plan_.program, "run", "--node", std::string(node), "--kubeconfig", directory_ + "/kubeconfig",
          "--log-level", "info"};
}

const std::vector<std::string>& World::paths() const {
  static const std::string stream =
      "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
      "&allowWatchBookmarks=true&timeoutSeconds=400&end=1";
  static const std::vector<std::string> all{"/api/v1/namespaces" + stream, "/api/v1/pods" + stream,
                                            "/apis/networking.k8s.io/v1/networkpolicies" + stream,
                                            "/api/v1/nodes" + stream + "&fieldSelector=metadata.name%3Dn1"};
  static const std::vector<std::string> lists{"/api/v1/namespaces?resourceVersion=0", "/api/v1/pods?resourceVersion=0",
                                              "/apis/networking.k8s.io/v1/networkpolicies?resourceVersion=0",
                                              "/api/v1/nodes?resourceVersion=0&fieldSelector=metadata.name%3Dn1"};
  return plan_.pages ? lists : all;
}

Figure World::figure(std::string section, std::string name) const {
  return {.section = std::move(section),
          .name = std::move(name),
          .params = {{"server", plan_.pages ? "built-in, pages" : "built-in"},
                     {"pods", static_cast<std::int64_t>(scale_.pods)}}};
}

Clock::time_point rules_in_force(Daemon& daemon) {
  const auto when = daemon.logged("rules are in force", std::chrono::seconds(180));
  if (!when) throw std::runtime_error("no rules in force; the daemon says:\n" + daemon.log());
  return *when;
}

}  // namespace selvedge::bench
