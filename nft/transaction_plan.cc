// From Changes to batches, each safe alone:
//
//   1 introduce   counters, sets (filled), maps, regular chains and their rules, map elements:
//                 all of it new, and nothing that packets pass leads to it yet
//   2 switch      what packets pass: new base chains, new content of chains, elements of sets and maps
//   3 remove      chains (emptied first), sets, maps, counters that nothing leads to any more
//
// A new base chain is live the moment it exists, so it belongs to 2: the maps it dispatches to
// were filled in 1. A base chain that goes stays until 3: were it removed in 2, a packet that
// was already past the place of its successor would meet neither.
//
// Within 2, chains are flushed and elements removed before anything is added. The kernel looks for
// circles at the end of a batch, but before Linux 6.6 at each jump: half-way there must be none.
#include <algorithm>
#include <cassert>
#include <set>
#include <string>
#include <utility>

#include "nft/references.h"
#include "nft/transaction.h"

namespace selvedge::nft {
namespace {

class Planner {
 public:
  Planner(const Table& current, const Changes& changes) : current_(current), changes_(changes) {}

  std::vector<Batch> batches() {
    std::vector<Batch> batches;
    for (const auto step : {&Planner::introduce, &Planner::switch_over, &Planner::empty_maps, &Planner::remove}) {
      ops_ = {AddTable{}};
      (this->*step)();
      if (ops_.size() > 1) batches.push_back(std::move(ops_));
    }
    return batches;
  }

 private:
  void introduce() {
    for (const auto& [name, is_new] : changes_.counters) {
      if (is_new) ops_.push_back(AddCounter{name});
    }
    for (const auto& [name, change] : changes_.sets) {
      if (const auto* set = std::get_if<Set>(&change)) introduce(name, *set);
    }
    for (const auto& [name, change] : changes_.maps) {
      const auto* map = std::get_if<Map>(&change);
      assert(!map || (!current_.maps.contains(name) && !current_.sets.contains(name)));
      if (map) ops_.push_back(AddMap{name, map->type, map->comment});
    }
    add_chains([this](const auto& name, const auto& chain) { return is_new(name) && !chain.base; });
    add_rules([this](const auto& name, const auto& chain) { return is_new(name) && !chain.base; });
    for (const auto& [name, change] : changes_.maps) {
      const auto* map = std::get_if<Map>(&change);
      if (map && !map->elements.empty()) ops_.push_back(AddMapElements{name, map->elements});
    }
  }

  void introduce(const std::string& name, const Set& set) {
    assert(!current_.sets.contains(name) && !current_.maps.contains(name));
    ops_.push_back(AddSet{name, set.type, set.interval, set.comment});
    if (!set.elements.empty()) ops_.push_back(AddElements{name, set.elements, set.interval});
  }

  bool is_interval(const std::string& set) const {
    const auto found = current_.sets.find(set);
    return found != current_.sets.end() && found->second.interval;
  }

  void switch_over() {
    for (const auto& [name, change] : changes_.chains) {
      if (std::holds_alternative<Chain>(change) && !is_new(name)) ops_.push_back(FlushChain{name});
    }
    for (const auto& [name, change] : changes_.maps) {
      const auto* delta = std::get_if<MapDelta>(&change);
      if (delta && !delta->remove.empty()) ops_.push_back(DeleteMapElements{name, delta->remove});
    }
    for (const auto& [name, change] : changes_.sets) {
      const auto* delta = std::get_if<SetDelta>(&change);
      if (delta && !delta->remove.empty()) ops_.push_back(DeleteElements{name, delta->remove, is_interval(name)});
      if (delta && !delta->add.empty()) ops_.push_back(AddElements{name, delta->add, is_interval(name)});
    }
    add_chains([this](const auto& name, const auto& chain) { return is_new(name) && chain.base; });
    add_rules([this](const auto& name, const auto& chain) { return !is_new(name) || chain.base; });
    for (const auto& [name, change] : changes_.maps) {
      const auto* delta = std::get_if<MapDelta>(&change);
      if (delta && !delta->add.empty()) ops_.push_back(AddMapElements{name, delta->add});
    }
  }

