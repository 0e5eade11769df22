// Law 3: the table is a function of the objects of now. Random events reach one
// core, which is asked at random moments; its changes, carried out one after the
// other, must add up to what a fresh core makes of the objects at the end.
#include <map>

#include <gtest/gtest.h>

#include "controller/core.h"
#include "nft/text.h"
#include "nft/transaction.h"
#include "nft/validate.h"
#include "test/support/random_cluster.h"

namespace selvedge {
namespace {

using Objects = std::map<std::pair<k8s::Kind, k8s::ObjectKey>, k8s::Object>;

void carry_out(nft::Table& table, const nft::Changes& changes) {
  for (const nft::Batch& batch : nft::plan(table, changes)) {
    const auto done = nft::apply(table, batch);
    ASSERT_TRUE(done) << done.error().message;
  }
}

nft::Table fresh(const Objects& objects, const Settings& settings, bool backwards) {
  Core core(settings);
  if (backwards) {
    for (auto o = objects.rbegin(); o != objects.rend(); ++o) core.upsert(o->second);
  } else {
    for (const auto& [key, object] : objects) core.upsert(object);
  }
  return core.table();
}

void expect_sound(const nft::Table& table) {
  const auto faults = nft::validate(table);
  ASSERT_TRUE(faults.empty()) << faults[0].object << ": " << faults[0].message;
}

void walk(std::uint32_t seed, const Settings& settings) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  test::RandomCluster random(seed);
  Core core(settings);
  Objects objects;
  nft::Table table;
  table.name = "selvedge";
  for (int event = 0; event < 120; ++event) {
    if (random.chance(25)) {
      const k8s::Kind kind = random.kind();
      const k8s::ObjectKey key = random.victim(kind);
      core.erase(kind, key);
      objects.erase({kind, key});
    } else {
      const k8s::Object object = random.object();
      core.upsert(object);
      objects.insert_or_assign({k8s::kind_of(object), k8s::meta_of(object).key()}, object);
    }
    if (!random.chance(40)) continue;
    ASSERT_NO_FATAL_FAILURE(carry_out(table, core.changes()));
    const nft::Table wanted = fresh(objects, settings, random.chance(50));
    ASSERT_EQ(nft::to_text(table), nft::to_text(wanted)) << "after event " << event;
    ASSERT_EQ(table, wanted);
    ASSERT_NO_FATAL_FAILURE(expect_sound(table));
  }
  EXPECT_EQ(nft::to_text(core.table()), nft::to_text(fresh(objects, settings, false)));
}

TEST(Path, AnySequenceOfEvents_GivesTheTableOfItsEnd) {
  for (std::uint32_t seed = 1; seed <= 60 && !HasFatalFailure(); ++seed) walk(seed, {.node = "node-a"});
}

TEST(Path, SoItIsForReviewOfAllNodes) {
  for (std::uint32_t seed = 1; seed <= 20 && !HasFatalFailure(); ++seed) walk(seed, {.node = {}, .unreached = true});
}

}  // namespace
}  // namespace selvedge
