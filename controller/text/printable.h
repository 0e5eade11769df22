// Text from outside (object names, error messages of a server) made fit for a
// line of a log, a terminal or an nft comment: one line, no control characters,
// valid UTF-8. A name with a newline must not become a second line, least of all
// a rule in what is piped into `nft -f`.
#pragma once

#include <string>
#include <string_view>

namespace selvedge {

// Control characters become \n, \t or \u00XX, bytes that are not UTF-8 become \xXX;
// the characters that reverse or hide text (U+200E-F, U+2028-2E, U+2066-69) become \uXXXX.
std::string printable(std::string_view text);

}  // namespace selvedge
