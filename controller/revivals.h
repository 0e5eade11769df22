// Rules that keep a cut connection from coming to life again from its other end.
//
// Where conntrack picks connections up in the middle (nf_conntrack_tcp_loose, on by default), the next segment of
// the end that may not be called makes a new entry in the other direction, in which the forbidden end's segments are
// answers. So for a while a TCP segment that belongs to no connection and begins none is dropped when its sender is
// isolated for ingress or its receiver for egress: the wrong end of whatever was cut.
//
//   egress   ct state established,related accept
//            ip saddr @suspects-ingress-v4, ct state new, no lone SYN: drop     these four, while there are suspects
//            ip daddr @suspects-egress-v4, …
//
// The price: an allowed connection of theirs whose entry was lost otherwise hangs meanwhile.
#pragma once

#include <array>
#include <set>

#include "controller/cutting.h"
#include "controller/direction.h"
#include "nft/changes.h"
#include "nft/held_table.h"
#include "nft/ip.h"
#include "nft/ruleset.h"

namespace selvedge {

// Addresses of pods, by the direction in which they are isolated: who may not be called, and who may not call.
struct Suspects {
  std::array<std::set<nft::Address>, 2> of{};

  const std::set<nft::Address>& in(Direction d) const { return of.at(static_cast<std::size_t>(d)); }
  std::set<nft::Address>& in(Direction d) { return of.at(static_cast<std::size_t>(d)); }
  bool empty() const { return of[0].empty() && of[1].empty(); }
  void add(const Suspects& others);
  bool operator==(const Suspects&) const = default;
};

// By which a connection that is cut would come to life again: of TCP, and not to the node itself, whom no rule here
// keeps from it.
Suspects ends_of(const nft::Connection& cut, const Neighbourhood& neighbourhood);

// Those of `ends` that the table isolates.
Suspects isolated_among(const Suspects& ends, const nft::Table& table);

// Those that a table has the rules for.
Suspects suspects_in(const nft::PackedTable& table);

// The core's table, with the rules. No suspects: as it is.
nft::Table with_suspects(nft::Table table, const Suspects& suspects);

// A table as it is without suspects; whether it had any.
struct Unsuspecting {
  nft::Table table;
  bool had_suspects = false;
};
Unsuspecting without_suspects(nft::Table table);

// The core's changes, where there are suspects: a chain that has the rules keeps them.
nft::Changes keeping_rules(nft::Changes changes);

// What makes a table for the suspects of `before` one for those of `now`. `held`: the table as it is; the elements of
// its sets are not looked at.
nft::Changes suspect_changes(const nft::Table& held, const Suspects& before, const Suspects& now);

}  // namespace selvedge
