// What the CNI plugin asserts of a pod, beside what the API's object of the pod says.
#include <gtest/gtest.h>

#include "test/controller/attached.h"

namespace selvedge {
namespace {

using namespace shop;

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

TEST(Attachment, ThatIsPending_OpensNothing_UntilTheApiReportsTheAddress) {
  Core core = guarded();
  core.upsert(started("api", {}));
  Attachment pending = attachment("api", "10.244.1.5");
  pending.standing = Standing::pending;
  core.attach(pending);
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "");
  core.upsert(started("api", {"10.244.1.5"}));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "accept") << "as without the plugin";
  core.upsert(started("api", {}));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "");
  core.attach(attachment("api", "10.244.1.5"));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "accept");
}

TEST(Attachment, ThatIsPending_IsolatesByWhatIsKnown) {
  Core core = guarded();
  core.upsert(policy("p", {}));
  core.upsert(started("api", {}));
  Attachment pending = attachment("api", "10.244.1.5");
  pending.standing = Standing::pending;
  core.attach(pending);
  EXPECT_EQ(rules_of(core, "10.244.1.5"), pod_chain_name(Direction::ingress, {"shop", "api"}, "uid-api"));
  EXPECT_FALSE(core.table().maps.at("egress-v4").elements.contains(nft::key_of(*nft::parse_address("10.244.1.5"))))
      << "the guard's";
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

TEST(Attachment, StandsBesideTheAddressesThatTheApiReports_UntilTheSandboxEnds) {  // semantics 58, 63
  Core core = guarded();
  core.attach(attachment("api", "10.244.1.5"));
  core.upsert(started("api", {"10.244.1.6"}));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "accept");
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "accept") << "the pod's, until the API tells otherwise";
  core.upsert(started("api", {"10.244.1.5"}));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "");
  core.detach({"shop", "api"}, "sandbox/eth0");
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "accept") << "the API reports it";
  core.upsert(started("api", {}));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "");
}

TEST(Attachment, StandsBesideWhatTheApiReports_ThoughThatIsNoAddress) {  // semantics 60
  Core core = guarded();
  core.attach(attachment("api", "10.244.1.5"));
  core.upsert(started("api", {"10.244.1.999"}));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "accept");
  EXPECT_EQ(core.problems().size(), 1U);
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

// ---- a sandbox that is made anew, while the API still tells of the old addresses --------

TEST(Attachment, GivesAPodItsRules_WhereTheApiStillHasAnotherPod_InAnyOrder) {  // semantics 63
  const auto attach = [](Core& core) { core.attach(attachment("strict", "10.244.1.6")); };
  const auto strict = [](Core& core) { core.upsert(started("strict", {"10.244.1.5"}, {{"app", "strict"}})); };
  const auto other = [](Core& core) {
    k8s::Pod pod = started("other", {"10.244.1.6"});
    pod.started = "2099-01-01T00:00:00Z";
    core.upsert(pod);
  };
  const std::vector<std::vector<void (*)(Core&)>> orders{
      {attach, strict, other}, {strict, other, attach}, {other, attach, strict}, {strict, attach, other}};
  for (const auto& order : orders) {
    Core core = guarded();
    core.upsert(policy("p", {{"app", "strict"}}));
    for (const auto& event : order) {
      event(core);
      core.changes();
    }
    EXPECT_EQ(rules_of(core, "10.244.1.6"), ingress_chain("strict"));
    EXPECT_EQ(core.ruler(*nft::parse_address("10.244.1.6"), Direction::ingress), (k8s::ObjectKey{"shop", "strict"}));
    EXPECT_EQ(rules_of(core, "10.244.1.5"), ingress_chain("strict")) << "until the API tells otherwise";
    core.detach({"shop", "strict"}, "sandbox/eth0");
    EXPECT_EQ(rules_of(core, "10.244.1.6"), "accept");
  }
}

TEST(Attachment, ToAnAddressOfAnIsolatedPod_LeavesItIsolated_UntilThatOneIsAttachedElsewhere) {  // semantics 63
  Core core = guarded();
  const nft::Address address = *nft::parse_address("10.244.1.6");
  core.upsert(policy("p", {{"app", "strict"}}));
  core.upsert(started("strict", {"10.244.1.6"}, {{"app", "strict"}}));
  core.upsert(started("api", {}));
  core.attach(attachment("api", "10.244.1.6"));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), ingress_chain("strict"));
  EXPECT_EQ(core.ruler(address, Direction::ingress), (k8s::ObjectKey{"shop", "strict"}));
  EXPECT_EQ(core.ruler(address, Direction::egress), (k8s::ObjectKey{"shop", "api"}));
  core.attach(attachment("strict", "10.244.1.7"));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "accept");
  EXPECT_EQ(core.ruler(address, Direction::ingress), (k8s::ObjectKey{"shop", "api"}));
  core.detach({"shop", "strict"}, "sandbox/eth0");
  EXPECT_EQ(rules_of(core, "10.244.1.6"), ingress_chain("strict")) << "the API is all there is again";
  core.upsert(started("strict", {"10.244.1.8"}, {{"app", "strict"}}));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "accept");
}

