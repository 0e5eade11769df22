#include "controller/selector_index.h"

#include <algorithm>
#include <array>
#include <optional>

#include <gtest/gtest.h>

namespace selvedge {
namespace {

using Operator = k8s::Requirement::Operator;

Selector compiled(std::vector<k8s::Requirement> expressions) {
  auto selector = compile(k8s::LabelSelector{.match_labels = {}, .match_expressions = std::move(expressions)});
  EXPECT_TRUE(selector) << selector.error();
  return selector.value_or(Selector{});
}

std::vector<int> candidates(const SelectorIndex<int>& index, std::string_view scope, const k8s::Labels& labels) {
  return index.candidates(scope, PackedLabels(labels));
}

// Of each operator, alone and beside another; with one value, and with several.
std::vector<Selector> some_selectors() {
  const std::vector<k8s::Requirement> requirements{
      {"app", Operator::in, {"a"}},     {"app", Operator::in, {"a", "b"}},     {"app", Operator::exists, {}},
      {"app", Operator::not_in, {"a"}}, {"app", Operator::not_in, {"a", "b"}}, {"app", Operator::does_not_exist, {}},
      {"tier", Operator::in, {""}},     {"tier", Operator::in, {"b", "c"}},    {"tier", Operator::exists, {}},
      {"tier", Operator::not_in, {""}}, {"tier", Operator::does_not_exist, {}}};
  std::vector<Selector> selectors{compiled({})};
  for (const auto& a : requirements) {
    for (const auto& b : requirements) selectors.push_back(compiled({a, b}));
  }
  return selectors;
}

std::vector<k8s::Labels> all_labels() {
  const std::array<std::optional<std::string>, 4> values{std::nullopt, "", "a", "b"};
  std::vector<k8s::Labels> all;
  for (const auto& app : values) {
    for (const auto& tier : values) {
      k8s::Labels labels;
      if (app) labels["app"] = *app;
      if (tier) labels["tier"] = *tier;
      all.push_back(std::move(labels));
    }
  }
  return all;
}

TEST(SelectorIndex, Candidates_LeaveNoSelectorOutThatMatches) {
  const std::vector<Selector> selectors = some_selectors();
  SelectorIndex<std::size_t> index;
  for (std::size_t i = 0; i < selectors.size(); ++i) index.insert("shop", selectors[i], i);
  for (const k8s::Labels& labels : all_labels()) {
    std::vector<std::size_t> found = index.candidates("shop", PackedLabels(labels));
    std::ranges::sort(found);
    EXPECT_EQ(std::ranges::adjacent_find(found), found.end());
    for (std::size_t i = 0; i < selectors.size(); ++i) {
      if (!matches(selectors[i], labels)) continue;
      EXPECT_TRUE(std::ranges::binary_search(found, i)) << to_string(selectors[i]);
    }
  }
}

TEST(SelectorIndex, Candidates_AreFewWhereALabelIsAskedFor) {
  SelectorIndex<int> index;
  for (int i = 0; i < 100; ++i) index.insert("shop", compiled({{"app", Operator::in, {std::to_string(i)}}}), i);
  EXPECT_EQ(candidates(index, "shop", {{"app", "7"}}), std::vector{7});
  EXPECT_TRUE(candidates(index, "shop", {{"tier", "7"}}).empty());
  EXPECT_TRUE(candidates(index, "blog", {{"app", "7"}}).empty());
}

TEST(SelectorIndex, Candidates_AreFewWhereOneOfSeveralValuesIsAskedFor) {
  SelectorIndex<int> index;
  for (int i = 0; i < 100; ++i)
    index.insert("shop", compiled({{"app", Operator::in, {std::to_string(i), std::to_string(i + 1000)}}}), i);
  EXPECT_EQ(candidates(index, "shop", {{"app", "7"}}), std::vector{7});
  EXPECT_EQ(candidates(index, "shop", {{"app", "1007"}}), std::vector{7});
  EXPECT_TRUE(candidates(index, "shop", {{"app", "100"}}).empty());
}

TEST(SelectorIndex, OfSeveralRequirements_TheOneOfTheFewestValuesIsAskedFor) {
  SelectorIndex<int> index;
  index.insert("shop", compiled({{"app", Operator::in, {"a", "b"}}, {"tier", Operator::in, {"c"}}}), 1);
  EXPECT_TRUE(candidates(index, "shop", {{"app", "a"}}).empty());
  EXPECT_EQ(candidates(index, "shop", {{"app", "a"}, {"tier", "c"}}), std::vector{1});
}

TEST(SelectorIndex, WhatIsErased_IsNoCandidate_AndItsLikesAre) {
  for (const Selector& selector : some_selectors()) {
    SelectorIndex<int> index;
    index.insert("shop", selector, 1);
    index.insert("shop", selector, 2);
    index.erase("shop", selector, 1);
    for (const k8s::Labels& labels : all_labels()) {
      const std::vector<int> found = candidates(index, "shop", labels);
      EXPECT_TRUE(found.empty() || found == std::vector{2}) << to_string(selector);
      if (matches(selector, labels)) {
        EXPECT_EQ(found, std::vector{2}) << to_string(selector);
      }
    }
  }
}

}  // namespace
}  // namespace selvedge
