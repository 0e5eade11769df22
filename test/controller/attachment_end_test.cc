// Attachments whose end was told while the API still reports the address, and such whose end may have been missed.
#include <gtest/gtest.h>

#include "test/controller/attached.h"

namespace selvedge {
namespace {

using namespace shop;

// ---- an end that the runtime tells of, while the API still has the pod there ------------

Core with_an_end() {
  Core core = guarded();
  core.upsert(policy("p", {{"app", "strict"}}));
  core.upsert(started("strict", {"10.244.1.6"}, {{"app", "strict"}}));
  core.attach(attachment("strict", "10.244.1.6", "s"));
  core.detach({"shop", "strict"}, "s", Ending::told);
  return core;
}

TEST(EndedAttachment, LeavesTheAddressToWhomItIsTheNextSandboxs) {  // semantics 63
  Core core = with_an_end();
  EXPECT_EQ(rules_of(core, "10.244.1.6"), ingress_chain("strict")) << "nobody else has it";
  core.upsert(started("api", {}));
  core.attach(attachment("api", "10.244.1.6", "a"));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "accept");
  core.upsert(started("api", {"10.244.1.6"}));
  core.upsert(started("strict", {"10.244.1.6"}, {{"app", "strict"}, {"draining", "yes"}}));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "accept") << "the same report";
  core.attach(attachment("strict", "10.244.1.6", "t"));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), ingress_chain("strict")) << "a new sandbox there";
  core.detach({"shop", "strict"}, "t");
  EXPECT_EQ(rules_of(core, "10.244.1.6"), ingress_chain("strict")) << "of that one's end nobody told";
}

TEST(EndedAttachment, CountsOnlyUntilTheApiReportsSomethingElse) {  // semantics 63
  Core core = with_an_end();
  core.upsert(started("api", {}));
  core.attach(attachment("api", "10.244.1.6", "a"));
  core.upsert(started("strict", {}, {{"app", "strict"}}));
  core.upsert(started("strict", {"10.244.1.6"}, {{"app", "strict"}}));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), ingress_chain("strict"));
}

TEST(EndedAttachment, IsNotTheOneOfAnHeir) {  // semantics 63, 68
  Core core = with_an_end();
  k8s::Pod heir = started("strict", {"10.244.1.6"}, {{"app", "strict"}});
  heir.meta.uid = "uid-of-its-heir";
  core.upsert(heir);
  core.upsert(started("api", {}));
  core.attach(attachment("api", "10.244.1.6", "a"));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), pod_chain_name(Direction::ingress, {"shop", "strict"}, "uid-of-its-heir"));
}

TEST(EndedAttachment, ThatTheDaemonConcluded_OrInherited_IsNoNews) {  // semantics 63
  for (const auto& [standing, ending] :
       {std::pair(Standing::told, Ending::concluded), std::pair(Standing::inherited, Ending::told)}) {
    Core core = guarded();
    core.upsert(policy("p", {{"app", "strict"}}));
    core.upsert(started("strict", {"10.244.1.6"}, {{"app", "strict"}}));
    Attachment former = attachment("strict", "10.244.1.6", "s");
    former.standing = standing;
    core.attach(former);
    core.detach({"shop", "strict"}, "s", ending);
    core.upsert(started("api", {}));
    core.attach(attachment("api", "10.244.1.6", "a"));
    EXPECT_EQ(rules_of(core, "10.244.1.6"), ingress_chain("strict"));
  }
}

// ---- over the daemon's restart: DEL and ADD may have been missed meanwhile ---------------

Attachment inherited(const std::string& name, const std::string& address) {
  Attachment one = attachment(name, address, name + "/eth0");
  one.standing = Standing::inherited;
  return one;
}

TEST(InheritedAttachment, OfAPodThatIsElsewhereNow_OpensItsFormerAddressToNobody) {  // semantics 63
  Core core = guarded();
  core.upsert(policy("p", {{"app", "strict"}}));
  core.attach(inherited("api", "10.244.1.6"));
  core.attach(inherited("strict", "10.244.1.7"));
  k8s::Pod newer = started("api", {"10.244.1.9"});
  newer.started = "2099-01-01T00:00:00Z";
  core.upsert(newer);
  core.upsert(started("strict", {"10.244.1.6"}, {{"app", "strict"}}));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), ingress_chain("strict"));
  const std::string chain = chain_text(core.table(), ingress_chain("strict"));
  EXPECT_NE(chain.find("ip saddr 10.244.1.6 accept"), std::string::npos) << "its own, what it says to itself passes";
  core.attach(attachment("api", "10.244.1.6", "api/eth0"));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), ingress_chain("strict")) << "what strict was told of may be over";
  core.attach(attachment("strict", "10.244.1.7", "strict/eth0"));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "accept");
}

TEST(InheritedAttachment, ThatTheApiBearsOut_CountsAsOneOfNow_UntilItDoesNot) {  // semantics 63
  Core core = guarded();
  core.upsert(policy("p", {{"app", "strict"}}));
  core.attach(inherited("api", "10.244.1.6"));
  core.upsert(started("api", {}));
  core.upsert(started("strict", {"10.244.1.6"}, {{"app", "strict"}}));
  core.attach(attachment("strict", "10.244.1.7"));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), ingress_chain("strict"));
  core.upsert(started("api", {"10.244.1.6"}));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), "accept") << "the same addresses, but said by the API";
  core.upsert(started("api", {"10.244.1.9"}));
  EXPECT_EQ(rules_of(core, "10.244.1.6"), ingress_chain("strict"));
}

TEST(InheritedAttachment, GivesAPodItsRules_AsOneOfNow) {  // semantics 58
  Core core = guarded();
  core.upsert(started("api", {}));
  core.attach(inherited("api", "10.244.1.5"));
  EXPECT_EQ(rules_of(core, "10.244.1.5"), "accept");
}

// Of one that is elsewhere now nobody takes it for a peer.
TEST(InheritedAttachment, MakesThePodNoPeer_WhereTheApiHasANewerOne) {  // semantics 61, 63
  Core core = guarded();
  core.upsert(policy("p", {{"app", "db"}}, {from_pods({{"app", "api"}})}));
  core.upsert(started("db", {"10.244.1.5"}, {{"app", "db"}}));
  core.attach(inherited("api", "10.244.1.6"));
  core.upsert(started("api", {"10.244.1.9"}, {{"app", "api"}}));
  k8s::Pod newer = started("newer", {"10.244.1.6"});
  newer.started = "2099-01-01T00:00:00Z";
  core.upsert(newer);
  EXPECT_EQ(elements_of(core.table(), "peers-", "-v4"), std::vector<std::string>{"10.244.1.9"});
}

}  // namespace
}  // namespace selvedge
