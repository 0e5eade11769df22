// Law 4, meaning: the table that the compiler makes of a world decides every
// packet as the plain reading of the world's policies does.
#include <algorithm>

#include "nft/simulate.h"
#include "nft/validate.h"
#include "test/property/disagreement.h"
#include "test/property/law.h"
#include "test/property/probes.h"

namespace selvedge::test {
namespace {

void count_reason(const meaning::Judgement& judgement, Counts& counts) {
  const auto has = [&](meaning::Reason::Kind kind) {
    return std::ranges::any_of(judgement.reasons, [&](const auto& reason) { return reason.kind == kind; });
  };
  if (has(meaning::Reason::Kind::denied)) {
    ++counts["packets denied by policies"];
  } else if (has(meaning::Reason::Kind::granted)) {
    ++counts["packets granted by policies"];
  }
}

TEST(MeaningLaw, TheTableOfAnyWorld_DecidesAnyPacketAsThePlainReadingDoes) {
  Counts counts;
  check_law("meaning", {.cases = 15000, .percent = 25}, counts, [&](const World& world) -> std::string {
    const nft::Table table = rendered(world);
    if (const auto faults = nft::validate(table); !faults.empty()) return faults[0].object + ": " + faults[0].message;
    const meaning::Meaning meaning(viewpoint_of(world), objects_of(world));
    const auto differs = [&](const nft::Packet& packet) {
      return nft::simulate(table, packet).accepted != meaning.evaluate(packet).allowed;
    };
    ++counts["worlds"];
    for (const nft::Packet& packet : probes(1, {world}, 120)) {
      const meaning::Judgement judgement = meaning.evaluate(packet);
      ++counts["packets"];
      count_reason(judgement, counts);
      if (nft::simulate(table, packet).accepted != judgement.allowed) {
        return "disagree about " + told(table, meaning, plainest(packet, differs));
      }
    }
    return "";
  });
  // Else the law would say little.
  EXPECT_GT(counts["packets denied by policies"] * 7, counts["packets"]);
  EXPECT_GT(counts["packets granted by policies"] * 20, counts["packets"]);
}

}  // namespace
}  // namespace selvedge::test
