// A route: what a core is told on its way through several worlds, and when it is asked.
//
// Between two worlds the events come in any order, twice, by way of other versions of
// the object, of its absence, or not at all where a later world overtakes. Any list of
// steps is a route, so a failing one can be made shorter step by step.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include <rapidcheck.h>

#include "test/property/world.h"

namespace selvedge::test {

struct Upsert {
  k8s::Object object;
  bool operator==(const Upsert&) const = default;
};
struct Erase {
  k8s::Kind kind{};
  k8s::ObjectKey key;
  bool operator==(const Erase&) const = default;
};
// Of a pod that a world may hold, by an address that may be another's.
struct Attach {
  Attachment attachment;
  bool operator==(const Attach&) const = default;
};
struct Detach {
  k8s::ObjectKey pod;
  std::string id;
  bool operator==(const Detach&) const = default;
};
struct Ask {
  bool whole = false;  // table(), not changes()
  bool operator==(const Ask&) const = default;
};
struct Services {
  bool by_ipvs = false;
  bool operator==(const Services&) const = default;
};
using Step = std::variant<Upsert, Erase, Attach, Detach, Services, Ask>;

struct Route {
  Settings settings;
  std::vector<Step> steps;  // the last is an Ask
};

// Through `worlds`, seen as the first of them is.
Route random_route(std::uint64_t seed, const std::vector<World>& worlds);

std::vector<Route> simpler(const Route& route);
void showValue(const Route& route, std::ostream& out);

}  // namespace selvedge::test

template <>
struct rc::Arbitrary<selvedge::test::Route> {
  static Gen<selvedge::test::Route> arbitrary();
};
