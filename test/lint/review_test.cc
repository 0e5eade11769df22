// What is suppressed, counted, sorted; and the table of rules.
#include <algorithm>
#include <set>

#include "test/lint/reviewed.h"

namespace selvedge {
namespace {

using test::cluster;
using test::lines_of;
using test::review_of;

std::string annotated(const std::string& ignored, const std::string& kind = "NetworkPolicy") {
  const std::string annotations = "annotations: {selvedge.io/ignore: \"" + ignored + "\"}";
  if (kind == "Namespace")
    return "{apiVersion: v1, kind: Namespace, metadata: {name: shop, " + annotations + "}}\n---\n";
  return "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: api, namespace: shop, " +
         annotations +
         "}, spec: {podSelector: {matchLabels: {app: x}}, ingress: [{from: [{ipBlock: {cidr: "
         "203.0.113.5/24}}]}]}}\n---\n";
}

const std::string selects_nothing =
    "warning policy-selects-nothing NetworkPolicy shop/api: spec.podSelector \"app=x\" selects no pod of namespace "
    "shop; "
    "it has no effect now\n";

TEST(LintSuppression, ByThePolicysAnnotation_TakesTheRuleOut_AndCountsIt) {
  const auto review = review_of(cluster + annotated("cidr-with-host-bits, pods-not-isolated"));
  EXPECT_EQ(lines_of(review.findings, "cidr-with-host-bits"), "");
  EXPECT_EQ(lines_of(review.findings, "policy-selects-nothing"), selects_nothing);
  EXPECT_NE(lines_of(review.findings, "pods-not-isolated"), "") << "that is the Namespace's, not the policy's";
  ASSERT_EQ(review.suppressed.size(), 1U);
  EXPECT_EQ(review.suppressed[0].rule->id, "cidr-with-host-bits");
}

TEST(LintSuppression, ByTheNamespacesAnnotation_IsForAllThatIsInIt) {
  const auto review =
      review_of(cluster + annotated("policy-selects-nothing pods-not-isolated", "Namespace") + annotated(""));
  EXPECT_EQ(lines_of(review.findings, "policy-selects-nothing"), "");
  EXPECT_NE(lines_of(review.findings, "cidr-with-host-bits"), "");
  EXPECT_EQ(lines_of(review.findings, "pods-not-isolated").find("Namespace shop"), std::string::npos);
  EXPECT_NE(lines_of(review.findings, "pods-not-isolated").find("Namespace tools"), std::string::npos);
  EXPECT_EQ(review.suppressed.size(), 2U);
}

TEST(LintSuppression, OfARuleThatThereIsNot_IsAFinding_AndSuppressesNothing) {
  const auto review = review_of(cluster + annotated("cidr-with-hostbits, x, cidr-with-host-bits"));
  EXPECT_EQ(lines_of(review.findings, "unknown-rule-ignored"),
            "warning unknown-rule-ignored NetworkPolicy shop/api: metadata.annotations[selvedge.io/ignore] "
            "\"cidr-with-hostbits\" (and 1 more) is no rule of lint; nothing is suppressed by it\n");
  EXPECT_EQ(review.suppressed.size(), 1U);
}

TEST(LintSuppression, OfNothing_IsNothing) {
  const auto review = review_of(cluster + annotated(" , ,\\n"));
  EXPECT_EQ(lines_of(review.findings, "unknown-rule-ignored"), "");
  EXPECT_TRUE(review.suppressed.empty());
}

TEST(LintReview, EqualFindingsOfAnObject_AreToldOnce_WithTheirNumber) {
  std::string rules;
  for (int i = 0; i < 7; ++i) rules += std::string(i ? ", " : "") + "{from: [{podSelector: {matchLabels: {app: x}}}]}";
  EXPECT_EQ(
      test::by_rule("peer-matches-nothing", test::ingress(rules)),
      "warning peer-matches-nothing NetworkPolicy shop/api: spec.ingress[0].from[0].podSelector \"app=x\" matches no "
      "pod of namespace shop; the peer matches nothing now x7\n");
}

TEST(LintReview, OfAnObject_TheWorstComesFirst) {
  const auto review = review_of(cluster + test::ingress("{from: [{ipBlock: {cidr: 203.0.113.5/24}}], ports: [{port: 1, "
                                                        "endPort: 0}]}, {}"));
  std::vector<lint::Severity> severities;
  for (const auto& told : review.findings) {
    if (told.kind == k8s::Kind::network_policy) severities.push_back(told.rule->severity);
  }
  EXPECT_GE(severities.size(), 3U);
  EXPECT_TRUE(std::ranges::is_sorted(severities, std::ranges::greater{}));
}

TEST(LintReview, OfNothing_IsEmpty) {
  const auto review = lint::review({});
  EXPECT_TRUE(review.findings.empty() && review.suppressed.empty());
  EXPECT_EQ(review.policies + review.pods, 0U);
}

TEST(LintRules, HaveIdsThatAreUnique_WellFormed_AndSorted) {
  std::set<std::string_view> ids;
  for (const lint::Rule& rule : lint::rules()) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_EQ(rule.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos) << rule.id;
    EXPECT_FALSE(rule.title.empty() || rule.why.empty() || rule.fix.empty()) << rule.id;
    EXPECT_EQ(lint::find_rule(rule.id), &rule);
  }
  EXPECT_EQ(lint::find_rule("no-such-rule"), nullptr);
  EXPECT_TRUE(std::ranges::is_sorted(lint::rules(), [](const lint::Rule& a, const lint::Rule& b) {
    return a.severity != b.severity ? a.severity > b.severity : a.id < b.id;
  }));
}

}  // namespace
}  // namespace selvedge
