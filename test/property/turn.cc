#include "test/property/turn.h"

#include <algorithm>

#include "test/property/dice.h"

namespace selvedge::test {
namespace {

// Some objects of `objects` go, and some of `others` come or replace those of their key.
template <typename T>
void change(Dice& dice, std::vector<T>& objects, const std::vector<T>& others) {
  std::erase_if(objects, [&](const T&) { return dice.chance(12); });
  for (const T& other : others) {
    if (!dice.chance(25)) continue;
    std::erase_if(objects, [&](const T& object) { return object.meta.key() == other.meta.key(); });
    objects.push_back(other);
  }
}

// What a daemon is told when it starts.
void agree_on_settings(Turn& turn) {
  turn.after.node = turn.before.node;
  turn.after.vxlan_port = turn.before.vxlan_port;
  turn.after.guard = turn.before.guard;
  turn.after.own_node_open = turn.before.own_node_open;
  turn.after.audited = turn.before.audited;
}

}  // namespace

Turn random_turn(std::uint64_t seed, int size) {
  Dice dice(seed);
  Turn turn{random_world(dice.number(), size), random_world(dice.number(), size)};
  if (dice.chance(70)) {
    World changed = turn.before;
    change(dice, changed.namespaces, turn.after.namespaces);
    change(dice, changed.pods, turn.after.pods);
    change(dice, changed.policies, turn.after.policies);
    if (dice.chance(20)) changed.ipvs = !changed.ipvs;
    turn.after = std::move(changed);
  }
  if (dice.chance(10)) {
    turn.after = turn.before;
    turn.after.ipvs = !turn.before.ipvs;
  }
  agree_on_settings(turn);
  return turn;
}

std::vector<Turn> simpler(const Turn& turn) {
  std::vector<Turn> all;
  for (World& world : simpler(turn.before)) all.push_back({std::move(world), turn.after});
  for (World& world : simpler(turn.after)) {
    Turn simple{turn.before, std::move(world)};
    agree_on_settings(simple);
    if (simple.after != turn.after) all.push_back(std::move(simple));
  }
  for (Turn& each : all) agree_on_settings(each);
  return all;
}

void showValue(const Turn& turn, std::ostream& out) {
  showValue(turn.before, out << "\n-- before");
  showValue(turn.after, out << "-- after");
}

}  // namespace selvedge::test

rc::Gen<selvedge::test::Turn> rc::Arbitrary<selvedge::test::Turn>::arbitrary() {
  using selvedge::test::Turn;
  return [](Random random, int size) {
    return shrinkable::shrinkRecur(selvedge::test::random_turn(random.next(), size),
                                   [](const Turn& turn) { return seq::fromContainer(selvedge::test::simpler(turn)); });
  };
}
