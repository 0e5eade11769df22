#include "test/property/random_tables.h"

#include "nft/text.h"
#include "nft/validate.h"
#include "test/property/dice.h"
#include "test/support/random_table.h"

namespace selvedge::test {
namespace {

using nft::Table;

class Lesser {
 public:
  explicit Lesser(const Table& table) : table_(table) {}

  std::vector<Table> all() {
    for (const std::string& name : table_.counters) keep(without([&](Table& t) { t.counters.erase(name); }));
    for (const auto& [name, chain] : table_.chains) lessen_chain(name, chain);
    for (const auto& [name, set] : table_.sets) lessen_set(name, set);
    for (const auto& [name, map] : table_.maps) lessen_map(name, map);
    return std::move(all_);
  }

 private:
  template <typename Change>
  Table without(Change change) const {
    Table copy = table_;
    change(copy);
    return copy;
  }
  void keep(Table table) {
    if (nft::validate(table).empty()) all_.push_back(std::move(table));
  }
  void lessen_chain(const std::string& name, const nft::Chain& chain) {
    keep(without([&](Table& t) { t.chains.erase(name); }));
    for (std::size_t i = 0; i < chain.rules.size(); ++i) {
      keep(without([&](Table& t) {
        auto& rules = t.chains.at(name).rules;
        rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(i));
      }));
      for (std::size_t m = 0; m < chain.rules[i].matches.size(); ++m) {
        keep(without([&](Table& t) {
          auto& matches = t.chains.at(name).rules[i].matches;
          matches.erase(matches.begin() + static_cast<std::ptrdiff_t>(m));
        }));
      }
    }
  }
  void lessen_set(const std::string& name, const nft::Set& set) {
    keep(without([&](Table& t) { t.sets.erase(name); }));
    for (std::size_t i = 0; i < std::min<std::size_t>(set.elements.size(), 8); ++i) {
      keep(without([&](Table& t) {
        auto& elements = t.sets.at(name).elements;
        elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(i));
      }));
    }
  }
  void lessen_map(const std::string& name, const nft::Map& map) {
    keep(without([&](Table& t) { t.maps.erase(name); }));
    if (map.elements.empty()) return;
    const nft::Key key = map.elements.begin()->first;
    keep(without([&](Table& t) { t.maps.at(name).elements.erase(key); }));
  }

  const Table& table_;
  std::vector<Table> all_;
};

}  // namespace

std::vector<Table> lesser(const Table& table) {
  return Lesser(table).all();
}

Table drifted(Table table, std::uint64_t seed) {
  Dice dice(seed);
  for (auto& [name, set] : table.sets) {
    if (dice.chance(20) && !set.elements.empty()) set.elements.pop_back();
  }
  for (auto& [name, map] : table.maps) {
    if (dice.chance(20) && !map.elements.empty()) map.elements.erase(map.elements.begin());
  }
  for (auto& [name, chain] : table.chains) {
    if (dice.chance(15) && !chain.rules.empty()) chain.rules.pop_back();
  }
  return table;
}

Table misshapen(Table table, std::uint64_t seed) {
  Dice dice(seed);
  for (auto& [name, set] : table.sets) {
    if (dice.chance(15)) set.comment = "of an older version";
    if (!set.interval || !dice.chance(30)) continue;
    set.interval = false;  // single elements, where intervals belong
    std::erase_if(set.elements, [](const nft::Element& element) { return element.first != element.last; });
  }
  for (auto& [name, map] : table.maps) {
    if (dice.chance(20)) map.comment = "of an older version";
  }
  for (auto& [name, chain] : table.chains) {
    if (chain.base && dice.chance(30)) chain.base->priority -= 1;
  }
  return table;
}

void showValue(const AnyTable& any, std::ostream& out) {
  out << '\n' << nft::to_text(any.table);
}

}  // namespace selvedge::test

rc::Gen<selvedge::test::AnyTable> rc::Arbitrary<selvedge::test::AnyTable>::arbitrary() {
  using selvedge::test::AnyTable;
  return [](Random random, int size) {
    selvedge::test::Random seeded(random.next());
    const auto most = [&](std::size_t of) { return 1 + of * static_cast<std::size_t>(size) / 100; };
    const selvedge::test::TableSize table_size{
        .sets = most(12), .maps = most(8), .elements = most(40), .chains = most(18), .rules = most(6)};
    AnyTable any{selvedge::test::random_table(seeded, table_size)};
    return shrinkable::shrinkRecur(std::move(any), [](const AnyTable& whole) {
      std::vector<AnyTable> all;
      for (auto& table : selvedge::test::lesser(whole.table)) all.push_back({std::move(table)});
      return seq::fromContainer(std::move(all));
    });
  };
}
