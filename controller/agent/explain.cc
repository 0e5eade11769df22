// `selvedge explain`. What failed closed is said first: the answer rests on it.
#include "controller/agent/commands.h"
#include "controller/agent/console.h"
#include "controller/agent/explanation_json.h"
#include "controller/agent/offline_input.h"
#include "controller/agent/rules_met.h"
#include "controller/agent/viewpoint.h"
#include "controller/explain/answer.h"
#include "controller/explain/words.h"
#include "nft/netlink_backend.h"

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

// The table that the packets are asked of: the kernel's, or one in which every pod is local.
tl::expected<nft::Dump, std::string> table_for(const ExplainCommand& command, const std::vector<k8s::Object>& objects) {
  if (!command.kernel) return nft::Dump{.table = table_of_all(command.shape, objects), .opaque = {}, .counters = {}};
  auto backend = nft::NetlinkBackend::open({.own_table = false});
  if (!backend) return tl::unexpected(backend.error().message);
  auto dump = backend->dump("selvedge");
  if (!dump) return tl::unexpected(dump.error().message);
  if (!*dump) return tl::unexpected(std::string("the kernel holds no table inet selvedge in this network namespace"));
  return **std::move(dump);
}

std::string complaint(const explain::Explanation& explanation, const ExplainCommand& command) {
  if (!command.expected || *command.expected == explanation.allowed()) return "";
  return std::string(*command.expected ? "allow" : "deny") + " was expected";
}

}  // namespace

int explain(const ExplainCommand& command) {
  const auto input = read_objects(command.from, Kinds::with_services);
  if (!input) return cannot(input.error());
  const Viewpoint view = viewpoint_of(input->objects, "");
  const auto objects = explain::with_addresses(plain_objects(*input, view));
  const explain::Explainer explainer(everywhere(command.shape), objects);
  auto explanation = explainer.explain(command.source, command.destination, command.port);
  if (!explanation) return cannot(explanation.error());
  if (command.rules) {
    const auto dump = table_for(command, objects);
    if (!dump) return cannot(dump.error());
    for (explain::Answer& answer : explanation->answers) answer.rules = rules_met(*dump, answer.packet);
  }
  const bool closed = complain_of_problems(*input);
  if (!print(command.output == OutputForm::json ? explanation_json(*explanation) : words(*explanation))) return 3;
  const std::string unexpected = complaint(*explanation, command);
  if (!unexpected.empty()) complain("explain: " + unexpected);
  return closed || !unexpected.empty() ? 1 : 0;
}

}  // namespace selvedge::agent
