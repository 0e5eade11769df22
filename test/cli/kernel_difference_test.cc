#include "controller/cli/kernel_difference.h"

#include <gtest/gtest.h>

namespace selvedge::cli {
namespace {

k8s::Pod pod(const std::string& name, const std::string& address, const std::string& node) {
  k8s::Pod pod;
  pod.meta = {.ns = "shop", .name = name, .uid = name, .labels = {{"app", name}}, .created = ""};
  pod.node = node;
  pod.phase = k8s::Pod::Phase::running;
  pod.addresses = {address};
  return pod;
}

k8s::LabelSelector app(const std::string& name) {
  k8s::LabelSelector selector;
  selector.match_labels = {{"app", name}};
  return selector;
}

// "shop/api" on node-a may be called by app=web alone, on any port.
std::vector<k8s::Object> objects() {
  k8s::NetworkPolicy policy;
  policy.meta = {.ns = "shop", .name = "api", .uid = "2", .labels = {}, .created = ""};
  policy.pod_selector = app("api");
  policy.ingress_isolates = true;
  k8s::Peer web;
  web.pod_selector = app("web");
  policy.ingress.push_back({.peers = {web}, .ports = {}});
  return {pod("api", "10.244.1.5", "node-a"), pod("web", "10.244.2.6", "node-b"), pod("job", "10.244.2.7", "node-b"),
          policy};
}

nft::Dump kernel() {
  return {.table = table_of({}, "node-a", objects()), .opaque = {}, .counters = {}};
}

// The set that app=web became.
nft::Set& web(nft::Dump& dump) {
  for (auto& [name, set] : dump.table.sets)
    if (set.type == nft::address_type(nft::Family::v4)) return set;
  throw std::logic_error("no set of addresses");
}

TEST(KernelDifference, OfATableThatIsTrue_IsNone) {
  const auto difference = kernel_difference(objects(), "node-a", {}, kernel(), KernelIs::after);
  ASSERT_TRUE(difference) << difference.error();
  EXPECT_TRUE(difference->empty());
}

TEST(KernelDifference, NamesWhoGetsInByAnElementTooMany_FromEitherSide) {
  nft::Dump dump = kernel();
  const nft::Key job = nft::key_of(*nft::parse_address("10.244.2.7"));
  web(dump).elements.push_back({job, job});
  const auto after = kernel_difference(objects(), "node-a", {}, dump, KernelIs::after);
  ASSERT_TRUE(after) << after.error();
  ASSERT_EQ(after->connections.changes.size(), 1U);
  EXPECT_EQ(after->connections.changes[0].from, "shop/Pod/job");
  EXPECT_EQ(after->connections.changes[0].to, "shop/Pod/api");
  EXPECT_FALSE(after->connections.changes[0].gained.empty());
  EXPECT_TRUE(after->connections.changes[0].lost.empty());
  ASSERT_EQ(after->rules.size(), 1U);
  EXPECT_EQ(after->rules[0].come, std::vector<std::string>{"10.244.2.7"});
  const auto before = kernel_difference(objects(), "node-a", {}, dump, KernelIs::before);
  EXPECT_TRUE(before->connections.changes[0].gained.empty());
  EXPECT_EQ(before->rules[0].gone, std::vector<std::string>{"10.244.2.7"});
}

TEST(KernelDifference, NamesWhoLosesAccess_ByAnElementThatIsMissing) {
  nft::Dump dump = kernel();
  web(dump).elements.clear();
  const auto difference = kernel_difference(objects(), "node-a", {}, dump, KernelIs::after);
  ASSERT_TRUE(difference) << difference.error();
  ASSERT_EQ(difference->connections.changes.size(), 1U);
  EXPECT_EQ(difference->connections.changes[0].from, "shop/Pod/web");
  EXPECT_FALSE(difference->connections.changes[0].lost.empty());
}

TEST(KernelDifference, IsNotTold_OfATableThatIsNotUnderstood) {
  nft::Dump dump = kernel();
  dump.opaque.push_back(
      {.where = nft::Opaque::Where::rule, .owner = "ingress", .handle = 4, .what = "quota", .raw = {}});
  const auto difference = kernel_difference(objects(), "node-a", {}, dump, KernelIs::after);
  ASSERT_FALSE(difference);
  EXPECT_EQ(difference.error(), "of the kernel's table ingress is not understood: quota");
}

}  // namespace
}  // namespace selvedge::cli
