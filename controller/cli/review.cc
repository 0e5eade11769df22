#include "controller/cli/review.h"

#include <algorithm>
#include <utility>

#include "controller/cli/viewpoint.h"
#include "controller/explain/answer.h"

namespace selvedge::cli {

namespace {

// What decodes and yet says nothing, such as a block that is none: the core closes it.
void add_what_the_core_closes(Reviewed& reviewed) {
  Core core(Settings{});
  for (const k8s::Object& object : reviewed.objects) core.upsert(object);
  for (const k8s::Problem& problem : core.problems()) {
    if (!problem.closed) continue;
    reviewed.closed = true;
    const std::string note = k8s::to_string(problem);
    if (std::ranges::find(reviewed.notes, note) == reviewed.notes.end()) reviewed.notes.push_back(note);
  }
}

}  // namespace

tl::expected<Reviewed, std::string> read_for_review(const Source& source, Kinds kinds) {
  auto input = read_objects(source, kinds);
  if (!input) return tl::unexpected(input.error());
  Reviewed reviewed{.objects = {}, .notes = std::move(input->notes), .closed = false};
  const Viewpoint view = viewpoint_of(input->objects, "");
  for (auto& decoded : input->objects) {
    for (const k8s::Problem& problem : decoded.problems) {
      reviewed.notes.push_back(k8s::to_string(problem));
      reviewed.closed = reviewed.closed || problem.closed;
    }
    reviewed.objects.push_back(std::move(decoded.object));
  }
  reviewed.objects.insert(reviewed.objects.end(), view.added.begin(), view.added.end());
  reviewed.objects = explain::with_addresses(std::move(reviewed.objects));
  add_what_the_core_closes(reviewed);
  return reviewed;
}

meaning::Viewpoint seen_from(const Shape& shape, const std::optional<std::string>& node) {
  return {.node = node,
          .bridge = shape.bridge,
          .vxlan_port = shape.vxlan_port,
          .guard = shape.guard,
          .own_node_open = shape.own_node_open,
          .ipvs = shape.ipvs,
          .audited = shape.audited};
}

Settings settings_for(const Shape& shape, const std::optional<std::string>& node) {
  Settings settings;
  settings.node = node;
  settings.bridge = shape.bridge;
  settings.vxlan_port = shape.vxlan_port;
  settings.guard = shape.guard;
  settings.own_node_open = shape.own_node_open;
  settings.ipvs = shape.ipvs;
  settings.audited = shape.audited;
  settings.deny_log = shape.deny_log;
  return settings;
}

nft::Table table_of(const Shape& shape, const std::optional<std::string>& node,
                    const std::vector<k8s::Object>& objects) {
  Core core(settings_for(shape, node));
  for (const k8s::Object& object : objects) core.upsert(object);
  return core.table();
}

}  // namespace selvedge::cli
