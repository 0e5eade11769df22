// Texts: what JSON and YAML mean, which documents count, and hostile ones.
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "k8sclient/decode_yaml.h"
#include "test/k8sclient/decoding.h"

namespace selvedge::k8s {
namespace {

Tree yaml(std::string_view text) {
  Tree result;
  const auto error = parse_yaml(text, [&](Tree tree, std::size_t) -> std::optional<ParseError> {
    result = std::move(tree);
    return std::nullopt;
  });
  EXPECT_FALSE(error) << to_string(*error);
  return result;
}

std::string yaml_error(std::string_view text) {
  const auto error = parse_yaml(text, [](const Tree&, std::size_t) { return std::nullopt; });
  return error ? to_string(*error) : "";
}

std::vector<std::string> names(std::string_view text) {
  std::vector<std::string> all;
  const auto decoded = decode_manifest(text);
  if (!decoded) return {decoded.error().message};
  for (const Decoded& one : *decoded) {
    all.push_back(std::string(to_string(kind_of(one.object))) + " " + to_string(meta_of(one.object).key()));
  }
  return all;
}

using Names = std::vector<std::string>;

TEST(Yaml, PlainScalars_AreReadAsKubectlReadsThem) {
  EXPECT_EQ(yaml("[y, Yes, on, TRUE, n, No, off, false]"),
            Tree::parse("[true,true,true,true,false,false,false,false]"));
  EXPECT_EQ(yaml("[null, ~, Null, '']"), Tree::parse(R"([null,null,null,""])"));
  EXPECT_EQ(yaml("[80, -1, 0x50, 0o17, 017, 0b11, 1_000, +5]"), Tree::parse("[80,-1,80,15,15,3,1000,5]"));
  EXPECT_EQ(yaml("[1.5, 80.0, 1e3, .5]"), Tree::parse("[1.5,80,1000,0.5]"));
  EXPECT_EQ(
      yaml("[10.0.0.1, 10.0.0.0/8, 'yes', \"80\", yEs, _1, -, 2024-05-01, 1:30, fd00::1, 0x, 09x]"),
      Tree::parse(R"(["10.0.0.1","10.0.0.0/8","yes","80","yEs","_1","-","2024-05-01","1:30","fd00::1","0x","09x"])"));
  EXPECT_EQ(yaml("[9223372036854775807, 18446744073709551615]"),
            Tree::parse("[9223372036854775807,18446744073709551615]"));
}

TEST(Yaml, Tags_Decide) {
  EXPECT_EQ(yaml("[!!str 80, !!int \"80\", !!bool yes, !!str yes, !mine 80]"),
            Tree::parse(R"(["80",80,true,"yes","80"])"));
  EXPECT_NE(yaml_error("a: !!int text"), "");
}

TEST(Yaml, Keys_AreText) {
  EXPECT_EQ(yaml("{80: a, yes: b, 0x10: c, '1': d}"), Tree::parse(R"({"80":"a","true":"b","16":"c","1":"d"})"));
  EXPECT_NE(yaml_error("{[a]: b}"), "");
  EXPECT_NE(yaml_error("? {a: b}\n: c"), "");
}

TEST(Yaml, DuplicateKeys_AreAnError_WithLineAndColumn) {
  EXPECT_EQ(yaml_error("a:\n  b: 1\n  c: 2\n  b: 3\n"), "line 4, column 3: key \"b\" occurs twice");
  EXPECT_EQ(yaml_error("{80: a, '80': b}"), "line 1, column 9: key \"80\" occurs twice");
}

TEST(Yaml, Aliases_AreCopied_AndMergeKeysYieldToTheMapsOwn) {
  EXPECT_EQ(yaml("a: &x {p: 1, q: 2}\nb: *x\nc: {<<: *x, q: 3}\nd: {<<: [{q: 4}, *x]}"),
            Tree::parse(R"({"a":{"p":1,"q":2},"b":{"p":1,"q":2},"c":{"p":1,"q":3},"d":{"p":1,"q":4}})"));
  EXPECT_NE(yaml_error("a: {<<: text}"), "");
  EXPECT_NE(yaml_error("a: &x [*x]"), "");
  EXPECT_NE(yaml_error("a: *unknown"), "");
}

TEST(Yaml, BillionLaughs_AreRefused) {
  std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
    for (int j = 0; j < 8; ++j) text += "," + alias;
    text += "]\n";
  }
  EXPECT_NE(yaml_error(text).find("aliases stand for more than"), std::string::npos);
}

TEST(Yaml, AliasesThatNestDeep_AreRefused) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 400; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_NE(yaml_error(text).find("aliases nest too deep"), std::string::npos);
}