  // Before Linux 6.2 a chain cannot be deleted in the batch that removes a map's element which
  // leads to it, so a map that goes together with such a chain needs a batch before remove().
  // It is emptied only here, not in switch_over(): packets that started under the old rules may
  // still look it up, and a miss would let them through. The base chains that go leave with the elements:
  // they would decide by what follows the lookup.
  void empty_maps() {
    for (const auto& [name, map] : current_.maps) {
      if (!is_gone(changes_.maps, name) || !leads_to_gone_chain(map)) continue;
      std::vector<Key> keys;
      for (const auto& [key, verdict] : map.elements) keys.push_back(key);
      ops_.push_back(DeleteMapElements{name, std::move(keys)});
    }
    if (ops_.size() > 1) remove_base_chains();
  }

  void remove_base_chains() {
    for (const auto& name : gone(changes_.chains, current_.chains)) {
      if (!current_.chains.at(name).base) continue;
      ops_.push_back(FlushChain{name});
      ops_.push_back(DeleteChain{name});
      removed_.insert(name);
    }
  }

  bool leads_to_gone_chain(const Map& map) const {
    return std::any_of(map.elements.begin(), map.elements.end(), [this](const auto& element) {
      const auto target = target_of(element.second);
      return target && is_gone(changes_.chains, std::string(*target));
    });
  }

  // Maps before chains: an element that did not decode may still lead to a chain.
  void remove() {
    auto chains = gone(changes_.chains, current_.chains);
    std::erase_if(chains, [this](const auto& name) { return removed_.contains(name); });
    for (const auto& name : chains) ops_.push_back(FlushChain{name});
    for (const auto& name : gone(changes_.sets, current_.sets)) ops_.push_back(DeleteSet{name});
    for (const auto& name : gone(changes_.maps, current_.maps)) ops_.push_back(DeleteSet{name});
    for (const auto& name : chains) ops_.push_back(DeleteChain{name});
    for (const auto& [name, is_new] : changes_.counters) {
      if (!is_new && current_.counters.contains(name)) ops_.push_back(DeleteCounter{name});
    }
  }

  template <typename Change>
  static bool is_gone(const std::map<std::string, Change>& changes, const std::string& name) {
    const auto change = changes.find(name);
    return change != changes.end() && std::holds_alternative<Gone>(change->second);
  }

  template <typename Change, typename Object>
  static std::vector<std::string> gone(const std::map<std::string, Change>& changes,
                                       const std::map<std::string, Object>& current) {
    std::vector<std::string> names;
    for (const auto& [name, change] : changes) {
      if (std::holds_alternative<Gone>(change) && current.contains(name)) names.push_back(name);
    }
    return names;
  }

  template <typename Belongs>
  void add_chains(Belongs belongs) {
    for (const auto& [name, change] : changes_.chains) {
      const auto* chain = std::get_if<Chain>(&change);
      if (chain && belongs(name, *chain)) ops_.push_back(AddChain{name, chain->base});
    }
  }

  template <typename Belongs>
  void add_rules(Belongs belongs) {
    for (const auto& [name, change] : changes_.chains) {
      const auto* chain = std::get_if<Chain>(&change);
      if (!chain || !belongs(name, *chain)) continue;
      assert(is_new(name) || same_shape(*chain, current_.chains.at(name)));
      for (const Rule& rule : chain->rules) ops_.push_back(AddRule{name, rule});
    }
  }

  bool is_new(const std::string& chain) const { return !current_.chains.contains(chain); }

  const Table& current_;
  const Changes& changes_;
  Batch ops_;
  std::set<std::string> removed_;  // chains, by an earlier batch
};

}  // namespace

std::vector<Batch> plan(const Table& current, const Changes& changes) {
  return Planner(current, changes).batches();
}

}  // namespace selvedge::nft
