#include "controller/cli/inspection.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "controller/cli/holdings.h"
#include "controller/core.h"
#include "nft/text.h"

namespace selvedge::cli {
namespace {

// A node with one isolated pod, as the kernel would hand it back.
nft::Dump dump() {
  Core core({.node = "node-a"});
  k8s::Pod pod;
  pod.meta = {.ns = "shop", .name = "api", .uid = "1", .labels = {}, .created = ""};
  pod.node = "node-a";
  pod.phase = k8s::Pod::Phase::running;
  pod.addresses = {"10.244.1.5"};
  k8s::NetworkPolicy policy;
  policy.meta = {.ns = "shop", .name = "deny", .uid = "2", .labels = {}, .created = ""};
  policy.ingress_isolates = true;
  core.upsert(pod);
  core.upsert(policy);
  nft::Dump dump{.table = core.table(), .opaque = {}, .counters = {}, .handle = 7, .owned = true, .generation = 3};
  for (const auto& name : dump.table.counters) dump.counters[name] = {.packets = 12, .bytes = 720};
  return dump;
}

Inspection held(nft::Dump dump) {
  return {.dump = std::move(dump), .ports = std::nullopt, .names = {}, .drift = std::nullopt};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Inspection, TellsOfEachPod_HowItIsIsolated_ByWhom_AndWhatWasDenied) {
  const std::string text = overview_text(held(dump()));
  EXPECT_EQ(text.substr(0, text.find('\n')), "table inet selvedge, handle 7, owned by a process");
  EXPECT_TRUE(contains(text,
                       "\nPODS\nshop/api  10.244.1.5\n"
                       "  ingress  isolated by shop/deny; 12 packets denied\n"
                       "  egress   open\n"))
      << text;
  EXPECT_TRUE(contains(text, "\nPOLICIES\nshop/deny\n  ingress  0 rules, 0 connections allowed; of shop/api\n"))
      << text;
}

TEST(Inspection, SinceTheLastLook_TellsWhatWasCounted_AndWhatHasChanged) {
  const Inspection before = held(dump());
  Inspection now = held(dump());
  for (auto& [name, value] : now.dump.counters) value.packets += 3;
  now.dump.table.chains.begin()->second.rules.clear();
  const std::string text = overview_text(now, &before);
  EXPECT_TRUE(contains(text, "15 packets denied (+3)\n")) << text;
  EXPECT_TRUE(contains(text, "changed since the last look:\n  ~ chain ")) << text;
  EXPECT_FALSE(contains(overview_text(before, &before), "changed since"));
  EXPECT_FALSE(contains(overview_text(before, &before), "(+"));
}

TEST(Inspection, ACounterThatBeganAnew_CountsFromThere) {
  const Inspection before = held(dump());
  Inspection now = held(dump());
  for (auto& [name, value] : now.dump.counters) value.packets = 2;
  EXPECT_TRUE(contains(overview_text(now, &before), "2 packets denied (+2)\n"));
}

TEST(Inspection, OfAPod_ShowsItsRules_AndOfSetsWhoseAddressesTheyAre) {
  Inspection now = held(dump());
  now.dump.table.sets["peers-v4"] = {
      .type = nft::address_type(nft::Family::v4),
      .interval = false,
      .comment = "pods role=frontend",
      .elements = {{nft::key_of(*nft::parse_address("10.244.1.7")), nft::key_of(*nft::parse_address("10.244.1.7"))}}};
  for (auto& [name, chain] : now.dump.table.chains)
    if (name.starts_with("policy-"))
      chain.rules.push_back({.matches = {nft::MatchAddressSet{nft::Side::source, nft::Family::v4, "peers-v4"}},
                             .counter = "",
                             .verdict = nft::Accept{},
                             .comment = ""});
  now.names["10.244.1.7"] = "shop/web";
  const auto text = pod_text(now, "shop/api");
  ASSERT_TRUE(text) << text.error();
  EXPECT_TRUE(contains(*text, "      ip saddr @peers-v4 accept\n")) << *text;
  EXPECT_TRUE(contains(*text, "  set peers-v4: pods role=frontend, 1 element\n      10.244.1.7  shop/web\n")) << *text;
  EXPECT_TRUE(contains(*policy_text(now, "shop/deny"), "10.244.1.7  shop/web\n"));
  EXPECT_TRUE(contains(*pod_text(now, "shop/web"), "open in both directions"));
}

TEST(Inspection, TwoPodsOfOneName_AreTwo) {
  nft::Dump twice = dump();
  for (const auto& [name, chain] : dump().table.chains)
    if (name.starts_with("pod-ingress-"))
      twice.table.chains["pod-ingress-aaaaaaaaaaaaaaaa-shop/api"] = chain;  // it was made anew, with another uid
  EXPECT_TRUE(contains(overview_text(held(twice)), "\n2 isolated pods, "));
}

TEST(Inspection, OfWhatIsNotThere_NamesTheNearest) {
  EXPECT_EQ(pod_text(held(dump()), "shop/apo").error(),
            "the table has nothing of a pod \"shop/apo\"; did you mean \"shop/api\"?");
  EXPECT_EQ(policy_text(held(dump()), "shop/dony").error(),
            "the table has nothing of a policy \"shop/dony\"; did you mean \"shop/deny\"?");
}

TEST(Inspection, TellsWhatDiffersFromTheObjects) {
  Inspection now = held(dump());
  now.drift.emplace();
  EXPECT_TRUE(contains(overview_text(now), "\nno drift: the kernel holds what the objects say\n"));
  now.drift->push_back({.kind = ObjectChange::Kind::altered, .object = "set a", .gone = {"10.9.9.9"}, .come = {}});
  EXPECT_TRUE(contains(overview_text(now), "1 object would change\n  ~ set a\n      - 10.9.9.9\n"));
  const auto json = nlohmann::json::parse(inspection_json(now));
  EXPECT_EQ(json["drift"][0]["kind"], "altered");
  EXPECT_EQ(json["drift"][0]["gone"][0], "10.9.9.9");
}

TEST(Inspection, Raw_ShowsTheTableAsRenderDoes_UnderItsCounters) {
  const std::string text = raw_text(held(dump()));
  EXPECT_EQ(text.substr(0, text.find('\n')), "# table inet selvedge, handle 7, owned by a process");
  EXPECT_TRUE(contains(text, "#   deny ingress shop/api: 12 packets, 720 bytes\n")) << text;
  EXPECT_TRUE(contains(text, '\n' + nft::to_text(dump().table)));
}

TEST(Inspection, NamesWhatItDoesNotUnderstand) {
  nft::Dump odd = dump();
  odd.opaque.push_back({.where = nft::Opaque::Where::rule,
                        .owner = "ingress",
                        .handle = 42,
                        .what = "expression \"quota\"\nadd table inet mine",
                        .raw = {0x0a, 0xff}});
  EXPECT_TRUE(contains(raw_text(held(odd)), "#   rule of ingress, handle 42: expression \"quota\"\\nadd table"));
  EXPECT_TRUE(contains(overview_text(held(odd)), "  rule of ingress, handle 42: expression \"quota\"\\nadd table"));
  const auto json = nlohmann::json::parse(inspection_json(held(odd)));
  EXPECT_EQ(json["opaque"][0]["where"], "rule");
  EXPECT_EQ(json["opaque"][0]["raw"], "0aff");
}

TEST(Inspection, AsJson_HasTheDocumentedFields) {
  const auto json = nlohmann::json::parse(inspection_json(held(dump())));
  EXPECT_EQ(json["table"], "selvedge");
  EXPECT_EQ(json["handle"], 7);
  EXPECT_EQ(json["owned"], true);
  EXPECT_EQ(json["generation"], 3);
  EXPECT_EQ(json["chains"]["ingress"]["hook"], "forward");
  EXPECT_EQ(json["chains"]["ingress"]["priority"], -5);
  EXPECT_EQ(json["chains"]["ingress"]["rules"][0]["rule"], "ct state established,related accept");
  bool denied = false;
  for (const auto& counter : json["counters"])
    denied = denied || (counter["role"] == "deny" && counter["direction"] == "ingress" &&
                        counter["object"] == "shop/api" && counter["packets"] == 12);
  EXPECT_TRUE(denied) << json["counters"];
  const std::string to = json["maps"]["ingress-v4"]["elements"]["10.244.1.5"];
  EXPECT_EQ(to.substr(0, 17), "goto pod-ingress-");
  const auto pod = json["pods"][0];
  EXPECT_EQ(pod["name"], "shop/api");
  EXPECT_EQ(pod["addresses"][0], "10.244.1.5");
  EXPECT_EQ(pod["ingress"]["policies"][0], "shop/deny");
  EXPECT_EQ(pod["ingress"]["denied"]["packets"], 12);
  EXPECT_TRUE(pod["egress"].is_null());
  EXPECT_EQ(json["policies"][0]["ingress"]["pods"][0], "shop/api");
  EXPECT_FALSE(json.contains("drift"));
}

TEST(Inspection, ShowsTheTableOfPorts_UnderItsOwnFamily) {
  nft::Dump ports;
  ports.table.name = "selvedge";
  ports.table.family = nft::TableFamily::bridge;
  ports.table.chains["from-ports"].base = nft::Base{nft::Hook::prerouting, -250};
  Inspection now = held(dump());
  EXPECT_FALSE(nlohmann::json::parse(inspection_json(now)).contains("bridge"));
  now.ports = ports;
  EXPECT_TRUE(contains(raw_text(now), "\n# table bridge selvedge"));
  EXPECT_TRUE(contains(overview_text(now), "\ntable bridge selvedge"));
  const auto json = nlohmann::json::parse(inspection_json(now));
  EXPECT_EQ(json["bridge"]["chains"]["from-ports"]["hook"], "prerouting");
}

TEST(RoleName, IsTakenApart_AndNothingElseIs) {
  const RoleName name = role_name("pod-ingress-on5ebopynpsd3b7u-shop/api");
  EXPECT_EQ(name.role + ' ' + name.direction + ' ' + name.hash + ' ' + name.object,
            "pod ingress on5ebopynpsd3b7u shop/api");
  for (const char* other : {"", "-", "--", "ingress", "link-scope", "deny-guard", "pod-ingress-short-shop/api"})
    EXPECT_EQ(role_name(other).role, "") << other;
}

}  // namespace
}  // namespace selvedge::cli
