// The compact set against a plain one.
#include "k8sclient/known_keys.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace selvedge::k8s {
namespace {

ObjectKey key(int number) {
  return {.ns = "team-" + std::to_string(number % 7), .name = "pod-" + std::to_string(number)};
}

TEST(KnownKeys, Sweep_GivesWhatTheListDidNotHold_Sorted_AndOnce) {
  KnownKeys keys;
  keys.begin_list();
  for (const int number : {3, 1, 2}) keys.insert(key(number));
  EXPECT_TRUE(keys.sweep().empty());
  keys.begin_list();
  keys.insert(key(2));
  keys.insert(key(4));
  EXPECT_EQ(keys.sweep(), (std::vector<ObjectKey>{key(1), key(3)}));
  EXPECT_TRUE(keys.sweep().empty());
  EXPECT_EQ(keys.size(), 2U);
}

TEST(KnownKeys, AListThatFailed_LosesNothing_HoweverMany) {
  KnownKeys keys;
  keys.begin_list();
  keys.insert(key(1));
  for (int i = 0; i < 1000; ++i) keys.begin_list();
  keys.insert(key(2));
  EXPECT_EQ(keys.sweep(), std::vector<ObjectKey>{key(1)});
}

TEST(KnownKeys, ClusterScopedNames_AndEmptySets_AreFine) {
  KnownKeys keys;
  keys.erase(key(1));
  EXPECT_TRUE(keys.sweep().empty());
  keys.begin_list();
  keys.insert({.ns = "", .name = "node-a"});
  keys.begin_list();
  EXPECT_EQ(keys.sweep(), (std::vector<ObjectKey>{{.ns = "", .name = "node-a"}}));
}

TEST(KnownKeys, AtRandom_AreAsATreeOfNames) {
  std::mt19937 random(11);
  KnownKeys keys;
  std::map<ObjectKey, bool> model;  // whether the list holds it
  for (int i = 0; i < 200'000; ++i) {
    const ObjectKey one = key(static_cast<int>(random() % 3000));
    const auto what = random() % 1000;
    if (what == 0) {
      keys.begin_list();
      for (auto& [name, listed] : model) listed = false;
    } else if (what == 1) {
      std::vector<ObjectKey> missing;
      for (const auto& [name, listed] : model) {
        if (!listed) missing.push_back(name);
      }
      std::erase_if(model, [](const auto& entry) { return !entry.second; });
      ASSERT_EQ(keys.sweep(), missing);
    } else if (what < 500) {
      keys.erase(one);
      model.erase(one);
    } else {
      keys.insert(one);
      model[one] = true;
    }
    ASSERT_EQ(keys.size(), model.size());
  }
}

TEST(KnownKeys, OfManyPods_TakeFewBytesEach) {
  KnownKeys keys;
  keys.begin_list();
  for (int i = 0; i < 100'000; ++i)
    keys.insert({.ns = "team-payments", .name = "checkout-7d9f8b6c5d-" + std::to_string(i)});
  EXPECT_LT(keys.bytes(), 100'000U * 100);
  for (int round = 0; round < 20; ++round) {  // pods come and go
    for (int i = 0; i < 100'000; ++i)
      keys.erase({.ns = "team-payments", .name = "checkout-7d9f8b6c5d-" + std::to_string(i)});
    for (int i = 0; i < 100'000; ++i)
      keys.insert({.ns = "team-payments", .name = "checkout-7d9f8b6c5d-" + std::to_string(i)});
  }
  EXPECT_LT(keys.bytes(), 100'000U * 150);
}

}  // namespace
}  // namespace selvedge::k8s
