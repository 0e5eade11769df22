// What is committed is what is dumped: each kind of object and each alternative
// of Match and Verdict alone, through the kernel and back.
#include <gtest/gtest.h>

#include "nft/netlink_backend.h"
#include "test/kernel/namespace.h"

namespace selvedge::nft {
namespace {

using test::in_fresh_namespace;

class RoundTrip : public test::KernelTest {};

NetlinkBackend open_backend(bool own = false) {
  auto backend = NetlinkBackend::open({.own_table = own});
  EXPECT_TRUE(backend) << backend.error().message;
  return *std::move(backend);
}

TEST_F(RoundTrip, AChainWithARule_ComesBackAsItWasCommitted) {
  in_fresh_namespace([] {
    auto backend = open_backend();
    const Rule rule{.matches = {MatchPort{6, {{80, 80}}}}, .counter = "", .verdict = Accept{}, .comment = "hello"};
    const auto done =
        backend.commit("selvedge", {AddTable{}, AddChain{"egress", Base{Hook::forward, -10}}, AddRule{"egress", rule}});
    ASSERT_TRUE(done) << done.error().message;
    const auto dump = backend.dump("selvedge");
    ASSERT_TRUE(dump) << dump.error().message;
    ASSERT_TRUE(*dump);
    Table expected{.name = "selvedge", .counters = {}, .sets = {}, .maps = {}, .chains = {}};
    expected.chains["egress"] = {.base = Base{Hook::forward, -10}, .rules = {rule}};
    EXPECT_EQ((*dump)->table, expected);
    EXPECT_TRUE((*dump)->opaque.empty());
  });
}

}  // namespace
}  // namespace selvedge::nft
