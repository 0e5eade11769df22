// That the soak's premise is true: no turn changes the verdict of a flow.
#include "test/soak/world.h"

#include <map>

#include <gtest/gtest.h>

#include "controller/meaning/evaluate.h"
#include "test/soak/flows.h"

namespace selvedge::soak {
namespace {

using Present = std::map<std::pair<k8s::Kind, k8s::ObjectKey>, k8s::Object>;

void take(const k8s::Event& event, Present& objects) {
  if (const auto* upserted = std::get_if<k8s::Upserted>(&event))
    objects.insert_or_assign({k8s::kind_of(upserted->object), k8s::meta_of(upserted->object).key()}, upserted->object);
  if (const auto* deleted = std::get_if<k8s::Deleted>(&event)) objects.erase({deleted->kind, deleted->key});
}

std::vector<k8s::Object> values_of(const Present& objects) {
  std::vector<k8s::Object> values;
  for (const auto& [key, object] : objects) values.push_back(object);
  return values;
}

TEST(SoakWorld, ChangesEverything_ButTheVerdictsOfItsFlows) {
  const std::vector<Flow> all = flows();
  World world(7);
  for (int turn = 0; turn < 1000; ++turn) {
    const meaning::Meaning meaning({.node = node_name}, world.objects());
    for (const Flow& flow : all)
      ASSERT_EQ(meaning.evaluate(flow.packet).allowed, flow.allowed) << flow.name << ", after turn " << turn;
    world.turn();
  }
}

TEST(SoakWorld, TellsByEventsWhatItIs_AndTheSameForTheSameSeed) {
  World world(11), again(11), other(12);
  Present present;
  for (const k8s::Object& object : world.objects()) take(k8s::Upserted{object, {}}, present);
  for (int turn = 0; turn < 500; ++turn) {
    for (const k8s::Event& event : world.turn()) take(event, present);
    again.turn();
    other.turn();
  }
  EXPECT_EQ(values_of(present), world.objects());
  EXPECT_EQ(again.objects(), world.objects());
  EXPECT_NE(other.objects(), world.objects());
}

}  // namespace
}  // namespace selvedge::soak
