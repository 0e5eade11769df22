// verify() is right in both directions: the table of any world is verified, and
// where any packet at all tells a table that was tampered with from its world,
// verify() has found one too.
#include "controller/verify/verify.h"
#include "nft/simulate.h"
#include "nft/text.h"
#include "test/property/law.h"
#include "test/property/probes.h"
#include "test/property/tampering.h"

namespace selvedge::test {
namespace {

// IPv6 has no broadcast.
bool is_possible(const nft::Packet& packet) {
  return packet.source.family == nft::Family::v4 || (packet.destination_type != nft::MatchFibType::broadcast &&
                                                     packet.source_type != nft::MatchFibType::broadcast);
}

std::string told(const verify::Difference& difference) {
  std::string text = to_string(difference.packet) + (difference.table.accepted ? " accepted" : " dropped");
  for (const nft::Step& step : difference.table.trace) text += " " + step.chain + ":" + std::to_string(step.rule);
  for (const meaning::Reason& reason : difference.state.reasons) text += "; " + to_string(reason);
  return text;
}

TEST(VerifyLaw, TheTableOfAnyWorld_IsVerified) {
  Counts counts;
  check_law("verify", {.cases = 400, .percent = 10}, counts, [&](const World& world) -> std::string {
    const meaning::Meaning meaning(viewpoint_of(world), objects_of(world));
    const auto result = verify::verify(rendered(world), meaning);
    ++counts["worlds"];
    counts["classes"] += result.classes;
    if (!result.faults.empty()) return result.faults[0];
    return result.verified() ? "" : told(result.differences[0]);
  });
}

TEST(VerifyLaw, WhatAnyPacketSeesOfATamperedTable_VerifySees) {
  Counts counts;
  check_law(
      "tampering", {.cases = 400, .percent = 10}, counts, [&](const World& world, std::uint32_t seed) -> std::string {
        Dice dice(seed);
        const nft::Table table = tampered(rendered(world), dice);
        const meaning::Meaning meaning(viewpoint_of(world), objects_of(world));
        const auto result = verify::verify(table, meaning);
        ++counts["tables"];
        if (!result.faults.empty()) return result.faults[0];
        if (!result.verified()) ++counts["seen by verify"];
        const nft::Simulation simulation(table);
        for (nft::Packet packet : probes(seed, {world}, 300)) {
          if (dice.chance(70)) packet = aimed(packet, table, dice);
          if (!is_possible(packet)) continue;
          ++counts["packets"];
          if (simulation.run(packet).accepted == meaning.evaluate(packet).allowed) continue;
          ++counts["seen by packets"];
          return result.verified() ? "verify overlooked " + to_string(packet) + " of\n" + nft::to_text(table) : "";
        }
        return "";
      });
  EXPECT_GT(counts["seen by packets"] * 5, counts["tables"]);
}

}  // namespace
}  // namespace selvedge::test
