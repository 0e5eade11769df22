// The quick way against the thorough one: it may say nothing, but never anything else.
#include "k8sclient/decode_needed.h"

#include <array>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "k8sclient/decode_objects.h"

namespace selvedge::k8s {
namespace {

const std::string pod_json =
    R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"api-1","namespace":"shop","uid":"u","resourceVersion":"7",)"
    R"("generateName":"api-","creationTimestamp":"2024-05-01T00:00:00Z","labels":{"app":"api","":"x"},)"
    R"("annotations":{"note":"a \"quoted\" \\ word\n"},"managedFields":[{"k:{\"name\":\"a\"}":{"f":{}},"n":-12}]},)"
    R"("spec":{"nodeName":"n1","hostNetwork":false,"priority":0,"containers":[{"name":"c","env":[{"name":"A",)"
    R"("value":"1"}],"ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}]}],"initContainers":[{"name":)"
    R"("i","restartPolicy":"Always","ports":[{"containerPort":53,"protocol":"UDP"}]}]},"status":{"phase":"Running",)"
    R"("podIP":"10.244.1.5","podIPs":[{"ip":"10.244.1.5"},{"ip":"fd00::5"}],"startTime":"2024-05-01T00:00:01Z",)"
    R"("conditions":[{"type":"Ready","status":"True","lastProbeTime":null}]}})";

bool same(const tl::expected<Decoded, DecodeError>& quick, const tl::expected<Decoded, DecodeError>& thorough) {
  if (quick.has_value() != thorough.has_value()) return false;
  if (!quick) return quick.error().message == thorough.error().message;
  return quick->object == thorough->object && quick->problems == thorough->problems;
}

tl::expected<Decoded, DecodeError> thoroughly(std::string_view json) {
  const auto tree = parse_json(json);
  if (!tree) return tl::unexpected(DecodeError{to_string(tree.error())});
  return decode_item(Kind::pod, *tree);
}

void expect_agreement(const std::string& json) {
  ASSERT_TRUE(same(decode(Kind::pod, json), thoroughly(json))) << json;
  if (const auto whole = parse_needed(json, {})) {
    const auto tree = parse_json(json);
    ASSERT_TRUE(tree) << json;
    ASSERT_EQ(*whole, *tree) << json;
  }
}

TEST(ParseNeeded, ThePodOfAnApiServer_IsReadWithoutWhatNobodyNeeds) {
  const auto tree = parse_item(Kind::pod, pod_json);
  ASSERT_TRUE(tree);
  EXPECT_EQ(*tree,
            Tree::parse(R"({"kind":"Pod","metadata":{"name":"api-1","namespace":"shop","uid":"u",)"
                        R"("resourceVersion":"7","generateName":"api-","creationTimestamp":"2024-05-01T00:00:00Z",)"
                        R"("labels":{"app":"api","":"x"}},"spec":{"nodeName":"n1","hostNetwork":false,"containers":)"
                        R"([{"ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}]}],"initContainers":)"
                        R"([{"restartPolicy":"Always","ports":[{"containerPort":53,"protocol":"UDP"}]}]},"status":)"
                        R"({"phase":"Running","podIP":"10.244.1.5","podIPs":[{"ip":"10.244.1.5"},{"ip":"fd00::5"}],)"
                        R"("startTime":"2024-05-01T00:00:01Z"}})"));
  expect_agreement(pod_json);
}

TEST(ParseNeeded, WhatIsNotPlain_OrWrongAnywhere_IsLeftToTheThoroughOne) {
  for (const std::string text : {R"({"a":1)",
                                 R"({"a":1}})",
                                 R"({"a":01})",
                                 R"({"a":1.5})",
                                 R"({"a":1e3})",
                                 R"({"a":-})",
                                 R"({"a":tru})",
                                 R"({"a":"\u0041"})",
                                 R"({"\u0061":1})",
                                 R"({"a":"ü"})",
                                 R"({"a":1,"a":2})",
                                 R"({"x":{"a":1,"a":2}})",
                                 R"({"a":[1,]})",
                                 R"({"a":1,})",
                                 R"({,})",
                                 R"([1 2])",
                                 R"({"a" 1})",
                                 R"({a:1})",
                                 R"({"a":1}x)",
                                 "",
                                 " ",
                                 "{",
                                 "\xef\xbb\xbf{}",
                                 R"({"a":9999999999999999999})",
                                 "{\"a\":\"\t\"}"}) {
    EXPECT_FALSE(parse_needed(text, {})) << text;
    expect_agreement(text);
  }
  EXPECT_FALSE(parse_needed(std::string("{}\0", 3), {}));
  EXPECT_FALSE(parse_needed(std::string(1000, '['), {}));
}

TEST(ParseNeeded, KeysThatOccurTwice_AreFoundWhereNobodyReads_ButInManagedFields) {
  const std::string twice = R"({"f":1,"f":2})";
  EXPECT_FALSE(decode(Kind::pod, R"({"metadata":{"name":"a","namespace":"b"},"spec":{"volumes":[)" + twice + "]}}"));
  EXPECT_TRUE(decode(Kind::pod, R"({"metadata":{"name":"a","namespace":"b","managedFields":)" + twice + "}}"));
  EXPECT_FALSE(decode(Kind::pod, R"({"metadata":{"name":"a","namespace":"b"},"managedFields":)" + twice + "}"));
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += '"' + std::to_string(i) + "\":0,";
  EXPECT_TRUE(decode(Kind::pod, R"({"metadata":{"name":"a","namespace":"b","annotations":)" + many + R"("x":0}}})"));
  EXPECT_FALSE(decode(Kind::pod, R"({"metadata":{"name":"a","namespace":"b","annotations":)" + many + R"("7":0}}})"));
}

// One byte or two of the pod are others; a piece of it is left out, or stands twice.
TEST(ParseNeeded, AtRandom_AgreesWithTheThoroughOne) {
  std::mt19937 random(5);
  const std::string bytes = "\"\\{}[],:0123456789-+.eEtfnu \n\t\x01\x7f\x80\xc3\xbc";
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  constexpr std::array<Needed, 1> only{{{"kind"}}};
  int quick = 0;
  for (int round = 0; round < 30'000; ++round) {
    std::string json = pod_json;
    for (std::size_t changes = below(3); changes > 0; --changes) json[below(json.size())] = bytes[below(bytes.size())];
    if (below(3) == 0) json.erase(below(json.size()), below(40));
    if (below(3) == 0) {
      const std::size_t from = below(json.size());
      json.insert(below(json.size()), json.substr(from, below(40)));
    }
    const bool accepted = parse_needed(json, only).has_value();
    ASSERT_TRUE(!accepted || parse_json(json)) << json;
    if (accepted) ++quick;
    expect_agreement(json);
  }
  EXPECT_GT(quick, 1000);  // it was asked for more than refusals
}

TEST(ParseEvent, BookmarksAndErrors_AreReadWhole) {
  const auto bookmark = parse_event(
      Kind::pod, R"({"type":"BOOKMARK","object":{"metadata":{"annotations":{"k8s.io/initial-events-end":"true"}}}})");
  ASSERT_TRUE(bookmark);
  EXPECT_EQ((*bookmark)["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
  const auto error = parse_event(Kind::pod, R"({"type":"ERROR","object":{"code":410,"reason":"Expired"}})");
  ASSERT_TRUE(error);
  EXPECT_EQ((*error)["object"]["code"], 410);
}

}  // namespace
}  // namespace selvedge::k8s
