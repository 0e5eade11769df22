#include "controller/verify/rulings.h"

namespace selvedge::verify {
namespace {

constexpr std::uint8_t udp = 17;

}  // namespace

StateClass class_of(std::uint32_t state) {
  using State = nft::MatchCtState;
  if (state == State::established || state == State::related) return StateClass::reply;
  return state == State::invalid ? StateClass::invalid : StateClass::first;
}

bool settles_all(const nft::Packet& path, const meaning::Viewpoint& viewpoint) {
  const bool to_node = path.hook == nft::Hook::input && path.in != viewpoint.bridge;
  const bool from_node = path.hook == nft::Hook::output && !viewpoint.ipvs;
  return class_of(path.state) == StateClass::reply || to_node || from_node;
}

bool judges_link_scope(const nft::Packet& path, const meaning::Viewpoint& viewpoint) {
  return path.in == viewpoint.bridge && (path.hook == nft::Hook::input || path.out == viewpoint.bridge);
}

bool asks_for_own_source(const nft::Packet& path, const meaning::Viewpoint& viewpoint) {
  return viewpoint.ipvs && path.hook != nft::Hook::forward && !settles_all(path, viewpoint);
}

TransportQuestions rulings_on(const nft::Packet& path, const meaning::Viewpoint& viewpoint) {
  TransportQuestions questions;
  if (settles_all(path, viewpoint)) return questions;
  if (path.source.family == nft::Family::v6) {
    questions.icmpv6 = {{{130, 132}, 1}, {{143, 143}, 1}, {{133, 137}, 255}, {{134, 134}, {}}, {{137, 137}, {}}};
  }
  if (judges_link_scope(path, viewpoint)) questions.ports = {{udp, {67, 67}}, {udp, {547, 547}}};
  const bool leaves = path.hook == nft::Hook::input || path.out != viewpoint.bridge;
  const bool from_pod = path.in == viewpoint.bridge || path.hook == nft::Hook::output;
  if (viewpoint.vxlan_port != 0 && from_pod && leaves) {
    questions.ports.push_back({udp, {viewpoint.vxlan_port, viewpoint.vxlan_port}});
  }
  return questions;
}

std::vector<nft::Interval> ruled_addresses() {
  std::vector<nft::Interval> edges;
  for (const char* text : {"169.254.0.0/16", "fe80::/10", "::/128", "ff02::1:2/128", "224.0.0.0/4", "ff00::/8"}) {
    edges.push_back(nft::interval_of(*nft::parse_prefix(text)));
  }
  return edges;
}

}  // namespace selvedge::verify
