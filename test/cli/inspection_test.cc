#include "controller/cli/inspection.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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

TEST(Inspection, ShowsTheTableAsRenderDoes_UnderItsCounters) {
  const std::string text = inspection_text(dump());
  EXPECT_EQ(text.substr(0, text.find('\n')), "# table inet selvedge, handle 7, owned by a process");
  EXPECT_NE(text.find("#   deny ingress shop/api: 12 packets, 720 bytes\n"), std::string::npos) << text;
  EXPECT_NE(text.find('\n' + nft::to_text(dump().table)), std::string::npos);
}

TEST(Inspection, NamesWhatItDoesNotUnderstand) {
  nft::Dump odd = dump();
  odd.opaque.push_back({.where = nft::Opaque::Where::rule,
                        .owner = "ingress",
                        .handle = 42,
                        .what = "expression \"quota\"\nadd table inet mine",
                        .raw = {0x0a, 0xff}});
  EXPECT_NE(inspection_text(odd).find("#   rule of ingress, handle 42: expression \"quota\"\\nadd table"),
            std::string::npos)
      << inspection_text(odd);
  const auto json = nlohmann::json::parse(inspection_json(odd));
  EXPECT_EQ(json["opaque"][0]["where"], "rule");
  EXPECT_EQ(json["opaque"][0]["raw"], "0aff");
}

TEST(Inspection, AsJson_HasTheDocumentedFields) {
  const auto json = nlohmann::json::parse(inspection_json(dump()));
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
}

TEST(Inspection, ShowsTheTableOfPorts_UnderItsOwnFamily) {
  nft::Dump ports;
  ports.table.name = "selvedge";
  ports.table.family = nft::TableFamily::bridge;
  ports.table.chains["from-ports"].base = nft::Base{nft::Hook::prerouting, -250};
  EXPECT_EQ(inspection_text(ports).substr(0, 23), "# table bridge selvedge");
  const auto json = nlohmann::json::parse(inspection_json(dump(), ports));
  EXPECT_EQ(json["bridge"]["chains"]["from-ports"]["hook"], "prerouting");
  EXPECT_FALSE(nlohmann::json::parse(inspection_json(dump())).contains("bridge"));
}

}  // namespace
}  // namespace selvedge::cli
