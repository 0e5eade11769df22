// A world: everything that a verdict depends on, as one value that a property
// test can draw at random, print and make simpler.
//
// Worlds are drawn from small pools of names, labels, addresses and blocks, so
// that selections overlap, addresses change hands and blocks touch. A few things
// in a hundred are malformed, of every kind that the types can carry. A world is
// drawn by plain code from one number, and made simpler by value, one step at a time:
// what is left of a failure is then what it takes, whatever the draw was like.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <rapidcheck.h>

#include "controller/core.h"
#include "controller/meaning/evaluate.h"
#include "k8sclient/types.h"

namespace selvedge::test {

struct World {
  std::optional<std::string> node = "node-a";  // whose pods are local; none: every pod is
  std::uint16_t vxlan_port = 8472;
  bool guard = true;
  bool own_node_open = false;
  bool ipvs = false;
  std::set<std::string> audited{};  // namespaces, by the setting
  std::vector<k8s::Node> nodes;
  std::vector<k8s::Namespace> namespaces;
  std::vector<k8s::Pod> pods;
  std::vector<k8s::NetworkPolicy> policies;

  bool operator==(const World&) const = default;
};

// Objects have different keys. `size` from 0 to 100 says how many there are at most, and how large.
World random_world(std::uint64_t seed, int size);

// Each a step simpler than `world`, the greatest steps first.
std::vector<World> simpler(const World& world);
std::vector<k8s::Object> simpler(const k8s::Object& object);

std::vector<k8s::Object> objects_of(const World& world);
Settings settings_of(const World& world);
meaning::Viewpoint viewpoint_of(const World& world);

// A fresh core's table of the world.
nft::Table rendered(const World& world);

void print(std::ostream& out, const k8s::Object& object);
void showValue(const World& world, std::ostream& out);  // the name by which RapidCheck looks for it

}  // namespace selvedge::test

template <>
struct rc::Arbitrary<selvedge::test::World> {
  static Gen<selvedge::test::World> arbitrary();
};
