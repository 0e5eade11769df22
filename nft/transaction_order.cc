#include "nft/transaction_order.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "nft/chain_effect.h"
#include "nft/references.h"

namespace selvedge::nft {
namespace {

// Its address, if its first field is one.
std::optional<Key> address_in(const Key& key, const KeyType& type) {
  if (type.empty() || (type[0] != Field::ipv4_addr && type[0] != Field::ipv6_addr)) return std::nullopt;
  Key address{.bytes = {}, .size = static_cast<std::uint8_t>(width(type[0]))};
  std::copy_n(key.bytes.begin(), address.size, address.bytes.begin());
  return address;
}

// Where a key that a map lacks is dropped all the same: by each base chain that looks it up. Some ask by which
// interface a packet goes, too: it is taken for granted that those of the key go by that one.
class Guards {
 public:
  explicit Guards(const Table& table) {
    for (const auto& [name, chain] : table.chains)
      if (chain.base) note(chain, table);
  }

  bool ask_for_interfaces() const { return ask_for_interfaces_; }
  bool hold(const std::string& map, const Key& key) const {
    const auto chains = ranges_.find(map);
    const auto address = address_of(key);
    if (chains == ranges_.end() || !address) return false;
    return std::ranges::all_of(chains->second, [&](const std::vector<Prefix>& ranges) {
      return std::ranges::any_of(ranges, [&](const Prefix& range) { return contains(range, *address); });
    });
  }

 private:
  static bool drops(const Verdict& verdict, const Table& table) {
    const auto* go = std::get_if<Goto>(&verdict);
    if (go == nullptr) return std::holds_alternative<Drop>(verdict);
    const auto there = table.chains.find(go->chain);
    return there != table.chains.end() && drops_all(there->second);
  }

  void note(const Chain& chain, const Table& table) {
    for (auto rule = chain.rules.begin(); rule != chain.rules.end(); ++rule) {
      const auto* dispatch = std::get_if<Dispatch>(&rule->verdict);
      if (dispatch == nullptr) continue;
      auto& ranges = ranges_[dispatch->map].emplace_back();
      for (auto later = rule + 1; later != chain.rules.end(); ++later) {
        if (later->matches.empty() || !drops(later->verdict, table)) continue;
        const auto* match = std::get_if<MatchAddress>(&later->matches.front());
        if (!match || match->side != dispatch->side) continue;
        ranges.push_back(match->prefix);
        ask_for_interfaces_ |= std::ranges::any_of(
            later->matches, [](const Match& one) { return std::holds_alternative<MatchInterface>(one); });
      }
    }
  }

  std::map<std::string, std::vector<std::vector<Prefix>>> ranges_;  // by map: of each chain that looks it up
  bool ask_for_interfaces_ = false;
};

class Parts {
 public:
  Parts(const Table& current, const Changes& changes) : current_(current), changes_(changes), guards_(current) {}

  std::vector<Changes> in_order() {
    if (brings_base_chain()) return {};  // it is live at once: what it is to judge by must not come later
    const bool one_pod = is_about_one_pod();
    if (!one_pod && changes_elements()) return {};  // before they are copied: there may be many
    sort();
    std::vector<Changes> parts = one_pod ? around_the_pod() : both_ways();
    std::erase_if(parts, [](const Changes& part) { return part.empty(); });
    if (parts.size() < 2) return {};
    merge(parts.front(), same_);
    return parts;
  }

  // Whether some packet sees a change give what another sees it take: where it goes by another interface than those of
  // its address do, it passed the guard.
  bool turns_with_the_interface() const {
    if (!guards_.ask_for_interfaces()) return false;
    return std::ranges::any_of(changes_.maps, [this](const auto& change) {
      const auto* delta = std::get_if<MapDelta>(&change.second);
      return delta && turns_with_the_interface(change.first, *delta);
    });
  }

  // After in_order() found none.
  bool needs_none() {
    leaves_ = enters_ = narrows_ = widens_ = mixed_ = same_ = {};
    sort();
    const bool gives = !enters_.empty() || !widens_.empty(), takes = !leaves_.empty() || !narrows_.empty();
    return (mixed_.empty() && !(gives && takes)) || is_in_one_place();
  }

