// Colours for text that is whole without them: words that say how it stands, where they open a line, and what was
// counted since the last look. They are put on at the end, so that no other code knows of them.
#pragma once

#include <string>

namespace selvedge::cli {

// For a terminal. Lines of more than 4,096 bytes stay as they are.
std::string coloured(const std::string& text);

}  // namespace selvedge::cli
