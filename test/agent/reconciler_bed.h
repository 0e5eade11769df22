// A reconciler over a kernel in memory, with a small cluster and a clock that stands.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "controller/agent/reconciler.h"
#include "test/support/fake_backend.h"

namespace selvedge::agent {

using k8s::Kind;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline k8s::Pod pod(const std::string& name, const std::string& address) {
  k8s::Pod pod;
  pod.meta = {.ns = "shop", .name = name, .uid = "uid-" + name, .labels = {{"app", name}}, .created = ""};
  pod.node = "node-a";
  pod.phase = k8s::Pod::Phase::running;
  pod.addresses = {address};
  return pod;
}

inline k8s::NetworkPolicy deny_all(const std::string& name) {
  k8s::NetworkPolicy policy;
  policy.meta = {.ns = "shop", .name = name, .uid = "uid-" + name, .labels = {}, .created = ""};
  policy.ingress_isolates = true;
  return policy;
}

inline k8s::Namespace shop() {
  k8s::Namespace ns;
  ns.meta.name = "shop";
  ns.meta.labels = {{"kubernetes.io/metadata.name", "shop"}};
  return ns;
}

inline k8s::Node node(const std::string& name) {
  k8s::Node node;
  node.meta.name = name;
  return node;
}

inline const nft::Error busy{
    .kind = nft::Error::Kind::transient, .code = 16, .op = std::nullopt, .message = "table inet selvedge: busy"};

// A cluster of one pod under one policy, a kernel in memory, and a clock that stands.
class ReconcilerBed : public testing::Test {
 protected:
  test::FakeBackend kernel;
  Time now{seconds(1000)};
  std::vector<LogLine> lines;
  Metrics metrics;
  Reconciler reconciler{{.node = "node-a"},
                        kernel,
                        [this] { return glimpse(); },
                        [this] { return now; },
                        [this](const LogLine& line) { lines.push_back(line); },
                        metrics};

  std::uint64_t commits_of_others = 0;
  bool shielded = false;

  std::optional<Glimpse> glimpse() {
    const auto dump = kernel.dump("selvedge");
    return Glimpse{.shape = *dump ? "there" : "", .others = commits_of_others, .shielded = shielded};
  }
  // Somebody else changes what is in the table.
  template <typename Edit>
  void edit(Edit change) {
    nft::Table table = *kernel.table("selvedge");
    change(table);
    kernel.put(table);
    ++commits_of_others;
  }
  // The wait is one second at most.
  void heartbeat() {
    now += seconds(1);
    reconciler.look();
    reconciler.settle();
  }
  void up(const k8s::Object& object, std::vector<k8s::Problem> problems = {}) {
    reconciler.take(k8s::Upserted{object, std::move(problems)});
  }
  void sync(Kind kind) { reconciler.take(k8s::Synced{kind}); }
  void start(const std::string& node_name = "node-a") {
    up(shop());
    up(node(node_name));
    up(pod("api", "10.244.1.5"));
    up(deny_all("deny"));
    for (const Kind kind : {Kind::pod, Kind::ns, Kind::node, Kind::network_policy}) sync(kind);
    reconciler.settle();
  }

  // What a fresh core would make of the cluster that start() makes, with `more`.
  nft::Table expected(const std::vector<k8s::Object>& more = {}) const {
    Core core({.node = "node-a"});
    for (const k8s::Object& object : {k8s::Object(shop()), k8s::Object(node("node-a")),
                                      k8s::Object(pod("api", "10.244.1.5")), k8s::Object(deny_all("deny"))})
      core.upsert(object);
    for (const auto& object : more) core.upsert(object);
    return core.table();
  }
  std::string reasons() const {
    std::string text;
    for (const auto& reason : reconciler.readiness().reasons) text += reason + '\n';
    return text;
  }
  bool says(const std::string& part) const { return reasons().find(part) != std::string::npos; }
  long logged(const std::string& message) const {
    return std::count_if(lines.begin(), lines.end(), [&](const LogLine& line) { return line.message == message; });
  }
  nft::Table left_over() const {
    nft::Table table{.name = "selvedge", .counters = {}, .sets = {}, .maps = {}, .chains = {}};
    table.chains["pod-ingress-of-a-predecessor"] = {.base = std::nullopt, .rules = {}};
    return table;
  }
};

}  // namespace selvedge::agent
