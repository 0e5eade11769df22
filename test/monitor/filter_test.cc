// Which denied packets somebody wants to see.
#include "controller/monitor/filter.h"

#include "test/monitor/shop.h"

namespace selvedge::test {
namespace {

using monitor::EndFilter;
using monitor::Filter;

EndFilter end(const std::string& text) {
  const auto read = monitor::read_end_filter(text);
  EXPECT_TRUE(read) << text;
  return read.value_or(EndFilter{});
}

const auto web_to_api = denied(to_api, packet("10.244.2.5", "10.244.1.5", 6, 3000));

TEST(Filter, ThatIsEmpty_FitsAll) {
  EXPECT_TRUE(fits(Filter{}, web_to_api));
}

TEST(Filter, ByNamespace_IsAboutEitherEnd) {
  EXPECT_TRUE(fits({.ns = "production"}, web_to_api));
  EXPECT_FALSE(fits({.ns = "staging"}, web_to_api));
  EXPECT_TRUE(fits({.ns = "production"}, denied(to_api, packet("198.51.100.1", "10.244.1.5", 6, 1))));
}

TEST(Filter, ByPod_TakesItsNameItsWorkloadAndItsServices) {
  for (const char* name : {"production/api-7d4f-x", "production/api", "production/Deployment/api", "production/shop",
                           "10.244.1.5", "10.244.1.0/24"}) {
    EXPECT_TRUE(fits({.pod = end(name)}, web_to_api)) << name;
    EXPECT_TRUE(fits({.to = end(name)}, web_to_api)) << name;
    EXPECT_FALSE(fits({.from = end(name)}, web_to_api)) << name;
  }
  EXPECT_TRUE(fits({.from = end("production/web")}, web_to_api));
  EXPECT_FALSE(fits({.pod = end("staging/api")}, web_to_api));
  EXPECT_FALSE(fits({.pod = end("production/StatefulSet/api")}, web_to_api));
}

TEST(Filter, ByNode_TakesItsAddress) {
  const auto from_node = denied(to_api, packet("172.31.0.11", "10.244.1.5", 6, 1));
  EXPECT_TRUE(fits({.from = end("node/node-a")}, from_node));
  EXPECT_FALSE(fits({.from = end("node/node-b")}, from_node));
}

TEST(Filter, ByPod_TakesTheNameOfTheRule_WhereThePodIsGone) {
  const auto gone = denied("selvedge deny egress abcdefghijklmnop-shop/cart-1", packet("10.9.9.9", "10.8.8.8", 6, 1));
  EXPECT_TRUE(fits({.pod = end("shop/cart-1")}, gone));
  EXPECT_TRUE(fits({.ns = "shop"}, gone));
}

TEST(Filter, ByDirectionAndPolicy_MeansTheIsolationThatDenied) {
  EXPECT_TRUE(fits({.direction = Direction::ingress}, web_to_api));
  EXPECT_FALSE(fits({.direction = Direction::egress}, web_to_api));
  EXPECT_TRUE(fits({.policy = "production/api"}, web_to_api));
  EXPECT_FALSE(fits({.policy = "production/web"}, web_to_api));
}

TEST(Filter, OfSeveralParts_AllMustHold) {
  EXPECT_TRUE(fits({.ns = "production", .to = end("production/api")}, web_to_api));
  EXPECT_FALSE(fits({.ns = "production", .from = end("production/api")}, web_to_api));
}

TEST(Filter, AnEndThatIsNone_IsAnError) {
  for (const char* text : {"api", "", "/api", "shop/"}) EXPECT_FALSE(monitor::read_end_filter(text)) << text;
}

}  // namespace
}  // namespace selvedge::test