TEST(Texts, ThatNestDeep_AreRefused) {
  std::string flow(100000, '[');
  std::string block;
  std::string json;
  for (int i = 0; i < 1000; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  for (int i = 0; i < 100000; ++i) json += "{\"a\":";
  EXPECT_NE(error_of(flow), "");
  EXPECT_NE(error_of(block).find("nested deeper than 200 levels"), std::string::npos) << error_of(block);
  EXPECT_NE(error_of(json), "");
  EXPECT_FALSE(decode(Kind::pod, json));
  EXPECT_FALSE(decode_key(json));
}

TEST(Texts, Tabs_AsIndentation_AreAnError_WithLineAndColumn) {
  EXPECT_EQ(yaml_error("a:\n\tb: c\n").substr(0, 16), "line 2, column 3");
}

TEST(Texts, StrayText_AfterADocument_IsAnError_NotAnEndlessStream) {
  EXPECT_NE(yaml_error("a: b\n]\n"), "");
  EXPECT_NE(yaml_error("{a: b} ]"), "");
  EXPECT_NE(yaml_error("--- }\n"), "");
}

TEST(Texts, Arbitrary_GiveAnErrorOrObjects_NeverMore) {
  const std::string alphabet = "{}[]:,-&*!|>'\"%@`#? \n\tab0\\\x80\xff";
  std::uint32_t state = 7;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = 0; i < 24; ++i) {
      state = state * 1664525U + 1013904223U;
      text += alphabet[(state >> 16) % alphabet.size()];
    }
    const auto decoded = decode_manifest(text);
    EXPECT_TRUE(!decoded || decoded->empty()) << text;
  }
}

TEST(Manifest, Documents_AreReadInOrder_AndOthersLeftOut) {
  EXPECT_EQ(
      names("# nothing yet\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n---\napiVersion: v1\n"
            "kind: ConfigMap\nmetadata: {name: c}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: m}\n..."),
      (Names{"Pod default/a", "Namespace m"}));
  EXPECT_EQ(names(""), Names{});
  EXPECT_EQ(names("---\n"), Names{});
}

TEST(Manifest, KindsOfOtherGroups_AreNotOurs) {
  EXPECT_EQ(names("{apiVersion: crd.projectcalico.org/v1, kind: NetworkPolicy, metadata: {name: a}}"), Names{});
  EXPECT_EQ(names("{apiVersion: serving.knative.dev/v1, kind: Pod, metadata: {name: a}}"), Names{});
}

TEST(Manifest, Lists_OfBothForms_AreReadThrough) {
  EXPECT_EQ(names(R"({"apiVersion":"v1","kind":"List","items":[
      {"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"x"}},
      {"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}]}]})"),
            (Names{"Pod x/a", "Node n"}));
  EXPECT_EQ(names(R"({"kind":"PodList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"a"}}]})"),
            (Names{"Pod default/a"}));
  EXPECT_EQ(names("{apiVersion: v1, kind: List, items: null}"), Names{});
  EXPECT_EQ(names("{apiVersion: v1, kind: List, items: {}}"),
            Names{"document 1 (line 1): List: items {…} is not a list"});
}

TEST(Manifest, JsonBetweenLinesOfDashes_AndFlowYaml_AreRead) {
  EXPECT_EQ(names("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}\n---\n"
                  "{apiVersion: v1, kind: Pod, metadata: {name: b}}\n"),
            (Names{"Pod default/a", "Pod default/b"}));
}

TEST(Manifest, PolicyOfAVersionThatIsNotRead_FailsClosed_AndSaysSo) {  // semantics 22
  for (const std::string version : {"extensions/v1beta1", "networking.k8s.io/v2"}) {
    const auto one = decode_one<NetworkPolicy>("{apiVersion: " + version +
                                               ", kind: NetworkPolicy, metadata: {name: old}, spec: {ingress: [{}]}}");
    EXPECT_FALSE(one.object.understood);
    EXPECT_TRUE(one.object.ingress.empty());
    EXPECT_TRUE(one.object.ingress_isolates && one.object.egress_isolates);
    EXPECT_EQ(one.words(), "NetworkPolicy default/old: apiVersion \"" + version +
                               "\" is not read, only networking.k8s.io/v1 is; every pod of its namespace is isolated, "
                               "and it allows nothing\n");
    EXPECT_TRUE(one.problems.front().closed);
  }
}

