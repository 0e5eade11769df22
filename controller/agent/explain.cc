// `selvedge explain`. What failed closed is said first: the answer rests on it.
#include <set>

#include "controller/agent/commands.h"
#include "controller/agent/console.h"
#include "controller/agent/explanation_json.h"
#include "controller/agent/offline_input.h"
#include "controller/agent/viewpoint.h"
#include "controller/explain/answer.h"
#include "controller/explain/words.h"

namespace selvedge::agent {
namespace {

int cannot(const std::string& why) {
  complain("explain: " + why);
  return 3;
}

// True: something that decides about packets was not understood.
bool complain_of_problems(const OfflineInput& input) {
  bool closed = false;
  for (const std::string& note : input.notes) complain(note);
  for (const auto& decoded : input.objects) {
    for (const k8s::Problem& problem : decoded.problems) {
      complain(k8s::to_string(problem));
      closed = closed || problem.closed;
    }
  }
  return closed;
}

std::vector<k8s::Object> plain_objects(const OfflineInput& input, const Viewpoint& view) {
  std::vector<k8s::Object> objects;
  objects.reserve(input.objects.size() + view.added.size());
  for (const auto& decoded : input.objects) objects.push_back(decoded.object);
  objects.insert(objects.end(), view.added.begin(), view.added.end());
  return objects;
}

meaning::Viewpoint everywhere(const Shape& shape) {
  return {.node = std::nullopt,
          .bridge = shape.bridge,
          .vxlan_port = shape.vxlan_port,
          .guard = shape.guard,
          .own_node_open = shape.own_node_open,
          .ipvs = shape.ipvs};
}

}  // namespace

int explain(const ExplainCommand& command) {
  const auto input = read_objects(command.from, Kinds::with_services);
  if (!input) return cannot(input.error());
  const Viewpoint view = viewpoint_of(input->objects, "");
  const explain::Explainer explainer(everywhere(command.shape), plain_objects(*input, view));
  const auto explanation = explainer.explain(command.source, command.destination, command.port);
  if (!explanation) return cannot(explanation.error());
  const bool closed = complain_of_problems(*input);
  if (!print(command.output == OutputForm::json ? explanation_json(*explanation) : words(*explanation))) return 3;
  const bool unexpected = command.expected && *command.expected != explanation->allowed();
  if (unexpected) complain(std::string("explain: ") + (*command.expected ? "allow" : "deny") + " was expected");
  return closed || unexpected ? 1 : 0;
}

}  // namespace selvedge::agent
