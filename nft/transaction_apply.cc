// The kernel's side of a batch, in memory. Each operation is checked, then done, and leaves
// behind how to take it back; the first refusal takes back all. So the cost is that of
// the batch, not of the table: who still refers to what is deleted is counted as rules come and go, and
// only jumps that may go too deep or in a circle (jump_levels.h) are followed through the whole table.
#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "nft/held_table.h"
#include "nft/references.h"
#include "nft/text.h"
#include "nft/transaction.h"

namespace selvedge::nft {
namespace {

struct Fault {
  int code = 0;
  std::string message;
};
using Result = std::optional<Fault>;  // none: done
constexpr std::nullopt_t done = std::nullopt;

constexpr std::size_t longest_name = 255;

std::string_view word(Reference::To to) {
  switch (to) {
    case Reference::To::chain:
      return "chain";
    case Reference::To::set:
      return "set";
    case Reference::To::map:
      return "map";
    case Reference::To::counter:
      return "counter";
  }
  return "object";
}

Fault fault(int code, Reference::To kind, std::string_view name, std::string_view what) {
  return {code, std::string(word(kind)) + ' ' + std::string(name) + ": " + std::string(what)};
}

// A node handle can only be moved, but a std::function must be copyable.
template <typename Node>
std::shared_ptr<Node> keep(Node node) {
  return std::make_shared<Node>(std::move(node));
}

}  // namespace

class HeldTable::Transaction {
 public:
  explicit Transaction(State& state) : state_(state) {}

  tl::expected<void, Refusal> carry_out(const Batch& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      at_ = i;
      const bool lost = gone_ && !std::holds_alternative<AddTable>(batch[i]);
      auto result = lost ? Result(Fault{ENOENT, "table " + table_.name + ": does not exist"})
                         : std::visit([this](const auto& op) { return apply(op); }, batch[i]);
      if (result) return take_back({i, result->code, std::move(result->message)});
    }
    if (doubtful_jump_) {
      if (auto bad = bad_jump()) return take_back({last_jump_, bad->code, std::move(bad->message)});
      state_.levels = JumpLevels(table_);
    }
    forget_levels();
    return {};
  }

 private:
  using To = Reference::To;

  tl::unexpected<Refusal> take_back(Refusal refusal) {
    while (!undo_.empty()) {
      undo_.back()();
      undo_.pop_back();
    }
    return tl::unexpected(std::move(refusal));
  }

  template <typename Step>
  void on_refusal(Step step) {
    undo_.emplace_back(std::move(step));
  }

  // ---- tables and counters

  Result apply(const AddTable&) {
    on_refusal([this, was = gone_] { gone_ = was; });
    gone_ = false;
    return done;
  }

  Result apply(const DeleteTable&) {
    State empty;
    empty.outline.name = table_.name;
    on_refusal([this, old = keep(std::exchange(state_, std::move(empty)))] {
      state_ = std::move(*old);
      gone_ = false;
    });
    gone_ = true;
    return done;
  }

  Result apply(const AddCounter& op) {
    if (auto bad = bad_name(To::counter, op.name)) return bad;
    if (table_.counters.insert(op.name).second) on_refusal([this, name = op.name] { table_.counters.erase(name); });
    return done;
  }

  Result apply(const DeleteCounter& op) {
    if (!table_.counters.contains(op.name)) return missing(To::counter, op.name);
    if (uses().in_use(To::counter, op.name)) return fault(EBUSY, To::counter, op.name, "is used by a rule");
    table_.counters.erase(op.name);
    on_refusal([this, name = op.name] { table_.counters.insert(name); });
    return done;
  }

  // ---- sets

  Result apply(const AddSet& op) {
    if (auto bad = bad_name(To::set, op.name)) return bad;
    if (op.type.empty()) return fault(EINVAL, To::set, op.name, "has no key type");
    if (op.interval && op.type.size() > 1) return fault(EOPNOTSUPP, To::set, op.name, "concatenated intervals");
    if (table_.maps.contains(op.name)) return fault(EEXIST, To::set, op.name, "a map has this name");
    const auto [set, added] = table_.sets.try_emplace(op.name, Set{op.type, op.interval, op.comment, {}});
    if (!added && (set->second.type != op.type || set->second.interval != op.interval)) {
      return fault(EEXIST, To::set, op.name, "exists with another type");
    }
    if (!added) return done;
    state_.elements.emplace(op.name, PackedElements(op.type, op.interval));
    on_refusal([this, name = op.name] {
      table_.sets.erase(name);
      state_.elements.erase(name);
    });
    return done;
  }

  Result apply(const AddElements& op) {
    if (table_.maps.contains(op.set)) return fault(EINVAL, To::map, op.set, "its elements need a verdict");
    const auto set = table_.sets.find(op.set);
    if (set == table_.sets.end()) return missing(To::set, op.set);
    if (auto bad = bad_elements(op.set, set->second, op)) return bad;
    PackedElements& elements = state_.elements.at(op.set);
    auto added = elements.add(op.elements);
    if (!added) {
      return fault(EEXIST, To::set, op.set, "an element overlaps " + to_text(set->second.type, added.error()));
    }
    on_refusal([&elements, added = std::move(*added)]() mutable { elements.remove(std::move(added)); });
    return done;
  }

