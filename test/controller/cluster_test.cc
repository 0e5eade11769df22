#include "controller/cluster.h"

#include <array>

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

bool is_nothing(const ClusterChange& change) {
  return change.moved.empty() && !change.relabelled && !change.ended && change.ended_namespace.empty();
}

k8s::Namespace named_namespace(const std::string& name, k8s::Labels labels) {
  return {.meta = {.ns = "", .name = name, .uid = "", .labels = std::move(labels), .created = ""}};
}

std::string owner(const Cluster& cluster, const char* text) {
  const PodEntry* entry = cluster.owner(address(text));
  return entry ? entry->first : "";
}

TEST(Cluster, EveryAddressOfAPod_IsItsOwn) {  // semantics 59, 60
  Cluster cluster("node-a");
  EXPECT_EQ(cluster.upsert(pod("api", {"010.244.1.5", "fd00:244::5", "::ffff:10.244.1.6"})).moved.size(), 3U);
  EXPECT_EQ(owner(cluster, "10.244.1.5"), "api");
  EXPECT_EQ(owner(cluster, "fd00:244::5"), "api");
  EXPECT_EQ(owner(cluster, "10.244.1.6"), "api");
}

TEST(Cluster, SameObjectAgain_TouchesNothing) {
  Cluster cluster("node-a");
  cluster.upsert(pod("api", {"10.244.1.5"}));
  EXPECT_TRUE(is_nothing(cluster.upsert(pod("api", {"10.244.1.5"}))));
}

TEST(Cluster, HostNetworkAndFinishedPods_TakeNoPart) {  // semantics 61, 65
  Cluster cluster("node-a");
  k8s::Pod host = pod("host", {"172.31.0.11"});
  host.host_network = true;
  k8s::Pod done = pod("done", {"10.244.1.6"});
  done.phase = k8s::Pod::Phase::succeeded;
  cluster.upsert(host);
  cluster.upsert(done);
  EXPECT_TRUE(cluster.namespaces().empty());
}

TEST(Cluster, PodThatFinishes_GivesItsAddressBack) {  // semantics 61
  Cluster cluster("node-a");
  k8s::Pod job = pod("job", {"10.244.1.6"});
  cluster.upsert(job);
  job.phase = k8s::Pod::Phase::failed;
  const ClusterChange change = cluster.upsert(job);
  ASSERT_EQ(change.moved.size(), 1U);
  EXPECT_EQ(change.moved[0].address, address("10.244.1.6"));
  EXPECT_EQ(change.moved[0].to, nullptr);
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
  EXPECT_TRUE(is_nothing(cluster.upsert(pod("api", {"10.244.1.5", "10.244.1.999"}))));
  EXPECT_EQ(cluster.problems().size(), 1U);
  EXPECT_TRUE(is_nothing(cluster.upsert(pod("api", {"10.244.1.5"}))));
  EXPECT_TRUE(cluster.problems().empty());
}

TEST(Cluster, RelabelledNamespace_TellsWhatItsLabelsWere) {  // semantics 67
  Cluster cluster("node-a");
  cluster.upsert(pod("api", {"10.244.1.5"}));
  const k8s::Namespace ns = named_namespace("shop", {{"team", "a"}});
  const ClusterChange first = cluster.upsert(ns);
  ASSERT_TRUE(first.relabelled);
  EXPECT_EQ(first.relabelled->ns, &cluster.namespaces().at("shop"));
  EXPECT_FALSE(first.relabelled->before);
  EXPECT_TRUE(is_nothing(cluster.upsert(ns)));
  const ClusterChange last = cluster.erase_namespace("shop");
  ASSERT_TRUE(last.relabelled);
  EXPECT_EQ(last.relabelled->before, PackedLabels(ns.meta.labels));
  EXPECT_FALSE(cluster.namespaces().at("shop").labels);
  EXPECT_TRUE(last.ended_namespace.empty());
}

TEST(Cluster, ANamespaceThatOnlyPodsName_EndsWithItsLastPod_AndIsKeptForTheEvent) {
  Cluster cluster("node-a");
  cluster.upsert(pod("api", {"10.244.1.5"}));
  const ClusterChange change = cluster.erase_pod({"shop", "api"});
  EXPECT_FALSE(cluster.namespaces().contains("shop"));
  ASSERT_TRUE(change.ended);
  ASSERT_FALSE(change.ended_namespace.empty());
  EXPECT_EQ(change.ended->ns, &change.ended_namespace.mapped());
}

std::vector<const Cohort*> all_of(const Cohorts& cohorts) {
  return {cohorts.begin(), cohorts.end()};
}

k8s::Pod replica(const std::string& name, const std::string& address) {
  k8s::Pod result = pod(name, {address});
  result.meta.labels = {{"app", "web"}};
  return result;
}

