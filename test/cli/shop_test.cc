// The shop of examples/shop, from the outside: its policies let through what it needs, and nothing else.
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "test/agent/program.h"

namespace selvedge {
namespace {

const std::string shop = SELVEDGE_SOURCE_DIR "/examples/shop";

// The port of each service, and whom it calls.
struct Service {
  std::string port;
  std::set<std::string> calls;
};
const std::map<std::string, Service> services{
    {"ads", {"9555", {}}},
    {"cart", {"7070", {"cart-store"}}},
    {"cart-store", {"6379", {}}},
    {"catalog", {"3550", {}}},
    {"checkout", {"5050", {"cart", "catalog", "currency", "email", "payment", "shipping"}}},
    {"currency", {"7000", {}}},
    {"email", {"5000", {}}},
    {"frontend", {"8080", {"ads", "cart", "catalog", "checkout", "currency", "recommendation", "shipping"}}},
    {"payment", {"50051", {}}},
    {"recommendation", {"8081", {"catalog"}}},
    {"shipping", {"50052", {}}},
};

bool allowed(const std::string& from, const std::string& to, const std::string& port) {
  const auto done = test::run_program({"explain", "-f", shop, from, to, port});
  EXPECT_EQ(done.status, 0) << done.err;
  return done.out.starts_with("allowed: ");
}

TEST(Shop, EachServiceReachesThoseThatItCalls_AndNobodyElse) {
  for (const auto& [from, caller] : services) {
    for (const auto& [to, called] : services) {
      if (from == to) continue;
      EXPECT_EQ(allowed("shop/" + from, "shop/" + to, called.port), caller.calls.contains(to)) << from << ' ' << to;
    }
  }
}

TEST(Shop, TheWorldReachesTheFrontendThroughTheGateway_AndTheShopTheBank) {
  EXPECT_TRUE(allowed("gateway/gateway", "shop/frontend", "http"));
  EXPECT_FALSE(allowed("gateway/gateway", "shop/cart", "7070"));
  EXPECT_FALSE(allowed("192.0.2.200", "shop/frontend", "http"));
  EXPECT_TRUE(allowed("shop/payment", "198.51.100.7", "443"));
  EXPECT_FALSE(allowed("shop/payment", "198.51.100.66", "443"));
  EXPECT_TRUE(allowed("shop/email", "203.0.113.9", "587"));
  EXPECT_FALSE(allowed("shop/email", "203.0.113.9", "443"));
}

TEST(Shop, IsMonitored_AndResolvesNames) {
  EXPECT_TRUE(allowed("monitoring/prometheus", "shop/payment", "metrics"));
  EXPECT_FALSE(allowed("shop/frontend", "shop/payment", "metrics"));
  EXPECT_TRUE(allowed("shop/cart-store", "kube-system/coredns", "udp/53"));
  EXPECT_FALSE(allowed("shop/cart-store", "monitoring/prometheus", "9090"));
}

TEST(Shop, HasNoFindingButThatItsNeighboursAreOpen) {
  const auto done = test::run_program({"lint", "-f", shop, "--fail-on", "warning"});
  EXPECT_EQ(done.status, 0) << done.out;
  EXPECT_NE(done.out.find("0 errors, 0 warnings, 3 info"), std::string::npos) << done.out;
}

TEST(Shop, ItsRulesAreProven) {
  const auto done = test::run_program({"verify", "-f", shop, "--rendered"});
  EXPECT_EQ(done.status, 0) << done.out;
  EXPECT_TRUE(done.out.starts_with("verified: ")) << done.out;
}

}  // namespace
}  // namespace selvedge
