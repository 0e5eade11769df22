// `selvedge render`. Nothing is printed before everything is known to be good: a
// partial table must never reach `nft -f`.
#include "controller/cli/commands.h"
#include "controller/cli/console.h"
#include "controller/cli/rendering.h"

namespace selvedge::cli {

int render(const RenderCommand& command) {
  const auto input = read_objects(command.from, Kinds::that_decide);
  if (!input) {
    complain("render: " + input.error());
    return 3;
  }
  const auto rendering = rendering_of(*input, command);
  if (!rendering) {
    complain("render: " + rendering.error());
    return 3;
  }
  for (const auto& diagnostic : rendering->diagnostics) complain(diagnostic);
  if (!print(rendering->text)) return 3;
  return rendering->closed ? 1 : 0;
}

}  // namespace selvedge::cli
