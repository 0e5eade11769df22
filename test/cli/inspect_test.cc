// `selvedge inspect` on a kernel's table, in a network namespace of its own.
#include <gtest/gtest.h>

#include "controller/cli/review.h"
#include "controller/revivals.h"
#include "k8sclient/manifests.h"
#include "nft/changes.h"
#include "nft/netlink_backend.h"
#include "nft/transaction.h"
#include "test/agent/namespace.h"
#include "test/agent/program.h"

namespace selvedge {
namespace {

using test::run_program;

const std::string examples = SELVEDGE_SOURCE_DIR "/examples/tutorial";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

nft::Table rendered() {
  const auto read = k8s::read_manifests(examples);
  EXPECT_TRUE(read) << read.error();
  std::vector<k8s::Object> objects;
  for (const auto& decoded : *read) objects.push_back(decoded.object);
  return cli::table_of({}, "node-a", objects);
}

class InspectCommand : public testing::Test {
 protected:
  void SetUp() override {
    if (!namespace_) GTEST_SKIP() << "needs CAP_SYS_ADMIN for a network namespace";
  }
  static void hold(const nft::Table& table) {
    auto backend = nft::NetlinkBackend::open({.own_table = false});
    ASSERT_TRUE(backend) << backend.error().message;
    nft::Table none;
    none.name = table.name;
    for (const nft::Batch& batch : nft::plan(none, nft::diff(none, table))) {
      const auto done = backend->commit(table.name, batch);
      ASSERT_TRUE(done) << done.error().message;
    }
  }
  static test::Finished inspect(std::vector<std::string> more = {}) {
    more.insert(more.begin(), "inspect");
    return run_program(more);
  }

  std::unique_ptr<test::NetworkNamespace> namespace_ = test::NetworkNamespace::make();
};

const std::vector<std::string> beside_objects{"-f", examples, "--node", "node-a"};

TEST_F(InspectCommand, WithoutATable_SaysSo) {
  const auto done = inspect();
  EXPECT_EQ(done.status, 3);
  EXPECT_TRUE(contains(done.err, "no table inet selvedge")) << done.err;
}

TEST_F(InspectCommand, ShowsWhoIsIsolated_FromTheKernelAlone) {
  hold(rendered());
  const auto done = inspect();
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(
      contains(done.out, "production/api-0  10.244.1.5, fd00:244:0:1::5\n  ingress  isolated by production/api;"))
      << done.out;
}

TEST_F(InspectCommand, BesideTheObjects_FindsNoDriftInATableThatIsTrue_RulesAgainstRevivalIncluded) {
  Suspects suspects;
  suspects.in(Direction::ingress).insert(*nft::parse_address("10.244.1.5"));
  hold(with_suspects(rendered(), suspects));
  const auto done = inspect(beside_objects);
  EXPECT_EQ(done.status, 0) << done.out;
  EXPECT_TRUE(contains(done.out, "no drift")) << done.out;
}

TEST_F(InspectCommand, BesideTheObjects_FindsDrift_WithStatusOne) {
  nft::Table table = rendered();
  for (auto& [name, chain] : table.chains)
    if (name.ends_with("production/api")) chain.rules.clear();
  hold(table);
  const auto done = inspect(beside_objects);
  EXPECT_EQ(done.status, 1);
  EXPECT_TRUE(contains(done.out, "drift: to hold what the objects say, 2 objects would change\n")) << done.out;
}

}  // namespace
}  // namespace selvedge
