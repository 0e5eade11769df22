#include "test/property/disagreement.h"

#include <algorithm>

#include "nft/simulate.h"
#include "nft/text.h"

namespace selvedge::test {

std::string told(const nft::Table& table, const meaning::Meaning& meaning, const nft::Packet& packet) {
  const nft::Outcome outcome = nft::simulate(table, packet);
  const meaning::Judgement judgement = meaning.evaluate(packet);
  std::string text = to_string(packet) + "\n  the table: " + (outcome.accepted ? "accepted" : "dropped");
  for (const nft::Step& step : outcome.trace) {
    text += "\n    " + step.chain + ": " + nft::to_text(table.chains.at(step.chain).rules.at(step.rule));
  }
  text += std::string("\n  the reading: ") + (judgement.allowed ? "allowed" : "denied");
  for (const meaning::Reason& reason : judgement.reasons) text += "\n    " + to_string(reason);
  return text;
}

std::optional<nft::Packet> disagreement(const nft::Table& table, const meaning::Meaning& meaning,
                                        const std::vector<nft::Packet>& packets) {
  const auto found = std::ranges::find_if(packets, [&](const nft::Packet& packet) {
    return nft::simulate(table, packet).accepted != meaning.evaluate(packet).allowed;
  });
  return found == packets.end() ? std::nullopt : std::optional(*found);
}

}  // namespace selvedge::test
