// What completions and man pages ask of CLI11's definition.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace selvedge::cli {

enum class Takes { nothing, files, words, anything };

struct FlagWords {
  std::string long_name;   // "output"
  std::string short_name;  // "o", or empty
  std::string value;       // "FORM", or empty
  std::string says;
  Takes takes = Takes::nothing;
  std::vector<std::string> choices;  // of Takes::words
};

struct SubcommandWords {
  std::string name;
  std::string says;
  std::string footer;
  std::string arguments;  // "BEFORE AFTER"; empty: it takes flags alone
  std::vector<FlagWords> flags;
};

SubcommandWords words_of(const CLI::App& sub);
std::vector<SubcommandWords> all_words_of(const CLI::App& app);

// "text, json or junit [text]" is a choice of three; a sentence is none.
std::vector<std::string> choices_in(const std::string& description);

}  // namespace selvedge::cli
