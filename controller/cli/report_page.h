// The files of controller/cli/report_page/, as the build put them into the program.
#pragma once

#include <string>
#include <string_view>

namespace selvedge::cli {

extern const std::string_view page_template;
extern const std::string_view page_style;
std::string page_script();  // all of them, in order

}  // namespace selvedge::cli
