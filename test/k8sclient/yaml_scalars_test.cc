// What a scalar without quotes stands for. The tables are what sigs.k8s.io/yaml 1.6.0 (over go.yaml.in/yaml/v2
// 2.4.2) answered, the library by which kubectl 1.34 turns a manifest into JSON.
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "k8sclient/decode_yaml.h"
#include "test/k8sclient/decoding.h"

namespace selvedge::k8s {
namespace {

struct Reading {
  const char* scalar;
  std::string_view json;  // "refused": kubectl does not take the file
};

const Reading readings[] = {
    {"y", "true"},
    {"Y", "true"},
    {"yes", "true"},
    {"Yes", "true"},
    {"YES", "true"},
    {"n", "false"},
    {"N", "false"},
    {"no", "false"},
    {"No", "false"},
    {"NO", "false"},
    {"on", "true"},
    {"On", "true"},
    {"ON", "true"},
    {"off", "false"},
    {"Off", "false"},
    {"OFF", "false"},
    {"true", "true"},
    {"True", "true"},
    {"TRUE", "true"},
    {"false", "false"},
    {"False", "false"},
    {"FALSE", "false"},
    {"null", "null"},
    {"Null", "null"},
    {"NULL", "null"},
    {"~", "null"},
    {".inf", "refused"},
    {"-.Inf", "refused"},
    {"+.INF", "refused"},
    {".nan", "refused"},
    {".NaN", "refused"},
    {"0", "0"},
    {"00", "0"},
    {"000", "0"},
    {"-0", "0"},
    {"+0", "0"},
    {"0.0", "0"},
    {"-0.0", "-0"},
    {"8", "8"},
    {"80", "80"},
    {"+80", "80"},
    {"-80", "-80"},
    {"8080", "8080"},
    {"65535", "65535"},
    {"65536", "65536"},
    {"010", "8"},
    {"017", "15"},
    {"018", "18"},
    {"08", "8"},
    {"09", "9"},
    {"0777", "511"},
    {"0o7", "7"},
    {"0o17", "15"},
    {"0O17", "15"},
    {"-0o17", "-15"},
    {"0x50", "80"},
    {"0X50", "80"},
    {"0xff", "255"},
    {"-0x10", "-16"},
    {"+0x10", "16"},
    {"0b101", "5"},
    {"0B1", "1"},
    {"-0b11", "-3"},
    {"1_000", "1000"},
    {"1__0", "10"},
    {"1_", "1"},
    {"0x_ff", "255"},
    {"0_7", "7"},
    {"0_8", "8"},
    {"1.5", "1.5"},
    {"80.0", "80"},
    {"80.", "80"},
    {".5", "0.5"},
    {"-.5", "-0.5"},
    {"+.5", "0.5"},
    {".5_5", "0.55"},
    {"1_0.5", "10.5"},
    {"1e3", "1000"},
    {"1E3", "1000"},
    {"1e+3", "1000"},
    {"1e-3", "0.001"},
    {"1.5e3", "1500"},
    {"1e-400", "0"},
    {".1e1", "1"},
    {"9007199254740993", "9007199254740993"},
    {"9007199254740993.0", "9007199254740992"},
    {"9223372036854775807", "9223372036854775807"},
    {"9223372036854775808", "9223372036854775808"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"-9223372036854775809", "-9223372036854776000"},
    {"18446744073709551615", "18446744073709551615"},
    {"18446744073709551616", "18446744073709552000"},
    {"100000000000000000000", "100000000000000000000"},
    {"1.27", "1.27"},
    {"12e03", "12000"},
    {"0.1e1", "1"},
};

const std::string_view texts[] = {
    "yEs",
    "nO",
    "oN",
    "tRue",
    "nULL",
    "~~",
    "nan",
    "inf",
    "Infinity",
    "0o",
    "0o8",
    "0x",
    "0xfg",
    "0b",
    "0b2",
    "_1",
    "1:20",
    "190:20:30",
    "-1:20",
    "1:60",
    ".",
    "..",
    "..1",
    "1..2",
    "1.2.3",
    "._5",
    ".5_",
    "1e",
    "e1",
    "1e400",
    "0x1p4",
    "0x1.8p1",
    "1e2.5",
    "2024-05-01",
    "2024-5-1",
    "2024-13-01",
    "2001-12-14T21:59:43Z",
    "2001-12-14t21:59:43.10-05:00",
    "10.0.0.1",
    "10.0.0.0/8",
    "010.0.0.1",
    "fd00::1",
    "::1",
    "::/0",
    "v1",
    "1a",
    "a1",
    "-a",
    "a-b",
    "+a",
    "+-1",
    "--1",
    "1-1",
    "=",
    "1,000",
    "2001-12-14 21:59:43.10",
};

// The document's value under "a", or "refused".
std::string read(const std::string& text) {
  std::string json;
  const auto error = parse_yaml(text, [&](const Tree& tree, std::size_t) -> std::optional<ParseError> {
    json = tree.at("a").dump();
    return std::nullopt;
  });
  return error ? "refused" : json;
}

TEST(YamlScalars, ThatAreNotText_AreWhatKubectlMakesOfThem) {
  for (const auto& [scalar, json] : readings) {
    const std::string ours = read(std::string("a: ") + scalar);
    if (json == "refused" || ours == "refused") {
      EXPECT_EQ(ours, json) << scalar;
    } else {  // 1e+20 and 100000000000000000000 are one number
      EXPECT_EQ(Tree::parse(ours), Tree::parse(json)) << scalar;
      EXPECT_EQ(Tree::parse(ours).is_number(), Tree::parse(json).is_number()) << scalar;
    }
  }
}

TEST(YamlScalars, ThatAreText_AreText) {
  for (const std::string_view text : texts) EXPECT_EQ(read("a: " + std::string(text)), Tree(text).dump());
}

TEST(YamlScalars, InQuotes_AreText_WhateverTheySay) {
  for (const auto& [scalar, json] : readings) {
    const std::string text = Tree(scalar).dump();
    EXPECT_EQ(read("a: '" + std::string(scalar) + "'"), text);
    EXPECT_EQ(read("a: \"" + std::string(scalar) + "\""), text);
    EXPECT_EQ(read("a: !!str " + std::string(scalar)), text);
  }
}

TEST(YamlScalars, ThatAreNotText_AreNoLabels_OfAPolicyOrAPod) {  // semantics 13, 21
  for (const auto& [scalar, json] : readings) {
    if (json == "refused" || json == "null") continue;
    const std::string text(scalar);
    const auto policy = policy_with("{podSelector: {matchLabels: {app: " + text + "}}, ingress: [{}]}");
    EXPECT_FALSE(policy.object.understood) << text;
    EXPECT_TRUE(policy.object.ingress.empty() && policy.object.ingress_isolates && policy.object.egress_isolates);
    EXPECT_NE(policy.words().find("NetworkPolicy shop/api: spec.podSelector.matchLabels[app] "), std::string::npos);
    EXPECT_NE(policy.words().find("not a string (quote it); "), std::string::npos) << policy.words();
    const auto pod = decode_one<Pod>("{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: " + text + "}}}");
    EXPECT_FALSE(pod.object.understood) << text;
  }
}

TEST(YamlScalars, ThatAreWholeNumbers_ArePorts_HoweverTheyAreWritten) {  // semantics 29
  for (const std::string port : {"80", "0x50", "0120", "0o120", "80.0", "8e1", "+80", "8_0", "0b1010000"}) {
    const auto policy = policy_with("{podSelector: {}, ingress: [{ports: [{port: " + port + "}]}]}");
    EXPECT_EQ(policy.words(), "") << port;
    EXPECT_EQ(std::get<std::int64_t>(policy.object.ingress.at(0).ports.at(0).port), 80) << port;
  }
  // Dates and sexagesimals are text in kubectl's reading, and so names that no port can have; that is the core's to
  // say.
  for (const std::string port : {"1:20", "2024-05-01", "'80'"}) {
    const auto policy = policy_with("{podSelector: {}, ingress: [{ports: [{port: " + port + "}]}]}");
    EXPECT_TRUE(std::holds_alternative<std::string>(policy.object.ingress.at(0).ports.at(0).port)) << port;
  }
  for (const std::string port : {"80.5", "yes", "[80]", "1e20", "18446744073709551615"}) {
    const auto policy = policy_with("{podSelector: {}, ingress: [{ports: [{port: " + port + "}]}]}");
    EXPECT_FALSE(policy.object.ingress.at(0).ports.at(0).understood) << port;
    EXPECT_NE(policy.words().find("spec.ingress[0].ports[0].port "), std::string::npos) << policy.words();
    EXPECT_NE(policy.words().find("; the port matches nothing"), std::string::npos) << policy.words();
  }
}

}  // namespace
}  // namespace selvedge::k8s
