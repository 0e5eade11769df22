#include "nft/backend.h"

#include <algorithm>
#include <utility>

#include "nft/use_counts.h"

namespace selvedge::nft {

namespace {

bool is_highest(const Key& key) {
  return std::all_of(key.bytes.begin(), key.bytes.begin() + key.size, [](std::uint8_t byte) { return byte == 0xff; });
}

// As the kernel does: an interval up to the highest key has no end element, and half an element does not count.
std::uint32_t counted(const Set& set) {
  const bool open = set.interval && !set.elements.empty() && is_highest(set.elements.back().last);
  return static_cast<std::uint32_t>(set.elements.size() - (open ? 1 : 0));
}

}  // namespace

Tally tally_of(const Dump& dump) {
  const UseCounts uses(dump.table);
  Tally tally{.dormant = dump.dormant, .chains = {}, .sets = {}};
  for (const auto& [name, chain] : dump.table.chains)
    tally.chains[name] = static_cast<std::uint32_t>(chain.rules.size()) + uses.of_chain(name);
  for (const auto& [name, set] : dump.table.sets) tally.sets[name] = counted(set);
  for (const auto& [name, map] : dump.table.maps) tally.sets[name] = static_cast<std::uint32_t>(map.elements.size());
  for (const Opaque& opaque : dump.opaque) {
    if (opaque.where == Opaque::Where::chain || opaque.where == Opaque::Where::rule) ++tally.chains[opaque.owner];
    if (opaque.where == Opaque::Where::set) tally.sets[opaque.owner] = std::nullopt;
    if (opaque.where == Opaque::Where::element) {
      auto& elements = tally.sets[opaque.owner];
      elements = elements.value_or(0) + 1;
    }
  }
  return tally;
}

tl::expected<std::optional<PackedDump>, Error> Backend::packed_dump(const std::string& table) {
  auto found = dump(table);
  if (!found) return tl::unexpected(std::move(found.error()));
  if (!*found) return std::optional<PackedDump>();
  PackedDump packed{std::move(**found), {}};
  packed.elements = take_elements(packed.dump.table);
  return packed;
}

tl::expected<std::optional<Counts>, Error> Backend::counts(const std::string& table) {
  auto found = packed_dump(table);
  if (!found) return tl::unexpected(std::move(found.error()));
  if (!*found) return std::optional<Counts>();
  return std::move((*found)->dump.counters);
}

tl::expected<std::optional<Tally>, Error> Backend::tally(const std::string& table) {
  const auto found = dump(table);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return std::optional<Tally>();
  return tally_of(**found);
}

}  // namespace selvedge::nft
