#include "controller/agent/policy_digest.h"

#include <functional>
#include <set>

#include <gtest/gtest.h>

namespace selvedge::agent {
namespace {

using k8s::NetworkPolicy;

NetworkPolicy policy() {
  k8s::Peer peer;
  peer.pod_selector = {.match_labels = {{"app", "web"}},
                       .match_expressions = {{"tier", k8s::Requirement::Operator::in, {"a", "b"}}}};
  peer.ip_block = k8s::IpBlock{.cidr = "10.0.0.0/8", .except = {"10.1.0.0/16"}};
  k8s::PolicyPort port{.protocol = k8s::Protocol::tcp, .port = std::int64_t{80}, .end_port = 90};
  NetworkPolicy policy;
  policy.meta = {.ns = "shop", .name = "api", .uid = "1", .labels = {{"a", "b"}}, .created = "2026-01-31T23:59:59Z"};
  policy.ingress_isolates = true;
  policy.ingress = {{.peers = {peer}, .ports = {port}}};
  return policy;
}

NetworkPolicy changed(const std::function<void(NetworkPolicy&)>& change) {
  NetworkPolicy other = policy();
  change(other);
  return other;
}

TEST(PolicyDigest, OfTheSameContent_IsTheSame_AndOfAnyOtherAnother) {
  EXPECT_EQ(digest_of(policy()), digest_of(policy()));
  const std::vector<NetworkPolicy> others{
      policy(),
      changed([](auto& p) { p.meta.uid = "2"; }),
      changed([](auto& p) {
        p.meta.labels = {{"ab", ""}};
      }),
      changed([](auto& p) { p.meta.created = ""; }),
      changed([](auto& p) {
        p.pod_selector.match_labels = {{"app", "web"}};
      }),
      changed([](auto& p) { p.pod_selector.understood = false; }),
      changed([](auto& p) { p.ingress_isolates = false; }),
      changed([](auto& p) { p.egress_isolates = true; }),
      changed([](auto& p) { p.egress = p.ingress; }),
      changed([](auto& p) { std::swap(p.egress, p.ingress); }),
      changed([](auto& p) { p.understood = false; }),
      changed([](auto& p) { p.ingress[0].understood = false; }),
      changed([](auto& p) { p.ingress.emplace_back(); }),
      changed([](auto& p) { p.ingress[0].ports[0].port = std::string("80"); }),
      changed([](auto& p) { p.ingress[0].ports[0].port = std::monostate(); }),
      changed([](auto& p) { p.ingress[0].ports[0].port = std::int64_t{8090}; }),
      changed([](auto& p) { p.ingress[0].ports[0].end_port.reset(); }),
      changed([](auto& p) { p.ingress[0].ports[0].protocol = k8s::Protocol::udp; }),
      changed([](auto& p) { p.ingress[0].ports.clear(); }),
      changed([](auto& p) { p.ingress[0].peers[0].ip_block.reset(); }),
      changed([](auto& p) { p.ingress[0].peers[0].ip_block->except.clear(); }),
      changed([](auto& p) { p.ingress[0].peers[0].namespace_selector.emplace(); }),
      changed([](auto& p) { p.ingress[0].peers[0].pod_selector->match_expressions[0].values = {"ab"}; }),
      changed([](auto& p) {
        p.ingress[0].peers[0].pod_selector->match_expressions[0].op = k8s::Requirement::Operator::not_in;
      }),
  };
  std::set<std::uint64_t> digests;
  for (const auto& other : others) digests.insert(digest_of(other));
  EXPECT_EQ(digests.size(), others.size());
}

TEST(PolicyDigest, TellsOneListFromTwo) {
  const auto one = changed([](auto& p) { p.ingress[0].peers[0].ip_block->except = {"1 1", "2"}; });
  const auto other = changed([](auto& p) { p.ingress[0].peers[0].ip_block->except = {"1", "1 2"}; });
  EXPECT_NE(digest_of(one), digest_of(other));
}

}  // namespace
}  // namespace selvedge::agent
