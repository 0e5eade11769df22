#include "controller/names.h"

#include <set>

#include <gtest/gtest.h>

namespace selvedge {
namespace {

TEST(Names, Hash_IsTheFirst80BitsOfSha256) {
  // SHA-256("abc") = ba7816bf8f01cfea4141…; in base 32 with a-z2-7.
  EXPECT_EQ(hash_of("abc"), "xj4bnp4pahh6uqkb");
}

TEST(Names, PodChain_SaysDirectionAndPod) {
  const std::string name = pod_chain_name(Direction::ingress, {"production", "api-0"}, "u1");
  EXPECT_TRUE(name.starts_with("pod-ingress-"));
  EXPECT_TRUE(name.ends_with("-production/api-0"));
}

TEST(Names, PodOfAnotherUid_HasAnotherChain) {  // semantics 68
  EXPECT_NE(pod_chain_name(Direction::egress, {"a", "b"}, "u1"), pod_chain_name(Direction::egress, {"a", "b"}, "u2"));
}

TEST(Names, KeysThatJoinToTheSameText_HaveDifferentNames) {  // semantics 20
  EXPECT_NE(policy_chain_name(Direction::ingress, {"a-b", "c"}), policy_chain_name(Direction::ingress, {"a", "b-c"}));
  EXPECT_NE(pod_chain_name(Direction::ingress, {"a", "b"}, ""), policy_chain_name(Direction::ingress, {"a", "b"}));
}

TEST(Names, LongestLegalNames_FitTheKernelAndStayApart) {  // semantics 20
  const std::string ns(63, 'n');
  std::set<std::string> names;
  for (const char last : {'x', 'y'}) {
    const k8s::ObjectKey key{ns, std::string(252, 'p') + last};
    for (const Direction d : {Direction::ingress, Direction::egress}) {
      names.insert({policy_chain_name(d, key), pod_chain_name(d, key, "u"), allow_counter_name(d, key),
                    deny_counter_name(d, key, "u")});
    }
  }
  EXPECT_EQ(names.size(), 16U);
  for (const std::string& name : names) EXPECT_LE(name.size(), name_limit);
}

TEST(Names, Shortened_KeepsTheLimit) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "ab~");
}

}  // namespace
}  // namespace selvedge