TEST(Cluster, PodsThatNoPolicyTellsApart_AreOneCohort) {
  Cluster cluster("node-a");
  cluster.upsert(replica("web-1", "10.244.1.5"));
  cluster.upsert(replica("web-2", "10.244.1.6"));
  const Cohort* cohort = cluster.pod({"shop", "web-1"})->cohort;
  EXPECT_EQ(cluster.pod({"shop", "web-2"})->cohort, cohort);
  EXPECT_EQ(cohort->pods.size(), 2U);
  EXPECT_EQ(cluster.addresses_of(*cohort).size(), 2U);
  EXPECT_EQ(all_of(cluster.with_label("app", "web")), std::vector{cohort});

  k8s::Pod with_port = replica("web-3", "10.244.1.7");
  with_port.ports = {{.name = "http", .protocol = k8s::Protocol::tcp, .number = 8080}};
  cluster.upsert(with_port);
  const Cohort* other = cluster.pod({"shop", "web-3"})->cohort;
  EXPECT_NE(other, cohort);
  EXPECT_EQ(all_of(cluster.with_port("http")), std::vector{other});
}

TEST(Cluster, TheLastPodOfACohort_EndsIt) {
  Cluster cluster("node-a");
  cluster.upsert(replica("web-1", "10.244.1.5"));
  cluster.upsert(replica("web-2", "10.244.1.6"));
  const Cohort* cohort = cluster.pod({"shop", "web-1"})->cohort;
  EXPECT_FALSE(cluster.erase_pod({"shop", "web-1"}).ended);
  const ClusterChange last = cluster.erase_pod({"shop", "web-2"});
  EXPECT_EQ(last.ended.get(), cohort);
  EXPECT_TRUE(cluster.with_label("app", "web").empty());
}

TEST(Cluster, PodsLeaveTheirCohortInAnyOrder) {
  const std::array<std::string, 3> names{"web-1", "web-2", "web-3"};
  for (const std::string& first : names) {
    for (const std::string& second : names) {
      if (first == second) continue;
      Cluster cluster("node-a");
      for (const std::string& name : names) cluster.upsert(replica(name, "10.244.1." + name.substr(4)));
      cluster.erase_pod({"shop", first});
      cluster.erase_pod({"shop", second});
      ASSERT_EQ(cluster.with_label("app", "web").size(), 1U);
      const Cohort& cohort = **cluster.with_label("app", "web").begin();
      ASSERT_EQ(cohort.pods.size(), 1U);
      EXPECT_NE((*cohort.pods.begin())->first, first);
      EXPECT_NE((*cohort.pods.begin())->first, second);
    }
  }
}

TEST(Cluster, RelabelledPod_MovesItsAddressesToItsNewCohort) {  // semantics 66
  Cluster cluster("node-a");
  cluster.upsert(replica("web-1", "10.244.1.5"));
  cluster.upsert(replica("web-2", "10.244.1.6"));
  const Cohort* before = cluster.pod({"shop", "web-1"})->cohort;
  k8s::Pod relabelled = replica("web-1", "10.244.1.5");
  relabelled.meta.labels["app"] = "api";
  const ClusterChange change = cluster.upsert(relabelled);
  ASSERT_EQ(change.moved.size(), 1U);
  EXPECT_EQ(change.moved[0].from, before);
  EXPECT_EQ(change.moved[0].to, cluster.pod({"shop", "web-1"})->cohort);
  EXPECT_NE(change.moved[0].to, before);
  EXPECT_EQ(cluster.addresses_of(*before), std::vector{address("10.244.1.6")});
}

TEST(Cluster, PodWhosePortsChange_ChangesItsCohort) {  // semantics 30
  Cluster cluster("node-a");
  k8s::Pod web = replica("web-1", "10.244.1.5");
  cluster.upsert(web);
  web.ports = {{.name = "http", .protocol = k8s::Protocol::tcp, .number = 8080}};
  const ClusterChange change = cluster.upsert(web);
  EXPECT_TRUE(change.ended);
  ASSERT_EQ(change.moved.size(), 1U);
  EXPECT_EQ(all_of(cluster.with_port("http")), std::vector{change.moved[0].to});
}

TEST(Cluster, AnAddressThatANewerPodTook_IsNotOfTheOlderOnesCohort) {  // semantics 63
  Cluster cluster("node-a");
  cluster.upsert(replica("web-1", "10.244.1.5"));
  k8s::Pod newer = pod("new", {"10.244.1.5"});
  newer.started = "2026-01-01T00:00:00Z";
  cluster.upsert(newer);
  EXPECT_TRUE(cluster.addresses_of(*cluster.pod({"shop", "web-1"})->cohort).empty());
}

TEST(Cluster, LocalPods_AreThoseOfTheNode_OrAllWithoutOne) {  // semantics 71
  k8s::Pod remote = pod("api", {"10.244.2.5"});
  remote.node = "node-b";
  Cluster one("node-a");
  one.upsert(remote);
  EXPECT_FALSE(one.pod({"shop", "api"})->is_local());
  Cluster all(std::nullopt);
  all.upsert(remote);
  EXPECT_TRUE(all.pod({"shop", "api"})->is_local());
}

}  // namespace
}  // namespace selvedge
