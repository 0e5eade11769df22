// What evaluate() gives as its reason, in words: each kind of them.
#include <gtest/gtest.h>

#include "controller/meaning/evaluate.h"

namespace selvedge::meaning {
namespace {

using Kind = Reason::Kind;

std::string words(Kind kind) {
  return to_string(Reason{.kind = kind, .direction = {}, .pod = {}, .isolated_by = {}, .grants = {}});
}

TEST(Reason, OfThePacketsWay_SaysWhatItIs) {
  EXPECT_EQ(words(Kind::not_ours), "allowed: to the node, and not from a pod; or from the node itself");
  EXPECT_EQ(words(Kind::reply), "allowed: of an established connection, or related to one");
  EXPECT_EQ(words(Kind::discovery), "allowed: neighbour discovery, or multicast listeners on the link");
  EXPECT_EQ(words(Kind::lease), "allowed: a request for an address (DHCP)");
  EXPECT_EQ(words(Kind::router), "denied: a pod may not advertise or redirect as a router does");
  EXPECT_EQ(words(Kind::link_scope), "denied: link-local, multicast or broadcast where a pod of this node is isolated");
  EXPECT_EQ(words(Kind::encapsulation), "denied: a pod may not send encapsulated packets to a node");
}

TEST(Reason, OfAPod_NamesItAndTheDirection) {
  Reason reason{.kind = Kind::itself,
                .direction = Direction::ingress,
                .pod = k8s::ObjectKey{"shop", "web-1"},
                .isolated_by = {{"shop", "one"}},
                .grants = {}};
  EXPECT_EQ(to_string(reason), "ingress of shop/web-1 allowed: it reaches itself");
  reason.kind = Kind::invalid;
  reason.direction = Direction::egress;
  EXPECT_EQ(to_string(reason), "egress of shop/web-1 denied: connection tracking cannot place the packet");
}

TEST(Reason, ThatGrants_NamesRulePeerAndPort_OfEgressToo) {
  const Grant grant{.policy = {"shop", "one"},
                    .direction = Direction::egress,
                    .rule = 2,
                    .peer = 1,
                    .port = 0,
                    .protocol = 6,
                    .ports = {443, 443}};
  EXPECT_EQ(to_string(Reason{.kind = Kind::granted,
                             .direction = Direction::egress,
                             .pod = k8s::ObjectKey{"shop", "web-1"},
                             .isolated_by = {{"shop", "one"}},
                             .grants = {grant}}),
            "egress of shop/web-1 allowed by shop/one egress[2] to[1] ports[0]");
}

}  // namespace
}  // namespace selvedge::meaning
