#include "controller/cluster.h"

#include <gtest/gtest.h>

namespace selvedge {
namespace {

k8s::Pod pod(const std::string& name, std::vector<std::string> addresses) {
  k8s::Pod result;
  result.meta = {.ns = "shop", .name = name, .uid = "uid-" + name, .labels = {{"app", name}}, .created = ""};
  result.node = "node-a";
  result.phase = k8s::Pod::Phase::running;
  result.addresses = std::move(addresses);
  return result;
}

nft::Address address(const char* text) {
  return *nft::parse_address(text);
}

std::string owner(const Cluster& cluster, const char* text) {
  const PodEntry* entry = cluster.owner(address(text));
  return entry ? entry->first.name : "";
}

TEST(Cluster, EveryAddressOfAPod_IsItsOwn) {  // semantics 59, 60
  Cluster cluster("node-a");
  EXPECT_EQ(cluster.upsert(pod("api", {"010.244.1.5", "fd00:244::5", "::ffff:10.244.1.6"})).size(), 3U);
  EXPECT_EQ(owner(cluster, "10.244.1.5"), "api");
  EXPECT_EQ(owner(cluster, "fd00:244::5"), "api");
  EXPECT_EQ(owner(cluster, "10.244.1.6"), "api");
}

TEST(Cluster, SameObjectAgain_TouchesNothing) {
  Cluster cluster("node-a");
  cluster.upsert(pod("api", {"10.244.1.5"}));
  EXPECT_TRUE(cluster.upsert(pod("api", {"10.244.1.5"})).empty());
}

TEST(Cluster, HostNetworkAndFinishedPods_TakeNoPart) {  // semantics 61, 65
  Cluster cluster("node-a");
  k8s::Pod host = pod("host", {"172.31.0.11"});
  host.host_network = true;
  k8s::Pod done = pod("done", {"10.244.1.6"});
  done.phase = k8s::Pod::Phase::succeeded;
  cluster.upsert(host);
  cluster.upsert(done);
  EXPECT_TRUE(cluster.pods().empty());
}

TEST(Cluster, PodThatFinishes_GivesItsAddressBack) {  // semantics 61
  Cluster cluster("node-a");
  k8s::Pod job = pod("job", {"10.244.1.6"});
  cluster.upsert(job);
  job.phase = k8s::Pod::Phase::failed;
  EXPECT_EQ(cluster.upsert(job), (std::set{address("10.244.1.6")}));
  EXPECT_EQ(owner(cluster, "10.244.1.6"), "");
}

TEST(Cluster, UnknownPhase_IsKept) {  // semantics 64
  Cluster cluster("node-a");
  k8s::Pod lost = pod("lost", {"10.244.1.6"});
  lost.phase = k8s::Pod::Phase::unknown;
  cluster.upsert(lost);
  EXPECT_EQ(owner(cluster, "10.244.1.6"), "lost");
}

TEST(Cluster, NewestClaimant_OwnsTheAddress_AndTheOldOnesEndChangesNothing) {  // semantics 63
  k8s::Pod old_pod = pod("old", {"10.244.1.6"});
  old_pod.started = "2026-01-01T00:00:00Z";
  k8s::Pod new_pod = pod("new", {"10.244.1.6"});
  new_pod.started = "2026-01-01T00:00:01Z";
  for (const bool new_first : {true, false}) {
    Cluster cluster("node-a");
    cluster.upsert(new_first ? new_pod : old_pod);
    cluster.upsert(new_first ? old_pod : new_pod);
    EXPECT_EQ(owner(cluster, "10.244.1.6"), "new");
    EXPECT_EQ(cluster.claimants(address("10.244.1.6")).size(), 2U);
    cluster.erase_pod({"shop", "old"});
    EXPECT_EQ(owner(cluster, "10.244.1.6"), "new");
  }
}

TEST(Cluster, AddressThatIsNone_IsAProblemOfItsPod) {
  Cluster cluster("node-a");
  cluster.upsert(pod("api", {"10.244.1.999", "10.244.1.5"}));
  ASSERT_EQ(cluster.problems().size(), 1U);
  EXPECT_EQ(cluster.problems()[0].object, (k8s::ObjectKey{"shop", "api"}));
  EXPECT_NE(cluster.problems()[0].message.find("10.244.1.999"), std::string::npos);
  EXPECT_EQ(owner(cluster, "10.244.1.5"), "api");
  cluster.erase_pod({"shop", "api"});
  EXPECT_TRUE(cluster.problems().empty());
}

TEST(Cluster, AnAddressThatIsNone_IsToldOfOrForgotten_ThoughNothingElseOfThePodChanges) {
  Cluster cluster("node-a");
  cluster.upsert(pod("api", {"10.244.1.5"}));
  EXPECT_TRUE(cluster.upsert(pod("api", {"10.244.1.5", "10.244.1.999"})).empty());
  EXPECT_EQ(cluster.problems().size(), 1U);
  EXPECT_TRUE(cluster.upsert(pod("api", {"10.244.1.5"})).empty());
  EXPECT_TRUE(cluster.problems().empty());
}

TEST(Cluster, RelabelledNamespace_TouchesItsPodsOnly) {  // semantics 67
  Cluster cluster("node-a");
  cluster.upsert(pod("api", {"10.244.1.5"}));
  k8s::Pod other = pod("api", {"10.244.1.7"});
  other.meta.ns = "shop-b";
  cluster.upsert(other);
  k8s::Namespace ns{.meta = {.ns = "", .name = "shop", .uid = "", .labels = {{"team", "a"}}, .created = ""}};
  EXPECT_EQ(cluster.upsert(ns), (std::set{address("10.244.1.5")}));
  EXPECT_TRUE(cluster.upsert(ns).empty());
  EXPECT_EQ(cluster.erase_namespace("shop"), (std::set{address("10.244.1.5")}));
  EXPECT_EQ(cluster.namespace_labels("shop"), nullptr);
}

TEST(Cluster, LocalPods_AreThoseOfTheNode_OrAllWithoutOne) {  // semantics 71
  k8s::Pod remote = pod("api", {"10.244.2.5"});
  remote.node = "node-b";
  Cluster one("node-a");
  one.upsert(remote);
  EXPECT_FALSE(one.pod({"shop", "api"})->local);
  Cluster all(std::nullopt);
  all.upsert(remote);
  EXPECT_TRUE(all.pod({"shop", "api"})->local);
}

}  // namespace
}  // namespace selvedge
