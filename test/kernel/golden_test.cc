// The stories' flows (test/golden/story.h) as real packets: on each node that judges a flow, its packet arrives
// under the node's rules exactly if that node's policies allow it, and a flow arrives if it does on every node.
#include <iostream>

#include <gtest/gtest.h>

#include "controller/meaning/evaluate.h"
#include "test/golden/story.h"
#include "test/kernel/judge.h"

namespace selvedge::test {
namespace {

struct OnNode {
  std::vector<const Flow*> flows;  // of the same length
  std::vector<nft::Packet> packets;
};

OnNode judged_on(const std::string& node, const Story& story) {
  OnNode judged;
  for (const Flow& flow : story.flows) {
    const auto packet = packet_on(node, flow);
    if (!packet || !*packet) continue;  // test_golden complains of the former
    judged.flows.push_back(&flow);
    judged.packets.push_back(**packet);
  }
  return judged;
}

class GoldenPackets : public KernelTest {
 protected:
  // Which flows did not arrive on some node.
  std::set<const Flow*> lost(const Story& story) {
    std::set<const Flow*> lost;
    for (const std::string node : {"node-a", "node-b"}) {
      in_fresh_namespace([&] {
        PacketBed bed(legs_of(node));
        auto backend = open_backend();
        const OnNode judged = judged_on(node, story);
        const meaning::Meaning meaning(viewpoint_of(story, node), story.objects);
        const std::vector<bool> open = bed.arrivals(judged.packets);
        const Loaded loaded(backend, table_of(story, node));
        const std::vector<bool> arrived = bed.arrivals(judged.packets);
        for (std::size_t i = 0; i < judged.packets.size(); ++i) {
          ++packets_;
          EXPECT_TRUE(open[i]) << judged.flows[i]->text << " does not arrive on " << node << " without rules";
          EXPECT_EQ(arrived[i], meaning.evaluate(judged.packets[i]).allowed) << judged.flows[i]->text << " on " << node;
          if (!arrived[i]) lost.insert(judged.flows[i]);
        }
      });
    }
    return lost;
  }

  std::size_t packets_ = 0;
};

TEST_F(GoldenPackets, EachFlowOfEachStory_ArrivesAsWritten) {
  std::size_t flows = 0;
  for (const std::string& name : story_names()) {
    SCOPED_TRACE(name);
    const auto story = read_story(name);
    ASSERT_TRUE(story) << story.error();
    const auto missing = lost(*story);
    for (const Flow& flow : story->flows) EXPECT_NE(missing.contains(&flow), flow.allowed) << flow.text;
    flows += story->flows.size();
  }
  EXPECT_GE(flows, 500U);
  std::cout << "count: golden packets: " << story_names().size() << " stories, " << flows << " flows, " << packets_
            << " packets" << std::endl;
}

// The written text as nft loads it, and the table as we send it, are the same to the kernel.
TEST_F(GoldenPackets, EachWrittenTable_IsLoadedByNft_AsTheTableItIs) {
  for (const std::string& name : story_names()) {
    const auto story = read_story(name);
    ASSERT_TRUE(story) << story.error();
    for (const std::string& node : story->nodes) {
      SCOPED_TRACE(testing::Message() << name << " " << node);
      in_fresh_namespace([&] {
        const Outcome loaded = run("nft -f " + (story->directory / (node + ".nft")).string());
        ASSERT_EQ(loaded.status, 0) << loaded.output;
        auto backend = open_backend();
        const nft::Table table = table_of(*story, node);
        const nft::Dump by_text = dump_of(backend);
        ASSERT_TRUE(backend.commit(table.name, {nft::DeleteTable{}}));
        commit_table(backend, table);
        const nft::Dump by_netlink = dump_of(backend);
        EXPECT_EQ(nft::to_text(by_text.table), nft::to_text(table));
        EXPECT_TRUE(by_text.table == table);
        EXPECT_TRUE(by_netlink.table == table);
        EXPECT_TRUE(by_text.opaque.empty());
        EXPECT_TRUE(by_netlink.opaque.empty());
      });
    }
  }
}

}  // namespace
}  // namespace selvedge::test
