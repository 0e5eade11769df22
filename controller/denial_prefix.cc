// The words are few and fixed; what is not spelled by them is not ours, whoever else logs to the same group.
#include "controller/denial_prefix.h"

#include <array>
#include <utility>

namespace selvedge {
namespace {

constexpr std::string_view ours = "selvedge ";
constexpr std::size_t hash_length = 16;

constexpr std::array<std::pair<Denial, std::string_view>, 6> words{{
    {Denial::policy, "deny"},
    {Denial::audit, "audit"},
    {Denial::guard, "guard"},
    {Denial::link_scope, "link-scope"},
    {Denial::vxlan, "vxlan"},
    {Denial::own_address, "own-address"},
}};

bool is_of_a_pod(Denial denial) {
  return denial == Denial::policy || denial == Denial::audit;
}

// Takes the first word of `text` and the space behind it.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = text.find(' ');
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

std::optional<Denial> denial_of(std::string_view word) {
  for (const auto& [denial, text] : words)
    if (text == word) return denial;
  return std::nullopt;
}

std::optional<Direction> direction_of(std::string_view word) {
  for (const Direction d : {Direction::ingress, Direction::egress})
    if (to_string(d) == word) return d;
  return std::nullopt;
}

// "HASH-namespace/pod"
bool read_name(std::string_view name, DenialPrefix& prefix) {
  if (name.size() <= hash_length + 1 || name[hash_length] != '-') return false;
  prefix.hash = name.substr(0, hash_length);
  prefix.pod = name.substr(hash_length + 1);
  return prefix.hash.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == std::string::npos &&
         prefix.pod.find(' ') == std::string::npos;
}

}  // namespace

std::string_view to_string(Denial denial) {
  for (const auto& [known, word] : words)
    if (known == denial) return word;
  return "";
}

std::string pod_prefix(Denial denial, Direction direction, std::string_view chain) {
  const std::string role = "pod-" + std::string(to_string(direction)) + "-";
  if (chain.starts_with(role)) chain.remove_prefix(role.size());
  std::string text = std::string(ours) + std::string(to_string(denial)) + " " + std::string(to_string(direction)) + " ";
  return (text += chain).substr(0, prefix_limit);
}

std::string base_prefix(Denial denial) {
  return std::string(ours) + std::string(to_string(denial));
}

std::string guard_prefix(Direction direction) {
  return base_prefix(Denial::guard) + " " + std::string(to_string(direction));
}

std::optional<DenialPrefix> parse_denial_prefix(std::string_view text) {
  if (text.size() > prefix_limit || !text.starts_with(ours)) return std::nullopt;
  text.remove_prefix(ours.size());
  const auto denial = denial_of(take_word(text));
  if (!denial) return std::nullopt;
  DenialPrefix prefix{.denial = *denial, .direction = std::nullopt, .hash = "", .pod = ""};
  if (is_of_a_pod(*denial) || *denial == Denial::guard) {
    prefix.direction = direction_of(take_word(text));
    if (!prefix.direction) return std::nullopt;
  }
  if (is_of_a_pod(*denial)) return read_name(text, prefix) ? std::optional(std::move(prefix)) : std::nullopt;
  return text.empty() ? std::optional(std::move(prefix)) : std::nullopt;
}

}  // namespace selvedge
