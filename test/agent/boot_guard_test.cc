// The guard alone: what holds on a node that has just started, before the API server has told of any pod.
#include "test/agent/reconciler_bed.h"

namespace selvedge::agent {
namespace {

const std::vector<nft::Prefix> ranges{*nft::parse_prefix("10.244.1.0/24")};

class BootGuard : public ReconcilerBed {
 protected:
  void sees(std::vector<nft::Prefix> pod_ranges, bool pods_attached) {
    reconciler.observe({.pod_ranges = std::move(pod_ranges), .pods_attached = pods_attached});
    reconciler.settle();
  }
  bool is_guarded() const {
    const auto table = kernel.table("selvedge");
    return table && table->counters.contains("deny-guard");
  }
  nft::Table guard_alone(std::vector<nft::Prefix> of = ranges, bool ipvs = false) const {
    Core core({.node = "node-a", .ipvs = ipvs});
    core.pod_ranges(std::move(of));
    return core.table();
  }
};

TEST_F(BootGuard, ClosesThePodsToCome_BeforeAnythingIsHeardOfTheApiServer) {  // semantics 58, 74, 108
  sees(ranges, false);
  EXPECT_EQ(kernel.table("selvedge"), guard_alone());
  EXPECT_TRUE(says("the guard alone is in force")) << reasons();
  EXPECT_TRUE(says("selvedge cleanup")) << reasons();
  EXPECT_EQ(logged("no pod may talk before the API server has told of it"), 1);
}

TEST_F(BootGuard, HoldsUntilAllIsKnown_AndGivesWayToTheWholeTable) {
  sees(ranges, false);
  up(shop());
  up(pod("api", "10.244.1.5"));
  reconciler.settle();
  EXPECT_EQ(kernel.table("selvedge"), guard_alone()) << "a pod whose policies are not known stays closed";
  start();
  EXPECT_TRUE(reconciler.readiness().ready()) << reasons();
  EXPECT_TRUE(is_guarded());
  EXPECT_NE(kernel.table("selvedge"), guard_alone());
}

TEST_F(BootGuard, TakesTheRangeOfTheNode_WhenThatIsHeardFirst) {
  k8s::Node ours = node("node-a");
  ours.pod_cidrs = {"10.244.1.0/24"};
  up(ours);
  sees({}, false);
  EXPECT_EQ(kernel.table("selvedge"), guard_alone());
}

// Each alone, as either may be the one that pods get addresses of.
TEST_F(BootGuard, FollowsARangeThatIsHeardLater_OfFlannelsFile_OrOfTheNode) {  // semantics 104
  const nft::Prefix v6 = *nft::parse_prefix("fd00:244:0:1::/64"), other = *nft::parse_prefix("10.244.7.0/24");
  k8s::Node ours = node("node-a");
  ours.pod_cidrs = {"10.244.1.0/24"};
  up(ours);
  sees({}, false);
  EXPECT_EQ(kernel.table("selvedge"), guard_alone());
  sees({ranges[0], v6}, true);
  EXPECT_EQ(kernel.table("selvedge"), guard_alone({ranges[0], v6}));
  ours.pod_cidrs = {"10.244.7.0/24"};
  up(ours);
  reconciler.settle();
  EXPECT_EQ(kernel.table("selvedge"), guard_alone({ranges[0], v6, other}));
  EXPECT_EQ(logged("no pod may talk before the API server has told of it"), 1);
}

TEST_F(BootGuard, FollowsTheDeviceOfIpvs_ThatComesLater) {  // semantics 81
  sees(ranges, false);
  reconciler.observe({.pod_ranges = ranges, .pods_attached = true, .ipvs = true});
  reconciler.settle();
  EXPECT_EQ(kernel.table("selvedge"), guard_alone(ranges, true));
  EXPECT_NE(guard_alone(ranges, true), guard_alone());
}

TEST_F(BootGuard, ThatIsInForceAsItIs_IsNotWrittenAgain_ButAfterAFailureItIs) {
  sees(ranges, false);
  const auto commits = kernel.commits();
  up(pod("api", "10.244.1.5"));
  sees(ranges, true);
  EXPECT_EQ(kernel.commits(), commits);
  const std::vector<nft::Prefix> others{*nft::parse_prefix("10.244.7.0/24")};
  kernel.fail_commit({.error = busy, .skip = 0, .done = false});
  sees(others, true);
  EXPECT_EQ(kernel.table("selvedge"), guard_alone());
  now += seconds(60);
  reconciler.settle();
  EXPECT_EQ(kernel.table("selvedge"), guard_alone(others));
}

TEST_F(BootGuard, IsNotWritten_WherePodsRunAlready_NorWhereNoRangeIsKnown_NorOverAPredecessorsRules) {
  sees(ranges, true);
  EXPECT_FALSE(kernel.table("selvedge"));
  sees({}, false);
  EXPECT_TRUE(is_guarded()) << "the range is the one that was known before";
  test::FakeBackend other;
  kernel.put(left_over());
  const auto before = kernel.commits();
  sees(ranges, false);
  EXPECT_EQ(kernel.commits(), before);
}

TEST_F(BootGuard, ThatSomebodyWipes_IsWrittenAgain_ThoughPodsHangOnTheBridgeNow) {  // semantics 102
  sees(ranges, false);
  kernel.remove("selvedge");
  sees(ranges, true);
  EXPECT_EQ(kernel.table("selvedge"), guard_alone());
}

TEST_F(BootGuard, FollowsAFailedWrite_AfterAPause) {
  kernel.fail_commit({.error = busy, .skip = 0, .done = false});
  sees(ranges, false);
  EXPECT_FALSE(kernel.table("selvedge"));
  EXPECT_TRUE(says("busy")) << reasons();
  now += seconds(60);
  sees(ranges, false);
  EXPECT_EQ(kernel.table("selvedge"), guard_alone());
}

TEST_F(BootGuard, KeepsTheRangesOfAFileThatIsGone_AndSaysWhatIsWrongWithABrokenOne) {  // semantics 104
  sees(ranges, true);
  start();
  EXPECT_TRUE(is_guarded());
  sees({}, true);
  EXPECT_TRUE(is_guarded());
  reconciler.observe({.pod_ranges_fault = "subnet.env: line 2: no"});
  reconciler.settle();
  EXPECT_TRUE(is_guarded());
  EXPECT_EQ(logged("Flannel's file tells no pod ranges to guard"), 1);
}

TEST_F(BootGuard, WhereNodeAndFlannelsFileDisagree_HoldsBothRanges_AndReadyzWarns) {  // semantics 104
  start();
  k8s::Node ours = node("node-a");
  ours.pod_cidrs = {"10.244.7.0/24"};
  up(ours);
  sees(ranges, true);
  now += seconds(2);
  reconciler.settle();
  Core core({.node = "node-a"});
  core.pod_ranges({ranges[0], *nft::parse_prefix("10.244.7.0/24")});
  core.upsert(ours);
  EXPECT_EQ(reconciler.pod_ranges(), core.guarded());
  EXPECT_TRUE(reconciler.readiness().ready()) << reasons();
  const auto warned = [&] {
    return std::ranges::count_if(reconciler.readiness().warnings, [](const std::string& warning) {
      return warning.find("\"10.244.7.0/24\" is not what Flannel's file tells, \"10.244.1.0/24\"; both are guarded") !=
             std::string::npos;
    });
  };
  EXPECT_EQ(warned(), 1);
  EXPECT_EQ(logged("problem in an object"), 1);
  ours.pod_cidrs = {"10.244.1.0/24"};
  up(ours);
  now += seconds(2);
  reconciler.settle();
  EXPECT_EQ(warned(), 0);
}

// The addresses of pods are settled with the rules, and no event follows.
TEST_F(BootGuard, APodOutsideTheRanges_IsAWarningOfReadyz_AsSoonAsItsRulesAreInForce) {  // semantics 104
  const auto warned = [&] {
    return std::ranges::count_if(reconciler.readiness().warnings, [](const std::string& warning) {
      return warning.find("no pod range of the node holds 10.244.1.5") != std::string::npos;
    });
  };
  k8s::Node ours = node("node-a");
  ours.pod_cidrs = {"10.244.7.0/24"};
  up(ours);
  up(pod("api", "10.244.1.5"));
  for (const Kind kind : {Kind::pod, Kind::ns, Kind::node, Kind::network_policy}) sync(kind);
  kernel.fail_next_dump(busy);
  reconciler.settle();
  now += seconds(60);
  reconciler.settle();
  EXPECT_TRUE(reconciler.in_force());
  EXPECT_EQ(warned(), 1);
}

TEST_F(BootGuard, APodThatThePluginTellsOf_OutsideTheRanges_IsAWarningToo) {  // semantics 104
  sees(ranges, true);
  start();
  k8s::Pod web = pod("web", "");
  web.addresses.clear();
  up(web);
  heartbeat();
  EXPECT_FALSE(reconciler.wake()) << "all is told";
  reconciler.attach({.id = "sandbox/eth0",
                     .pod = {"shop", "web"},
                     .uid = "uid-web",
                     .addresses = {*nft::parse_address("10.244.7.9")}});
  reconciler.settle();
  heartbeat();
  EXPECT_EQ(reconciler.readiness().warnings.size(), 1U);
  reconciler.detach({"shop", "web"}, "sandbox/eth0");
  reconciler.settle();
  heartbeat();
  EXPECT_TRUE(reconciler.readiness().warnings.empty());
}

TEST_F(BootGuard, WhatIsNotWellBesideTheRules_IsAWarningOfReadyz) {
  start();
  reconciler.observe({.warnings = {"the plugin is not there"}});
  EXPECT_TRUE(reconciler.readiness().ready()) << reasons();
  EXPECT_EQ(reconciler.readiness().warnings, std::vector<std::string>{"the plugin is not there"});
}

}  // namespace
}  // namespace selvedge::agent
