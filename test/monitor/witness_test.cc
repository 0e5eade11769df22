// A packet of the log, and what the objects say of it.
#include "controller/monitor/witness.h"

#include "test/monitor/shop.h"

namespace selvedge::test {
namespace {

using monitor::Denied;
using monitor::sentence;

TEST(Witness, NamesBothEnds_ThePort_TheIsolation_AndTheNearestRule) {
  EXPECT_EQ(
      sentence(denied(to_api, packet("10.244.2.5", "10.244.1.5", 6, 3000))),
      "2026-11-24T01:15:37.123Z denied ingress of production/api-7d4f-x: production/web-0 (10.244.2.5) -> "
      "production/api-7d4f-x (10.244.1.5) tcp/3000 (http): isolated by production/api, and no rule allows it; "
      "nearest: production/api ingress[0] from[0] (namespaceSelector env=dev): namespace production: label env=dev "
      "missing, has env=prod");
}

TEST(Witness, AnOutsiderInAnIpBlock_HasTheBlocksName_AndOneInItsExceptHasNot) {
  const Denied in_block = denied(to_api, packet("203.0.113.9", "10.244.1.5", 17, 53));
  EXPECT_EQ(in_block.source.kind, monitor::Party::Kind::external);
  EXPECT_EQ(in_block.source.blocks, std::vector<std::string>{"203.0.113.0/24 of production/api ingress[0] from[2]"});
  EXPECT_EQ(words(in_block.source), "203.0.113.9 (in 203.0.113.0/24 of production/api ingress[0] from[2])");
  EXPECT_TRUE(denied(to_api, packet("203.0.113.5", "10.244.1.5", 6, 3000)).source.blocks.empty());
}

TEST(Witness, OfSeveralBlocksAroundAnAddress_TheNarrowestComesFirst) {
  const std::string wide = shop + R"(
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a-wide, namespace: staging}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.0.0/8}}, {ipBlock: {cidr: 203.0.113.8/30}}]}]}
)";
  EXPECT_EQ(denied(to_api, packet("203.0.113.9", "10.244.1.5", 6, 3000), wide).source.blocks,
            (std::vector<std::string>{"203.0.113.8/30 of staging/a-wide ingress[0] from[1]",
                                      "203.0.113.0/24 of production/api ingress[0] from[2]",
                                      "203.0.0.0/8 of staging/a-wide ingress[0] from[0]"}));
}

TEST(Witness, KnowsNodesAndServicesByTheirAddresses_AndPodsByTheServicesThatLeadToThem) {
  EXPECT_EQ(words(denied(to_api, packet("172.31.0.11", "10.244.1.5", 6, 3000)).source), "node node-a (172.31.0.11)");
  const Denied to_service = denied(from_api, packet("10.244.1.5", "10.96.0.7", 6, 80));
  EXPECT_EQ(words(to_service.destination), "Service production/shop (10.96.0.7)");
  EXPECT_EQ(monitor::port_of(to_service), "tcp/80 (web)");
  EXPECT_EQ(to_service.source.services, std::vector<std::string>{"production/shop"});
  EXPECT_EQ(to_service.source.workload, "Deployment/api");
}

TEST(Witness, SaysOfIcmpItsType_AndOfAFragmentThatItIsOne) {
  EXPECT_EQ(monitor::port_of(denied(to_api, packet("10.244.2.5", "10.244.1.5", 1, 8))), "icmp/8");
  nft::PacketHead fragment{.source = *nft::parse_address("10.244.2.5"),
                           .destination = *nft::parse_address("10.244.1.5")};
  fragment.protocol = 17;
  fragment.fragment = true;
  EXPECT_EQ(monitor::port_of(denied(to_api, fragment)), "fragment of udp");
}

TEST(Witness, OfSeveralPolicies_TheRuleThatFailsByLeastIsNamed) {
  const std::string two = shop + R"(
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: far, namespace: production}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress: [{from: [{podSelector: {matchLabels: {a: "1", b: "2", c: "3"}}}], ports: [{port: 99}]}]
)";
  const Denied both = denied(to_api, packet("10.244.2.5", "10.244.1.5", 6, 3000), two);
  EXPECT_EQ(both.isolated_by, (std::vector<k8s::ObjectKey>{{"production", "api"}, {"production", "far"}}));
  EXPECT_TRUE(both.nearest.starts_with("production/api ingress[0] from[0]")) << both.nearest;
}

