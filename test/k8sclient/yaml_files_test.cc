// Files as they come: encodings, line ends, separators, merge keys, and what passes for YAML but would be lost.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "test/k8sclient/decoding.h"

namespace selvedge::k8s {
namespace {

std::string pod(const std::string& name) {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + "}\n";
}

// "a b", the names in their order; or the error.
std::string names(std::string_view text) {
  const auto decoded = decode_manifest(text);
  if (!decoded) return decoded.error().message;
  std::string all;
  for (const Decoded& one : *decoded) all += (all.empty() ? "" : " ") + meta_of(one.object).name;
  return all;
}

// As Windows writes it.
std::string utf16(const std::string& ascii, bool big_endian) {
  std::string text = big_endian ? "\xfe\xff" : "\xff\xfe";
  for (const char c : ascii) text += big_endian ? std::string{'\0', c} : std::string{c, '\0'};
  return text;
}

std::string with_line_ends(std::string text, const std::string& end) {
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + end.size())) {
    text.replace(at, 1, end);
  }
  return text;
}

TEST(YamlFiles, ByteOrderMarks_AreNoText) {
  const std::string mark = "\xef\xbb\xbf";
  EXPECT_EQ(names(mark + pod("a")), "a");
  EXPECT_EQ(names(mark + "---\n" + pod("a")), "a");
  EXPECT_EQ(names(mark + R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}})"), "a");
  EXPECT_EQ(names(pod("a") + "---\n" + mark + pod("b")), "a b");
}

TEST(YamlFiles, InUtf16_AreReadAsKubectlReadsThem) {
  for (const bool big_endian : {false, true}) {
    EXPECT_EQ(names(utf16(pod("a") + "---\r\n" + pod("b"), big_endian)), "a b");
    EXPECT_EQ(names(utf16(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}})", big_endian)), "a");
    EXPECT_NE(names(utf16(pod("a"), big_endian).substr(2)), "a") << "without its mark it is no text";
  }
  const std::string half_a_pair = utf16(pod("a") + "# ", false) + "\x00\xd8" + "x";
  EXPECT_EQ(names(half_a_pair), "a");
}

TEST(YamlFiles, LineEndsOfWindows_AreLineEnds) {
  EXPECT_EQ(names(with_line_ends(pod("a") + "---\n" + pod("b") + "---\n", "\r\n")), "a b");
}

TEST(YamlFiles, LineEndsThatOnlySomeProgramsSee_AreErrors) {  // a comment would hide from us what kubectl reads
  for (const std::string end : {"\r", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"}) {
    EXPECT_EQ(names(pod("a") + "# x" + end + "spec: {hostNetwork: true}\n"),
              "line 4, column 4: a line end that not all programs take for one (escape it, or use a line feed)");
  }
  EXPECT_EQ(names(pod("a") + "x: \"\\r\\N\\L\\P\"\n"), "a");
}

TEST(YamlFiles, TextsThatEndWithinAKey_AreErrors) {
  const std::string head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec:\n";
  for (const std::string end : {"", "\n", " # why", "\n---\n", "\n...\n"}) {
    EXPECT_EQ(names(head + "  podSelector: {}\n  egress" + end), "line 6, column 3: a key has no colon") << end;
  }
  EXPECT_EQ(names(head + "  podSelector: {}\n  egress:"), "a");
  EXPECT_EQ(names(head + "  podSelector: {}\n  ? egress"), "a");
  EXPECT_EQ(names(head + "  {podSelector, egress: , ingress: }"), "a");
}

TEST(YamlFiles, ColonsBeforeASign_AreErrors) {  // kubectl reads {endPort:} as a key "endPort:"
  for (const std::string flow : {"{a:}", "{a:, b: c}", "[a:]", "[{b: c, a:}]"}) {
    EXPECT_NE(names("x: " + flow + "\n").find("a colon stands right before a sign"), std::string::npos) << flow;
  }
  EXPECT_EQ(names(pod("a") + "x: {a: , b:\n}\ny: {\"a\":}\nz: [{a: }]"), "a");
}

TEST(YamlFiles, BytesThatAreNoText_AreErrors_WithTheirPlace) {
  // yaml-cpp takes a byte 4 for the end: all that follows would be gone.
  EXPECT_EQ(names(pod("a") + "---\n# \x04\n" + pod("b")), "line 5, column 3: control character 0x04 is not allowed");
  EXPECT_EQ(names(pod("a") + std::string(1, '\0')), "line 4, column 1: control character 0x00 is not allowed");
  EXPECT_EQ(names("a: \x7f"), "line 1, column 4: control character 0x7f is not allowed");
  for (const std::string bytes : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\x80"}) {
    const std::string error = names(pod("a") + "# " + bytes + "\n");
    EXPECT_EQ(error.substr(0, 25), "line 4, column 3: byte 0x") << error;
    EXPECT_EQ(error.substr(27), " is not UTF-8") << error;
  }
  EXPECT_EQ(names(pod("a") + "# caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n"), "a");
}

TEST(YamlFiles, Directives_AreRead_AndLinesThatOnlyLookLikeThem_AreErrors_NotSkipped) {
  EXPECT_EQ(names("%YAML 1.1\n---\n" + pod("a")), "a");
  EXPECT_EQ(names("%TAG ! tag:example.org,2000:\n---\n" + pod("a")), "a");
  EXPECT_EQ(names("%kind: Pod\n"), "line 1, column 1: a line that begins with % is no text (indent it if it is)");
  EXPECT_EQ(names(pod("a") + "%spec: {}\n"),
            "line 4, column 1: a line that begins with % is no text (indent it if it is)");
  EXPECT_NE(names("%YAML 2.0\n---\n" + pod("a")), "a");
}

TEST(YamlFiles, Separators_MayBeAnyNumber_WithCommentsBetween) {
  EXPECT_EQ(names("---\n---\n# one\n" + pod("a") + "--- # two\n---   \n\n" + pod("b") + "...\n---\n# end\n...\n"),
            "a b");
  EXPECT_EQ(names("--- " + std::string("{apiVersion: v1, kind: Pod, metadata: {name: a}}\n--- {}\n")),
            "document 2 (line 2): kind is missing");
}

TEST(YamlFiles, JsonTextsInARow_AreDocuments) {
  const std::string json = R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}})";
  EXPECT_EQ(names(json + json), "a a");
  EXPECT_EQ(names(json + "\n" + json + "\n"), "a a");
  EXPECT_EQ(names(json + "\n---\n" + pod("b")), "a b");
  EXPECT_NE(names(json + ","), "a");
}

