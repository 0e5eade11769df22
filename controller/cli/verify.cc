// `selvedge verify`: the kernel's table, or the one that would be rendered, against the plain reading of the objects.
//
// Rules against the revival of cut connections come and go for reasons that lie in the past: they are left out, and
// said. They deny only segments of connections that conntrack does not know.
#include "controller/verify/verify.h"

#include <chrono>
#include <cstdlib>

#include "controller/cli/commands.h"
#include "controller/cli/console.h"
#include "controller/cli/kernel_table.h"
#include "controller/cli/offline_input.h"
#include "controller/cli/review.h"
#include "controller/cli/verification_words.h"
#include "controller/cli/viewpoint.h"
#include "controller/cli/waiting.h"
#include "controller/revivals.h"

namespace selvedge::cli {
namespace {

int cannot(const std::string& why) {
  complain("verify: " + why);
  return 3;
}

struct Case {
  std::vector<k8s::Object> objects;
  std::optional<std::string> node;
};

// The kernel holds one node's rules, so that its name must be known; rendered ones may be of all. Of a node that is not
// there nothing could differ, which would prove nothing.
tl::expected<Case, std::string> case_of(const OfflineInput& input, const VerifyCommand& command) {
  const Viewpoint view = viewpoint_of(input.objects, command.node);
  if (!view.notes.empty()) return tl::unexpected(view.notes.front());
  Case made{.objects = {}, .node = view.node};
  for (const auto& decoded : input.objects) made.objects.push_back(decoded.object);
  made.objects.insert(made.objects.end(), view.added.begin(), view.added.end());
  return made;
}

std::vector<std::string> not_understood(const nft::Dump& dump) {
  std::vector<std::string> words;
  for (const auto& opaque : dump.opaque) words.push_back(opaque.owner + ": " + opaque.what);
  if (dump.dormant) words.emplace_back("the table sleeps: none of its rules is in force");
  return words;
}

// True: something that decides was not understood.
bool complain_of(const OfflineInput& input) {
  bool closed = false;
  for (const auto& note : input.notes) complain(note);
  for (const auto& decoded : input.objects) {
    for (const auto& problem : decoded.problems) {
      complain(k8s::to_string(problem));
      closed = closed || problem.closed;
    }
  }
  return closed;
}

}  // namespace

int verify(const VerifyCommand& command) {
  const auto input = read_objects(command.from, Kinds::that_decide);
  if (!input) return cannot(input.error());
  const bool closed = complain_of(*input);
  const auto of = case_of(*input, command);
  if (!of) return cannot(of.error());
  nft::Dump dump;
  if (command.rendered) {
    dump.table = table_of(command.shape, of->node, of->objects);
  } else {
    auto read = read_kernel_table();
    if (!read) return cannot(read.error());
    dump = *std::move(read);
  }
  auto table = without_suspects(std::move(dump.table));
  std::optional<Waiting> waiting("comparing all packets");
  const meaning::Meaning meaning(seen_from(command.shape, of->node), of->objects);
  const VerificationReport report{.verification = verify::verify(table.table, meaning, not_understood(dump)),
                                  .pods = meaning.local_addresses().size(),
                                  .node = of->node.value_or(""),
                                  .handle = dump.handle,
                                  .digest = digest_of(table.table),
                                  .rendered = command.rendered,
                                  .had_suspects = table.had_suspects,
                                  .at = std::chrono::system_clock::now()};
  waiting.reset();
  if (!print(command.output == OutputForm::json ? verification_json(report) : verification_text(report))) return 3;
  return report.verification.verified() && !closed ? 0 : 1;
}

}  // namespace selvedge::cli
