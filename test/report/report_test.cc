#include "controller/report/report.h"

#include <algorithm>

#include "test/report/asked.h"

namespace selvedge::test {
namespace {

using std::string;
using Names = std::vector<string>;

const string web_and_db = shop + pod("web", "10.244.1.1", "app: web") + pod("db", "10.244.1.2", "app: db");
const string db_from_web =
    policy("db",
           "podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], "
           "ports: [{port: 5432}]}]");

TEST(Report, OfPodsWithoutPolicies_IsOpenBothWays) {
  const Asked asked(web_and_db);
  EXPECT_EQ(asked.cell("shop/Pod/web", "shop/Pod/db"), "all ports: open");
  EXPECT_EQ(asked.cell("anywhere else", "shop/Pod/db"), "all ports: open");
}

TEST(Report, OfWhatARuleAllows_HasItsPorts_AndDeniesTheRest) {
  const Asked asked(web_and_db + db_from_web);
  EXPECT_EQ(asked.cell("shop/Pod/web", "shop/Pod/db"), "tcp/5432: some ports");
  EXPECT_EQ(asked.cell("anywhere else", "shop/Pod/db"), "none: denied");
  EXPECT_EQ(asked.cell("shop/Pod/db", "shop/Pod/web"), "all ports: open");
}

TEST(Report, OfARuleForAnyone_SaysAllPortsByRule_NotOpen) {
  const Asked asked(web_and_db + policy("db", "podSelector: {matchLabels: {app: db}}, ingress: [{}]"));
  EXPECT_EQ(asked.cell("shop/Pod/web", "shop/Pod/db"), "all ports: all ports");
}

TEST(Report, OfEgressAndIngress_HasWhatTheyHaveInCommon) {
  const Asked asked(web_and_db + db_from_web +
                    policy("web",
                           "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: "
                           "[{port: 5000, endPort: 6000}]}]"));
  EXPECT_EQ(asked.cell("shop/Pod/web", "shop/Pod/db"), "tcp/5432: some ports");
  EXPECT_EQ(asked.cell("shop/Pod/web", "anywhere else"), "tcp/5000-6000: some ports");
}

TEST(Report, OfOnePodAndItself_OrOfNobodysAddresses_AsksNobody) {
  const Asked asked(web_and_db);
  EXPECT_EQ(asked.cell("shop/Pod/web", "shop/Pod/web"), ": ");
  EXPECT_EQ(asked.cell("anywhere else", "anywhere else"), ": ");
}

TEST(Report, OfPodsOfOneStatefulSetThatNoPolicyTellsApart_HasOneLine) {
  const Asked asked(shop + pod("db-0", "10.244.1.1", "app: db, pod-index: '0'", "db") +
                    pod("db-1", "10.244.1.2", "app: db, pod-index: '1'", "db") +
                    pod("web-0", "10.244.1.3", "app: web", "web") + db_from_web);
  const Names names = asked.names();
  EXPECT_EQ(std::ranges::count(names, "shop/StatefulSet/db"), 1);
  EXPECT_EQ(asked.report.subjects[asked.of("shop/StatefulSet/db")].size, 2U);
  const auto& web = asked.report.sets.at(asked.report.policies.at(0).members[0][0][0].meant[0]);
  EXPECT_EQ(web, std::vector<report::Index>{asked.of("shop/StatefulSet/web")});
  EXPECT_EQ(asked.cell("shop/StatefulSet/db", "shop/StatefulSet/db"), "none: denied");
}

TEST(Report, OfPodsThatDeclareAPortThatPoliciesName_HasOneLine_IfTheyDeclareTheSame) {
  const string named = policy("db", "podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: sql}]}]");
  const string sql = "{name: sql, containerPort: 5432}";
  const Asked same(shop + pod("db-0", "10.244.1.1", "app: db, i: '0'", "db", sql) +
                   pod("db-1", "10.244.1.2", "app: db, i: '1'", "db", sql) + named);
  EXPECT_EQ(same.cell("anywhere else", "shop/StatefulSet/db"), "tcp/5432: some ports");
  EXPECT_EQ(same.report.rows.size(), 1U);
  const Asked other(shop + pod("db-0", "10.244.1.1", "app: db, i: '0'", "db", sql) +
                    pod("db-1", "10.244.1.2", "app: db, i: '1'", "db", "{name: sql, containerPort: 5433}") + named);
  EXPECT_EQ(other.cell("anywhere else", "shop/StatefulSet/db (i=0)"), "tcp/5432: some ports");
  EXPECT_EQ(other.cell("anywhere else", "shop/StatefulSet/db (i=1)"), "tcp/5433: some ports");
}

TEST(Report, OfPodsOfOneWorkloadThatAPolicyTellsApart_HasALineEach_WithTheLabelThatDoes) {
  const Asked asked(shop + pod("web-0", "10.244.1.1", "app: web, track: stable", "web") +
                    pod("web-1", "10.244.1.2", "app: web, track: canary", "web") +
                    policy("canary", "podSelector: {matchLabels: {track: canary}}, ingress: []"));
  EXPECT_EQ(asked.cell("anywhere else", "shop/StatefulSet/web (track=stable)"), "all ports: open");
  EXPECT_EQ(asked.cell("anywhere else", "shop/StatefulSet/web (track=canary)"), "none: denied");
}

TEST(Report, OfPodsOfOneWorkloadThatAPeerTellsApart_HasALineEach) {
  const Asked asked(shop + pod("web-0", "10.244.1.1", "app: web, track: stable", "web") +
                    pod("web-1", "10.244.1.2", "app: web, track: canary", "web") + pod("db", "10.244.1.3", "app: db") +
                    policy("db",
                           "podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: "
                           "{track: canary}}}]}]"));
  EXPECT_EQ(asked.cell("shop/StatefulSet/web (track=stable)", "shop/Pod/db"), "none: denied");
  EXPECT_EQ(asked.cell("shop/StatefulSet/web (track=canary)", "shop/Pod/db"), "all ports: all ports");
}

TEST(Report, OfPodsOfOneWorkloadThatDifferentPoliciesIsolate_HasALineEach) {
  const auto only = [](const string& track, const string& port) {
    return policy(track,
                  "podSelector: {matchLabels: {track: " + track + "}}, ingress: [{ports: [{port: " + port + "}]}]");
  };
  const Asked asked(shop + pod("web-0", "10.244.1.1", "track: stable", "web") +
                    pod("web-1", "10.244.1.2", "track: canary", "web") + only("stable", "80") + only("canary", "81"));
  EXPECT_EQ(asked.cell("anywhere else", "shop/StatefulSet/web (track=stable)"), "tcp/80: some ports");
  EXPECT_EQ(asked.cell("anywhere else", "shop/StatefulSet/web (track=canary)"), "tcp/81: some ports");
}

TEST(Report, OfPodsWhosePortsASendersPolicyNames_HasALineForEachNumber) {
  const Asked asked(shop + pod("db-0", "10.244.1.1", "i: '0'", "db", "{name: sql, containerPort: 5432}") +
                    pod("db-1", "10.244.1.2", "i: '1'", "db", "{name: sql, containerPort: 5433}") +
                    pod("web", "10.244.1.3", "app: web") +
                    policy("web",
                           "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: "
                           "[{port: sql}]}]"));
  EXPECT_EQ(asked.cell("shop/Pod/web", "shop/StatefulSet/db (i=0)"), "tcp/5432: some ports");
  EXPECT_EQ(asked.cell("shop/Pod/web", "shop/StatefulSet/db (i=1)"), "tcp/5433: some ports");
}

TEST(Report, OfWorkloadsWhoseNamedPortsAreTheSame_HasOneRowForThem) {
  const string sql = "{name: sql, containerPort: 5432}";
  const Asked asked(shop + pod("one", "10.244.1.1", "app: db", "", sql) + pod("two", "10.244.1.2", "app: db", "", sql) +
                    policy("db", "podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: sql}]}]"));
  EXPECT_EQ(asked.cell("shop/Pod/one", "shop/Pod/two"), "tcp/5432: some ports");
  EXPECT_EQ(asked.report.rows.size(), 1U);
}

TEST(Report, OfAPodThatWasNotUnderstood_DeniesEverything) {
  const Asked asked(web_and_db +
                    "---\n{apiVersion: v1, kind: Pod, metadata: {name: odd, namespace: shop, labels: 7}, "
                    "status: {phase: Running, podIPs: [{ip: 10.244.1.9}]}}\n");
  EXPECT_EQ(asked.cell("shop/Pod/web", "shop/Pod/odd"), "none: denied");
  EXPECT_EQ(asked.cell("shop/Pod/odd", "shop/Pod/web"), "none: denied");
}

TEST(Report, OfAnIpBlock_HasALineForTheBlock_ForEachException_AndForElsewhere) {
  const Asked asked(web_and_db + policy("web",
                                        "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: "
                                        "{cidr: 203.0.113.0/24, except: [203.0.113.5/32]}}]}]"));
  EXPECT_EQ(asked.cell("203.0.113.0/24 but for 203.0.113.5/32", "shop/Pod/web"), "all ports: all ports");
  EXPECT_EQ(asked.cell("203.0.113.5/32", "shop/Pod/web"), "none: denied");
  const auto& members = asked.report.policies.at(0).members[0][0][0];
  EXPECT_EQ(asked.report.sets.at(members.meant[0]).size(), 1U);
  EXPECT_EQ(asked.report.sets.at(members.around[0]).size(), 2U);
}

TEST(Report, OfAPolicyThatWasNotUnderstood_IsolatesItsNamespace_AndAllowsNothing) {
  const Asked asked(web_and_db + policy("odd", "podSelector: 7"));
  EXPECT_EQ(asked.cell("shop/Pod/web", "shop/Pod/db"), "none: denied");
  EXPECT_FALSE(asked.report.policies.at(0).understood);
}

TEST(Report, OfANamespaceWhosePoliciesMayNotBeListed_IsUnknown_UnlessTheOtherEndDenies) {
  const lint::Unseen unseen{.all = false, .namespaces = {"dark"}};
  const string dark =
      "---\n{apiVersion: v1, kind: Namespace, metadata: {name: dark}}\n---\n{apiVersion: v1, kind: Pod, "
      "metadata: {name: cat, namespace: dark}, status: {phase: Running, podIPs: [{ip: 10.244.9.9}]}}\n";
  const Asked asked(web_and_db + db_from_web + dark, unseen);
  EXPECT_EQ(asked.cell("shop/Pod/web", "dark/Pod/cat"), "all ports: unknown");
  EXPECT_EQ(asked.cell("dark/Pod/cat", "shop/Pod/web"), "all ports: unknown");
  EXPECT_EQ(asked.cell("dark/Pod/cat", "shop/Pod/db"), "none: denied");
}

TEST(Report, OfANamespaceThatIsAudited_LetsPassWhatWouldBeDenied_AndSaysSo) {
  const Asked asked(web_and_db + pod("job", "10.244.1.3", "app: job") + db_from_web, {}, {"shop"});
  EXPECT_EQ(asked.cell("shop/Pod/job", "shop/Pod/db"), "all ports: audited");
  EXPECT_EQ(asked.cell("shop/Pod/db", "shop/Pod/job"), "all ports: open");
  EXPECT_TRUE(asked.report.subjects[asked.of("shop/Pod/db")].audited);
  EXPECT_FALSE(asked.report.subjects[asked.of("anywhere else")].audited);
}

TEST(Report, OfOneFamilyOnly_SaysWhich) {
  const Asked asked(
      shop +
      "---\n{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, status: "
      "{phase: Running, podIPs: [{ip: 10.244.1.1}, {ip: 'fd00::1'}]}}\n"
      "---\n{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}, status: "
      "{phase: Running, podIPs: [{ip: 10.244.1.2}, {ip: 'fd00::2'}]}}\n" +
      policy("db",
             "podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: {cidr: "
             "10.244.0.0/16}}], ports: [{port: 80}]}]"));
  EXPECT_EQ(asked.cell("shop/Pod/web", "shop/Pod/db"), "tcp/80 (IPv4): some ports");
}

TEST(Report, WaysOfASubject_LeaveOutWhatIsDenied_TheFewestOthersFirst) {
  const Asked asked(web_and_db + pod("job", "10.244.1.3", "app: job") + db_from_web);
  report::Cells cells(asked.report);
  const auto into = cells.ways(asked.of("shop/Pod/db"), Direction::ingress);
  ASSERT_EQ(into.size(), 1U);
  EXPECT_EQ(cells.words(into[0].cell), "tcp/5432");
  EXPECT_EQ(into[0].others, std::vector<report::Index>{asked.of("shop/Pod/web")});
  const auto out = cells.ways(asked.of("shop/Pod/web"), Direction::egress);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(cells.words(out[0].cell), "tcp/5432");
  EXPECT_EQ(out[1].cell.verdict, report::Verdict::open);
}

TEST(Report, OfPodsThatTheSamePoliciesIsolate_HasOneRowForThem) {
  string many = shop + policy("all", "podSelector: {}, ingress: []");
  for (int i = 1; i < 40; ++i)
    many += pod("p" + std::to_string(i), "10.244.1." + std::to_string(i), "app: a" + std::to_string(i));
  const Asked asked(many);
  EXPECT_EQ(asked.report.rows.size(), 1U);
  EXPECT_EQ(asked.report.ports.size(), 1U);
}

}  // namespace
}  // namespace selvedge::test
