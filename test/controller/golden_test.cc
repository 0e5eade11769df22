// Stories: test/golden/STORY/cluster.yaml and, for each node that has pods, the
// whole text of its table, reviewed like code. To write them anew after a change
// that is meant: SELVEDGE_UPDATE_GOLDEN=1 build-test/test_controller, then read the diff.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "controller/core.h"
#include "k8sclient/manifests.h"
#include "nft/text.h"
#include "nft/validate.h"

namespace selvedge {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::set<std::string> nodes_with_pods(const std::vector<k8s::Decoded>& objects) {
  std::set<std::string> nodes;
  for (const k8s::Decoded& decoded : objects) {
    if (const auto* pod = std::get_if<k8s::Pod>(&decoded.object)) nodes.insert(pod->node);
  }
  return nodes;
}

nft::Table table_of(const std::vector<k8s::Decoded>& objects, const std::string& node) {
  Core core({.node = node});
  for (const k8s::Decoded& decoded : objects) core.upsert(decoded.object);
  return core.table();
}

void expect_story(const fs::path& story) {
  SCOPED_TRACE(story.filename().string());
  const auto objects = k8s::read_manifests((story / "cluster.yaml").string());
  ASSERT_TRUE(objects) << objects.error();
  for (const std::string& node : nodes_with_pods(*objects)) {
    const nft::Table table = table_of(*objects, node);
    const auto faults = nft::validate(table);
    EXPECT_TRUE(faults.empty()) << faults[0].object << ": " << faults[0].message;
    const fs::path golden = story / (node + ".nft");
    if (std::getenv("SELVEDGE_UPDATE_GOLDEN")) std::ofstream(golden) << nft::to_text(table);
    EXPECT_EQ(nft::to_text(table), contents(golden)) << golden;
  }
}

TEST(Golden, EveryStory_IsToldToTheByte) {
  std::size_t stories = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(SELVEDGE_SOURCE_DIR) / "test/golden")) {
    expect_story(entry.path());
    ++stories;
  }
  EXPECT_GE(stories, 3U);
}

}  // namespace
}  // namespace selvedge