 private:
  static std::vector<Changes> two(Changes first, Changes second) { return {std::move(first), std::move(second)}; }

  static void merge(Changes& into, const Changes& from) {
    into.chains.insert(from.chains.begin(), from.chains.end());
    for (const auto& [name, change] : from.maps) {
      auto& delta = std::get<MapDelta>(into.maps.try_emplace(name, MapDelta{}).first->second);
      const auto& more = std::get<MapDelta>(change);
      delta.remove.insert(delta.remove.end(), more.remove.begin(), more.remove.end());
      delta.add.insert(more.add.begin(), more.add.end());
    }
  }

  std::vector<Changes> around_the_pod() {
    const bool enters = !enters_.empty(), leaves = !leaves_.empty();
    if ((!enters && !leaves) || is_let_go_of_by_what_narrows()) return {};
    if (!mixed_.empty()) {
      if (enters == leaves) return {};
      merge(mixed_, narrows_);
      merge(mixed_, widens_);
      return leaves ? two(leaves_, mixed_) : two(mixed_, enters_);
    }
    if (!enters) merge(leaves_, narrows_), narrows_ = {};
    if (!leaves) merge(enters_, widens_), widens_ = {};
    return {narrows_, enters_, leaves_, widens_};
  }

  // An address is led away from a chain that loses rules with it, such as that it may reach itself: it is to meet them
  // all, or none.
  bool is_let_go_of_by_what_narrows() const {
    return std::ranges::any_of(widens_.maps, [this](const auto& change) {
      const auto& elements = current_.maps.at(change.first).elements;
      return std::ranges::any_of(std::get<MapDelta>(change.second).remove, [&](const Key& key) {
        const auto element = elements.find(key);
        const auto target = element == elements.end() ? std::nullopt : target_of(element->second);
        return target && narrows_.chains.contains(std::string(*target));
      });
    });
  }

  std::vector<Changes> both_ways() const { return turns_both_ways() ? two(narrows_, widens_) : std::vector<Changes>(); }

  // ---- one pod -------------------------------------------------------------------------

  bool is_about_one_pod() {
    for (const auto& [name, change] : changes_.sets)
      if (const auto* delta = std::get_if<SetDelta>(&change); delta && !is_about_it(name, *delta)) return false;
    for (const auto& [name, change] : changes_.maps)
      if (const auto* delta = std::get_if<MapDelta>(&change); delta && !is_about_it(name, *delta)) return false;
    if (pod_.empty()) return false;
    const std::set<std::string> own = own_chains();
    return std::ranges::all_of(changes_.chains, [&](const auto& change) {
      const auto* chain = std::get_if<Chain>(&change.second);
      const auto before = current_.chains.find(change.first);
      const bool held = before != current_.chains.end();
      if (held && chain && effect_of(before->second, *chain) == Effect::none) return true;
      if (held && before->second.base) return false;
      if (!chain || !held) return true;
      return own.contains(change.first);
    });
  }

  bool is_about_it(const std::string& name, const SetDelta& delta) {
    const auto set = current_.sets.find(name);
    if (set == current_.sets.end()) return false;
    const auto about_it = [&](const Element& element) {
      return element.first == element.last && is_pods(element.first, set->second.type);
    };
    return std::ranges::all_of(delta.add, about_it) && std::ranges::all_of(delta.remove, about_it);
  }
  bool is_about_it(const std::string& name, const MapDelta& delta) {
    const auto map = current_.maps.find(name);
    if (map == current_.maps.end()) return false;
    const auto& type = map->second.type;
    return std::ranges::all_of(delta.remove, [&](const Key& key) { return is_pods(key, type); }) &&
           std::ranges::all_of(delta.add, [&](const auto& element) { return is_pods(element.first, type); });
  }

