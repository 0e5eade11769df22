// The quick way against the thorough one: it may say nothing, but never anything else.
#include "k8sclient/decode_plain.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "k8sclient/decode_objects.h"
#include "k8sclient/decode_plain_pod.h"
#include "k8sclient/watch_event.h"

namespace selvedge::k8s {
namespace {

const std::string pod_json =
    R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"api-1","namespace":"shop","uid":"u","resourceVersion":"7",)"
    R"("ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"api","uid":"v","controller":true},)"
    R"({"kind":"Node","name":"n1"}],"generateName":"api-","creationTimestamp":"2024-05-01T00:00:00Z","labels":{"app":"api","":"x"},)"
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

bool is_plain(std::string_view json) {
  PlainJson reader(json);
  return reader.step_over() && reader.ends();
}

void expect_agreement(const std::string& json) {
  ASSERT_TRUE(same(decode(Kind::pod, json), thoroughly(json))) << json;
  ASSERT_TRUE(!is_plain(json) || parse_json(json)) << json;
}

TEST(PlainPod, OfAnApiServer_IsReadTheQuickWay) {
  const auto plain = decode_plain_pod(pod_json);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->version, "7");
  EXPECT_EQ(plain->pod.ports.size(), 2U);
  EXPECT_EQ(plain->pod.maker, "ReplicaSet/api");
  EXPECT_EQ(plain->pod.addresses, (std::vector<std::string>{"10.244.1.5", "fd00::5"}));
  expect_agreement(pod_json);
}

TEST(PlainPod, WhereverItsFieldsStand_IsTheSame) {
  for (const std::string json : {
           R"({"status":{"podIP":"10.0.0.1","podIPs":[]},"metadata":{"namespace":"b","name":"a"}})",
           R"({"status":{"podIPs":[{"ip":""},{"x":1}],"podIP":"10.0.0.1"},"metadata":{"namespace":"b","name":"a"}})",
           R"({"spec":{"initContainers":[{"ports":[{"containerPort":1}]},{"ports":[{"containerPort":2}],)"
           R"("restartPolicy":"Always"}],"containers":[{"ports":[{"containerPort":3,"name":"x"}],)"
           R"("restartPolicy":"Always"}]},"metadata":{"namespace":"b","name":"a"}})",
           R"({"metadata":{"namespace":"b","name":"a","labels":{}},"spec":{"hostNetwork":true}})",
           R"({"metadata":{"annotations":{"x":"\"","kubernetes.io/config.mirror":"s"},"uid":"u","namespace":"b",)"
           R"("name":"a"}})",
           R"({"metadata":{"annotations":{"kubernetes.io/config.mirror":""},"uid":"u","namespace":"b","name":"a"}})",
       }) {
    EXPECT_TRUE(decode_plain_pod(json)) << json;
    expect_agreement(json);
  }
}

TEST(PlainPod, WithAnythingUnusual_IsReadTheThoroughWay) {
  for (const std::string fields :
       {R"("spec":null)", R"("spec":[])", R"("spec":{"nodeName":7})", R"("spec":{"hostNetwork":"yes"})",
        R"("spec":{"containers":[{"ports":[{"containerPort":0}]}]})", R"("spec":{"containers":[{"ports":[{}]}]})",
        R"("spec":{"containers":[{"ports":[{"containerPort":1,"protocol":"ICMP"}]}]})", R"("status":{"phase":"Odd"})",
        R"("status":{"phase":""})", R"("status":{"podIPs":[{"ip":null}]})", R"("kind":"Node")", R"("kind":"")"}) {
    const std::string json = R"({"metadata":{"name":"a","namespace":"b"},)" + fields + "}";
    EXPECT_FALSE(decode_plain_pod(json)) << json;
    expect_agreement(json);
  }
  for (const std::string metadata : {R"({"name":"a"})", R"({"name":"a b","namespace":"b"})", R"({"name":1})", "[]",
                                     R"({"name":"a","namespace":"b","labels":{"x":1}})"}) {
    EXPECT_FALSE(decode_plain_pod(R"({"metadata":)" + metadata + "}")) << metadata;
    expect_agreement(R"({"metadata":)" + metadata + "}");
  }
}