TEST(Manifest, ObjectsThatMatter_AndCannotBeNamed_AreErrors) {
  EXPECT_EQ(error_of("a: b\n---\nkind: Pod\napiVersion: v1\n"), "document 1 (line 1): kind is missing");
  EXPECT_EQ(error_of("{kind: Pod, metadata: {name: a}}"), "document 1 (line 1): Pod: apiVersion is missing");
  EXPECT_EQ(error_of("---\nkind: Pod\napiVersion: v1\n"), "document 1 (line 1): Pod: metadata.name is missing");
  EXPECT_EQ(error_of("{apiVersion: v1, kind: Pod, metadata: {name: 5}}"),
            "document 1 (line 1): Pod: metadata.name 5 is not a string (quote it)");
  EXPECT_EQ(error_of("{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: [x]}}"),
            "document 1 (line 1): Pod: metadata.namespace […] is not a string (quote it)");
  EXPECT_EQ(error_of("{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod}]}"),
            "document 1 (line 1): items[0]: Pod: metadata.name is missing");
  EXPECT_EQ(error_of("text"), "document 1 (line 1): \"text\" is not an object");
}

TEST(Manifest, NamesThatCouldPassForOtherText_AreErrors) {
  for (const std::string name : {"\"a\\nb\"", "\"a b\"", "'a\"b'", "a/b", "\"\\e[2J\"", "ü"}) {
    EXPECT_NE(error_of("{apiVersion: v1, kind: Pod, metadata: {name: " + name + "}}"), "") << name;
  }
  EXPECT_NE(error_of("{apiVersion: v1, kind: Pod, metadata: {name: " + std::string(254, 'a') + "}}"), "");
}

TEST(Manifest, BrokenJson_IsReportedWhereItIsBroken) {
  EXPECT_EQ(error_of("{\"kind\": \"Pod\",\n \"metadata\": {\"name\": ]}}").substr(0, 16), "line 2, column 2");
  EXPECT_EQ(error_of("{\"a\": 1,\n \"a\": 2}"), "line 2, column 2: key \"a\" occurs twice");
}

TEST(DecodeItem, Byte0_IsNoEnd) {
  const std::string item = R"({"metadata":{"name":"a","namespace":"b"}})";
  ASSERT_TRUE(decode(Kind::pod, item));
  for (const std::string& rest : {std::string(1, '\0'), std::string("\n\0{}", 4)}) {
    const auto decoded = decode(Kind::pod, item + rest);
    ASSERT_FALSE(decoded);
    EXPECT_NE(decoded.error().message.find("a byte 0 is not allowed"), std::string::npos) << decoded.error().message;
    EXPECT_FALSE(decode_key(item + rest));
    EXPECT_NE(error_of(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}})" + rest), "");
  }
}

TEST(DecodeItem, ManagedFields_AreSteppedOver_WhateverTheyAre) {
  for (const std::string fields : {"null", "7", "[]", "{}", R"([{"a":{"b":[1,{}]}},"x"])", R"({"labels":{"app":1}})"}) {
    const auto pod =
        decode(Kind::pod, R"({"metadata":{"managedFields":)" + fields +
                              R"(,"name":"a","namespace":"b","labels":{"app":"x"}},"spec":{"nodeName":"n"}})");
    ASSERT_TRUE(pod) << fields;
    EXPECT_TRUE(pod->problems.empty()) << fields;
    EXPECT_EQ(std::get<Pod>(pod->object).meta.labels, (Labels{{"app", "x"}})) << fields;
    EXPECT_EQ(std::get<Pod>(pod->object).node, "n") << fields;
  }
}

TEST(DecodeItem, WithoutNamespace_IsAnErrorForNamespacedKinds) {
  EXPECT_FALSE(decode(Kind::pod, R"({"metadata":{"name":"a"}})"));
  EXPECT_TRUE(decode(Kind::ns, R"({"metadata":{"name":"a"}})"));
  EXPECT_TRUE(decode(Kind::pod, R"({"metadata":{"name":"a","namespace":"b"}})"));
}

TEST(DecodeItem, OfAnotherKind_IsAnError) {
  const auto status = decode(Kind::pod, R"({"kind":"Status","metadata":{"name":"a","namespace":"b"}})");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "is a \"Status\", not a Pod");
}

TEST(DecodeKey, NeedsNoMoreThanTheName) {
  EXPECT_EQ(decode_key(R"({"metadata":{"name":"a","namespace":"b","labels":5},"spec":[]})"), (ObjectKey{"b", "a"}));
  EXPECT_EQ(decode_key(R"({"metadata":{"name":"a"}})"), (ObjectKey{"", "a"}));
  EXPECT_FALSE(decode_key("[]"));
  EXPECT_FALSE(decode_key("{}"));
  EXPECT_FALSE(decode_key("not json"));
}

}  // namespace
}  // namespace selvedge::k8s
