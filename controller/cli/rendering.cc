#include "controller/cli/rendering.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "controller/cli/review.h"
#include "controller/cli/viewpoint.h"
#include "controller/core.h"
#include "controller/lint/lint.h"
#include "controller/text/printable.h"
#include "nft/text.h"
#include "nft/validate.h"

namespace selvedge::cli {
namespace {

void add_problems(const std::vector<k8s::Problem>& problems, std::set<std::string>& told, Rendering& rendering) {
  for (const auto& problem : problems) {
    rendering.closed = rendering.closed || problem.closed;
    const std::string text = k8s::to_string(problem);
    if (told.insert(text).second) rendering.diagnostics.push_back(text);
  }
}

// `nowhere`: no pod of any node either.
std::string unreached(const k8s::ObjectKey& policy, const Viewpoint& view, bool nowhere) {
  const std::string name = "NetworkPolicy " + k8s::to_string(policy);
  if (view.node) return name + ": selects no pod on node \"" + *view.node + "\"" + (nowhere ? ", nor on another" : "");
  return name + ": selects no pod; its chains are printed, but nothing leads to them";
}

// A sample pod's made-up addresses are nothing to find fault with.
std::vector<k8s::Object> without_addresses(std::vector<k8s::Object> samples) {
  for (auto& sample : samples) {
    if (auto* pod = std::get_if<k8s::Pod>(&sample)) pod->addresses.clear();
  }
  return samples;
}

// About the policies that are rendered; of the others only that they are not.
std::vector<std::string> surprises(const OfflineInput& input, const Viewpoint& view, const Core& core) {
  const std::vector<k8s::Object> samples = without_addresses(view.added);
  std::vector<const k8s::Object*> objects;
  for (const auto& decoded : input.objects) objects.push_back(&decoded.object);
  for (const auto& sample : samples) objects.push_back(&sample);
  std::vector<std::string> lines;
  const auto unreached_here = core.unreached_policies();
  for (const auto& finding : lint::findings(objects)) {
    if (!std::ranges::binary_search(unreached_here, finding.object)) lines.push_back(k8s::to_string(finding));
  }
  const auto nowhere = lint::selecting_nobody(objects);
  for (const auto& policy : unreached_here)
    lines.push_back(unreached(policy, view, std::ranges::binary_search(nowhere, policy)));
  return lines;
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
  Settings settings = settings_for(command.shape, view.node);
  settings.unreached = view.unreached;
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
  std::ranges::move(surprises(input, view, core), std::back_inserter(rendering.diagnostics));
  return rendering;
}

}  // namespace selvedge::cli