  Result apply(const DeleteElements& op) {
    const auto set = table_.sets.find(op.set);
    if (set == table_.sets.end()) return missing(To::set, op.set);
    if (auto bad = bad_elements(op.set, set->second, op)) return bad;
    PackedElements& elements = state_.elements.at(op.set);
    const auto deleted = elements.remove(op.elements);
    if (!deleted) return fault(ENOENT, To::set, op.set, "does not hold " + to_text(set->second.type, deleted.error()));
    on_refusal([&elements, &op] { elements.add(op.elements); });
    return done;
  }

  Result apply(const DeleteSet& op) {
    const auto set = table_.sets.find(op.name);
    const auto map = table_.maps.find(op.name);
    if (set == table_.sets.end() && map == table_.maps.end()) return missing(To::set, op.name);
    if (uses().in_use(To::set, op.name)) return fault(EBUSY, To::set, op.name, "is used by a rule");
    if (map != table_.maps.end()) return delete_map(map);
    on_refusal([this, node = keep(table_.sets.extract(set)), elements = keep(state_.elements.extract(op.name))] {
      table_.sets.insert(std::move(*node));
      state_.elements.insert(std::move(*elements));
    });
    return done;
  }

  // ---- maps

  Result delete_map(std::map<std::string, Map>::iterator map) {
    for (const auto& [key, verdict] : map->second.elements) uses().remove(verdict);
    gone_maps_.push_back(map->first);
    on_refusal([this, node = keep(table_.maps.extract(map))] {
      for (const auto& [key, verdict] : node->mapped().elements) uses().add(verdict);
      table_.maps.insert(std::move(*node));
    });
    return done;
  }

  Result apply(const AddMap& op) {
    if (auto bad = bad_name(To::map, op.name)) return bad;
    if (op.type.empty()) return fault(EINVAL, To::map, op.name, "has no key type");
    if (table_.sets.contains(op.name)) return fault(EEXIST, To::map, op.name, "a set has this name");
    const auto [map, added] = table_.maps.try_emplace(op.name, Map{op.type, op.comment, {}});
    if (!added && map->second.type != op.type) return fault(EEXIST, To::map, op.name, "exists with another type");
    if (added) on_refusal([this, name = op.name] { table_.maps.erase(name); });
    return done;
  }

  Result apply(const AddMapElements& op) {
    if (table_.sets.contains(op.map)) return fault(EINVAL, To::set, op.map, "its elements have no verdict");
    const auto map = table_.maps.find(op.map);
    if (map == table_.maps.end()) return missing(To::map, op.map);
    for (const auto& [key, verdict] : op.elements) {
      if (key.size != register_size(map->second.type)) {
        return fault(EINVAL, To::map, op.map, "an element does not fit the key type");
      }
      if (!fits_in_map(verdict)) return fault(EINVAL, To::map, op.map, "an element dispatches or logs");
      if (auto bad = bad_target(verdict)) return bad;
      const auto [old, added] = map->second.elements.emplace(key, verdict);
      if (!added && old->second != verdict) return fault(EEXIST, To::map, op.map, "a key has another verdict");
      if (!added) continue;
      uses().add(verdict);
      on_refusal([this, &elements = map->second.elements, element = old] {
        uses().remove(element->second);
        elements.erase(element);
      });
      note_jump(verdict, state_.levels.led_on_from_map(table_, op.map, verdict));
    }
    return done;
  }

  Result apply(const DeleteMapElements& op) {
    const auto map = table_.maps.find(op.map);
    if (map == table_.maps.end()) return missing(To::map, op.map);
    auto& elements = map->second.elements;
    for (const Key& key : op.keys) {
      const auto element = elements.find(key);
      if (element == elements.end()) return fault(ENOENT, To::map, op.map, "does not hold an element to be deleted");
      uses().remove(element->second);
      on_refusal([this, &elements, node = keep(elements.extract(element))] {
        uses().add(node->mapped());
        elements.insert(std::move(*node));
      });
    }
    return done;
  }

  // ---- chains and rules

  Result apply(const AddChain& op) {
    if (auto bad = bad_name(To::chain, op.name)) return bad;
    const auto [chain, added] = table_.chains.try_emplace(op.name, Chain{op.base, {}});
    if (added) on_refusal([this, name = op.name] { table_.chains.erase(name); });
    if (op.base && chain->second.base != op.base) return fault(EEXIST, To::chain, op.name, "exists with another hook");
    return done;
  }

  Result apply(const DeleteChain& op) {
    const auto chain = table_.chains.find(op.name);
    if (chain == table_.chains.end()) return missing(To::chain, op.name);
    if (uses().in_use(To::chain, op.name)) return fault(EBUSY, To::chain, op.name, "is led to by a rule or a map");
    release(chain->second.rules);
    gone_chains_.push_back(op.name);
    on_refusal([this, node = keep(table_.chains.extract(chain))] {
      hold(node->mapped().rules);
      table_.chains.insert(std::move(*node));
    });
    return done;
  }

