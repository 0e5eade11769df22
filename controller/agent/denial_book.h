// What the kernel's log tells of denials, counted until somebody asks: of a bounded number of kinds, so that nobody who
// sends to every port fills the daemon's memory or its log.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controller/denial_prefix.h"
#include "controller/monitor/tally.h"
#include "k8sclient/types.h"
#include "nft/ip.h"
#include "nft/nflog_listener.h"

namespace selvedge::agent {

// Packets that are counted together.
struct DenialKind {
  Denial denial{};
  std::optional<Direction> direction;
  std::string pod;     // "shop/db-0" as the rule has it, the end may be cut; empty: no pod's rules denied it
  nft::Address own{};  // the pod's end; where there is none, the sender's
  nft::Address peer{};
  std::uint8_t protocol = 0;
  std::uint16_t port = 0;  // at the receiving end; 0: none

  auto operator<=>(const DenialKind&) const = default;
};

struct DenialCase {
  DenialKind kind;
  std::uint64_t count = 0;
  // Names, as soon as somebody has looked them up.
  std::optional<k8s::ObjectKey> pod{};
  std::string uid{};   // of that pod; empty: it is not known here
  std::string peer{};  // "shop/web-0", or the address
  std::vector<k8s::ObjectKey> isolated_by{};
};

struct DenialBatch {
  std::vector<DenialCase> cases;  // the most frequent first
  std::uint64_t others = 0;       // packets of further kinds
  std::uint64_t lost = 0;         // that the kernel could not hand over

  bool empty() const { return cases.empty() && others == 0 && lost == 0; }
};

// Not thread-safe.
class DenialBook {
 public:
  static constexpr std::size_t most_kinds = 1000;
  static constexpr std::size_t most_told = 20;

  void add(const nft::Heard& heard);
  DenialBatch take();  // what came since the last time
  bool empty() const { return tally_.total() == 0 && lost_ == 0; }

 private:
  monitor::Tally<DenialKind> tally_{most_kinds};
  std::uint64_t lost_ = 0;
};

std::string port_of(const DenialKind& kind);  // "tcp/3000", "icmp", "47"

}  // namespace selvedge::agent
