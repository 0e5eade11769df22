// Which namespaces are audited, and what becomes of their pods' chains; test/golden/audit has the whole table.
#include "controller/audit.h"

#include <gtest/gtest.h>

#include "controller/denial_prefix.h"
#include "controller/names.h"
#include "test/controller/shop.h"

namespace selvedge {
namespace {

using namespace shop;

k8s::Namespace ns(const std::string& name, k8s::Labels labels = {}, bool understood = true) {
  k8s::Namespace result;
  result.meta.name = name;
  result.meta.labels = std::move(labels);
  result.understood = understood;
  return result;
}
k8s::Namespace ns_in_mode(const std::string& name, const std::string& mode) {
  return ns(name, {{"selvedge.io/mode", mode}});
}

TEST(Audit, IsByTheLabel_ElseByTheSetting) {
  Audit audit({"named", "firm"});
  EXPECT_TRUE(audit.holds("named"));
  EXPECT_FALSE(audit.holds("shop"));
  EXPECT_FALSE(audit.upsert(ns("named")));
  EXPECT_TRUE(audit.holds("named"));
  EXPECT_TRUE(audit.upsert(ns_in_mode("firm", "enforce")));
  EXPECT_FALSE(audit.holds("firm"));
  EXPECT_TRUE(audit.upsert(ns_in_mode("shop", "audit")));
  EXPECT_TRUE(audit.holds("shop"));
  EXPECT_EQ(audit.problems().size(), 0U);
}

TEST(Audit, EndsWithTheLabel_OrTheNamespace) {
  Audit audit({});
  audit.upsert(ns_in_mode("shop", "audit"));
  EXPECT_FALSE(audit.upsert(ns_in_mode("shop", "audit")));
  EXPECT_TRUE(audit.upsert(ns("shop")));
  EXPECT_FALSE(audit.holds("shop"));
  audit.upsert(ns_in_mode("shop", "audit"));
  EXPECT_TRUE(audit.erase("shop"));
  EXPECT_FALSE(audit.holds("shop"));
  EXPECT_FALSE(audit.erase("shop"));
}

TEST(Audit, OfALabelThatSaysNothingKnown_IsNone_AndThatIsSaid) {
  Audit audit({"shop"});
  EXPECT_TRUE(audit.upsert(ns_in_mode("shop", "Audit")));
  EXPECT_FALSE(audit.holds("shop"));
  ASSERT_EQ(audit.problems().size(), 1U);
  EXPECT_EQ(k8s::to_string(audit.problems()[0]),
            "Namespace shop: metadata.labels[selvedge.io/mode] \"Audit\" is neither audit nor enforce; policies are "
            "enforced there");
  EXPECT_TRUE(audit.upsert(ns_in_mode("shop", "audit")));
  EXPECT_EQ(audit.problems().size(), 0U);
  audit.upsert(ns_in_mode("shop", ""));
  EXPECT_EQ(audit.problems().size(), 1U);
  audit.erase("shop");
  EXPECT_EQ(audit.problems().size(), 0U);
}

TEST(Audit, OfANamespaceWhoseLabelsAreMalformed_IsNone) {
  Audit audit({"shop"});
  EXPECT_TRUE(audit.upsert(ns("shop", {{"selvedge.io/mode", "audit"}}, false)));
  EXPECT_FALSE(audit.holds("shop"));
}

// ---- what becomes of pods ----------------------------------------------------------------------

const std::string chain = pod_chain_name(Direction::ingress, {"shop", "api"}, "");

const nft::Rule& last_rule(const nft::Table& table) {
  return table.chains.at(chain).rules.back();
}

TEST(AuditedPod, KeepsItsChain_WhichAcceptsWhereItDropped_AndCountsAndTellsItAsThat) {
  const nft::Table table = table_of({ns_in_mode("shop", "audit"), pod("api", {}, {"10.244.1.5"}), policy("deny", {})});
  const std::string counter = audit_counter_name(Direction::ingress, {"shop", "api"}, "");
  EXPECT_EQ(last_rule(table), (nft::Rule{{}, counter, nft::Accept{}, "audited: would be dropped"}));
  EXPECT_EQ(table.counters.count(deny_counter_name(Direction::ingress, {"shop", "api"}, "")), 0U);
  const auto& rules = table.chains.at(chain).rules;
  EXPECT_EQ(std::get<nft::Log>(rules[rules.size() - 2].verdict).prefix,
            pod_prefix(Denial::audit, Direction::ingress, chain));
  for (const nft::Rule& rule : rules) EXPECT_FALSE(std::holds_alternative<nft::Drop>(rule.verdict));
}

TEST(AuditedPod, IsEnforcedAgain_AsThoughItHadNeverBeenOtherwise) {
  const std::vector<k8s::Object> objects{ns("shop"), pod("api", {}, {"10.244.1.5"}), policy("deny", {})};
  Core core({.node = "node-a"});
  for (const k8s::Object& object : objects) core.upsert(object);
  const nft::Table before = core.table();
  EXPECT_EQ(core.audited_pods(), 0U);
  core.upsert(ns_in_mode("shop", "audit"));
  const nft::Changes into = core.changes();
  EXPECT_EQ(into.chains.size(), 1U);
  EXPECT_TRUE(into.maps.empty() && into.sets.empty());
  EXPECT_EQ(core.audited_pods(), 1U);
  EXPECT_EQ(core.isolated_pods(), 1U);
  core.upsert(ns("shop"));
  EXPECT_EQ(core.changes().chains.size(), 1U);
  EXPECT_EQ(core.table(), before);
}

TEST(AuditedPod, IsEnforced_WhenItsNamespaceGoes) {
  Core core({.node = "node-a"});
  for (const k8s::Object& object :
       std::vector<k8s::Object>{ns_in_mode("shop", "audit"), pod("api", {}, {"10.244.1.5"}), policy("deny", {})})
    core.upsert(object);
  EXPECT_TRUE(std::holds_alternative<nft::Accept>(last_rule(core.table()).verdict));
  core.erase(k8s::Kind::ns, {"", "shop"});
  EXPECT_TRUE(std::holds_alternative<nft::Drop>(last_rule(core.table()).verdict));
}

TEST(AuditedPod, ThatWasNotUnderstood_StaysClosed) {  // semantics R9
  k8s::Pod broken = pod("api", {}, {"10.244.1.5"});
  broken.understood = false;
  const nft::Table table = table_of({ns_in_mode("shop", "audit"), broken});
  EXPECT_TRUE(std::holds_alternative<nft::Drop>(last_rule(table).verdict));
}

TEST(AuditedPod, ThatClaimsTheAddressOfOneThatIsNot_DoesNotOpenIt) {  // semantics 63
  k8s::Pod late = pod("late", {}, {"10.244.1.5"});
  late.meta.ns = "tried";
  late.meta.created = "2026-01-01T00:00:09Z";
  k8s::NetworkPolicy strict = policy("strict", {});
  strict.meta.ns = "tried";
  std::vector<k8s::Object> objects{ns("shop"), ns_in_mode("tried", "audit"), pod("api", {}, {"10.244.1.5"}),
                                   late,       policy("deny", {}),           strict};
  const auto target = [&] {
    const nft::Table table = table_of(objects);
    const auto& element = table.maps.at("ingress-v4").elements.at(nft::key_of(*nft::parse_address("10.244.1.5")));
    return std::get<nft::Goto>(element).chain;
  };
  EXPECT_EQ(target(), chain);
  objects[1] = ns("tried");
  EXPECT_EQ(target(), pod_chain_name(Direction::ingress, {"tried", "late"}, ""));
}

// ---- the log -----------------------------------------------------------------------------------

std::size_t logs_in(const nft::Table& table) {
  std::size_t logs = 0;
  for (const auto& [name, body] : table.chains) {
    for (const nft::Rule& rule : body.rules) logs += std::holds_alternative<nft::Log>(rule.verdict) ? 1U : 0U;
  }
  return logs;
}

TEST(DenyLog, GoesToTheGroupAndAtTheRateThatItIsTold) {
  Settings settings{.node = "node-a"};
  settings.deny_log = DenyLog{.group = 7, .rate = 3};
  const nft::Table table = table_of({pod("api", {}, {"10.244.1.5"}), policy("deny", {})}, settings);
  const auto& rules = table.chains.at(chain).rules;
  EXPECT_EQ(rules[rules.size() - 2].verdict,
            nft::Verdict(nft::Log{
                .rate = 3, .burst = 6, .group = 7, .prefix = pod_prefix(Denial::policy, Direction::ingress, chain)}));
}

TEST(DenyLog, IsNowhere_WhereItIsOff_OrWasRefused) {
  const std::vector<k8s::Object> objects{pod("api", {}, {"10.244.1.5"}), policy("deny", {})};
  Settings off{.node = "node-a"};
  off.deny_log.reset();
  EXPECT_EQ(logs_in(table_of(objects, off)), 0U);
  Core core({.node = "node-a"});
  for (const k8s::Object& object : objects) core.upsert(object);
  EXPECT_EQ(logs_in(core.table()), 3U);  // of the pod, of link scope, of VXLAN
  core.stop_logging();
  EXPECT_EQ(core.table(), table_of(objects, off));
}

}  // namespace
}  // namespace selvedge
