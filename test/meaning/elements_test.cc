// The elements of a rule one by one: selectors, ports, peers.
#include <gtest/gtest.h>

#include "controller/meaning/labels.h"
#include "controller/meaning/peers.h"
#include "controller/meaning/ports.h"
#include "nft/ip.h"

namespace selvedge::meaning {
namespace {

using Operator = k8s::Requirement::Operator;

k8s::LabelSelector with_label(const std::string& key, const std::string& value) {
  return {.match_labels = {{key, value}}, .match_expressions = {}};
}

k8s::LabelSelector with(const std::string& key, Operator op, std::vector<std::string> values = {}) {
  return {.match_labels = {}, .match_expressions = {{.key = key, .op = op, .values = std::move(values)}}};
}

// ---- selectors: what apimachinery accepts ------------------------------------------

TEST(LabelKey, IsANameOf63_PerhapsBehindADnsName) {  // semantics 13
  for (const std::string& key : {std::string("a"), std::string("A.b_c-9"), std::string("example.com/a"),
                                 std::string(63, 'a'), std::string("a/") + std::string(63, 'A')}) {
    EXPECT_TRUE(is_valid(with_label(key, "x"))) << key;
  }
  for (const std::string& key :
       {std::string(""), std::string("-a"), std::string("a-"), std::string("a b"), std::string("a/"), std::string("/a"),
        std::string("a/b/c"), std::string("A/b"), std::string("a..b/c"), std::string("a_b/c"), std::string("-a.b/c"),
        std::string("a.b-/c"), std::string(64, 'a'), std::string(254, 'a') + "/b", std::string("ä")}) {
    EXPECT_FALSE(is_valid(with_label(key, "x"))) << key;
  }
}

TEST(LabelValue, IsANameOf63_OrNothing) {  // semantics 13
  for (const std::string& value : {std::string(""), std::string("a"), std::string("1.b_C-9"), std::string(63, 'a')}) {
    EXPECT_TRUE(is_valid(with_label("a", value))) << value;
    EXPECT_TRUE(is_valid(with("a", Operator::in, {value}))) << value;
  }
  for (const std::string& value : {std::string("-a"), std::string("a."), std::string("a/b"), std::string("a b"),
                                   std::string(64, 'a'), std::string("\n")}) {
    EXPECT_FALSE(is_valid(with_label("a", value))) << value;
    EXPECT_FALSE(is_valid(with("a", Operator::not_in, {"fine", value}))) << value;
  }
}

TEST(Operators_TakeValuesOrNone, AsTheApiHasIt) {  // semantics 13
  EXPECT_FALSE(is_valid(with("a", Operator::in)));
  EXPECT_FALSE(is_valid(with("a", Operator::not_in)));
  EXPECT_TRUE(is_valid(with("a", Operator::exists)));
  EXPECT_FALSE(is_valid(with("a", Operator::exists, {"x"})));
  EXPECT_FALSE(is_valid(with("a", Operator::does_not_exist, {""})));
  EXPECT_FALSE(is_valid({.match_labels = {}, .match_expressions = {}, .understood = false}));
}

TEST(NotIn_MatchesAMissingKey, InDoesNot_NotEvenByAnEmptyValue) {  // semantics 13
  EXPECT_TRUE(matches(with("a", Operator::not_in, {"x"}), {}));
  EXPECT_TRUE(matches(with("a", Operator::not_in, {""}), {}));
  EXPECT_FALSE(matches(with("a", Operator::in, {""}), {}));
  EXPECT_TRUE(matches(with("a", Operator::in, {""}), {{"a", ""}}));
  EXPECT_FALSE(matches(with("a", Operator::not_in, {"x", "y"}), {{"a", "y"}}));
  EXPECT_TRUE(matches({}, {}));
}

// ---- ports -------------------------------------------------------------------------

k8s::PolicyPort port(std::variant<std::monostate, std::int64_t, std::string> number,
                     std::optional<std::int64_t> end = {}) {
  return {.protocol = k8s::Protocol::udp, .port = std::move(number), .end_port = end};
}

TEST(PortElement_ByNumber, IsOneOrARange) {  // semantics 24, 27
  const auto numbers = [](const k8s::PolicyPort& element) { return ports_at(*read_port(element), nullptr); };
  EXPECT_EQ(numbers(port(53)), (std::vector<Ports>{{53, 53}}));
  EXPECT_EQ(numbers(port(1, 65535)), (std::vector<Ports>{{1, 65535}}));
  EXPECT_EQ(numbers(port({})), (std::vector<Ports>{{0, 65535}}));
}

TEST(PortElement_ThatCannotBe, IsNone) {  // semantics 21, 27, 29
  for (const auto& element : {port(0), port(-1), port(65536), port(80, 79), port(80, 65536), port({}, 80),
                              port("http", 80), port(INT64_MIN, INT64_MAX)}) {
    EXPECT_FALSE(read_port(element));
  }
  auto unknown = port(80);
  unknown.understood = false;
  EXPECT_FALSE(read_port(unknown));
}

TEST(PortName, IsTheReceivers_OfTheSameProtocol_AsOftenAsItHasIt) {  // semantics 30, 32, 33
  const auto dns = read_port(port("dns"));
  ASSERT_TRUE(dns);
  k8s::Pod pod;
  pod.ports = {{"dns", k8s::Protocol::udp, 53},
               {"dns", k8s::Protocol::tcp, 54},
               {"dns", k8s::Protocol::udp, 55},
               {"other", k8s::Protocol::udp, 56},
               {"dns", k8s::Protocol::udp, 0}};
  EXPECT_EQ(ports_at(*dns, &pod), (std::vector<Ports>{{53, 53}, {55, 55}}));
  EXPECT_EQ(ports_at(*dns, nullptr), std::vector<Ports>{});
  pod.understood = false;
  EXPECT_EQ(ports_at(*dns, &pod), std::vector<Ports>{});
}

// ---- peers -------------------------------------------------------------------------

OtherEnd at(const char* address, const k8s::Pod* pod = nullptr, const k8s::Labels* ns = nullptr) {
  return {.address = *nft::parse_address(address), .pod = pod, .ns = ns};
}

TEST(Peer_MustBeOneThing, AndUnderstood) {  // semantics 7, 8, 21
  const auto selector = with_label("app", "web");
  const k8s::IpBlock all = {"0.0.0.0/0", {}};
  EXPECT_FALSE(read_peer({.pod_selector = {}, .namespace_selector = {}, .ip_block = {}}));
  EXPECT_FALSE(read_peer({.pod_selector = selector, .namespace_selector = {}, .ip_block = all}));
  EXPECT_FALSE(read_peer({.pod_selector = {}, .namespace_selector = selector, .ip_block = all}));
  EXPECT_FALSE(read_peer({.pod_selector = {}, .namespace_selector = {}, .ip_block = all, .understood = false}));
  EXPECT_FALSE(read_peer({.pod_selector = selector, .namespace_selector = with_label("-", ""), .ip_block = {}}));
  EXPECT_TRUE(read_peer({.pod_selector = selector, .namespace_selector = selector, .ip_block = {}}));
}

TEST(Block, StandsForWhatLiesInIt_AndInNoneOfItsExcepts) {  // semantics 45, 46
  const auto peer = read_peer({.pod_selector = {},
                               .namespace_selector = {},
                               .ip_block = {{"10.0.0.0/8", {"10.1.0.0/16", "10.1.2.0/24", "192.0.2.0/24"}}}});
  ASSERT_TRUE(peer);
  EXPECT_TRUE(stands_for(*peer, "shop", at("10.2.0.1")));
  EXPECT_FALSE(stands_for(*peer, "shop", at("10.1.2.1")));
  EXPECT_FALSE(stands_for(*peer, "shop", at("192.0.2.1")));
  EXPECT_FALSE(stands_for(*peer, "shop", at("fd00::1")));
}

TEST(PodsByLabel_AreOfTheirNamespace, OrOfThoseSelected_IfTheyAreKnown) {  // semantics 10, 12, 17
  const auto own = read_peer({.pod_selector = k8s::LabelSelector{}, .namespace_selector = {}, .ip_block = {}});
  const auto any = read_peer({.pod_selector = {}, .namespace_selector = k8s::LabelSelector{}, .ip_block = {}});
  k8s::Pod pod;
  pod.meta.ns = "shop";
  const k8s::Labels labels;
  EXPECT_TRUE(stands_for(*own, "shop", at("10.0.0.1", &pod)));
  EXPECT_FALSE(stands_for(*own, "other", at("10.0.0.1", &pod, &labels)));
  EXPECT_TRUE(stands_for(*any, "other", at("10.0.0.1", &pod, &labels)));
  EXPECT_FALSE(stands_for(*any, "shop", at("10.0.0.1", &pod)));
  EXPECT_FALSE(stands_for(*any, "shop", at("10.0.0.1")));
  pod.understood = false;
  EXPECT_FALSE(stands_for(*any, "shop", at("10.0.0.1", &pod, &labels)));
}

}  // namespace
}  // namespace selvedge::meaning
