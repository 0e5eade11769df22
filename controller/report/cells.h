// What one subject may send to another: what the egress of the one and the ingress of the other have in common.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "controller/report/report.h"

namespace selvedge::report {

enum class Verdict : std::uint8_t {
  nobody,   // asks: one pod and itself, nodes and outside among themselves, addresses of different families
  denied,   // every port, or what is not allowed is
  some,     // ports, by rules
  all,      // ports, by rules
  open,     // no policy isolates either
  unknown,  // what is known denies nothing, and not all policies of an end are known
  audited,  // passes, and would be denied if the namespace of an end were not audited only
};
std::string_view to_string(Verdict verdict);  // "denied", "some ports", "all ports", "open", "unknown", "audited", ""

struct Cell {
  Verdict verdict{};
  // By slot(Family), indexes for Cells::ports(); none: they have no such addresses.
  std::array<std::optional<Index>, 2> ports;

  auto operator<=>(const Cell&) const = default;
};

// What some subjects have in common with another: "tcp/5432" from these, nothing from those.
struct Way {
  Cell cell;
  std::vector<Index> others;  // ascending
};

// Refers to the report. Not thread-safe: what two sets of ports have in common is kept.
class Cells {
 public:
  explicit Cells(const Report& report);

  Cell at(Index from, Index to);
  // Who may send to `subject` (ingress), or to whom it may (egress): by what is allowed, of the fewest others first;
  // what is denied is left out.
  std::vector<Way> ways(Index subject, Direction direction);

  const reach::Ports& ports(Index index) const { return pool_[index]; }
  std::string words(const Cell& cell) const;  // "tcp/5432", "all ports", "tcp/80 (IPv4)", "tcp/80 (IPv4), none (IPv6)"

 private:
  enum class Mode { as_it_is, enforced };  // of namespaces that are audited
  Index side(Index subject, Direction direction, Index other, nft::Family family, Mode mode) const;
  Index both(Index from, Index to, nft::Family family, Mode mode);
  Index common(Index one, Index other);
  Index number(reach::Ports ports);
  Verdict verdict(const Cell& cell, const Subject& from, const Subject& to, bool audited) const;

  const Report& report_;
  std::vector<reach::Ports> pool_;
  std::map<reach::Ports, Index> number_;
  Index none_ = 0, all_ = 0;
  std::unordered_map<std::uint64_t, Index> common_;
};

}  // namespace selvedge::report
