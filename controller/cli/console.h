// The two streams of the subcommands that print: results, and what there is to say about them.
#pragma once

#include <string>

namespace selvedge::cli {

// To standard output, all of it; false and a word on standard error if it cannot be written.
bool print(const std::string& text);

// One line on standard error, whatever is in `text`.
void complain(const std::string& text);

}  // namespace selvedge::cli
