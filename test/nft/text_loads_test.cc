// Law 5: nft takes our text, and lists what it made of it in the same words. Runs the nft program in a
// network namespace of its own (needs root), so that nothing of the machine's is touched.
#include <fcntl.h>
#include <netdb.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

#include "nft/text.h"
#include "nft/validate.h"
#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

struct Outcome {
  int status = -1;
  std::string output;  // and errors
};

// In the namespace of the calling process.
Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) return outcome;
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    outcome.output.append(buffer.data(), got);
  }
  outcome.status = pclose(pipe);
  return outcome;
}

// What `nft list` says otherwise than we: names of protocols and ICMPv6 types, wrapping of elements, spare blanks.
std::string protocol_word(const std::string& word) {
  if (word == "icmpv6") return word;
  const protoent* entry = getprotobyname(word.c_str());
  const int number = entry ? entry->p_proto : static_cast<int>(std::strtol(word.c_str(), nullptr, 10));
  static const std::map<int, std::string> ours{{1, "icmp"}, {6, "tcp"}, {17, "udp"}, {58, "icmpv6"}, {132, "sctp"}};
  const auto known = ours.find(number);
  return known == ours.end() ? std::to_string(number) : known->second;
}

const std::map<std::string, int>& icmpv6_names() {
  static const std::map<std::string, int> names{
      {"destination-unreachable", 1},  {"packet-too-big", 2},         {"time-exceeded", 3},
      {"parameter-problem", 4},        {"echo-request", 128},         {"echo-reply", 129},
      {"mld-listener-query", 130},     {"mld-listener-report", 131},  {"mld-listener-done", 132},
      {"mld-listener-reduction", 132}, {"nd-router-solicit", 133},    {"nd-router-advert", 134},
      {"nd-neighbor-solicit", 135},    {"nd-neighbor-advert", 136},   {"nd-redirect", 137},
      {"router-renumbering", 138},     {"ind-neighbor-solicit", 141}, {"ind-neighbor-advert", 142},
      {"mld2-listener-report", 143}};
  return names;
}

// `replacement` of the first group of each match of `pattern`.
template <typename Replacement>
std::string replaced(const std::string& text, const std::regex& pattern, Replacement replacement) {
  std::string result;
  auto from = text.cbegin();
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    result.append(from, (*match)[1].first);
    result += replacement((*match)[1].str());
    from = (*match)[1].second;
  }
  return result.append(from, text.cend());
}

std::string without_comment(const std::string& line, std::string& comment) {
  const auto at = line.find(" comment \"");
  comment = at == std::string::npos ? "" : line.substr(at);
  return line.substr(0, at);
}

std::string common_words(const std::string& line) {
  static const std::regex l4proto("meta l4proto ([a-z0-9][a-z0-9.-]*)(?= |$)");
  static const std::regex endpoint("^\t\t\t[0-9a-f:.]+ \\. ([a-z0-9.-]+) \\. [0-9]+$");
  static const std::regex icmpv6("icmpv6 type (\\{[^}]*\\}|[a-z0-9-]+)");
  static const std::regex name("([a-z][a-z0-9-]+[a-z])");
  std::string comment;
  auto text = replaced(without_comment(line, comment), l4proto, protocol_word);
  text = replaced(text, endpoint, protocol_word);
  text = replaced(text, icmpv6, [](const std::string& types) {
    return replaced(types, name, [](const std::string& word) {
      const auto known = icmpv6_names().find(word);
      return known == icmpv6_names().end() ? word : std::to_string(known->second);
    });
  });
  // nft takes it for granted which family ICMP and ICMPv6 are of, and leaves that check out when it lists.
  static const std::regex v4("meta nfproto ipv4 (?=.*meta l4proto icmp )");
  static const std::regex v6("meta nfproto ipv6 (?=.*(meta l4proto icmpv6|icmpv6 type) )");
  text = std::regex_replace(std::regex_replace(text, v4, ""), v6, "");
  text = std::regex_replace(text, std::regex("priority mangle;"), "priority -150;");
  return text + comment;
}

// One element a line, no commas, no counters' values.
std::string common_form(const std::string& text) {
  std::istringstream lines(text);
  std::string form;
  bool in_elements = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("packets 0 bytes 0") != std::string::npos || line.empty()) continue;
    const std::string start = "\t\telements = {";
    const bool starts = line.rfind(start, 0) == 0;
    in_elements = in_elements || starts;
    if (!in_elements) {
      form += common_words(line) + '\n';
      continue;
    }
    if (starts) line.erase(0, start.size());
    const bool ends = line.find('}') != std::string::npos;
    line.erase(std::remove_if(line.begin(), line.end(), [](char c) { return c == '}' || c == '\t'; }), line.end());
    std::istringstream elements(line);
    for (std::string element; std::getline(elements, element, ',');) {
      element.erase(0, element.find_first_not_of(' '));
      while (!element.empty() && element.back() == ' ') element.pop_back();
      if (!element.empty()) form += common_words("\t\t\t" + element) + '\n';
    }
    in_elements = !ends;
  }
  return form;
}

