// From Changes to batches, each safe alone:
//
//   1 introduce   counters, sets (filled), maps, regular chains and their rules, map elements:
//                 all of it new, and nothing that packets pass leads to it yet
//   2 switch      what packets pass: new base chains, new content of chains, elements of sets and maps
//   3 remove      base chains, in a batch of their own: a packet in flight in one may look up what goes with it.
//                 Then chains (emptied first), sets, maps, counters that nothing leads to any more
//
// A new base chain is live the moment it exists, so it belongs to 2: the maps it dispatches to
// were filled in 1. A base chain that goes stays until 3: were it removed in 2, a packet that
// was already past the place of its successor would meet neither.
//
// What nothing leads to may come and go in parts: 1 and 3 are cut where a batch grows large, between operations
// or between a set's elements. 2 is not, or packets would meet what is neither the old state nor the new one: not even
// an element may come early, as another rule may ask for it together with one that leaves. Only elements
// that all come, or all leave, can do so one after another: each state on the way lies between the two. And some
// changes are better carried out in a few parts in a certain order (transaction_order.h).
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
#include "nft/transaction_order.h"

namespace selvedge::nft {
namespace {

// What `op` takes in a netlink message, about: a bound for batches, not a length.
struct Bytes {
  static constexpr std::size_t message = 64;  // its headers and the table's name
  static constexpr std::size_t rule = 640;    // its expressions: at most a dozen; its comment and names

  static std::size_t of(const Element& element, bool interval) {
    return (interval ? 2 : 1) * (element.first.size + 24U);
  }

  std::size_t operator()(const AddElements& op) const { return message + op.set.size(); }
  std::size_t operator()(const AddMapElements& op) const { return message + op.elements.size() * 160; }
  std::size_t operator()(const AddRule&) const { return message + rule; }
  template <typename Other>
  std::size_t operator()(const Other&) const {
    return 2 * message;
  }
};

class Planner {
 public:
  Planner(const Table& current, const Changes& changes, const TakeBatch& take, std::size_t limit)
      : current_(current), changes_(changes), take_(take), limit_(limit) {
    for (const auto& [name, change] : changes.chains) {
      if (!current.chains.contains(name)) new_chains_.insert(name);
    }
  }

  void run() {
    const bool monotone = only_adds_elements() || only_removes_elements();
    const auto parts = parts_in_order(current_, changes_);
    run({&Planner::introduce, true});
    for (const Changes& part : parts) {
      switching_ = &part;
      run({&Planner::switch_over, false});
    }
    if (parts.empty()) run({&Planner::switch_over, monotone});
    run({&Planner::remove_base_chains, false});
    run({&Planner::empty_maps, false});
    run({&Planner::remove, true});
  }

 private:
  struct Step {
    void (Planner::*operations)();
    bool in_parts = false;  // may become several batches
  };

  void run(const Step& step) {
    in_parts_ = step.in_parts;
    (this->*step.operations)();
    finish_batch();
  }

  // A batch is handed over when it is complete; after a refusal nothing more is.
  void finish_batch() {
    if (ops_.size() > 1 && going_) going_ = take_(std::move(ops_));
    ops_ = {AddTable{}};
    bytes_ = 0;
  }

  void put(Op op) {
    if (!going_) return;
    const std::size_t bytes = std::visit(Bytes{}, op);
    if (in_parts_ && bytes_ + bytes > limit_) finish_batch();
    ops_.push_back(std::move(op));
    bytes_ += bytes;
  }

  // In as many operations as it takes.
  template <typename ElementsOp>
  void put_elements(const std::string& set, const std::vector<Element>& elements, bool interval) {
    for (auto next = elements.begin(); next != elements.end() && going_;) {
      const std::size_t each = Bytes::of(*next, interval);
      if (in_parts_ && bytes_ + each > limit_) finish_batch();
      const std::size_t room = in_parts_ ? std::max<std::size_t>(1, (limit_ - bytes_) / each) : elements.size();
      const auto count = std::min(static_cast<std::ptrdiff_t>(room), elements.end() - next);
      put(ElementsOp{set, {next, next + count}, interval});
      bytes_ += static_cast<std::size_t>(count) * each;
      next += count;
    }
  }

  bool only_adds_elements() const {
    return only_elements() && std::ranges::all_of(changes_.sets, [](const auto& change) {
             const auto* delta = std::get_if<SetDelta>(&change.second);
             return !delta || delta->remove.empty();
           });
  }
  bool only_removes_elements() const {
    return only_elements() && std::ranges::all_of(changes_.sets, [](const auto& change) {
             const auto* delta = std::get_if<SetDelta>(&change.second);
             return !delta || delta->add.empty();
           });
  }
  // Whether what is in force changes by elements of sets alone.
  bool only_elements() const {
    return std::ranges::all_of(changes_.maps,
                               [](const auto& change) { return !std::holds_alternative<MapDelta>(change.second); }) &&
           std::ranges::all_of(changes_.chains, [this](const auto& change) {
             const auto* chain = std::get_if<Chain>(&change.second);
             return !chain || (is_new(change.first) && !chain->base);
           });
  }

