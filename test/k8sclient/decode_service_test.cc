// Services are for naming: what is wrong in one is said, and closes nothing.
#include <gtest/gtest.h>

#include "test/k8sclient/decoding.h"

namespace selvedge::k8s {
namespace {

using Target = std::variant<std::uint16_t, std::string>;

TEST(DecodeService, HasItsSelectorAddressesAndPorts) {
  const auto one = decode_one<Service>(R"(
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: production, labels: {a: b}}
spec:
  selector: {app: api}
  clusterIP: 10.96.0.7
  clusterIPs: [10.96.0.7, "fd00:96::7"]
  ports:
  - {name: web, port: 80, targetPort: http}
  - {name: dns, port: 53, protocol: UDP, targetPort: 5353}
  - {port: 9000}
)");
  EXPECT_EQ(one.object.selector, (Labels{{"app", "api"}}));
  EXPECT_EQ(one.object.addresses, (std::vector<std::string>{"10.96.0.7", "fd00:96::7"}));
  const std::vector<ServicePort> expected{{"web", Protocol::tcp, 80, Target{"http"}},
                                          {"dns", Protocol::udp, 53, Target{std::uint16_t{5353}}},
                                          {"", Protocol::tcp, 9000, Target{std::uint16_t{9000}}}};
  EXPECT_EQ(one.object.ports, expected);
  EXPECT_FALSE(one.object.external_name);
  EXPECT_EQ(one.words(), "");
}

TEST(DecodeService, Headless_HasNoAddress_AndExternal_IsOnlyAName) {
  EXPECT_TRUE(decode_one<Service>("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: None}}")
                  .object.addresses.empty());
  EXPECT_TRUE(decode_one<Service>("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: ExternalName}}")
                  .object.external_name);
}

TEST(DecodeService, WhatIsMalformed_IsLeftOutAndSaid) {
  const auto one = decode_one<Service>(R"(
apiVersion: v1
kind: Service
metadata: {name: a}
spec:
  selector: [x]
  ports: [{port: 70000}, {name: x}, {port: 80, targetPort: 0}, {port: 80, protocol: QUIC}, 7, {port: 81}]
)");
  EXPECT_EQ(one.object.ports.size(), 1U);
  EXPECT_TRUE(one.object.selector.empty());
  EXPECT_GE(one.problems.size(), 6U) << one.words();
  for (const Problem& problem : one.problems) {
    EXPECT_FALSE(problem.closed) << problem.message;
    EXPECT_EQ(problem.kind, Kind::service);
  }
}

}  // namespace
}  // namespace selvedge::k8s