  // The first address of a family is the pod's; it may have no other.
  bool is_pods(const Key& key, const KeyType& type) {
    const auto address = address_in(key, type);
    if (!address) return false;
    const auto known = std::ranges::find(pod_, address->size, &Key::size);
    if (known != pod_.end()) return *known == *address;
    pod_.push_back(*address);
    return true;
  }

  // Those that its addresses lead to, now or then.
  std::set<std::string> own_chains() const {
    std::set<std::string> own;
    const auto note = [&own](const Verdict& verdict) {
      if (const auto target = target_of(verdict)) own.emplace(*target);
    };
    for (const auto& [name, map] : current_.maps)
      for (const Key& address : pod_)
        if (const auto element = map.elements.find(address); element != map.elements.end()) note(element->second);
    for (const auto& [name, change] : changes_.maps)
      if (const auto* delta = std::get_if<MapDelta>(&change))
        for (const auto& [key, verdict] : delta->add) note(verdict);
    return own;
  }

  bool brings_base_chain() const {
    return std::ranges::any_of(changes_.chains, [this](const auto& change) {
      const auto* chain = std::get_if<Chain>(&change.second);
      return chain && chain->base && !current_.chains.contains(change.first);
    });
  }

  bool changes_elements() const {
    const auto any = [](const auto& changes, const auto& is_delta) { return std::ranges::any_of(changes, is_delta); };
    return any(changes_.sets, [](const auto& c) { return std::holds_alternative<SetDelta>(c.second); }) ||
           any(changes_.maps, [](const auto& c) { return std::holds_alternative<MapDelta>(c.second); });
  }

  // ---- one policy ----------------------------------------------------------------------

  // Rules alone change, here for fewer packets and there for more, and no packet passes both places on its way through
  // one base chain: so they are those of the two directions.
  bool turns_both_ways() const {
    if (!mixed_.empty() || narrows_.empty() || widens_.empty()) return false;
    return std::ranges::none_of(current_.chains, [this](const auto& chain) {
      const bool fewer = narrows_.chains.contains(chain.first), more = widens_.chains.contains(chain.first);
      return chain.second.base ? fewer || more : leads_to_both(chain.second, fewer, more);
    });
  }

  bool leads_to_both(const Chain& chain, bool fewer, bool more) const {
    for (const Rule& rule : chain.rules) {
      const auto target = target_of(rule.verdict);
      if (!target) continue;
      const std::string name(*target);
      fewer = fewer || narrows_.chains.contains(name);
      more = more || widens_.chains.contains(name);
    }
    return fewer && more;
  }

  // One chain or one map: what a packet finds there it finds all at once.
  bool is_in_one_place() const {
    std::set<std::string> places;
    for (const Changes* part : {&narrows_, &widens_, &mixed_}) {
      for (const auto& [name, change] : part->chains) places.insert(name);
      for (const auto& [name, change] : part->maps) places.insert(name);
    }
    return places.size() == 1 && enters_.empty() && leaves_.empty();
  }

  // ---- what each change does -------------------------------------------------------------

  void sort() {
    for (const auto& [name, change] : changes_.sets) {
      const auto* delta = std::get_if<SetDelta>(&change);
      if (delta && !delta->add.empty()) enters_.sets[name] = SetDelta{.remove = {}, .add = delta->add};
      if (delta && !delta->remove.empty()) leaves_.sets[name] = SetDelta{.remove = delta->remove, .add = {}};
    }
    for (const auto& [name, change] : changes_.maps)
      if (const auto* delta = std::get_if<MapDelta>(&change)) sort(name, *delta);
    for (const auto& [name, change] : changes_.chains) {
      const auto* chain = std::get_if<Chain>(&change);
      const auto before = current_.chains.find(name);
      if (chain && before != current_.chains.end()) part_of(effect_of(before->second, *chain)).chains[name] = *chain;
    }
  }