// Each test has a namespace of its own, and leaves the process in the one in which it was.
class NftLoads : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root: a network namespace of its own";
    if (run("nft --version").status != 0) GTEST_SKIP() << "the nft program is not installed";
    home_ = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (home_ < 0 || unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "cannot make a network namespace here";
    file_ = testing::TempDir() + "selvedge-text-" + std::to_string(getpid()) + ".nft";
  }
  void TearDown() override {
    if (home_ < 0) return;
    EXPECT_EQ(setns(home_, CLONE_NEWNET), 0);
    close(home_);
    std::remove(file_.c_str());
  }

  // Checked, loaded, listed; then the table is gone again.
  void expect_loads_as_itself(const Table& table) {
    const auto text = to_text(table);
    std::ofstream(file_) << text;
    const auto checked = run("nft -c -f " + file_);
    ASSERT_EQ(checked.status, 0) << checked.output << text;
    const auto loaded = run("nft -f " + file_);
    ASSERT_EQ(loaded.status, 0) << loaded.output << text;
    const auto listed = run("nft list table inet " + table.name);
    ASSERT_EQ(listed.status, 0) << listed.output;
    EXPECT_EQ(run("nft delete table inet " + table.name).status, 0);
    EXPECT_EQ(sorted_blocks(common_form(listed.output)), sorted_blocks(common_form(text)));
  }

  // nft lists objects, and the elements of concatenations, in an order of its own.
  static std::vector<std::string> sorted_blocks(const std::string& form) {
    std::vector<std::vector<std::string>> blocks{{}};
    std::istringstream lines(form);
    for (std::string line; std::getline(lines, line);) {
      blocks.back().push_back(line);
      if (line == "\t}") blocks.emplace_back();
    }
    std::vector<std::string> sorted;
    for (auto& block : blocks) {
      if (!block.empty() && block.front().rfind("\tchain", 0) != 0) std::sort(block.begin(), block.end());
      sorted.emplace_back();
      for (const auto& line : block) sorted.back() += line + '\n';
    }
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }

  int home_ = -1;
  std::string file_;
};

Key key(std::string_view text) {
  return key_of(parse_address(text).value());
}

std::vector<Match> every_match() {
  std::vector<Match> all{MatchFamily{Family::v4},
                         MatchFamily{Family::v6},
                         MatchAddressSet{Side::source, Family::v4, "hash-v4"},
                         MatchAddressSet{Side::destination, Family::v4, "interval-v4"},
                         MatchAddressSet{Side::source, Family::v6, "hash-v6"},
                         MatchAddressSet{Side::destination, Family::v6, "interval-v6"},
                         MatchEndpointSet{Family::v4, "named-v4"},
                         MatchEndpointSet{Family::v6, "named-v6"},
                         MatchIcmpv6Type{{{0, 255}}},
                         MatchIcmpv6Type{{{130, 132}, {143, 143}}},
                         MatchIcmpv6Type{{{135, 135}}},
                         MatchHopLimit{0},
                         MatchHopLimit{255},
                         MatchMidstream{}};
  for (int protocol = 0; protocol < 256; ++protocol) all.push_back(MatchProtocol{static_cast<std::uint8_t>(protocol)});
  for (const char* prefix : {"0.0.0.0/0", "10.0.0.0/8", "10.0.0.4/31", "255.255.255.255/32", "128.0.0.0/1", "::/0",
                             "8000::/1", "fe80::/10", "::/128", "fd00:244::/48", "::fffe:0:0/95"}) {
    all.push_back(MatchAddress{Side::source, parse_prefix(prefix).value()});
    all.push_back(MatchAddress{Side::destination, parse_prefix(prefix).value()});
  }
  for (const std::uint8_t protocol : std::initializer_list<std::uint8_t>{6, 17, 132}) {
    all.push_back(MatchPort{protocol, {{80, 80}}});
    all.push_back(MatchPort{protocol, {{0, 65535}}});
    all.push_back(MatchPort{protocol, {{0, 0}, {80, 90}, {65534, 65535}}});
  }
  for (const std::uint32_t states : {1U, 2U, 4U, 8U, 64U, 6U, 79U}) all.push_back(MatchCtState{states});
  for (const bool negated : {false, true}) {
    all.push_back(MatchInterface{Way::in, "cni0", negated});
    all.push_back(MatchInterface{Way::out, "veth0123456789a", negated});
    for (std::uint32_t type = MatchFibType::unicast; type <= MatchFibType::multicast; ++type) {
      all.push_back(MatchFibType{Side::source, type, negated});
      all.push_back(MatchFibType{Side::destination, type, negated});
    }
  }
  return all;
}

