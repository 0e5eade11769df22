#include "controller/reach/difference.h"

#include <algorithm>
#include <array>
#include <map>

namespace selvedge::reach {
namespace {

using nft::Family;

constexpr std::array families{Family::v4, Family::v6};

// The parties of one state by name, of which several may have one.
using ByName = std::map<std::string, std::vector<std::size_t>>;

ByName by_name(const Reach& reach) {
  ByName named;
  for (std::size_t i = 0; i < reach.parties().size(); ++i) named[name_of(reach.parties()[i])].push_back(i);
  return named;
}

bool is_outside(const Reach& reach, const std::vector<std::size_t>& parties) {
  return reach.parties()[parties.front()].pods.empty();
}

// What some and what all pairs of two workloads may do.
struct Extent {
  Ports some, every;
  bool there = false;  // both have addresses of the family

  bool operator==(const Extent&) const = default;
};

Extent extent(const Reach& reach, const std::vector<std::size_t>& from, const std::vector<std::size_t>& to,
              Family family) {
  Extent extent{.some = {}, .every = {}};
  for (const std::size_t source : from) {
    for (const std::size_t destination : to) {
      if (!reach.parties()[source].address(family) || !reach.parties()[destination].address(family)) continue;
      const Ports& ports = reach.between(source, destination, family);
      extent.some = united(extent.some, ports);
      extent.every = extent.there ? common(extent.every, ports) : ports;
      extent.there = true;
    }
  }
  return extent;
}

struct Delta {
  Ports gained, lost;
  bool there = false;

  bool operator==(const Delta&) const = default;
};

Delta delta(const Extent& before, const Extent& after) {
  if (!before.there || !after.there) return {.gained = {}, .lost = {}, .there = false};
  return {.gained = united(without(after.some, before.some), without(after.every, before.every)),
          .lost = united(without(before.some, after.some), without(before.every, after.every)),
          .there = true};
}

class Comparison {
 public:
  Comparison(const Reach& before, const Reach& after)
      : before_(before), after_(after), old_(by_name(before)), new_(by_name(after)) {}

  Difference all() const;

 private:
  // One that both states have, and the parties of that name in either.
  struct Both {
    const std::string& name;
    const std::vector<std::size_t>& before;
    const std::vector<std::size_t>& after;
  };

  // No cell differs: then neither does what some and what all of them may do.
  bool same(const Both& from, const Both& to) const;
  void compare(const Both& from, const Both& to, std::vector<Change>& changes) const;
  static std::vector<Arrival> only_in(const Reach& reach, const ByName& here, const ByName& there);

  const Reach& before_;
  const Reach& after_;
  ByName old_, new_;
};

bool Comparison::same(const Both& from, const Both& to) const {
  if (from.before.size() != from.after.size() || to.before.size() != to.after.size()) return false;
  for (std::size_t i = 0; i < from.before.size(); ++i) {
    for (std::size_t j = 0; j < to.before.size(); ++j) {
      for (const Family family : families) {
        if (before_.between(from.before[i], to.before[j], family) != after_.between(from.after[i], to.after[j], family))
          return false;
      }
    }
  }
  return true;
}

void Comparison::compare(const Both& from, const Both& to, std::vector<Change>& changes) const {
  std::array<Delta, 2> found;
  for (std::size_t i = 0; i < families.size(); ++i) {
    found.at(i) = delta(extent(before_, from.before, to.before, families.at(i)),
                        extent(after_, from.after, to.after, families.at(i)));
  }
  const bool alike = found[0] == found[1] || !found[0].there || !found[1].there;
  for (std::size_t i = 0; i < families.size(); ++i) {
    const Delta& one = found.at(i);
    if (one.gained.empty() && one.lost.empty()) continue;
    changes.push_back({from.name, to.name, alike ? "" : i == 0 ? "IPv4" : "IPv6", one.gained, one.lost});
    if (alike) return;
  }
}

std::vector<Arrival> Comparison::only_in(const Reach& reach, const ByName& here, const ByName& there) {
  std::vector<Arrival> arrivals;
  const auto talks = [&](const auto& from, const auto& to) {
    return std::ranges::any_of(families, [&](Family family) { return !extent(reach, from, to, family).some.empty(); });
  };
  for (const auto& [name, parties] : here) {
    if (there.contains(name)) continue;
    Arrival arrival{.name = name};
    for (const auto& [other, others] : here) {
      if (other == name || (is_outside(reach, parties) && is_outside(reach, others))) continue;
      arrival.reaches += talks(parties, others) ? 1 : 0;
      arrival.reached_by += talks(others, parties) ? 1 : 0;
    }
    arrivals.push_back(std::move(arrival));
  }
  return arrivals;
}

Difference Comparison::all() const {
  Difference difference;
  std::vector<Both> both;
  for (const auto& [name, parties] : new_) {
    const auto before = old_.find(name);
    if (before != old_.end()) both.push_back({name, before->second, parties});
  }
  for (const Both& to : both) {
    for (const Both& from : both) {
      if (is_outside(after_, from.after) && is_outside(after_, to.after)) continue;
      if (!same(from, to)) compare(from, to, difference.changes);
    }
  }
  difference.come = only_in(after_, new_, old_);
  difference.gone = only_in(before_, old_, new_);
  return difference;
}

}  // namespace

std::string name_of(const Party& party) {
  return party.kind == Party::Kind::pods ? party.ns + '/' + party.name : party.name;
}

Difference difference(const Reach& before, const Reach& after) {
  return Comparison(before, after).all();
}

}  // namespace selvedge::reach
