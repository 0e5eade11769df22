// `selvedge diff`: two states, who gains and loses access, and which rules change.
#include "controller/cli/commands.h"
#include "controller/cli/console.h"
#include "controller/cli/difference_words.h"
#include "controller/cli/kernel_difference.h"
#include "controller/cli/kernel_table.h"
#include "controller/cli/review.h"
#include "controller/cli/waiting.h"

namespace selvedge::cli {
namespace {

int cannot(const std::string& why) {
  complain("diff: " + why);
  return 3;
}

tl::expected<Reviewed, std::string> state_of(const std::string& word, const DiffCommand& command) {
  if (word == "live")
    return read_for_review({.files = {}, .kubeconfig = command.kubeconfig, .context = command.context});
  return read_for_review({.files = {word}, .kubeconfig = "", .context = ""});
}

std::string text_of(const StateDifference& difference, DifferenceForm form) {
  if (form == DifferenceForm::json) return difference_json(difference);
  return form == DifferenceForm::markdown ? difference_markdown(difference) : difference_text(difference);
}

StateDifference difference_of(const Reviewed& before, const Reviewed& after, const Shape& shape) {
  const Waiting waiting("comparing");
  const auto blocks = reach::united(reach::blocks_of(before.objects), reach::blocks_of(after.objects));
  return {.connections = reach::difference(reach::Reach(before.objects, blocks, shape.audited),
                                           reach::Reach(after.objects, blocks, shape.audited)),
          .rules = table_difference(table_of(shape, std::nullopt, before.objects),
                                    table_of(shape, std::nullopt, after.objects))};
}

// One of the two is what this node's kernel holds.
int diff_kernel(const DiffCommand& command) {
  const bool after = command.after == "kernel";
  const std::string& word = after ? command.before : command.after;
  const auto state = state_of(word, command);
  if (!state) return cannot(state.error());
  auto dump = read_kernel_table();
  if (!dump) return cannot(dump.error());
  for (const auto& note : state->notes) complain(word + ": " + note);
  std::optional<Waiting> waiting("comparing all packets");
  const auto difference = kernel_difference(state->objects, command.node, command.shape, *std::move(dump),
                                            after ? KernelIs::after : KernelIs::before);
  waiting.reset();
  if (!difference) return cannot(difference.error());
  if (!print(text_of(*difference, command.output))) return 3;
  return difference->empty() && !state->closed ? 0 : 1;
}

}  // namespace

int diff(const DiffCommand& command) {
  if (command.before == "kernel" || command.after == "kernel") return diff_kernel(command);
  const auto before = state_of(command.before, command);
  if (!before) return cannot(before.error());
  const auto after = state_of(command.after, command);
  if (!after) return cannot(after.error());
  for (const auto& note : before->notes) complain(command.before + ": " + note);
  for (const auto& note : after->notes) complain(command.after + ": " + note);
  const StateDifference difference = difference_of(*before, *after, command.shape);
  if (!print(text_of(difference, command.output))) return 3;
  return difference.empty() && !before->closed && !after->closed ? 0 : 1;
}

}  // namespace selvedge::cli