TEST(Attachment, OfPodsThatSwapTheirAddresses_GivesEachItsOwnRules) {  // semantics 63
  Core core = guarded();
  k8s::NetworkPolicy outward = policy("out", {{"app", "b"}});
  outward.ingress_isolates = false;
  outward.egress_isolates = true;
  core.upsert(policy("in", {{"app", "a"}}));
  core.upsert(outward);
  core.upsert(started("a", {"10.244.1.5"}, {{"app", "a"}}));
  core.upsert(started("b", {"10.244.1.6"}, {{"app", "b"}}));
  core.attach(attachment("a", "10.244.1.6"));
  core.attach(attachment("b", "10.244.1.5"));
  core.changes();
  for (const Direction direction : {Direction::ingress, Direction::egress}) {
    EXPECT_EQ(core.ruler(*nft::parse_address("10.244.1.6"), direction)->name, "a");
    EXPECT_EQ(core.ruler(*nft::parse_address("10.244.1.5"), direction)->name, "b");
  }
}

// What a pod says to itself passes: not what another says that has its address now.
TEST(Attachment, TakesTheAddressFromWhatItsFormerPodIsToItself_AndGivesItBack) {  // semantics 63, 79
  Core core = guarded();
  core.upsert(policy("p", {{"app", "strict"}}));
  core.upsert(started("strict", {"10.244.1.5", "10.244.1.6"}, {{"app", "strict"}}));
  core.upsert(started("api", {}));
  const std::string rule = "ip saddr 10.244.1.6 accept";
  EXPECT_NE(chain_text(core.table(), ingress_chain("strict")).find(rule), std::string::npos);
  core.attach(attachment("api", "10.244.1.6"));
  EXPECT_EQ(chain_text(core.table(), ingress_chain("strict")).find(rule), std::string::npos);
  EXPECT_EQ(core.pod_addresses().at({"shop", "strict"}), std::vector{*nft::parse_address("10.244.1.5")});
  EXPECT_EQ(core.pod_addresses().at({"shop", "api"}), std::vector{*nft::parse_address("10.244.1.6")});
  EXPECT_EQ(core.local_addresses().size(), 2U);
  core.attach(attachment("api", "10.244.1.7"));
  EXPECT_NE(chain_text(core.table(), ingress_chain("strict")).find(rule), std::string::npos);
}

TEST(Attachment, OfAPodThatGoes_OrIsReplaced_HoldsNothingBack) {  // semantics 63, 68
  Core core = guarded();
  core.upsert(policy("p", {{"app", "strict"}}));
  core.upsert(started("api", {"10.244.1.6"}));
  core.upsert(started("strict", {}, {{"app", "strict"}}));
  core.attach(attachment("strict", "10.244.1.6"));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), ingress_chain("strict"));
  k8s::Pod heir = started("strict", {}, {{"app", "strict"}});
  heir.meta.uid = "uid-of-its-heir";
  core.upsert(heir);
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "accept");
  core.upsert(started("strict", {}, {{"app", "strict"}}));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), ingress_chain("strict"));
  core.erase(k8s::Kind::pod, {"shop", "strict"});
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "accept");
}

TEST(Attachment, OfAFormerPod_MakesItsHeirsClaimNoNewer) {  // semantics 63, 68
  Core core = guarded();
  core.attach(attachment("api", "10.244.1.6"));
  k8s::Pod heir = started("api", {"10.244.1.6"});
  heir.meta.uid = "uid-of-its-heir";
  core.upsert(heir);
  k8s::Pod newer = started("newer", {"10.244.1.6"});
  newer.started = "2099-01-01T00:00:00Z";
  core.upsert(newer);
  core.changes();
  EXPECT_EQ(core.ruler(*nft::parse_address("10.244.1.6"), Direction::ingress)->name, "newer");
}

TEST(Attachment, IsInDoubt_WithoutItsPod_OrWhereTheApiGivesAllItsAddressesToOthers) {
  Core core = guarded();
  const Attachment one = attachment("api", "10.244.1.6");
  core.attach(one);
  EXPECT_FALSE(core.vouches_for(one));
  core.upsert(started("api", {}));
  EXPECT_TRUE(core.vouches_for(one));
  core.upsert(started("api", {"10.244.1.5"}));
  EXPECT_TRUE(core.vouches_for(one)) << "nobody else has it";
  core.upsert(started("other", {"10.244.1.6"}));
  EXPECT_FALSE(core.vouches_for(one));
  core.upsert(started("api", {"10.244.1.6"}));
  EXPECT_TRUE(core.vouches_for(one));
  k8s::Pod heir = started("api", {"10.244.1.6"});
  heir.meta.uid = "uid-of-its-heir";
  core.upsert(heir);
  EXPECT_FALSE(core.vouches_for(one));
}

}  // namespace
}  // namespace selvedge
