// Which denied packets somebody wants to see. All that is given must hold.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "controller/direction.h"
#include "controller/monitor/denied.h"
#include "nft/ip.h"

namespace selvedge::monitor {

// One end: "production/api-0", "production/Deployment/api" or the value of "production/api", "node/node-a", an address
// or a block of addresses.
struct EndFilter {
  std::variant<std::string, nft::Interval> what;
  bool operator==(const EndFilter&) const = default;
};
tl::expected<EndFilter, std::string> read_end_filter(const std::string& text);  // the error says what would be right

struct Filter {
  std::optional<std::string> ns{};  // of either end, or of the isolated pod
  std::optional<EndFilter> pod{};   // either end
  std::optional<Direction> direction{};
  std::optional<std::string> policy{};  // "production/api", among those that isolate
  std::optional<EndFilter> from{};
  std::optional<EndFilter> to{};

  bool operator==(const Filter&) const = default;
};
bool fits(const Filter& filter, const Denied& denied);

}  // namespace selvedge::monitor
