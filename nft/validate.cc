// Each object is judged by itself, in the order in which to_text() prints; the jumps between
// chains last. Nothing stops at the first fault: a report that comes in pieces is fixed in pieces.
#include "nft/validate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "nft/references.h"
#include "nft/text.h"
#include "nft/validate_rule.h"

namespace selvedge::nft {
namespace {

constexpr std::size_t longest_name = 255;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_name(std::string_view name) {
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || std::string_view("/-_.").find(c) != std::string_view::npos;
  });
}

// What a key is compared and counted by; none after the last one of its type.
std::optional<Key> successor(const KeyType& type, Key key) {
  for (std::size_t i = width(type.front()); i-- > 0;) {
    if (++key.bytes[i] != 0) return key;
  }
  return std::nullopt;
}

// The bytes that pad each field to the kernel's registers, and those behind the key, are zero.
bool is_padded(const KeyType& type, const Key& key) {
  std::array<bool, sizeof(Key::bytes)> used{};
  std::size_t at = 0;
  for (const Field field : type) {
    std::fill_n(used.begin() + static_cast<std::ptrdiff_t>(at), width(field), true);
    at += register_size({field});
  }
  for (std::size_t i = 0; i < key.bytes.size(); ++i) {
    if (!used[i] && key.bytes[i] != 0) return false;
  }
  return true;
}

bool fits(const KeyType& type, const Key& key) {
  return key.size == register_size(type) && is_padded(type, key);
}

bool is_looked_up(const KeyType& type) {
  return type == address_type(Family::v4) || type == address_type(Family::v6) || type == endpoint_type(Family::v4) ||
         type == endpoint_type(Family::v6);
}

bool is_dispatched_by(const KeyType& type) {
  return type == address_type(Family::v4) || type == address_type(Family::v6) || type == interface_type();
}

class Inspection {
 public:
  explicit Inspection(const Table& table) : table_(table) {}

  std::vector<Fault> faults() {
    inspect_name("table " + table_.name, table_.name);
    for (const auto& name : table_.counters) inspect_name("counter " + name, name);
    for (const auto& [name, set] : table_.sets) inspect_set("set " + name, name, set);
    for (const auto& [name, map] : table_.maps) inspect_map("map " + name, name, map);
    for (const auto& [name, chain] : table_.chains) inspect_chain("chain " + name, name, chain);
    for (const JumpFault& jump : jump_faults(table_)) {
      const bool circle = jump.kind == JumpFault::Kind::circle;
      report("chain " + jump.chain, circle ? "jumps in a circle" : "lies deeper than 16 chains");
    }
    return std::move(faults_);
  }

 private:
  void report(const std::string& object, std::string message) { faults_.push_back({object, std::move(message)}); }

  void report(const std::string& object, std::vector<std::string> messages) {
    for (auto& message : messages) report(object, std::move(message));
  }

  void inspect_name(const std::string& object, const std::string& name) {
    if (name.size() > longest_name) {
      report(object, "name of " + std::to_string(name.size()) + " bytes is longer than 255");
    }
    if (!is_name(name)) {
      report(object, "name \"" + name + "\" is not a letter followed by letters, digits and any of /-_.");
    }
  }

  void inspect_set(const std::string& object, const std::string& name, const Set& set) {
    inspect_name(object, name);
    report(object, comment_faults(set.comment));
    if (!is_looked_up(set.type)) {
      report(object, "has a key type that no match looks up");
      return;
    }
    if (set.interval && set.type.size() > 1) {
      report(object, "has intervals of concatenated keys, which no match looks up");
      return;
    }
    for (const Element& element : set.elements) inspect_element(object, set, element);
    for (std::size_t i = 1; i < set.elements.size(); ++i) {
      inspect_neighbours(object, set, set.elements[i - 1], set.elements[i]);
    }
  }

  void inspect_element(const std::string& object, const Set& set, const Element& element) {
    const std::string words = "element " + to_text(set.type, element);
    if (!fits(set.type, element.first) || !fits(set.type, element.last)) {
      report(object, words + " does not fit the key type");
    } else if (element.last < element.first) {
      report(object, words + " runs backwards");
    } else if (!set.interval && element.first != element.last) {
      report(object, words + " is an interval, and the set is not one of intervals");
    }
  }

  void inspect_neighbours(const std::string& object, const Set& set, const Element& before, const Element& after) {
    const std::string words = "element " + to_text(set.type, after);
    if (after.first <= before.first) {
      report(object, words + " is out of order or repeated");
    } else if (after.first <= before.last) {
      report(object, words + " overlaps the one before it");
    } else if (set.interval && successor(set.type, before.last) == after.first) {
      report(object, words + " adjoins the one before it: they are to be one");
    }
  }

  void inspect_map(const std::string& object, const std::string& name, const Map& map) {
    inspect_name(object, name);
    if (table_.sets.contains(name)) report(object, "has the name of a set, and both share one name space");
    report(object, comment_faults(map.comment));
    if (!is_dispatched_by(map.type)) {
      report(object, "has a key type that no rule dispatches by");
      return;
    }
    for (const auto& [key, verdict] : map.elements) {
      const std::string element = "element " + to_text(map.type, Element{key, key});
      if (!fits(map.type, key)) report(object, element + " does not fit the key type");
      if (!fits_in_map(verdict)) report(object, element + " dispatches or logs: only rules can");
      for (auto& message : target_faults(verdict, table_)) report(object, message.insert(0, element + ": "));
    }
  }

  void inspect_chain(const std::string& object, const std::string& name, const Chain& chain) {
    inspect_name(object, name);
    const bool at_bridge = chain.base && chain.base->hook == Hook::prerouting;
    if (chain.base && at_bridge != (table_.family == TableFamily::bridge))
      report(object, std::string("has a hook that tables of family ") + to_string(table_.family) + " do not have");
    for (std::size_t i = 0; i < chain.rules.size(); ++i) {
      report(object + " rule " + std::to_string(i + 1), faults_of(chain.rules[i], table_));
    }
  }

  const Table& table_;
  std::vector<Fault> faults_;
};

}  // namespace

std::vector<Fault> validate(const Table& table) {
  return Inspection(table).faults();
}

}  // namespace selvedge::nft
