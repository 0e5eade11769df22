// From objects to what `render` prints. Pure, so that tests see all of it.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "controller/cli/command_line.h"
#include "controller/cli/offline_input.h"

namespace selvedge::cli {

struct Rendering {
  std::string text;                      // the table, after comments that say what it stands for
  std::vector<std::string> diagnostics;  // one line each: notes, problems, surprises, policies of no effect
  bool closed = false;                   // something failed closed
};

// The error is a bug of ours: the table would not load.
tl::expected<Rendering, std::string> rendering_of(const OfflineInput& input, const RenderCommand& command);

}  // namespace selvedge::cli
