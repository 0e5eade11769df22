// What `explain` answers of any two pods of any world is what the table of that world does to the packet it asked
// about; and what it denies it has a reason for.
#include <algorithm>
#include <array>

#include "controller/explain/answer.h"
#include "nft/simulate.h"
#include "test/property/law.h"
#include "test/property/world.h"

namespace selvedge::test {
namespace {

constexpr std::array ports{"tcp/80", "tcp/8080", "udp/53", "sctp/5000", "icmp", "icmpv6"};

std::vector<std::string> ends_of(const World& world) {
  std::vector<std::string> words{"198.51.100.7", "2001:db8::7", "10.0.0.9"};
  for (const k8s::Pod& pod : world.pods) words.push_back(pod.meta.ns + "/pod/" + pod.meta.name);
  for (const k8s::Node& node : world.nodes) words.push_back("node/" + node.meta.name);
  return words;
}

// "" if all is well.
std::string judged(const nft::Table& table, const explain::Explanation& explanation, Counts& counts) {
  for (const explain::Answer& answer : explanation.answers) {
    ++counts[answer.allowed ? "allowed" : "denied"];
    if (nft::simulate(table, answer.packet).accepted != answer.allowed)
      return explain::to_string(answer.port) + ": the table decides otherwise about " + nft::to_string(answer.packet);
    for (const explain::Side& side : answer.sides) {
      const bool without_reason =
          std::ranges::any_of(side.misses, [](const auto& miss) { return miss.lacks.empty() || miss.distance == 0; });
      if (without_reason) return "a rule that lacks nothing denies " + nft::to_string(answer.packet);
      if (side.reason.kind == meaning::Reason::Kind::granted && side.fits.empty()) return "nothing grants it";
    }
  }
  return "";
}

TEST(ExplainLaw, WhatIsAnsweredOfAnyWorld_IsWhatItsTableDoes) {
  Counts counts;
  check_law("explain", {.cases = 2000, .percent = 5}, counts, [&](World world) -> std::string {
    world.node.reset();
    const auto objects = explain::with_addresses(objects_of(world));
    Core core(settings_of(world));
    for (const k8s::Object& object : objects) core.upsert(object);
    const nft::Table table = core.table();
    const explain::Explainer explainer(viewpoint_of(world), objects);
    ++counts["worlds"];
    const auto ends = ends_of(world);
    for (std::size_t i = 0; i < std::min<std::size_t>(ends.size() * ends.size(), 40); ++i) {
      const std::size_t pair = i * 7919 % (ends.size() * ends.size());
      const auto answer =
          explainer.explain(ends[pair / ends.size()], ends[pair % ends.size()], ports.at(i % ports.size()));
      if (!answer) continue;
      if (std::string wrong = judged(table, *answer, counts); !wrong.empty()) return wrong;
    }
    return "";
  });
  EXPECT_GT(counts["denied"], counts["worlds"]);
  EXPECT_GT(counts["allowed"], counts["worlds"]);
}

}  // namespace
}  // namespace selvedge::test