  Result apply(const FlushChain& op) {
    const auto chain = table_.chains.find(op.name);
    if (chain == table_.chains.end()) return missing(To::chain, op.name);
    auto& rules = chain->second.rules;
    release(rules);
    on_refusal([this, &rules, old = std::exchange(rules, {})]() mutable {
      rules = std::move(old);
      hold(rules);
    });
    return done;
  }

  Result apply(const AddRule& op) {
    const auto chain = table_.chains.find(op.chain);
    if (chain == table_.chains.end()) return missing(To::chain, op.chain);
    const auto references = references_of(op.rule);
    for (const Reference& reference : references) {
      if (auto bad = bad_reference(reference)) return bad;
    }
    if (auto bad = bad_target(op.rule.verdict)) return bad;
    chain->second.rules.push_back(op.rule);
    uses().add(references);
    on_refusal([this, &rules = chain->second.rules] {
      uses().remove(references_of(rules.back()));
      rules.pop_back();
    });
    note_jump(op.rule.verdict, state_.levels.led_on_from_chain(table_, op.chain, op.rule.verdict));
    return done;
  }

  // ---- what they ask

  static Result missing(To kind, const std::string& name) { return fault(ENOENT, kind, name, "does not exist"); }

  static Result bad_name(To kind, const std::string& name) {
    if (name.empty()) return fault(EINVAL, kind, name, "has no name");
    if (name.size() > longest_name) return fault(ERANGE, kind, name, "its name is longer than 255 bytes");
    return done;
  }

  Result bad_reference(const Reference& reference) const {
    const std::string name(reference.name);
    if (reference.to == To::chain) return table_.chains.contains(name) ? done : missing(To::chain, name);
    if (reference.to == To::counter) return table_.counters.contains(name) ? done : missing(To::counter, name);
    const KeyType* type = nullptr;
    if (const auto set = table_.sets.find(name); set != table_.sets.end() && reference.to == To::set) {
      type = &set->second.type;
    }
    if (const auto map = table_.maps.find(name); map != table_.maps.end() && reference.to == To::map) {
      type = &map->second.type;
    }
    if (!type) return missing(reference.to, name);
    if (*type != reference.type) return fault(EINVAL, reference.to, name, "its keys are not what is looked up");
    return done;
  }

  Result bad_target(const Verdict& verdict) const {
    const auto target = target_of(verdict);
    if (!target) return done;
    const auto chain = table_.chains.find(std::string(*target));
    if (chain == table_.chains.end()) return missing(To::chain, std::string(*target));
    if (chain->second.base) return fault(EOPNOTSUPP, To::chain, *target, "is a base chain and cannot be jumped to");
    return done;
  }

  template <typename ElementsOp>
  static Result bad_elements(const std::string& name, const Set& set, const ElementsOp& op) {
    if (op.interval != set.interval) {
      return fault(EINVAL, To::set, name, set.interval ? "its elements are intervals" : "its elements are single keys");
    }
    const auto size = register_size(set.type);
    const bool fit = std::all_of(op.elements.begin(), op.elements.end(), [&](const Element& element) {
      if (element.first.size != size || element.last.size != size || size > sizeof element.first.bytes) return false;
      return set.interval ? element.first <= element.last : element.first == element.last;
    });
    if (!fit) return fault(EINVAL, To::set, name, "an element does not fit the key type");
    return done;
  }

  // ---- what lasts from batch to batch

  UseCounts& uses() { return state_.uses; }

  void hold(const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) uses().add(references_of(rule));
  }
  void release(const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) uses().remove(references_of(rule));
  }

  void note_jump(const Verdict& verdict, bool fits) {
    if (!target_of(verdict) && !map_of(verdict)) return;
    last_jump_ = at_;
    doubtful_jump_ = !fits;
  }

  Result bad_jump() const {
    for (const JumpFault& jump : jump_faults(table_)) {
      if (!jump.live) continue;
      const bool circle = jump.kind == JumpFault::Kind::circle;
      return fault(EMLINK, To::chain, jump.chain, circle ? "jumps in a circle" : "lies deeper than 16 chains");
    }
    return done;
  }

  // Only now: until the batch is done, what went may come back, and all that led to it.
  void forget_levels() {
    for (const auto& name : gone_chains_) {
      if (!table_.chains.contains(name)) state_.levels.forget_chain(name);
    }
    for (const auto& name : gone_maps_) {
      if (!table_.maps.contains(name)) state_.levels.forget_map(name);
    }
  }

  State& state_;
  Table& table_ = state_.outline;
  std::vector<std::function<void()>> undo_;
  std::vector<std::string> gone_chains_;
  std::vector<std::string> gone_maps_;
  std::size_t last_jump_ = 0;   // the last operation that led on to a chain or map
  bool doubtful_jump_ = false;  // it or one before it may go too deep or in a circle
  std::size_t at_ = 0;
  bool gone_ = false;  // deleted by this batch
};

tl::expected<void, Refusal> HeldTable::apply(const Batch& batch) {
  return Transaction(state_).carry_out(batch);
}

}  // namespace selvedge::nft
