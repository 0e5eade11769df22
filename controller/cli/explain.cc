// `selvedge explain`. What failed closed is said beside the answer, which rests on it.
#include <set>

#include "controller/cli/access_words.h"
#include "controller/cli/commands.h"
#include "controller/cli/console.h"
#include "controller/cli/explanation_json.h"
#include "controller/cli/kernel_table.h"
#include "controller/cli/review.h"
#include "controller/cli/rules_met.h"
#include "controller/explain/answer.h"
#include "controller/explain/words.h"

namespace selvedge::cli {
namespace {

int cannot(const std::string& why) {
  complain("explain: " + why);
  return 3;
}

// The table that the packets are asked of: the kernel's, or one in which every pod is local.
tl::expected<nft::Dump, std::string> table_for(const ExplainCommand& command, const std::vector<k8s::Object>& objects) {
  if (!command.kernel)
    return nft::Dump{.table = table_of(command.shape, std::nullopt, objects), .opaque = {}, .counters = {}};
  return read_kernel_table();
}

std::string complaint(const explain::Explanation& explanation, const ExplainCommand& command) {
  if (!command.expected || *command.expected == explanation.allowed()) return "";
  return std::string(*command.expected ? "allow" : "deny") + " was expected";
}

// Of one end alone.
int explain_access(const ExplainCommand& command, const Reviewed& reviewed) {
  const auto end = explain::Cast(reviewed.objects).find(command.source);
  if (!end) return cannot(end.error());
  std::set<k8s::ObjectKey> pods;
  for (const explain::Someone& one : end->all) {
    if (one.pod != nullptr) pods.insert(one.pod->meta.key());
  }
  if (pods.empty()) return cannot(end->meant + " is no pod: nothing isolates it");
  const reach::Reach reach(reviewed.objects, command.shape.audited);
  const AccessReport report{.about = end->meant,
                            .ingress = access_of(reach, pods, Direction::ingress),
                            .egress = access_of(reach, pods, Direction::egress)};
  for (const std::string& note : reviewed.notes) complain(note);
  if (!print(command.output == OutputForm::json ? access_json(report) : access_text(report))) return 3;
  return reviewed.closed ? 1 : 0;
}

}  // namespace

int explain(const ExplainCommand& command) {
  const auto reviewed = read_for_review(command.from);
  if (!reviewed) return cannot(reviewed.error());
  if (command.destination.empty()) return explain_access(command, *reviewed);
  const explain::Explainer explainer(seen_from(command.shape, std::nullopt), reviewed->objects);
  auto explanation = explainer.explain(command.source, command.destination, command.port);
  if (!explanation) return cannot(explanation.error());
  if (command.rules) {
    const auto dump = table_for(command, reviewed->objects);
    if (!dump) return cannot(dump.error());
    for (explain::Answer& answer : explanation->answers) answer.rules = rules_met(*dump, answer.packet);
  }
  for (const std::string& note : reviewed->notes) complain(note);
  if (!print(command.output == OutputForm::json ? explanation_json(*explanation) : words(*explanation))) return 3;
  const std::string unexpected = complaint(*explanation, command);
  if (!unexpected.empty()) complain("explain: " + unexpected);
  return reviewed->closed || !unexpected.empty() ? 1 : 0;
}

}  // namespace selvedge::cli
