// What becomes of a policy that the kernel will not have, and of all the others.
#include "controller/names.h"
#include "test/agent/reconciler_bed.h"

namespace selvedge::agent {
namespace {

k8s::NetworkPolicy allow_all(const std::string& name) {
  k8s::NetworkPolicy policy = deny_all(name);
  policy.ingress = {{.peers = {}, .ports = {}}};
  return policy;
}

std::string chain_of(const std::string& policy) {
  return policy_chain_name(Direction::ingress, {"shop", policy});
}

class Refusal : public ReconcilerBed {
 protected:
  // The kernel takes no rule of the policy.
  void refuse(const std::string& policy) {
    kernel.refuse([chain = chain_of(policy)](const nft::Op& op) {
      const auto* rule = std::get_if<nft::AddRule>(&op);
      return rule && rule->chain == chain;
    });
  }
  std::size_t rules_of(const std::string& policy) const {
    return kernel.table("selvedge")->chains.at(chain_of(policy)).rules.size();
  }
  // Until nothing is left to do but to wait for a refused policy's time.
  void settle_down() {
    for (int i = 0; i < 5; ++i) reconciler.settle();
    now += seconds(1);
    reconciler.settle();
  }
};

TEST_F(Refusal, OfOnePolicy_ClosesItAlone_AndTheOthersGoOn) {
  start();
  refuse("greedy");
  up(allow_all("greedy"));
  up(allow_all("modest"));
  settle_down();
  EXPECT_EQ(rules_of("greedy"), 0U);
  EXPECT_EQ(rules_of("modest"), 1U);
  EXPECT_TRUE(reconciler.readiness().ready()) << reasons();
  EXPECT_EQ(logged("the kernel refuses a policy; it allows nothing until it is changed or taken later"), 1);
  EXPECT_EQ(metrics.refused_policies.Value(), 1);
  EXPECT_GE(metrics.failed_writes.Value(), 1);

  up(pod("web", "10.244.1.6"));
  settle_down();
  EXPECT_TRUE(
      kernel.table("selvedge")->chains.contains(pod_chain_name(Direction::ingress, {"shop", "web"}, "uid-web")));
}

TEST_F(Refusal, OfAPolicyThatIsThereAtTheStart_ClosesItAlone) {
  refuse("greedy");
  up(allow_all("greedy"));
  up(allow_all("modest"));
  start();
  settle_down();
  EXPECT_EQ(rules_of("greedy"), 0U);
  EXPECT_EQ(rules_of("modest"), 1U);
  EXPECT_TRUE(reconciler.readiness().ready()) << reasons();
}

TEST_F(Refusal, OfAPolicyThatIsChanged_IsForgottenAtOnce) {
  start();
  refuse("greedy");
  up(allow_all("greedy"));
  settle_down();
  kernel.refuse(nullptr);
  k8s::NetworkPolicy changed = allow_all("greedy");
  changed.ingress.push_back({.peers = {}, .ports = {{.protocol = k8s::Protocol::udp, .port = {}, .end_port = {}}}});
  up(changed);
  settle_down();
  EXPECT_EQ(kernel.table("selvedge"), expected({changed}));
  EXPECT_EQ(metrics.refused_policies.Value(), 0);
}

TEST_F(Refusal, IsTriedAgain_AfterMinutes_AndEachTimeLater) {
  start();
  refuse("greedy");
  up(allow_all("greedy"));
  settle_down();
  ASSERT_TRUE(reconciler.wake());
  now = *reconciler.wake();
  EXPECT_GE(now, Time(seconds(1000 + 119)));
  settle_down();
  EXPECT_EQ(rules_of("greedy"), 0U);
  ASSERT_TRUE(reconciler.wake());
  EXPECT_GE(*reconciler.wake(), now + seconds(238));

  kernel.refuse(nullptr);
  now = *reconciler.wake();
  settle_down();
  EXPECT_EQ(kernel.table("selvedge"), expected({allow_all("greedy")}));
  EXPECT_FALSE(reconciler.wake());
}

TEST_F(Refusal, ThatBlamesNothing_ClosesWhatIsNew_AndTriesEachByItself) {
  start();
  const test::FakeBackend::Failure no{
      .error = {.kind = nft::Error::Kind::refused, .code = 22, .op = std::nullopt, .message = "no"},
      .skip = 0,
      .done = false};
  kernel.fail_commit(no);
  up(allow_all("one"));
  up(allow_all("other"));
  reconciler.settle();
  kernel.fail_commit(no);  // and again, of the table that was read back
  for (int i = 0; i < 5; ++i) reconciler.settle();
  EXPECT_EQ(rules_of("one") + rules_of("other"), 0U);
  for (int i = 0; i < 4 && reconciler.wake(); ++i) {
    now = *reconciler.wake();
    settle_down();
  }
  EXPECT_EQ(kernel.table("selvedge"), expected({allow_all("one"), allow_all("other")}));
}

TEST_F(Refusal, OfWhatSomebodyElseHasTakenAway_BlamesNoPolicy_AndIsMendedAtOnce) {
  start();
  up(allow_all("modest"));
  settle_down();
  edit([](nft::Table& table) { table = {.name = "selvedge", .counters = {}, .sets = {}, .maps = {}, .chains = {}}; });
  k8s::NetworkPolicy changed = allow_all("modest");
  changed.ingress.push_back({.peers = {}, .ports = {{.protocol = k8s::Protocol::udp, .port = {}, .end_port = {}}}});
  up(changed);
  reconciler.settle();
  EXPECT_EQ(reconciler.wake(), Time{});
  reconciler.settle();
  EXPECT_EQ(kernel.table("selvedge"), expected({changed}));
}

TEST_F(Refusal, OfRulesThatLog_BlamesNoPolicy_AndTheRestIsInForceWithoutThem) {
  kernel.refuse([](const nft::Op& op) {
    const auto* rule = std::get_if<nft::AddRule>(&op);
    return rule && std::holds_alternative<nft::Log>(rule->rule.verdict);
  });
  start();
  settle_down();
  EXPECT_TRUE(reconciler.in_force()) << reasons();
  EXPECT_EQ(metrics.refused_policies.Value(), 0);
  const nft::Table table = *kernel.table("selvedge");
  const auto& rules = table.chains.at(pod_chain_name(Direction::ingress, {"shop", "api"}, "uid-api")).rules;
  EXPECT_TRUE(std::holds_alternative<nft::Drop>(rules.back().verdict));
  for (const auto& rule : rules) EXPECT_FALSE(std::holds_alternative<nft::Log>(rule.verdict));
  EXPECT_EQ(logged("denials are counted, but not told: the kernel takes no rule that logs (has it NFLOG?)"), 1);
  EXPECT_EQ(reconciler.readiness().warnings.size(), 1U);

  up(pod("web", "10.244.1.6"));
  settle_down();
  EXPECT_TRUE(reconciler.in_force()) << reasons();
  EXPECT_EQ(metrics.failed_writes.Value(), 1);
}

TEST_F(Refusal, ForWantOfMemory_BlamesNoPolicy) {
  start();
  kernel.fail_commit({.error = {.kind = nft::Error::Kind::transient, .code = 12, .op = 3, .message = "no memory"},
                      .skip = 0,
                      .done = false});
  up(allow_all("greedy"));
  reconciler.settle();
  EXPECT_TRUE(says("no memory")) << reasons();
  now = *reconciler.wake();
  settle_down();
  EXPECT_EQ(kernel.table("selvedge"), expected({allow_all("greedy")}));
}

}  // namespace
}  // namespace selvedge::agent
