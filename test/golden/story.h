// A story: a directory of test/golden with cluster.yaml, the whole text of the table of each node that has
// pods, and flows.txt (flow.h). Where the daemon is told other settings than usual, they are in settings.txt, a line
// "KEY VALUE" each. All have one plan of addresses:
//
//   node-a  172.31.0.11   pods 10.244.1.0/24, fd00:244:0:1::/64   the node's own among them: .1, ::1
//   node-b  172.31.0.12   pods 10.244.2.0/24, fd00:244:0:2::/64
//   outside 203.0.113.0/24, 2001:db8::/32, and whatever else
//
// A node is the bridge cni0 and, towards all others, eth0: as the packet bed has it, whose routes say here too by which
// interfaces a flow's packet goes, so that rules, reading and kernel are asked about the same.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "controller/meaning/evaluate.h"
#include "k8sclient/types.h"
#include "nft/packet.h"
#include "nft/ruleset.h"
#include "test/golden/flow.h"
#include "test/support/packet_bed.h"

namespace selvedge::test {

struct Story {
  std::filesystem::path directory{};
  std::vector<k8s::Object> objects{};
  std::set<std::string> nodes{};  // those of the pods
  bool own_node_open = false;
  std::set<std::string> audited{};  // namespaces, by the setting
  bool ipvs = false;
  std::vector<Flow> flows{};
};

std::vector<std::string> story_names();  // sorted
tl::expected<Story, std::string> read_story(const std::string& name);

std::string text_of(const std::filesystem::path& file);  // empty if there is none

nft::Table table_of(const Story& story, const std::string& node);
meaning::Viewpoint viewpoint_of(const Story& story, const std::string& node);

// node-a's or node-b's interfaces.
std::vector<Leg> legs_of(const std::string& node);

// The flow's packet as it is on `node`; no value: it is not judged there. An error: it cannot come about there.
tl::expected<std::optional<nft::Packet>, std::string> packet_on(const std::string& node, const Flow& flow);

// What a flow's comment has to say of these judgements, one for each node on its way: "shop/api ingress[0] from[1]",
// "shop/api egress", "not isolated", "itself", "encapsulation", "link scope", "pod not understood".
std::set<std::string> words_for(const std::vector<meaning::Judgement>& judgements);

// "shop/api ingress[0] from[0-1,3]", the comment of a rule, as the words above: one for each peer.
std::set<std::string> words_of_comment(const std::string& comment);

}  // namespace selvedge::test
