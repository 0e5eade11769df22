// Which base chains there are where Services go by IPVS, and how one set of them replaces the other.
#include <algorithm>
#include <optional>

#include <gtest/gtest.h>

#include "controller/chains.h"
#include "controller/names.h"
#include "nft/transaction.h"
#include "test/controller/shop.h"

namespace selvedge {
namespace {

using namespace shop;

const std::vector<k8s::Object> objects = {pod("api", {}, {"10.244.1.5"}), policy("deny", {})};

std::map<std::string, nft::Base> bases_of(const nft::Table& table) {
  std::map<std::string, nft::Base> bases;
  for (const auto& [name, chain] : table.chains) {
    if (chain.base) bases.emplace(name, *chain.base);
  }
  return bases;
}

TEST(Layout, WhereServicesDoNotGoByIpvs_IsForwardAndInput) {
  const std::map<std::string, nft::Base> expected{{"egress", {nft::Hook::forward, -10}},
                                                  {"ingress", {nft::Hook::forward, -5}},
                                                  {"to-node", {nft::Hook::input, -10}}};
  EXPECT_EQ(bases_of(table_of(objects)), expected);
}

// IPVS takes packets at hook input, 98 and 99, and sends them on by hook output.
TEST(Layout, WhereServicesGoByIpvs_AlsoSeesWhatItSendsOn_AndJudgesWhatItLeaves) {  // semantics 81
  const std::map<std::string, nft::Base> expected{
      {"egress", {nft::Hook::forward, -10}},     {"egress-services", {nft::Hook::output, -10}},
      {"ingress", {nft::Hook::forward, -5}},     {"ingress-services", {nft::Hook::output, -5}},
      {"to-node-late", {nft::Hook::input, 110}}, {"to-services", {nft::Hook::input, -10}}};
  EXPECT_EQ(bases_of(table_of(objects, {.node = "node-a", .ipvs = true})), expected);
}

// Packets to the node are judged by the one chain or the other, or both, after each batch.
void expect_no_gap(bool to_ipvs) {
  Core core({.node = "node-a", .ipvs = !to_ipvs});
  for (const k8s::Object& object : objects) core.upsert(object);
  nft::Table table = core.table();
  core.services_by_ipvs(to_ipvs);
  bool both = false;
  for (const nft::Batch& batch : nft::plan(table, core.changes())) {
    ASSERT_TRUE(nft::apply(table, batch));
    const bool early = table.chains.contains("to-node"), late = table.chains.contains("to-node-late");
    EXPECT_TRUE(early || late);
    EXPECT_EQ(late, table.chains.contains("egress-services"));
    both = both || (early && late);
  }
  EXPECT_TRUE(both) << "the new ones are live before the old ones go";
  EXPECT_EQ(table, table_of(objects, {.node = "node-a", .ipvs = to_ipvs}));
}

TEST(Layout, ChangesWhileTheDaemonRuns_WithoutAGap) {  // semantics 81, 108
  expect_no_gap(true);
  expect_no_gap(false);
}

TEST(Layout, ToldAgainAsItIs_ChangesNothing) {
  Core core({.node = "node-a"});
  for (const k8s::Object& object : objects) core.upsert(object);
  core.table();
  core.services_by_ipvs(false);
  EXPECT_TRUE(core.changes().empty());
}

TEST(OpenNode, IsARuleOfEachEgressChain_BeforeAnythingIsDropped) {  // semantics 77, R3
  k8s::NetworkPolicy both = policy("deny", {});
  both.egress_isolates = true;
  const nft::Table table = table_of({pod("api", {}, {"10.244.1.5"}), both}, {.node = "node-a", .own_node_open = true});
  const std::string rule = "fib daddr type local accept comment \"its own node\"\n";
  const std::string egress = chain_text(table, pod_chain_name(Direction::egress, {"shop", "api"}, ""));
  EXPECT_LT(egress.find(rule), egress.find("drop"));
  EXPECT_EQ(chain_text(table, pod_chain_name(Direction::ingress, {"shop", "api"}, "")).find(rule), std::string::npos);
}

}  // namespace
}  // namespace selvedge