Table table_of_everything() {
  Table table;
  table.name = "selvedge";
  table.counters = {"deny-a"};
  for (const auto family : {Family::v4, Family::v6}) {
    const std::string suffix = family == Family::v4 ? "-v4" : "-v6";
    table.sets["hash" + suffix] = {address_type(family), false, "a comment; with } signs $x #1 é", {}};
    table.sets["interval" + suffix] = {address_type(family), true, "", {}};
    table.sets["named" + suffix] = {endpoint_type(family), false, "", {}};
    table.maps["dispatch" + suffix] = {address_type(family), "isolated pods", {}};
  }
  table.maps["dispatch-v4"].elements = {{key("0.0.0.0"), Accept{}},
                                        {key("10.0.0.1"), Drop{}},
                                        {key("10.0.0.2"), Return{}},
                                        {key("10.0.0.3"), Jump{"target"}},
                                        {key("255.255.255.255"), Goto{"target"}}};
  table.chains["target"];
  auto& rules = table.chains["matches"].rules;
  for (const auto& match : every_match()) rules.push_back(Rule{{match}, "", Accept{}, ""});
  for (const Side side : {Side::source, Side::destination}) {
    rules.push_back(Rule{{}, "", Dispatch{side, Family::v4, "dispatch-v4"}, ""});
    rules.push_back(Rule{{}, "deny-a", Dispatch{side, Family::v6, "dispatch-v6"}, "with a counter"});
  }
  for (const Verdict& verdict : std::vector<Verdict>{Accept{}, Drop{}, Return{}, Jump{"target"}, Goto{"target"},
                                                     Log{10, 20, 100, "selvedge deny egress a/b"}}) {
    rules.push_back(Rule{{}, "", verdict, ""});
    rules.push_back(Rule{{}, "deny-a", verdict, std::string(127, 'c')});
  }
  table.chains["forward"] = {Base{Hook::forward, -10}, {Rule{{}, "", Jump{"matches"}, ""}}};
  table.chains["to-node"] = {Base{Hook::input, 10}, {}};
  table.chains["late"] = {Base{Hook::forward, 11}, {}};
  return table;
}

TEST_F(NftLoads, EveryAlternativeOfMatchAndVerdict) {
  const auto table = table_of_everything();
  ASSERT_EQ(validate(table), std::vector<Fault>{});
  expect_loads_as_itself(table);
}

TEST_F(NftLoads, EachMatchBesideTheCounterAndEachVerdict) {
  auto table = table_of_everything();
  for (Rule& rule : table.chains["matches"].rules) {
    rule.counter = "deny-a";
    rule.comment = "shop/api ingress[0] from[1]";
  }
  expect_loads_as_itself(table);
}

TEST_F(NftLoads, IntervalsUpToTheEdgesOfTheAddressSpace) {  // semantics 44
  for (const auto& [first, last] :
       std::vector<std::pair<const char*, const char*>>{{"0.0.0.0", "255.255.255.255"},
                                                        {"0.0.0.0", "0.0.0.0"},
                                                        {"255.255.255.255", "255.255.255.255"},
                                                        {"0.0.0.1", "255.255.255.254"},
                                                        {"128.0.0.0", "255.255.255.255"},
                                                        {"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
                                                        {"::", "::"},
                                                        {"ffff::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
                                                        {"::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"}}) {
    SCOPED_TRACE(first);
    Table table;
    table.name = "selvedge";
    table.sets["block"] = {address_type(parse_address(first)->family), true, "", {{key(first), key(last)}}};
    expect_loads_as_itself(table);
  }
}

TEST_F(NftLoads, TablesAtRandom) {
  for (const auto seed : test::seeds(40)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    expect_loads_as_itself(test::random_table(random));
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

TEST_F(NftLoads, HostileComments_WithoutHarmToTheRest) {
  Table table;
  table.name = "selvedge";
  std::string hostile = "\"; } table inet other { } #";
  for (int byte = 1; byte < 256; ++byte) hostile += static_cast<char>(byte);
  for (std::size_t from = 0; from < hostile.size(); from += 40) {
    table.chains["c"].rules.push_back(Rule{{}, "", Accept{}, hostile.substr(from, 40)});
  }
  std::ofstream(file_) << to_text(table);
  const auto loaded = run("nft -f " + file_);
  ASSERT_EQ(loaded.status, 0) << loaded.output;
  EXPECT_EQ(run("nft list tables").output, "table inet selvedge\n");
}

}  // namespace
}  // namespace selvedge::nft