TEST(YamlFiles, MergeKeys_AreRead_UnlessProgramsDifferOnWhatTheyMean) {
  const std::string head = "x-labels: &l {app: web}\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n";
  const auto labels = [&](const std::string& lines) { return decode_one<Pod>(head + lines).object.meta.labels; };
  EXPECT_EQ(labels("    <<: *l\n"), (Labels{{"app", "web"}}));
  EXPECT_EQ(labels("    <<: *l\n    app: api\n"), (Labels{{"app", "api"}}));
  EXPECT_EQ(labels("    tier: back\n    <<: [*l, {app: other, tier: back}]\n"),
            (Labels{{"app", "web"}, {"tier", "back"}}));
  EXPECT_EQ(labels("    '<<': text\n    app: api\n"), (Labels{{"<<", "text"}, {"app", "api"}}));
  EXPECT_EQ(labels("    !!merge <<: *l\n"), (Labels{{"app", "web"}}));
  // kubectl takes web, kustomize api.
  EXPECT_EQ(error_of(head + "    app: api\n    <<: *l\n"),
            "line 8, column 9: key \"app\" stands before a merge key (<<) that sets it, too: programs differ on which "
            "counts");
  EXPECT_EQ(error_of(head + "    <<: *l\n    <<: *l\n"), "line 8, column 5: key \"<<\" occurs twice");
  EXPECT_EQ(error_of(head + "    <<: *l\n    app: api\n    app: api\n"), "line 9, column 5: key \"app\" occurs twice");
}

TEST(YamlFiles, MergedMappings_CountAgainstTheBoundOfAliases) {
  std::string text = "a0: &a0 {k: " + std::string(1000, 'x') + "}\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {p: " + before + ", <<: {q: " + before + "}}\n";
  }
  EXPECT_NE(error_of(text).find("aliases stand for more than"), std::string::npos);
}

TEST(YamlFiles, BinaryTags_FailClosedWhereATextIsWanted) {
  const auto pod = decode_one<Pod>("{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: !!binary YXBp}}}");
  EXPECT_FALSE(pod.object.understood);
  EXPECT_EQ(pod.words(),
            "Pod default/a: metadata.labels[app] !!binary is a text in base64, not a string; the pod is isolated and "
            "matches no selector\n");
  EXPECT_NE(error_of("{!!binary YXBp: a}"), "");
}

TEST(YamlFiles, NamesThatAreNotGivenYet_StartWithGenerateName) {
  EXPECT_EQ(names("{apiVersion: batch/v1, kind: Job, metadata: {generateName: check-}}"), "check-");
  EXPECT_EQ(names("{apiVersion: v1, kind: Pod, metadata: {name: a, generateName: check-}}"), "a");
  EXPECT_NE(names("{apiVersion: v1, kind: Pod, metadata: {generateName: 'a b'}}"), "a b");
  EXPECT_FALSE(decode(Kind::pod, R"({"metadata":{"generateName":"a","namespace":"x"}})")) << "a server gives names";
  EXPECT_FALSE(decode_key(R"({"metadata":{"generateName":"a","namespace":"x"}})"));
}

TEST(YamlFiles, PoliciesOfAWrongGroupOrSpelling_AreNotSkipped_ButFailClosed) {  // semantics 22
  const std::vector<std::vector<std::string>> slips = {
      {"v1", "NetworkPolicy", "apiVersion \"v1\" is not read, only networking.k8s.io/v1 is"},
      {"networking/v1", "NetworkPolicy", "apiVersion \"networking/v1\" is not read, only networking.k8s.io/v1 is"},
      {"networking.k8s.io", "NetworkPolicy",
       "apiVersion \"networking.k8s.io\" is not read, only networking.k8s.io/v1 is"},
      {"networking.k8s.io/v1", "Networkpolicy", "kind \"Networkpolicy\" is not read, only NetworkPolicy is"}};
  for (const auto& slip : slips) {
    const auto one = decode_one<NetworkPolicy>("{apiVersion: " + slip[0] + ", kind: " + slip[1] +
                                               ", metadata: {name: a}, spec: {ingress: [{}]}}");
    EXPECT_FALSE(one.object.understood) << slip[0];
    EXPECT_EQ(one.words(), "NetworkPolicy default/a: " + slip[2] +
                               "; every pod of its namespace is isolated, and it allows nothing\n");
  }
  EXPECT_EQ(names("{apiVersion: policy.example.org/v1, kind: NetworkPolicy, metadata: {name: a}}"), "");
}

}  // namespace
}  // namespace selvedge::k8s