TEST(Witness, WherePoliciesOfNowWouldAllowIt_SaysSo_AndNamesNoNearestRule) {
  const Denied allowed = denied(to_api, packet("203.0.113.9", "10.244.1.5", 6, 3000));
  EXPECT_EQ(allowed.note, "the policies as they are now allow it");
  EXPECT_EQ(why(allowed), "isolated by production/api; the policies as they are now allow it");
  EXPECT_EQ(allowed.nearest, "");
  const Denied open =
      denied("selvedge deny egress abcdefghijklmnop-production/web-0", packet("10.244.2.5", "198.51.100.1", 6, 443));
  EXPECT_EQ(why(open), "the policies as they are now allow it");
}

TEST(Witness, APodThatIsGone_HasTheNameThatTheRuleHad) {
  const Denied gone =
      denied("selvedge deny egress abcdefghijklmnop-shop/cart-1", packet("10.244.1.99", "10.244.1.5", 6, 3000));
  EXPECT_EQ(gone.pod, (k8s::ObjectKey{"shop", "cart-1"}));
  EXPECT_NE(sentence(gone).find("denied egress of shop/cart-1: 10.244.1.99 -> production/api-7d4f-x (10.244.1.5) "
                                "tcp/3000 (http): the pod is not known"),
            std::string::npos)
      << sentence(gone);
}

TEST(Witness, APodWhoseNameThePrefixCuts_IsFoundByItsAddress) {
  EXPECT_EQ(
      denied("selvedge deny ingress abcdefghijklmnop-production/api-7d", packet("10.244.2.5", "10.244.1.5", 6, 1)).pod,
      (k8s::ObjectKey{"production", "api-7d4f-x"}));
}

TEST(Witness, AnotherPodAtTheAddress_IsNotTakenForTheOneThatWasDenied) {
  const Denied other =
      denied("selvedge deny ingress abcdefghijklmnop-shop/cart-1", packet("10.244.2.5", "10.244.1.5", 6, 1));
  EXPECT_EQ(other.pod, (k8s::ObjectKey{"shop", "cart-1"}));
  EXPECT_TRUE(other.isolated_by.empty());
}

TEST(Witness, OfTwoPodsThatClaimAnAddress_TheNewerIsMeant) {
  const std::string both =
      R"({apiVersion: v1, kind: Pod, metadata: {name: young, namespace: shop, creationTimestamp: "2026-02-02T00:00:00Z"},
  status: {phase: Running, startTime: "2026-02-02T00:00:00Z", podIPs: [{ip: 10.244.1.7}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: old, namespace: shop, creationTimestamp: "2026-01-01T00:00:00Z"},
  status: {phase: Running, startTime: "2026-01-01T00:00:00Z", podIPs: [{ip: 10.244.1.7}]}}
)";
  EXPECT_EQ(denied("selvedge guard egress", packet("10.244.1.7", "10.244.1.5", 6, 1), both).source.name, "shop/young");
}

TEST(Witness, WhatAuditLetsPass_IsToldAsThat) {
  const Denied audited = denied("selvedge audit ingress abcdefghijklmnop-production/api-7d4f-x",
                                packet("10.244.2.5", "10.244.1.5", 6, 22));
  EXPECT_NE(sentence(audited).find(" audited ingress of production/api-7d4f-x: "), std::string::npos);
  EXPECT_NE(why(audited).find("it passed, as its namespace is audited"), std::string::npos);
  EXPECT_TRUE(monitor::passed(Denial::audit));
}

TEST(Witness, WhatNoPodsRulesDeny_SaysWhy) {
  for (const char* prefix : {"guard ingress", "guard egress", "link-scope", "vxlan", "own-address"}) {
    const Denied base = denied(std::string("selvedge ") + prefix, packet("10.244.2.5", "10.244.1.99", 6, 1));
    EXPECT_FALSE(base.pod) << prefix;
    EXPECT_FALSE(why(base).empty()) << prefix;
    EXPECT_EQ(why(base).find("isolated by"), std::string::npos) << prefix;
  }
}

TEST(Witness, SaysTheSameOfPacketsAlike_EachWithItsOwnTime_AndNotOfOthers) {
  monitor::Witness witness({}, objects_of(shop));
  auto first = sighting(to_api, packet("10.244.2.5", "10.244.1.5", 6, 3000));
  const Denied once = witness.tell(first);
  first.time += std::chrono::seconds(1);
  const Denied again = witness.tell(first);
  EXPECT_EQ(again.nearest, once.nearest);
  EXPECT_EQ(monitor::to_text(again.seen.time), "2026-11-24T01:15:38.123Z");
  EXPECT_NE(witness.tell(sighting(to_api, packet("10.244.2.5", "10.244.1.5", 6, 3001))).nearest, once.nearest);
  for (std::uint16_t port = 1; port < 10'000; ++port)
    witness.tell(sighting(to_api, packet("10.244.2.5", "10.244.1.5", 17, port)));
  EXPECT_EQ(witness.tell(first).nearest, once.nearest);
}

}  // namespace
}  // namespace selvedge::test
