// What the CNI plugin asserts of a pod, beside what the API's object of the pod says.
#include <gtest/gtest.h>

#include "controller/core.h"
#include "controller/names.h"
#include "test/controller/shop.h"

namespace selvedge {
namespace {

using namespace shop;

k8s::Pod started(const std::string& name, std::vector<std::string> addresses, k8s::Labels labels = {}) {
  k8s::Pod result = pod(name, std::move(labels), std::move(addresses));
  result.meta.uid = "uid-" + name;
  return result;
}

Attachment attachment(const std::string& name, const std::string& address, const std::string& id = "sandbox/eth0") {
  return {.id = id, .pod = {"shop", name}, .uid = "uid-" + name, .addresses = {*nft::parse_address(address)}};
}

// In the direction of a policy of shop.h.
std::string rules_of(Core& core, const std::string& address) {
  const nft::Table table = core.table();
  const auto map = table.maps.find("ingress-v4");
  if (map == table.maps.end()) return "";
  const auto element = map->second.elements.find(nft::key_of(*nft::parse_address(address)));
  if (element == map->second.elements.end()) return "";
  const auto* jump = std::get_if<nft::Goto>(&element->second);
  return jump ? jump->chain : "accept";
}

Core guarded() {
  Core core({.node = "node-a"});
  core.pod_ranges({*nft::parse_prefix("10.244.1.0/24")});
  return core;
}

TEST(Attachment, GivesAPodItsRules_BeforeTheApiTellsItsAddress) {  // semantics 58
  Core core = guarded();
  core.upsert(policy("p", {}));
  core.upsert(started("api", {}));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "");
  core.attach(attachment("api", "10.244.1.5"));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), pod_chain_name(Direction::ingress, {"shop", "api"}, "uid-api"));
  EXPECT_EQ(core.local_pods(), 1U);
}

TEST(Attachment, OfAPodThatNoPolicySelects_OpensTheGuardForIt) {
  Core core = guarded();
  core.upsert(started("api", {}));
  core.attach(attachment("api", "10.244.1.5"));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "accept");
  core.detach({"shop", "api"}, "sandbox/eth0");
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "");
}

TEST(Attachment, WhosePodIsNotKnown_OrIsAnotherOfThatName_OpensNothing) {
  Core core = guarded();
  core.attach(attachment("api", "10.244.1.5"));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "");
  EXPECT_FALSE(core.knows_pod({"shop", "api"}, "uid-api"));
  k8s::Pod former = started("api", {});
  former.meta.uid = "uid-of-a-former-one";
  core.upsert(former);
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "");
  EXPECT_FALSE(core.knows_pod({"shop", "api"}, "uid-api"));
  core.upsert(started("api", {}));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "accept");
  EXPECT_TRUE(core.knows_pod({"shop", "api"}, "uid-api"));
}

TEST(Attachment, OfAPodOfAnotherNode_OrOfTheHostsNetwork_AssertsNothing) {
  Core core = guarded();
  k8s::Pod elsewhere = started("api", {});
  elsewhere.node = "node-b";
  core.upsert(elsewhere);
  k8s::Pod host = started("host", {});
  host.host_network = true;
  core.upsert(host);
  core.attach(attachment("api", "10.244.1.5", "one"));
  core.attach(attachment("host", "10.244.1.6", "two"));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "");
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "");
}

TEST(Attachment, YieldsToTheAddressesThatTheApiReports_AndIsBackWithoutThem) {
  Core core = guarded();
  core.attach(attachment("api", "10.244.1.5"));
  core.upsert(started("api", {"10.244.1.6"}));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "");
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "accept");
  core.upsert(started("api", {}));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "accept");
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "");
}

TEST(Attachment, YieldsToWhatTheApiReports_ThoughThatIsNoAddress) {
  Core core = guarded();
  core.attach(attachment("api", "10.244.1.5"));
  core.upsert(started("api", {"10.244.1.999"}));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "");
}

TEST(Attachment, MakesThePodAPeer_InPlaceOfWhoHadTheAddressBefore) {  // semantics 61, 63
  Core core = guarded();
  k8s::Pod former = started("former", {"10.244.1.5"}, {{"app", "old"}});
  former.started = "2099-01-01T00:00:00Z";
  core.upsert(former);
  core.upsert(started("api", {"10.244.1.9"}));
  core.upsert(policy("p", {}, {from_pods({{"app", "new"}})}));
  core.upsert(started("next", {}, {{"app", "new"}}));
  core.attach(attachment("next", "10.244.1.5"));
  EXPECT_EQ(elements_of(core.table(), "peers-", "-v4"), std::vector<std::string>{"10.244.1.5"});
}

TEST(Attachment, SentTwice_IsOne_AndAChangedOneReplacesItsFormer) {
  Core core = guarded();
  core.upsert(started("api", {}));
  core.attach(attachment("api", "10.244.1.5"));
  core.attach(attachment("api", "10.244.1.5"));
  core.changes();
  core.attach(attachment("api", "10.244.1.5"));
  EXPECT_TRUE(core.changes().empty());
  core.attach(attachment("api", "10.244.1.6"));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "");
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "accept");
  core.detach({"shop", "api"}, "sandbox/eth0");
  core.detach({"shop", "api"}, "sandbox/eth0");
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "");
}

TEST(Attachment, OfANewSandbox_OutlivesTheOldOnesEnd) {
  Core core = guarded();
  core.upsert(started("api", {}));
  core.attach(attachment("api", "10.244.1.5", "old"));
  core.attach(attachment("api", "10.244.1.6", "new"));
  core.detach({"shop", "api"}, "old");
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "");
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "accept");
}

}  // namespace
}  // namespace selvedge
