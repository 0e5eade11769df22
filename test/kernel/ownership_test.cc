// Who may write the table: owned and plain ones, successors, and how little
// privilege it takes.
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>

#include "test/kernel/sample_rules.h"

namespace selvedge::nft {
namespace {

using test::commit_table;
using test::dump_of;
using test::in_fresh_namespace;
using test::open_backend;
using testing::HasSubstr;

const Batch small_change{AddTable{}, AddChain{"more", {}}};

class Ownership : public test::KernelTest {};

TEST_F(Ownership, AnOwnedTable_WithstandsOthers) {
  in_fresh_namespace([] {
    auto backend = open_backend(true);
    const Table table = test::table_with({});
    commit_table(backend, table);
    EXPECT_TRUE(dump_of(backend).owned);
    EXPECT_NE(test::run("nft add chain inet selvedge intruder").status, 0);
    EXPECT_NE(test::run("nft delete table inet selvedge").status, 0);
    test::run("nft flush ruleset");  // whatever it says
    EXPECT_TRUE(dump_of(backend).table == table);
  });
}

TEST_F(Ownership, AnOwnedTable_IsDeniedToASecondBackend_WhichMayReadIt) {
  in_fresh_namespace([] {
    auto owner = open_backend(true);
    commit_table(owner, test::table_with({}));
    for (const bool own : {true, false}) {
      auto other = open_backend(own);
      const auto done = other.commit("selvedge", small_change);
      ASSERT_FALSE(done);
      EXPECT_EQ(done.error().kind, Error::Kind::denied) << done.error().message;
      EXPECT_THAT(done.error().message, HasSubstr("no other process owns"));
      EXPECT_TRUE(dump_of(other).table == test::table_with({}));
    }
  });
}

TEST_F(Ownership, WhenTheOwnerIsGone_TheTableStays_AndASuccessorAdoptsIt) {
  in_fresh_namespace([] {
    std::uint64_t handle = 0;
    {
      auto owner = open_backend(true);
      commit_table(owner, test::table_with({}));
      handle = dump_of(owner).handle;
    }
    auto successor = open_backend(true);
    Dump found = dump_of(successor);
    EXPECT_TRUE(found.table == test::table_with({}));
    EXPECT_FALSE(found.owned);
    ASSERT_TRUE(successor.commit("selvedge", small_change));
    found = dump_of(successor);
    EXPECT_TRUE(found.owned);
    EXPECT_EQ(found.handle, handle);
    EXPECT_TRUE(found.table.chains.contains("more"));
    ASSERT_TRUE(successor.commit("selvedge", {AddTable{}, DeleteChain{"more"}}));  // owner once more

    auto third = open_backend(true);
    EXPECT_EQ(third.commit("selvedge", small_change).error().kind, Error::Kind::denied);
  });
}

TEST_F(Ownership, AnOrphanThatLostABaseChain_IsAdopted_AndGetsItBack) {
  in_fresh_namespace([] {
    {
      auto owner = open_backend(true);
      commit_table(owner, test::table_with({}));
    }
    test::nft("delete chain inet selvedge egress");
    auto successor = open_backend(true);
    const auto done = successor.commit("selvedge", {AddTable{}, AddChain{"egress", Base{Hook::forward, -10}}});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(dump_of(successor).table == test::table_with({}));
    EXPECT_TRUE(dump_of(successor).owned);
  });
}

TEST_F(Ownership, ATableThatWasPutToSleep_AndLostABaseChain_IsWoken_AndGetsItBack) {
  in_fresh_namespace([] {
    auto backend = open_backend(false);
    commit_table(backend, test::table_with({}));
    test::nft("add table inet selvedge '{ flags dormant; }'");
    test::nft("delete chain inet selvedge egress");
    const auto done = backend.commit("selvedge", {AddTable{}, AddChain{"egress", Base{Hook::forward, -10}}});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(dump_of(backend).table == test::table_with({}));
    EXPECT_EQ(test::nft("list table inet selvedge").find("dormant"), std::string::npos);
  });
}

TEST_F(Ownership, ATableWhoseOwnerIsGone_IsWrittenByABackendThatWantsNoOwnership) {
  in_fresh_namespace([] {
    {
      auto owner = open_backend(true);
      commit_table(owner, test::table_with({}));
    }
    auto plain = open_backend(false);
    const auto done = plain.commit("selvedge", small_change);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_FALSE(dump_of(plain).owned);
  });
}

TEST_F(Ownership, AnExistingPlainTable_StaysPlain) {
  in_fresh_namespace([] {
    auto first = open_backend(false);
    commit_table(first, test::table_with({}));
    EXPECT_FALSE(dump_of(first).owned);
    auto second = open_backend(true);
    const auto done = second.commit("selvedge", small_change);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_FALSE(dump_of(second).owned);
    EXPECT_TRUE(first.commit("selvedge", {AddTable{}, DeleteChain{"more"}}));
  });
}

TEST_F(Ownership, AnOwnedTableThatWasDeleted_IsOwnedWhenMadeAnew) {
  in_fresh_namespace([] {
    auto backend = open_backend(true);
    commit_table(backend, test::table_with({}));
    ASSERT_TRUE(backend.commit("selvedge", {DeleteTable{}}));
    commit_table(backend, test::table_with({}));
    EXPECT_TRUE(dump_of(backend).owned);
  });
}

TEST_F(Ownership, ATableThatWasPutToSleep_WakesAtTheNextWrite) {
  in_fresh_namespace([] {
    auto backend = open_backend(false);
    commit_table(backend, test::table_with({}));
    test::nft("add table inet selvedge '{ flags dormant; }'");
    const Dump asleep = dump_of(backend);
    ASSERT_EQ(asleep.opaque.size(), 1U);
    EXPECT_THAT(asleep.opaque[0].what, HasSubstr("dormant"));
    ASSERT_TRUE(backend.commit("selvedge", {AddTable{}}));
    EXPECT_TRUE(dump_of(backend).opaque.empty());
  });
}

// ---- privilege. A thread has credentials of its own at the level of system calls.

void keep_only(std::uint32_t capabilities) {
  constexpr long nobody = 65534;
  ASSERT_EQ(prctl(PR_SET_KEEPCAPS, 1), 0);
  ASSERT_EQ(syscall(SYS_setresuid, nobody, nobody, nobody), 0);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const __user_cap_data_struct data[2] = {{capabilities, capabilities, 0}, {}};
  ASSERT_EQ(syscall(SYS_capset, &header, data), 0);
}

class Privilege : public test::KernelTest {};

TEST_F(Privilege, NetAdminAlone_IsEnough) {
  in_fresh_namespace([] {
    keep_only(1U << CAP_NET_ADMIN);
    auto backend = open_backend(true);
    const Table table = test::table_with({});
    commit_table(backend, table);
    EXPECT_TRUE(dump_of(backend).table == table);
  });
}

TEST_F(Privilege, NetAdminAlone_ForcesABufferForALargeBatch) {
  in_fresh_namespace([] {
    keep_only(1U << CAP_NET_ADMIN);
    auto backend = open_backend();
    Table table;
    table.name = "selvedge";
    Set& peers = table.sets["peers-v4"];
    peers.type = address_type(Family::v4);
    for (unsigned i = 0; i < 60'000; ++i) {
      Address pod{.family = Family::v4,
                  .bytes = {10, 244, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}};
      peers.elements.push_back(test::one(key_of(pod)));
    }
    commit_table(backend, table);
    EXPECT_TRUE(dump_of(backend).table == table);
  });
}

TEST_F(Privilege, WithoutNetAdmin_OpeningIsDeniedWithWords) {
  in_fresh_namespace([] {
    keep_only(0);
    const auto backend = NetlinkBackend::open({.own_table = true});
    ASSERT_FALSE(backend);
    EXPECT_EQ(backend.error().kind, Error::Kind::denied);
    EXPECT_THAT(backend.error().message, HasSubstr("CAP_NET_ADMIN"));
  });
}

}  // namespace
}  // namespace selvedge::nft