  void introduce() {
    for (const auto& [name, is_new] : changes_.counters) {
      if (is_new) put(AddCounter{name});
    }
    for (const auto& [name, change] : changes_.sets) {
      if (const auto* set = std::get_if<Set>(&change)) introduce(name, *set);
    }
    for (const auto& [name, change] : changes_.maps) {
      const auto* map = std::get_if<Map>(&change);
      assert(!map || (!current_.maps.contains(name) && !current_.sets.contains(name)));
      if (map) put(AddMap{name, map->type, map->comment});
    }
    add_chains([this](const auto& name, const auto& chain) { return is_new(name) && !chain.base; }, changes_);
    add_rules([this](const auto& name, const auto& chain) { return is_new(name) && !chain.base; }, changes_);
    for (const auto& [name, change] : changes_.maps) {
      const auto* map = std::get_if<Map>(&change);
      if (map && !map->elements.empty()) put(AddMapElements{name, map->elements});
    }
  }

  void introduce(const std::string& name, const Set& set) {
    assert(!current_.sets.contains(name) && !current_.maps.contains(name));
    put(AddSet{name, set.type, set.interval, set.comment});
    put_elements<AddElements>(name, set.elements, set.interval);
  }

  bool is_interval(const std::string& set) const {
    const auto found = current_.sets.find(set);
    return found != current_.sets.end() && found->second.interval;
  }

  void switch_over() {
    for (const auto& [name, change] : switching_->chains) {
      if (std::holds_alternative<Chain>(change) && !is_new(name)) put(FlushChain{name});
    }
    for (const auto& [name, change] : switching_->maps) {
      const auto* delta = std::get_if<MapDelta>(&change);
      if (delta && !delta->remove.empty()) put(DeleteMapElements{name, delta->remove});
    }
    for (const auto& [name, change] : switching_->sets) {
      const auto* delta = std::get_if<SetDelta>(&change);
      if (!delta) continue;
      put_elements<DeleteElements>(name, delta->remove, is_interval(name));
      put_elements<AddElements>(name, delta->add, is_interval(name));
    }
    add_chains([this](const auto& name, const auto& chain) { return is_new(name) && chain.base; }, *switching_);
    add_rules([this](const auto& name, const auto& chain) { return !is_new(name) || chain.base; }, *switching_);
    for (const auto& [name, change] : switching_->maps) {
      const auto* delta = std::get_if<MapDelta>(&change);
      if (delta && !delta->add.empty()) put(AddMapElements{name, delta->add});
    }
  }

  // Before Linux 6.2 a chain cannot be deleted in the batch that removes a map's element which
  // leads to it, so a map that goes together with such a chain needs a batch before remove().
  // It is emptied only here, not in switch_over(): packets that started under the old rules may
  // still look it up, and what follows a miss would decide on them.
  void empty_maps() {
    for (const auto& [name, map] : current_.maps) {
      if (!is_gone(changes_.maps, name) || !leads_to_gone_chain(map)) continue;
      std::vector<Key> keys;
      for (const auto& [key, verdict] : map.elements) keys.push_back(key);
      put(DeleteMapElements{name, std::move(keys)});
    }
  }

  // Before what they look up.
  void remove_base_chains() {
    for (const auto& name : gone(changes_.chains, current_.chains)) {
      if (!current_.chains.at(name).base) continue;
      put(FlushChain{name});
      put(DeleteChain{name});
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
    std::erase_if(chains, [this](const auto& name) { return current_.chains.at(name).base.has_value(); });
    for (const auto& name : chains) put(FlushChain{name});
    for (const auto& name : gone(changes_.sets, current_.sets)) put(DeleteSet{name});
    for (const auto& name : gone(changes_.maps, current_.maps)) put(DeleteSet{name});
    for (const auto& name : chains) put(DeleteChain{name});
    for (const auto& [name, is_new] : changes_.counters) {
      if (!is_new && current_.counters.contains(name)) put(DeleteCounter{name});
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
  void add_chains(Belongs belongs, const Changes& changes) {
    for (const auto& [name, change] : changes.chains) {
      const auto* chain = std::get_if<Chain>(&change);
      if (chain && belongs(name, *chain)) put(AddChain{name, chain->base});
    }
  }

  template <typename Belongs>
  void add_rules(Belongs belongs, const Changes& changes) {
    for (const auto& [name, change] : changes.chains) {
      const auto* chain = std::get_if<Chain>(&change);
      if (!chain || !belongs(name, *chain)) continue;
      assert(is_new(name) || same_shape(*chain, current_.chains.at(name)));
      for (const Rule& rule : chain->rules) put(AddRule{name, rule});
    }
  }

  bool is_new(const std::string& chain) const { return new_chains_.contains(chain); }

  const Table& current_;
  const Changes& changes_;
  const Changes* switching_ = &changes_;  // what of it, in the batch at hand
  const TakeBatch& take_;
  const std::size_t limit_;
  std::set<std::string_view> new_chains_;  // at the start: what is taken may be carried out at once
  Batch ops_{AddTable{}};
  std::size_t bytes_ = 0;  // of the batch so far, about
  bool in_parts_ = false;  // the step at hand
  bool going_ = true;
};

}  // namespace

void plan(const Table& current, const Changes& changes, const TakeBatch& take, std::size_t limit) {
  Planner(current, changes, take, limit).run();
}

std::vector<Batch> plan(const Table& current, const Changes& changes, std::size_t limit) {
  std::vector<Batch> batches;
  const auto keep = [&batches](Batch batch) {
    batches.push_back(std::move(batch));
    return true;
  };
  plan(current, changes, keep, limit);
  return batches;
}

}  // namespace selvedge::nft
