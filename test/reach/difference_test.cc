// Who gains and who loses, in small states; the matrix itself is held by a law.
#include "controller/reach/difference.h"

#include <gtest/gtest.h>

#include "controller/explain/answer.h"
#include "k8sclient/decode.h"

namespace selvedge::reach {
namespace {

std::vector<k8s::Object> objects(const std::string& manifests) {
  const auto decoded = k8s::decode_manifest(manifests);
  EXPECT_TRUE(decoded) << decoded.error().message;
  std::vector<k8s::Object> all;
  for (const auto& one : *decoded) all.push_back(one.object);
  return explain::with_addresses(std::move(all));
}

std::string told(const std::string& before, const std::string& after) {
  const auto old_objects = objects(before), new_objects = objects(after);
  const auto blocks = united(blocks_of(old_objects), blocks_of(new_objects));
  const Difference found = difference(Reach(old_objects, blocks), Reach(new_objects, blocks));
  std::string text;
  for (const Change& change : found.changes) {
    text += change.from + " -> " + change.to + (change.family.empty() ? "" : ' ' + change.family) + ':';
    if (!change.gained.empty()) text += " +" + to_string(change.gained);
    if (!change.lost.empty()) text += " -" + to_string(change.lost);
    text += '\n';
  }
  for (const Arrival& one : found.come)
    text += "come " + one.name + ' ' + std::to_string(one.reaches) + ' ' + std::to_string(one.reached_by) + '\n';
  for (const Arrival& one : found.gone) text += "gone " + one.name + '\n';
  return text;
}

std::string pod(const std::string& name, const std::string& addresses, const std::string& owner = "") {
  const std::string owners =
      owner.empty() ? "" : ", ownerReferences: [{kind: StatefulSet, name: " + owner + ", controller: true}]";
  return "{apiVersion: v1, kind: Pod, metadata: {name: " + name + ", namespace: shop, labels: {app: " + name + "}" +
         owners + "}, status: {podIPs: [" + addresses + "]}}\n---\n";
}
std::string policy(const std::string& spec) {
  return "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: {" +
         spec + "}}\n---\n";
}

const std::string two = pod("a", "{ip: 10.0.0.1}") + pod("b", "{ip: 10.0.0.2}");

TEST(Difference, OfEqualStates_IsNone) {
  EXPECT_EQ(told(two, two), "");
  const std::string closed = two + policy("podSelector: {}");
  EXPECT_EQ(told(closed, closed), "");
}

TEST(Difference, OfAFirstPolicy_IsWhatItTakes) {
  EXPECT_EQ(
      told(two, two + policy("podSelector: {matchLabels: {app: b}}, ingress: [{from: [{podSelector: {matchLabels: "
                             "{app: a}}}], ports: [{port: 80}]}]")),
      "anywhere else -> shop/Pod/b: -all ports\n"
      "shop/Pod/a -> shop/Pod/b: -all ports but tcp/80\n"
      "shop/Pod/b -> shop/Pod/b: -all ports\n");
}

TEST(Difference, OfAPortThatIsAdded_IsThatPort) {
  const auto with = [](const std::string& ports) {
    return two + policy("podSelector: {matchLabels: {app: b}}, ingress: [{from: [{podSelector: {}}], ports: [" + ports +
                        "]}]");
  };
  EXPECT_EQ(told(with("{port: 80}"), with("{port: 80}, {port: 443}")),
            "shop/Pod/a -> shop/Pod/b: +tcp/443\nshop/Pod/b -> shop/Pod/b: +tcp/443\n");
}

TEST(Difference, OfABlockThatIsCut_NamesTheAddressesThatLose) {
  const auto with = [](const std::string& block) {
    return two + policy("podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: " + block + "}]}]");
  };
  EXPECT_EQ(told(with("{cidr: 203.0.113.0/24}"), with("{cidr: 203.0.113.0/24, except: [203.0.113.64/26]}")),
            "shop/Pod/a -> 203.0.113.64/26: -all ports\nshop/Pod/b -> 203.0.113.64/26: -all ports\n");
}

TEST(Difference, OfOneFamilyAlone_SaysWhich) {  // semantics 56
  const std::string dual = pod("a", "{ip: 10.0.0.1}, {ip: 'fd00::1'}") + pod("b", "{ip: 10.0.0.2}, {ip: 'fd00::2'}");
  EXPECT_EQ(told(dual, dual + policy("podSelector: {matchLabels: {app: b}}, ingress: [{from: [{ipBlock: {cidr: "
                                     "0.0.0.0/0}}]}]")),
            "anywhere else -> shop/Pod/b: -all ports\n"  // of IPv4 none is left
            "shop/Pod/a -> shop/Pod/b IPv6: -all ports\n"
            "shop/Pod/b -> shop/Pod/b IPv6: -all ports\n");
}

TEST(Difference, OfWorkloads_CountsWhatSomeOfThemGain) {
  const auto web = [](const std::string& label) {
    return pod("web-0", "{ip: 10.0.0.3}", "web") +
           "{apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: " + label +
           "}, ownerReferences: [{kind: StatefulSet, name: web, controller: true}]}, status: {podIP: 10.0.0.4}}\n---\n";
  };
  const std::string closed =
      policy("podSelector: {matchLabels: {app: b}}, ingress: [{from: [{podSelector: {matchLabels: {app: web-0}}}]}]");
  EXPECT_EQ(told(two + closed + web("other"), two + closed + web("web-0")),
            "shop/StatefulSet/web -> shop/Pod/b: +all ports\n");
}

TEST(Difference, OfOneWhoComesOrGoes_SaysHowManyItMayTalkTo) {
  EXPECT_EQ(told(two, two + pod("c", "{ip: 10.0.0.5}")), "come shop/Pod/c 3 3\n");  // a, b and the world
  EXPECT_EQ(told(two, pod("a", "{ip: 10.0.0.1}")), "gone shop/Pod/b\n");
}

}  // namespace
}  // namespace selvedge::reach