  void sort(const std::string& name, const MapDelta& delta) {
    const auto& elements = current_.maps.at(name).elements;
    const auto held = [&](const Key& key) -> const Verdict* {
      const auto element = elements.find(key);
      return element == elements.end() ? nullptr : &element->second;
    };
    for (const auto& [key, verdict] : delta.add) {
      const bool repointed = std::ranges::find(delta.remove, key) != delta.remove.end();
      MapDelta& part = delta_of(
          part_of(effect_of_element(repointed ? held(key) : nullptr, &verdict, guards_.hold(name, key))), name);
      part.add.emplace(key, verdict);
      if (repointed) part.remove.push_back(key);
    }
    for (const Key& key : delta.remove) {  // what is not held may have gone before
      if (!delta.add.contains(key))
        delta_of(part_of(effect_of_element(held(key), nullptr, guards_.hold(name, key))), name).remove.push_back(key);
    }
  }

  bool turns_with_the_interface(const std::string& name, const MapDelta& delta) const {
    const auto& elements = current_.maps.at(name).elements;
    const auto turns = [&](const Key& key) {
      if (!guards_.hold(name, key)) return false;
      const auto added = delta.add.find(key);
      const auto held = elements.find(key);
      const Verdict* before = held == elements.end() ? nullptr : &held->second;
      const Verdict* after = added == delta.add.end() ? nullptr : &added->second;
      const Effect one = effect_of_element(before, after, true), other = effect_of_element(before, after, false);
      return one != other && one != Effect::none && other != Effect::none;
    };
    return std::ranges::any_of(delta.remove, turns) ||
           std::ranges::any_of(delta.add, [&](const auto& element) { return turns(element.first); });
  }

  // Of an element; null: none, or not held. How much gets through: nothing, what a chain that drops the rest accepts,
  // or all. A miss is one of the two ends.
  Effect effect_of_element(const Verdict* before, const Verdict* after, bool guarded) const {
    const auto let_through = [&](const Verdict* verdict) -> std::optional<int> {
      if (!verdict) return guarded ? 0 : 2;
      if (std::holds_alternative<Accept>(*verdict)) return 2;
      return through(*verdict);
    };
    const auto now = let_through(before), then = let_through(after);
    if (!now || !then || (*now == 1 && *then == 1)) return Effect::both;
    if (*now == *then) return Effect::none;
    return *now < *then ? Effect::widens : Effect::narrows;
  }

  // How much the chain lets through that it leads to; none: not to be told, or it changes in that.
  std::optional<int> through(const Verdict& verdict) const {
    if (!std::holds_alternative<Goto>(verdict)) return std::nullopt;
    const auto& name = std::get<Goto>(verdict).chain;
    const auto change = changes_.chains.find(name);
    const auto held = current_.chains.find(name);
    const Chain* before = held == current_.chains.end() ? nullptr : &held->second;
    const Chain* after = change == changes_.chains.end() ? before : std::get_if<Chain>(&change->second);
    const auto now = through(before), then = through(after);
    if (before && after && now != then) return std::nullopt;
    return before ? now : then;
  }
  static std::optional<int> through(const Chain* chain) {
    if (!chain) return std::nullopt;
    if (drops_the_rest(*chain)) return 1;
    return lets_all_through(*chain) ? std::optional(2) : std::nullopt;
  }

  static MapDelta& delta_of(Changes& part, const std::string& map) {
    return std::get<MapDelta>(part.maps.try_emplace(map, MapDelta{}).first->second);
  }
  Changes& part_of(Effect effect) {
    switch (effect) {
      case Effect::none:
        return same_;
      case Effect::narrows:
        return narrows_;
      case Effect::widens:
        return widens_;
      case Effect::both:
        return mixed_;
    }
    return mixed_;
  }

  const Table& current_;
  const Changes& changes_;
  const Guards guards_;
  std::vector<Key> pod_;  // its addresses, one of a family at most
  Changes narrows_, enters_, leaves_, widens_, mixed_;
  Changes same_;  // chains that get other comments or counters only
};

}  // namespace

std::vector<Changes> parts_in_order(const Table& current, const Changes& changes) {
  return Parts(current, changes).in_order();
}

bool is_right_in_place(const Table& current, const Changes& changes) {
  Parts parts(current, changes);
  if (parts.turns_with_the_interface()) return false;
  return !parts.in_order().empty() || parts.needs_none();
}

}  // namespace selvedge::nft
