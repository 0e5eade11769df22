// The table that this node's kernel holds, for the subcommands that look at it.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "nft/backend.h"

namespace selvedge::cli {

// The error: no privilege, or there is no such table in this network namespace.
tl::expected<nft::Dump, std::string> read_kernel_table();

}  // namespace selvedge::cli
