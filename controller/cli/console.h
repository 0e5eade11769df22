// The two streams of the subcommands that print: results, and what there is to say about them.
#pragma once

#include <string>

namespace selvedge::cli {

// To standard output, all of it; false and a word on standard error if it cannot be written. On a terminal with
// colours (colours.h), unless NO_COLOR is set.
bool print(const std::string& text);

// The same for what is shown again and again: a terminal is cleared first, and what does not fit on it is left out;
// otherwise an empty line parts it from the one before.
bool print_anew(const std::string& text);

// One line on standard error, whatever is in `text`.
void complain(const std::string& text);

}  // namespace selvedge::cli
