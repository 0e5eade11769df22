// Which addresses the policies of a pod, and the table, cannot tell apart.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/meaning/evaluate.h"
#include "controller/verify/inquiry.h"

namespace selvedge::verify {

// What an isolated pod's policies allow it with each atom; numbered, so that equal lists have equal numbers.
// Not thread-safe; `state` and `atoms` must outlive it.
class Grants {
 public:
  using Number = std::uint32_t;  // 0: not isolated

  Grants(const meaning::Meaning& state, const Atoms& atoms) : state_(state), atoms_(atoms) {}

  Number number(Atom pod, Direction direction, Atom other);
  void add_ports(Number number, TransportQuestions& questions) const;

 private:
  const meaning::Meaning& state_;
  const Atoms& atoms_;
  std::unordered_map<std::uint64_t, Number> known_;
  std::map<std::vector<meaning::Grant>, Number> numbers_;
  std::vector<const std::vector<meaning::Grant>*> lists_;
};

// A partition of atoms, made finer step by step.
class Partition {
 public:
  explicit Partition(std::size_t atoms) : classes_(atoms, 0) {}

  template <typename Value>  // (Atom) -> a number; different numbers part
  void refine(Value value) {
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint32_t> next;
    for (Atom atom = 0; atom < classes_.size(); ++atom) {
      classes_[atom] = next.emplace(std::pair{classes_[atom], static_cast<std::uint64_t>(value(atom))},
                                    static_cast<std::uint32_t>(next.size()))
                           .first->second;
    }
  }

  // The first atom of each class.
  std::vector<Atom> representatives() const {
    std::vector<Atom> atoms;
    std::set<std::uint32_t> seen;
    for (Atom atom = 0; atom < classes_.size(); ++atom) {
      if (seen.insert(classes_[atom]).second) atoms.push_back(atom);
    }
    return atoms;
  }

 private:
  std::vector<std::uint32_t> classes_;
};

// The first of the atoms for each combination of findings and of `sort`, which gives an atom's number.
template <typename Sort>
std::vector<Atom> classes(const std::vector<Atom>& atoms, const std::vector<Lookup>& lookups, const Inquiry& inquiry,
                          Sort sort) {
  std::vector<Atom> representatives;
  std::set<std::vector<std::uint64_t>> seen;
  for (const Atom atom : atoms) {
    std::vector<std::uint64_t> key{sort(atom)};
    for (const Lookup lookup : lookups) key.push_back(inquiry.finding(lookup, atom));
    if (seen.insert(std::move(key)).second) representatives.push_back(atom);
  }
  return representatives;
}

}  // namespace selvedge::verify
