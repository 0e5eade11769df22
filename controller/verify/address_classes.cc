#include "controller/verify/address_classes.h"

namespace selvedge::verify {

Grants::Number Grants::number(Atom pod, Direction direction, Atom other) {
  const std::uint64_t key = (pod * atoms_.size() + other) * 2 + static_cast<std::uint64_t>(direction);
  const auto [entry, fresh] = known_.emplace(key, 0);
  if (fresh) {
    if (auto list = state_.grants(atoms_.first(pod), direction, atoms_.first(other))) {
      const auto [numbered, added] = numbers_.emplace(*list, static_cast<Number>(lists_.size() + 1));
      if (added) lists_.push_back(&numbered->first);
      entry->second = numbered->second;
    }
  }
  return entry->second;
}

void Grants::add_ports(Number number, TransportQuestions& questions) const {
  if (number == 0) return;
  for (const meaning::Grant& grant : *lists_[number - 1]) {
    if (grant.protocol) questions.ports.push_back({*grant.protocol, grant.ports});
  }
}

}  // namespace selvedge::verify
