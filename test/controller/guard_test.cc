// Which ranges the guard takes, of what the Node and Flannel's file tell. What it does is in test/semantics.
#include "controller/guard.h"

#include <gtest/gtest.h>

namespace selvedge {
namespace {

std::vector<nft::Prefix> ranges(const std::vector<std::string>& texts) {
  std::vector<nft::Prefix> all;
  for (const std::string& text : texts) all.push_back(*nft::parse_prefix(text));
  return all;
}

k8s::Node node(std::vector<std::string> ranges) {
  k8s::Node node;
  node.meta.name = "node-a";
  node.pod_cidrs = std::move(ranges);
  return node;
}

std::string problems(const Guard& guard) {
  std::string text;
  for (const k8s::Problem& problem : guard.problems({})) text += to_string(problem) + '\n';
  return text;
}

TEST(Guard, TakesWhatTheNodeNames_AndWhatFlannelsFileTells) {  // semantics 104
  Guard guard(true, "node-a");
  guard.told(ranges({"10.244.1.0/24", "fd00:244:0:1::/64"}));
  EXPECT_EQ(guard.ranges(), ranges({"10.244.1.0/24", "fd00:244:0:1::/64"}));
  guard.upsert(node({"10.244.1.0/24"}));
  EXPECT_EQ(guard.ranges(), ranges({"10.244.1.0/24", "fd00:244:0:1::/64"}));
  EXPECT_EQ(problems(guard), "");
  guard.upsert(node({"10.244.7.0/24", "::/0"}));
  EXPECT_EQ(guard.ranges(), ranges({"10.244.1.0/24", "10.244.7.0/24", "fd00:244:0:1::/64"}))
      << "what cannot be a node's is none";
  guard.erase_node("node-a");
  EXPECT_EQ(guard.ranges(), ranges({"10.244.1.0/24", "fd00:244:0:1::/64"}));
}

// Whichever of the two is wrong, no pod of this node is left open.
TEST(Guard, WhereNodeAndFileDisagree_TakesBoth_AndSaysSo) {  // semantics 104
  Guard guard(true, "node-a");
  guard.upsert(node({"10.244.7.0/24", "fd00:244:0:1::/64"}));
  EXPECT_EQ(problems(guard), "");
  guard.told(ranges({"10.244.1.0/24", "fd00:244:0:1::/64"}));
  EXPECT_EQ(guard.ranges(), ranges({"10.244.1.0/24", "10.244.7.0/24", "fd00:244:0:1::/64"}));
  EXPECT_EQ(guard.told(), ranges({"10.244.1.0/24", "fd00:244:0:1::/64"}));
  const std::string text = problems(guard);
  EXPECT_NE(text.find("spec.podCIDRs \"10.244.7.0/24\" is not what Flannel's file tells, \"10.244.1.0/24\""),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("fd00"), std::string::npos) << text;
  guard.upsert(node({"10.244.1.0/24"}));
  EXPECT_EQ(problems(guard), "");
}

TEST(Guard, ThatIsOff_OrWithoutANode_HasNone) {
  Guard off(false, "node-a"), nowhere(true, std::nullopt);
  for (Guard* guard : {&off, &nowhere}) {
    guard->told(ranges({"10.244.1.0/24"}));
    guard->upsert(node({"10.244.1.0/24"}));
    EXPECT_TRUE(guard->ranges().empty());
    EXPECT_TRUE(guard->told().empty());
  }
}

}  // namespace
}  // namespace selvedge