TEST(PlainJson, WhatIsNotPlain_OrWrongAnywhere_IsLeftToTheThoroughOne) {
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
    EXPECT_FALSE(is_plain(text)) << text;
    expect_agreement(text);
  }
  EXPECT_FALSE(is_plain(std::string("{}\0", 3)));
  EXPECT_FALSE(is_plain(std::string(1000, '[') + std::string(1000, ']')));
  std::string nested = "0";
  for (int depth = 0; depth < 10; ++depth) {
    std::string keys;
    for (int i = 0; i < 30; ++i) keys += '"' + std::to_string(i) + "\":0,";
    nested = '{' + keys + "\"x\":" + nested + '}';
  }
  EXPECT_FALSE(is_plain(nested));  // more keys at once than it keeps
  expect_agreement(nested);
}

TEST(PlainPod, KeysThatOccurTwice_AreFoundWhereNobodyReads_ButInManagedFields) {
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
TEST(PlainPod, AtRandom_AgreesWithTheThoroughOne) {
  std::mt19937 random(5);
  const std::string bytes = "\"\\{}[],:0123456789-+.eEtfnu \n\t\x01\x7f\x80\xc3\xbc";
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  int quick = 0;
  for (int round = 0; round < 30'000; ++round) {
    std::string json = pod_json;
    for (std::size_t changes = below(3); changes > 0; --changes) json[below(json.size())] = bytes[below(bytes.size())];
    if (below(3) == 0) json.erase(below(json.size()), below(40));
    if (below(3) == 0) {
      const std::size_t from = below(json.size());
      json.insert(below(json.size()), json.substr(from, below(40)));
    }
    if (decode_plain_pod(json)) ++quick;
    expect_agreement(json);
  }
  EXPECT_GT(quick, 1000);  // it was asked for more than refusals
}

TEST(PlainPodEvent, TellsWhatTheThoroughWayDoes) {
  const std::string object = R"("object":)" + pod_json + "}";
  for (const std::string type : {R"("type":"ADDED",)", R"("type":"MODIFIED",)"}) {
    const std::string plain = "{" + type + object, other = R"({"x":1.5,)" + type + object;
    ASSERT_TRUE(decode_plain_pod_event(plain) && !decode_plain_pod_event(other)) << type;
    const auto quick = std::get<ObjectSeen>(watch_event(Kind::pod, {.text = plain}));
    const auto thorough = std::get<ObjectSeen>(watch_event(Kind::pod, {.text = other}));
    EXPECT_EQ(quick.decoded.object, thorough.decoded.object);
    EXPECT_EQ(quick.version, thorough.version);
    EXPECT_EQ(quick.version, "7");
  }
  const auto gone = std::get<ObjectGone>(watch_event(Kind::pod, {.text = R"({"type":"DELETED",)" + object}));
  EXPECT_EQ(gone.key, (ObjectKey{"shop", "api-1"}));
  EXPECT_EQ(gone.version, "7");
}

TEST(PlainPodEvent, OfAnyOtherKind_IsLeftToTheThoroughWay) {
  for (const std::string type : {"BOOKMARK", "ERROR", "added", ""}) {
    EXPECT_FALSE(decode_plain_pod_event(R"({"type":")" + type + R"(","object":)" + pod_json + "}")) << type;
  }
  EXPECT_FALSE(decode_plain_pod_event(R"({"object":)" + pod_json + "}"));
  EXPECT_FALSE(decode_plain_pod_event(R"({"type":"ADDED"})"));
  EXPECT_FALSE(decode_plain_pod_event(R"({"type":"ADDED","object":)" + pod_json + "}}"));
}

}  // namespace
}  // namespace selvedge::k8s
