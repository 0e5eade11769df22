#include "controller/cli/shell_words.h"

#include <algorithm>

namespace selvedge::cli {
namespace {

bool is_word(const std::string& text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos;
}

std::vector<std::string> split(const std::string& text, const std::string& by) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  for (std::size_t next = text.find(by); next != std::string::npos; next = text.find(by, at)) {
    parts.push_back(text.substr(at, next - at));
    at = next + by.size();
  }
  parts.push_back(text.substr(at));
  return parts;
}

FlagWords flag_words(const CLI::Option& option) {
  FlagWords flag{.long_name = option.get_lnames().empty() ? "" : option.get_lnames().front(),
                 .short_name = option.get_snames().empty() ? "" : option.get_snames().front(),
                 .value = option.get_expected_max() == 0 ? "" : option.get_type_name(),
                 .says = option.get_description(),
                 .takes = Takes::nothing,
                 .choices = {}};
  if (flag.value.empty()) return flag;
  flag.choices = choices_in(flag.says);
  const bool file = flag.value == "PATH" || flag.value == "FILE" || flag.value == "DIRECTORY";
  flag.takes = file ? Takes::files : flag.choices.empty() ? Takes::anything : Takes::words;
  return flag;
}

}  // namespace

std::vector<std::string> choices_in(const std::string& description) {
  const std::string list = description.substr(0, std::min(description.find(" ["), description.find(':')));
  std::vector<std::string> choices;
  for (const std::string& part : split(list, ", "))
    for (const std::string& word : split(part, " or ")) choices.push_back(word);
  if (choices.size() < 2 || !std::ranges::all_of(choices, is_word)) return {};
  return choices;
}

SubcommandWords words_of(const CLI::App& sub) {
  SubcommandWords words{
      .name = sub.get_name(), .says = sub.get_description(), .footer = sub.get_footer(), .arguments = "", .flags = {}};
  for (const CLI::Option* option : sub.get_options()) {
    if (option->get_positional()) {
      words.arguments = option->get_name(true);
    } else {
      words.flags.push_back(flag_words(*option));
    }
  }
  return words;
}

std::vector<SubcommandWords> all_words_of(const CLI::App& app) {
  std::vector<SubcommandWords> all;
  for (const CLI::App* sub : app.get_subcommands(nullptr)) all.push_back(words_of(*sub));
  return all;
}

}  // namespace selvedge::cli
