#include "controller/selector.h"

#include <gtest/gtest.h>

namespace selvedge {
namespace {

using Operator = k8s::Requirement::Operator;

Selector compiled(k8s::Labels labels, std::vector<k8s::Requirement> expressions = {}) {
  auto selector =
      compile(k8s::LabelSelector{.match_labels = std::move(labels), .match_expressions = std::move(expressions)});
  EXPECT_TRUE(selector) << selector.error();
  return selector.value_or(Selector{});
}

std::string fault(k8s::Labels labels, std::vector<k8s::Requirement> expressions = {}) {
  auto selector =
      compile(k8s::LabelSelector{.match_labels = std::move(labels), .match_expressions = std::move(expressions)});
  return selector ? "" : selector.error();
}

// Labels and packed labels are judged alike.
bool selects(const Selector& selector, const k8s::Labels& labels) {
  const bool selected = matches(selector, labels);
  EXPECT_EQ(matches(selector, PackedLabels(labels)), selected);
  return selected;
}

TEST(Selector, Empty_MatchesEverything) {  // semantics 9, 10
  EXPECT_TRUE(selects(compiled({}), {}));
  EXPECT_TRUE(selects(compiled({}), {{"app", "api"}}));
}

TEST(Selector, LabelsAndExpressions_MustAllHold) {  // semantics 13
  const Selector s = compiled({{"app", "api"}}, {{"tier", Operator::in, {"a", "b"}}});
  EXPECT_TRUE(selects(s, {{"app", "api"}, {"tier", "b"}}));
  EXPECT_FALSE(selects(s, {{"app", "api"}, {"tier", "c"}}));
  EXPECT_FALSE(selects(s, {{"tier", "a"}}));
}

TEST(Selector, NotIn_MatchesAMissingKey) {  // semantics 13
  const Selector s = compiled({}, {{"tier", Operator::not_in, {"a"}}});
  EXPECT_TRUE(selects(s, {}));
  EXPECT_TRUE(selects(s, {{"tier", "b"}}));
  EXPECT_FALSE(selects(s, {{"tier", "a"}}));
}

TEST(Selector, ExistsAndDoesNotExist_LookAtTheKeyAlone) {  // semantics 13
  const Selector exists = compiled({}, {{"tier", Operator::exists, {}}});
  const Selector absent = compiled({}, {{"tier", Operator::does_not_exist, {}}});
  EXPECT_TRUE(selects(exists, {{"tier", ""}}));
  EXPECT_FALSE(selects(exists, {}));
  EXPECT_FALSE(selects(absent, {{"tier", ""}}));
  EXPECT_TRUE(selects(absent, {}));
}

TEST(Selector, EmptyValue_IsAValueLikeAnyOther) {
  EXPECT_TRUE(selects(compiled({{"tier", ""}}), {{"tier", ""}}));
  EXPECT_FALSE(selects(compiled({{"tier", ""}}), {}));
}

TEST(Selector, WhatTheApiWouldNotAccept_IsRefusedWithKeyOrValue) {  // semantics 13
  EXPECT_NE(fault({}, {{"tier", Operator::in, {}}}).find("\"tier\""), std::string::npos);
  EXPECT_NE(fault({}, {{"tier", Operator::exists, {"x"}}}).find("\"tier\""), std::string::npos);
  EXPECT_NE(fault({{"app", "no spaces"}}).find("\"no spaces\""), std::string::npos);
  EXPECT_NE(fault({{"app", std::string(64, 'a')}}).find("aaa"), std::string::npos);
  EXPECT_NE(fault({{"-app", "x"}}).find("\"-app\""), std::string::npos);
  EXPECT_NE(fault({{"Upper.example/app", "x"}}).find("\"Upper.example/app\""), std::string::npos);
  EXPECT_NE(fault({{"a/b/c", "x"}}).find("\"a/b/c\""), std::string::npos);
  EXPECT_NE(fault({{"", "x"}}).find("\"\""), std::string::npos);
  EXPECT_EQ(fault({{"example.com/app_1.x", "V-1_x.y"}}), "");
}

TEST(Selector, NotUnderstood_DoesNotCompile) {
  EXPECT_FALSE(compile(k8s::LabelSelector{.match_labels = {}, .match_expressions = {}, .understood = false}));
}

TEST(Selector, TwoSpellingsOfOneSelection_AreEqual) {
  EXPECT_EQ(compiled({{"app", "api"}}), compiled({}, {{"app", Operator::in, {"api", "api"}}}));
  EXPECT_EQ(compiled({}, {{"a", Operator::in, {"x", "y"}}, {"b", Operator::exists, {}}}),
            compiled({}, {{"b", Operator::exists, {}}, {"a", Operator::in, {"y", "x"}}}));
}

TEST(Selector, DifferentSelections_DifferInText) {
  const std::vector<Selector> selectors{
      compiled({}),
      compiled({}, {{"all", Operator::exists, {}}}),
      compiled({{"a", ""}}),
      compiled({}, {{"a", Operator::in, {"", "b"}}}),
      compiled({}, {{"a", Operator::in, {"b", "c"}}}),
      compiled({}, {{"a", Operator::not_in, {"b", "c"}}}),
      compiled({}, {{"a", Operator::not_in, {"b"}}}),
      compiled({}, {{"a", Operator::does_not_exist, {}}}),
  };
  for (std::size_t i = 0; i < selectors.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(to_string(selectors[i]), to_string(selectors[j]));
  }
}

}  // namespace
}  // namespace selvedge
