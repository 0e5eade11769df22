#include "controller/agent/rendering.h"

#include <set>

#include "controller/agent/printable.h"
#include "controller/agent/viewpoint.h"
#include "controller/core.h"
#include "nft/text.h"
#include "nft/validate.h"

namespace selvedge::agent {
namespace {

void add_problems(const std::vector<k8s::Problem>& problems, std::set<std::string>& told, Rendering& rendering) {
  for (const auto& problem : problems) {
    rendering.closed = rendering.closed || problem.closed;
    const std::string text = k8s::to_string(problem);
    if (told.insert(text).second) rendering.diagnostics.push_back(text);
  }
}

std::string unreached(const k8s::ObjectKey& policy, const Viewpoint& view) {
  const std::string name = "NetworkPolicy " + k8s::to_string(policy);
  if (view.node) return name + ": selects no pod on node \"" + *view.node + "\"";
  return name + ": selects no pod; its chains are printed, but nothing leads to them";
}

std::string faults_of(const nft::Table& table) {
  std::string text;
  for (const auto& fault : nft::validate(table))
    text += (text.empty() ? " " : "; ") + fault.object + ": " + fault.message;
  return text;
}

}  // namespace

tl::expected<Rendering, std::string> rendering_of(const OfflineInput& input, const RenderCommand& command) {
  const Viewpoint view = viewpoint_of(input.objects, command.node);
  Settings settings;
  settings.node = view.node;
  settings.unreached = view.unreached;
  settings.bridge = command.bridge;
  settings.vxlan_port = command.vxlan_port;
  Core core(settings);
  for (const auto& decoded : input.objects) core.upsert(decoded.object);
  for (const auto& object : view.added) core.upsert(object);
  const nft::Table table = core.table();
  if (const std::string faults = faults_of(table); !faults.empty())
    return tl::unexpected("the rendered table is not sound, which is a bug of selvedge:" + faults);

  Rendering rendering;
  for (const auto& comment : view.comments) rendering.text += "# " + printable(comment) + '\n';
  rendering.text += nft::to_text(table);
  rendering.diagnostics = input.notes;
  rendering.diagnostics.insert(rendering.diagnostics.end(), view.notes.begin(), view.notes.end());
  std::set<std::string> told;
  for (const auto& decoded : input.objects) add_problems(decoded.problems, told, rendering);
  add_problems(core.problems(), told, rendering);
  for (const auto& policy : core.unreached_policies()) rendering.diagnostics.push_back(unreached(policy, view));
  return rendering;
}

}  // namespace selvedge::agent
