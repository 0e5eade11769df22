#include "controller/agent/denial_book.h"

#include "nft/packet_head.h"
#include "nft/text_words.h"

namespace selvedge::agent {
namespace {

// No value: it is not ours, or no packet.
std::optional<DenialKind> kind_of(const nft::LoggedPacket& logged) {
  const auto prefix = parse_denial_prefix(logged.prefix);
  const auto head = nft::read_packet_head(logged.bytes);
  if (!prefix || !head) return std::nullopt;
  const bool receives = prefix->direction == Direction::ingress;
  return DenialKind{.denial = prefix->denial,
                    .direction = prefix->direction,
                    .pod = prefix->pod,
                    .own = receives ? head->destination : head->source,
                    .peer = receives ? head->source : head->destination,
                    .protocol = head->protocol,
                    .port = head->destination_port.value_or(0)};
}

}  // namespace

void DenialBook::add(const nft::Heard& heard) {
  lost_ += heard.lost;
  for (const nft::LoggedPacket& logged : heard.packets)
    if (const auto kind = kind_of(logged)) tally_.add(*kind);
}

DenialBatch DenialBook::take() {
  DenialBatch batch{.cases = {}, .others = tally_.total(), .lost = lost_};
  for (auto& [kind, count] : tally_.top(most_told)) {
    batch.others -= count;
    batch.cases.push_back({.kind = std::move(kind), .count = count});
  }
  tally_.clear();
  lost_ = 0;
  return batch;
}

std::string port_of(const DenialKind& kind) {
  return kind.port == 0 ? nft::text::protocol(kind.protocol)
                        : nft::text::protocol(kind.protocol) + '/' + std::to_string(kind.port);
}

}  // namespace selvedge::agent
