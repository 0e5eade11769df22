#include "controller/denial_prefix.h"

#include <gtest/gtest.h>

#include "controller/names.h"

namespace selvedge {
namespace {

const k8s::ObjectKey api{"production", "api-0"};

TEST(DenialPrefix, OfAPod_SaysWhyWhichWayAndWhose) {
  const std::string chain = pod_chain_name(Direction::egress, api, "u1");
  const std::string hash = chain.substr(std::string("pod-egress-").size(), 16);
  EXPECT_EQ(pod_prefix(Denial::policy, Direction::egress, chain), "selvedge deny egress " + hash + "-production/api-0");
  EXPECT_EQ(parse_denial_prefix(pod_prefix(Denial::audit, Direction::egress, chain)),
            (DenialPrefix{Denial::audit, Direction::egress, hash, "production/api-0"}));
}

TEST(DenialPrefix, OfTheLongestName_FitsTheKernel_AndKeepsTheHash) {
  const k8s::ObjectKey longest{std::string(63, 'n'), std::string(253, 'p')};
  for (const Direction d : {Direction::ingress, Direction::egress}) {
    for (const Denial denial : {Denial::policy, Denial::audit}) {
      const std::string chain = pod_chain_name(d, longest, "u1");
      const std::string text = pod_prefix(denial, d, chain);
      EXPECT_EQ(text.size(), prefix_limit);
      const auto read = parse_denial_prefix(text);
      ASSERT_TRUE(read) << text;
      EXPECT_NE(chain.find(read->hash), std::string::npos);
      EXPECT_TRUE(k8s::to_string(longest).starts_with(read->pod));
    }
  }
}

TEST(DenialPrefix, OfNoPod_NamesTheRule) {
  EXPECT_EQ(guard_prefix(Direction::ingress), "selvedge guard ingress");
  EXPECT_EQ(base_prefix(Denial::link_scope), "selvedge link-scope");
  EXPECT_EQ(parse_denial_prefix("selvedge guard egress"), (DenialPrefix{Denial::guard, Direction::egress, "", ""}));
  for (const Denial denial : {Denial::link_scope, Denial::vxlan, Denial::own_address})
    EXPECT_EQ(parse_denial_prefix(base_prefix(denial)), (DenialPrefix{denial, std::nullopt, "", ""}));
}

TEST(DenialPrefix, OfOthersWhoLogToTheSameGroup_IsNone) {
  for (const char* text : {"", "DROP by policy", "selvedge", "selvedge ", "selvedge deny", "selvedge deny sideways x",
                           "selvedge deny egress ", "selvedge deny egress short-a/b", "selvedge guard",
                           "selvedge deny egress ABCDEFGHIJKLMNOP-a/b", "selvedge deny egress abcdefghijklmnop-a b",
                           "selvedge guard ingress more", "selvedge vxlan x", "selvedge  deny"})
    EXPECT_EQ(parse_denial_prefix(text), std::nullopt) << text;
}

}  // namespace
}  // namespace selvedge
