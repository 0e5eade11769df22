// The two directions that a NetworkPolicy isolates.
#pragma once

#include <cstdint>
#include <string_view>

namespace selvedge {

enum class Direction : std::uint8_t { ingress, egress };

constexpr std::string_view to_string(Direction direction) {
  return direction == Direction::ingress ? "ingress" : "egress";
}

}  // namespace selvedge
