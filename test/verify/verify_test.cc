#include "controller/verify/verify.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "controller/core.h"
#include "k8sclient/manifests.h"
#include "test/verify/large_node.h"

namespace selvedge::verify {
namespace {

namespace fs = std::filesystem;

std::vector<k8s::Object> objects_of(const fs::path& path) {
  std::vector<k8s::Object> objects;
  const auto read = k8s::read_manifests(path.string());
  EXPECT_TRUE(read) << read.error();
  for (const auto& decoded : *read) objects.push_back(decoded.object);
  return objects;
}

nft::Table rendered(const std::vector<k8s::Object>& objects, const std::string& node) {
  Core core({.node = node});
  for (const auto& object : objects) core.upsert(object);
  return core.table();
}

TEST(Verify, EveryGoldenStory) {
  for (const auto& entry : fs::directory_iterator(fs::path(SELVEDGE_SOURCE_DIR) / "test/golden")) {
    const auto objects = objects_of(entry.path() / "cluster.yaml");
    const auto table = rendered(objects, "node-a");
    const meaning::Viewpoint viewpoint{.node = "node-a"};
    const meaning::Meaning meaning(viewpoint, objects);
    const Verification result = verify(table, meaning, viewpoint);
    std::cout << entry.path().filename() << " " << result.classes << "\n";
    for (const auto& f : result.faults) ADD_FAILURE() << f;
    for (const auto& d : result.differences) {
      std::string why;
      for (const auto& r : d.state.reasons) why += meaning::to_string(r) + "; ";
      for (const auto& s : d.table.trace) why += s.chain + ":" + std::to_string(s.rule) + " ";
      ADD_FAILURE() << to_string(d.packet) << " table " << d.table.accepted << " state " << d.state.allowed << " " << why;
    }
    EXPECT_EQ(result.different, 0U);
    EXPECT_GT(result.classes, 0U);
  }
}

TEST(Verify, AFullNode) {
  const auto objects = test::large_node(1);
  const auto table = rendered(objects, "node-a");
  const meaning::Viewpoint viewpoint{.node = "node-a"};
  const meaning::Meaning meaning(viewpoint, objects);
  const Verification result = verify(table, meaning, viewpoint);
  std::cout << table.chains.size() << " chains, " << result.classes << "\n";
  EXPECT_TRUE(result.verified());
}

}  // namespace
}  // namespace selvedge::verify
