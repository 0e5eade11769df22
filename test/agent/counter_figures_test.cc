// The kernel's counters as /metrics tells them.
#include "controller/agent/counter_figures.h"

#include <prometheus/text_serializer.h>

#include <gtest/gtest.h>

#include "controller/names.h"
#include "test/agent/reconciler_bed.h"

namespace selvedge::agent {
namespace {

std::string text(const nft::Counts& counts) {
  return prometheus::TextSerializer().Serialize(counter_figures(counts));
}

bool has(const std::string& text, const std::string& line) {
  return ('\n' + text).find('\n' + line + '\n') != std::string::npos;
}

TEST(CounterFigures, OfPodsAndPolicies_HaveTheirNamesAsLabels) {
  const std::string told =
      text({{deny_counter_name(Direction::ingress, {"shop", "db-0"}, "uid"), {.packets = 7, .bytes = 700}},
            {allow_counter_name(Direction::egress, {"shop", "web"}), {.packets = 3, .bytes = 1}}});
  EXPECT_TRUE(has(told, R"(selvedge_denied_packets_total{direction="ingress",namespace="shop",pod="db-0"} 7)")) << told;
  EXPECT_TRUE(has(told, R"(selvedge_allowed_packets_total{direction="egress",namespace="shop",policy="web"} 3)"))
      << told;
}

TEST(CounterFigures, OfAPodThatWasMadeAnew_AreOneLine) {
  const std::string told =
      text({{deny_counter_name(Direction::ingress, {"shop", "db-0"}, "old"), {.packets = 7, .bytes = 0}},
            {deny_counter_name(Direction::ingress, {"shop", "db-0"}, "new"), {.packets = 2, .bytes = 0}}});
  EXPECT_TRUE(has(told, R"(selvedge_denied_packets_total{direction="ingress",namespace="shop",pod="db-0"} 9)")) << told;
}

TEST(CounterFigures, PassOverCountersOfOtherNames) {
  const std::string told = text({{"guard-ingress", {.packets = 7, .bytes = 0}},
                                 {"deny-ingress-short", {.packets = 7, .bytes = 0}},
                                 {"deny-sideways-abcdefghijklmnop-shop/db", {.packets = 7, .bytes = 0}}});
  EXPECT_EQ(told.find("} "), std::string::npos) << told;
}

using CountersOfTheKernel = ReconcilerBed;

TEST_F(CountersOfTheKernel, AreReadEveryTenSeconds) {
  start();
  const std::string counter = deny_counter_name(Direction::ingress, {"shop", "api"}, "uid-api");
  kernel.set_counter("selvedge", counter, {.packets = 5, .bytes = 0});
  reconciler.observe({});
  EXPECT_TRUE(
      has(metrics.text(), R"(selvedge_denied_packets_total{direction="ingress",namespace="shop",pod="api"} 5)"));
  kernel.set_counter("selvedge", counter, {.packets = 6, .bytes = 0});
  now += seconds(1);
  reconciler.observe({});
  EXPECT_FALSE(
      has(metrics.text(), R"(selvedge_denied_packets_total{direction="ingress",namespace="shop",pod="api"} 6)"));
  now += seconds(9);
  reconciler.observe({});
  EXPECT_TRUE(
      has(metrics.text(), R"(selvedge_denied_packets_total{direction="ingress",namespace="shop",pod="api"} 6)"));
}

}  // namespace
}  // namespace selvedge::agent
