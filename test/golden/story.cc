// Where a flow's packet goes is asked of the packet bed's routes. The surprise: no route tells that of link-local and
// broadcast addresses, so these come from a port of the bridge to the node itself.
#include "test/golden/story.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "controller/core.h"
#include "k8sclient/manifests.h"
#include "test/support/packet_bed_routes.h"

namespace selvedge::test {
namespace {

namespace fs = std::filesystem;
using Fault = tl::unexpected<std::string>;
using Kind = meaning::Reason::Kind;

const fs::path stories = fs::path(SELVEDGE_SOURCE_DIR) / "test/golden";

std::string number_of(const std::string& node) {
  if (node != "node-a" && node != "node-b") throw std::invalid_argument(node + " is not in the plan of addresses");
  return node == "node-a" ? "1" : "2";
}

bool is_pod_address(const std::string& node, const nft::Address& address) {
  const auto networks = legs_of(node)[0].networks;
  return std::any_of(networks.begin(), networks.end(),
                     [&](const std::string& network) { return nft::contains(*nft::parse_prefix(network), address); });
}

nft::Packet packet_of(const Flow& flow) {
  constexpr std::uint8_t icmpv6 = 58, echo_request = 128;
  nft::Packet packet;
  packet.source = flow.source;
  packet.destination = flow.destination;
  packet.protocol = flow.protocol;
  packet.port = flow.port;
  if (flow.protocol == icmpv6) packet.icmpv6_type = echo_request;
  return packet;
}

bool is_link_local(const nft::Address& address) {
  return nft::contains(*nft::parse_prefix("169.254.0.0/16"), address) ||
         nft::contains(*nft::parse_prefix("fe80::/10"), address);
}

// No route tells where it comes from or goes to.
bool stays_on_the_link(const Flow& flow) {
  return is_link_local(flow.source) || flow.destination == *nft::parse_address("255.255.255.255");
}

// To the node, from some port of its bridge.
nft::Packet from_a_port(nft::Packet packet, const BedRoutes& routes) {
  packet.hook = nft::Hook::input;
  packet.in = routes.legs()[0].name;
  packet.source_type = routes.type_of(packet.source, packet.hook);
  packet.destination_type = routes.type_of(packet.destination, packet.hook);
  packet.state = first_state(packet);
  return packet;
}

std::string words(const meaning::Grant& grant) {
  const bool ingress = grant.direction == Direction::ingress;
  std::string text = to_string(grant.policy) + (ingress ? " ingress[" : " egress[") + std::to_string(grant.rule) + "]";
  if (grant.peer) text += (ingress ? " from[" : " to[") + std::to_string(*grant.peer) + "]";
  return text;
}

std::string word(Kind kind) {
  switch (kind) {
    case Kind::itself:
      return "itself";
    case Kind::own_node:
      return "own node";
    case Kind::borrowed:
      return "borrowed";
    case Kind::link_scope:
      return "link scope";
    case Kind::encapsulation:
      return "encapsulation";
    case Kind::guarded:
      return "guarded";
    case Kind::not_isolated:
      return "not isolated";
    case Kind::lease:
      return "DHCP";
    case Kind::denied:
      return "pod not understood";
    default:
      return "of no kind that a story is about";
  }
}

void insert_words(std::set<std::string>& all, const meaning::Reason& reason) {
  for (const auto& grant : reason.grants) all.insert(words(grant));
  if (reason.kind == Kind::granted) return;
  const bool of_policies = reason.kind == Kind::denied || reason.kind == Kind::audited;
  for (const auto& policy : reason.isolated_by) {
    const std::string told = reason.kind == Kind::audited ? " audited" : "";
    if (of_policies) all.insert(to_string(policy) + " " + std::string(to_string(*reason.direction)) + told);
  }
  if (!of_policies || reason.isolated_by.empty()) all.insert(word(reason.kind));
}

bool denies(const meaning::Reason& reason) {
  return reason.kind == Kind::denied || reason.kind == Kind::link_scope || reason.kind == Kind::encapsulation ||
         reason.kind == Kind::guarded || reason.kind == Kind::borrowed;
}

std::string read_settings(Story& story) {
  std::istringstream settings(text_of(story.directory / "settings.txt"));
  for (std::string line; std::getline(settings, line);) {
    if (line == "own-node allowed") {
      story.own_node_open = true;
    } else if (line == "ipvs true") {
      story.ipvs = true;
    } else if (line.starts_with("audit ")) {
      story.audited.insert(line.substr(6));
    } else {
      return "\"" + line + "\" is no setting that a story can have";
    }
  }
  return "";
}

}  // namespace

std::vector<std::string> story_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(stories)) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string text_of(const fs::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

tl::expected<Story, std::string> read_story(const std::string& name) {
  Story story{.directory = stories / name};
  const auto read = k8s::read_manifests((story.directory / "cluster.yaml").string());
  if (!read) return Fault(read.error());
  for (const k8s::Decoded& decoded : *read) {
    story.objects.push_back(decoded.object);
    const auto* pod = std::get_if<k8s::Pod>(&decoded.object);
    if (pod != nullptr && !pod->node.empty()) story.nodes.insert(pod->node);
  }
  if (const std::string fault = read_settings(story); !fault.empty()) return Fault(name + "/settings.txt: " + fault);
  auto flows = parse_flows(text_of(story.directory / "flows.txt"));
  if (!flows) return Fault(name + "/flows.txt: " + flows.error());
  story.flows = *std::move(flows);
  return story;
}

nft::Table table_of(const Story& story, const std::string& node) {
  Core core({.node = node, .own_node_open = story.own_node_open, .ipvs = story.ipvs, .audited = story.audited});
  for (const k8s::Object& object : story.objects) core.upsert(object);
  return core.table();
}

meaning::Viewpoint viewpoint_of(const Story& story, const std::string& node) {
  return {.node = node, .own_node_open = story.own_node_open, .ipvs = story.ipvs, .audited = story.audited};
}

std::vector<Leg> legs_of(const std::string& node) {
  const std::string n = number_of(node);
  return {
      {.name = "cni0",
       .addresses = {"10.244." + n + ".1/24", "fd00:244:0:" + n + "::1/64", "fe80::1/64"},
       .networks = {"10.244." + n + ".0/24", "fd00:244:0:" + n + "::/64"}},
      {.name = "eth0", .addresses = {"172.31.0.1" + n + "/24", "fe80::1/64"}, .networks = {"0.0.0.0/0", "::/0"}},
  };
}

tl::expected<std::optional<nft::Packet>, std::string> packet_on(const std::string& node, const Flow& flow) {
  if (flow.node && *flow.node != node) return std::nullopt;
  if (!flow.node && !is_pod_address(node, flow.source) && !is_pod_address(node, flow.destination)) return std::nullopt;
  const BedRoutes routes(legs_of(node));
  if (stays_on_the_link(flow)) {
    const nft::Packet packet = from_a_port(packet_of(flow), routes);
    if (routes.carries(packet)) return packet;
  } else if (auto packet = routes.placed(packet_of(flow))) {
    return packet;
  }
  return Fault("cannot come about on " + node);
}

std::set<std::string> words_for(const std::vector<meaning::Judgement>& judgements) {
  std::set<std::string> allowing, denying;
  for (const auto& judgement : judgements) {
    for (const auto& reason : judgement.reasons) insert_words(denies(reason) ? denying : allowing, reason);
  }
  if (!denying.empty()) return denying;
  if (allowing.size() > 1) allowing.erase(word(Kind::not_isolated));  // the other end, or on the other node
  return allowing;
}

std::set<std::string> words_of_comment(const std::string& comment) {
  const auto bracket = comment.rfind('[');
  if (comment.find("] ") == comment.npos || bracket == comment.npos) return {comment};
  std::set<std::string> all;
  std::istringstream runs(comment.substr(bracket + 1, comment.size() - bracket - 2));
  for (std::string run; std::getline(runs, run, ',');) {
    const auto dash = run.find('-');
    const auto first = std::stoul(run), last = dash == run.npos ? first : std::stoul(run.substr(dash + 1));
    for (auto peer = first; peer <= last; ++peer)
      all.insert(comment.substr(0, bracket) + "[" + std::to_string(peer) + "]");
  }
  return all;
}

}  // namespace selvedge::test
