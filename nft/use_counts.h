// Who is still referred to in a table: what DeleteChain, DeleteSet and DeleteCounter ask. Kept in step rule
// by rule; what is referred to no more leaves no trace.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "nft/references.h"
#include "nft/ruleset.h"

namespace selvedge::nft {

// By name, asked by string_view.
struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
};
template <typename Value>
using ByName = std::unordered_map<std::string, Value, NameHash, std::equal_to<>>;

class UseCounts {
 public:
  UseCounts() = default;
  explicit UseCounts(const Table& table);  // by one walk through it

  void add(std::span<const Reference> references);  // of a rule
  void remove(std::span<const Reference> references);
  void add(const Verdict& verdict);  // of a map's element
  void remove(const Verdict& verdict);
  bool in_use(Reference::To to, std::string_view name) const;
  std::uint32_t of_chain(std::string_view name) const;  // jumps and elements that lead there

  bool operator==(const UseCounts&) const = default;

 private:
  using Counts = ByName<std::uint32_t>;
  Counts& of(Reference::To to);

  Counts chains_;
  Counts sets_;  // and maps: they share one name space
  Counts counters_;
};

}  // namespace selvedge::nft
