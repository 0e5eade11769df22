#include "controller/explain/port.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace selvedge::explain {
namespace {

struct Named {
  std::string_view name;
  std::uint8_t number;
};
constexpr std::array<Named, 5> protocols{{{"tcp", 6}, {"udp", 17}, {"sctp", 132}, {"icmp", 1}, {"icmpv6", 58}}};
constexpr std::uint8_t echo_v4 = 8, echo_v6 = 128;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::optional<std::uint8_t> protocol_named(std::string_view text) {
  const std::string wanted = lower(text);
  const auto* found = std::ranges::find(protocols, wanted, &Named::name);
  return found == protocols.end() ? std::nullopt : std::optional(found->number);
}

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool could_be_a_name(std::string_view text) {
  return text.size() <= 63 && std::ranges::any_of(text, [](unsigned char c) { return std::isalpha(c) != 0; }) &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
}

tl::unexpected<std::string> wrong(std::string_view text) {
  return tl::unexpected('"' + std::string(text) +
                        "\" is not a port such as tcp/3000, udp/53, sctp/5000, 443 (TCP), the name of one, "
                        "icmp, icmpv6/128");
}

tl::expected<PortAsked, std::string> icmp(std::string_view text, std::uint8_t protocol, std::string_view type) {
  PortAsked asked{.protocol = protocol, .icmp_type = protocol == 58 ? echo_v6 : echo_v4};
  if (type.empty()) return asked;
  const auto value = number(type);
  if (!value || *value > 255) return wrong(text);
  asked.icmp_type = static_cast<std::uint8_t>(*value);
  return asked;
}

}  // namespace

tl::expected<PortAsked, std::string> read_port(std::string_view text) {
  const std::size_t slash = text.find('/');
  std::string_view left = text.substr(0, slash);
  std::string_view right = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  if (slash != std::string_view::npos && right.empty()) return wrong(text);
  if (!protocol_named(left) && protocol_named(right)) std::swap(left, right);  // 53/udp
  auto protocol = protocol_named(left);
  if (!protocol && slash != std::string_view::npos) return wrong(text);
  if (protocol && (*protocol == 1 || *protocol == 58)) return icmp(text, *protocol, right);
  const std::string_view port = protocol ? right : left;
  PortAsked asked{.protocol = protocol.value_or(6)};
  if (const auto value = number(port)) {
    if (*value < 1 || *value > 65535) return wrong(text);
    asked.number = static_cast<std::uint16_t>(*value);
    return asked;
  }
  if (!could_be_a_name(port)) return wrong(text);
  asked.name = port;
  asked.any_protocol = !protocol;
  return asked;
}

std::string to_string(const PortAsked& port) {
  if (port.is_icmp()) {
    const bool echo = port.icmp_type == (port.protocol == 58 ? echo_v6 : echo_v4);
    return name_of(port.protocol) + (echo ? "" : '/' + std::to_string(port.icmp_type));
  }
  if (!port.name.empty()) return port.any_protocol ? port.name : name_of(port.protocol) + '/' + port.name;
  return name_of(port.protocol) + '/' + std::to_string(port.number);
}

std::string name_of(std::uint8_t protocol) {
  const auto* found = std::ranges::find(protocols, protocol, &Named::number);
  return found == protocols.end() ? std::to_string(protocol) : std::string(found->name);
}

}  // namespace selvedge::explain
