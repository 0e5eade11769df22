#include <cctype>
#include <sstream>

#include "controller/cli/shell.h"
#include "controller/cli/shell_words.h"

namespace selvedge::cli {
namespace {

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// A line of text: no request, no escape.
std::string literal(const std::string& line) {
  std::string text;
  for (const char c : line) {
    if (c == '\\')
      text += "\\e";
    else if (c == '-')
      text += "\\-";
    else
      text += c;
  }
  return text.starts_with('.') || text.starts_with('\'') ? "\\&" + text : text;
}

std::string head(const std::string& name, const std::string& says) {
  return ".TH " + upper(name) + " 1 \"\" \"selvedge " SELVEDGE_VERSION "\" \"Selvedge\"\n.SH NAME\n" + literal(name) +
         " \\- " + literal(says) + "\n";
}

// The footer has paragraphs, and examples at the end, each line of them a command.
std::string description(const std::string& footer) {
  std::string text = ".SH DESCRIPTION\n";
  std::istringstream lines(footer);
  bool examples = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "Examples:" || line == "Example:") {
      text += ".SH EXAMPLES\n.nf\n";
      examples = true;
    } else if (line.empty()) {
      continue;
    } else if (!examples && line.starts_with("Exit status:")) {
      text += ".SH EXIT STATUS\n" + literal(line.substr(std::string("Exit status: ").size())) + '\n';
    } else {
      text += literal(line) + '\n';
    }
  }
  return text + (examples ? ".fi\n" : "");
}

std::string options(const SubcommandWords& words) {
  std::string text = ".SH OPTIONS\n";
  for (const FlagWords& flag : words.flags) {
    text += ".TP\n\\fB";
    if (!flag.short_name.empty()) text += "\\-" + literal(flag.short_name) + "\\fR, \\fB";
    text += "\\-\\-" + literal(flag.long_name) + "\\fR";
    if (!flag.value.empty()) text += " \\fI" + literal(flag.value) + "\\fR";
    text += '\n' + literal(flag.says) + '\n';
  }
  return text;
}

}  // namespace

std::string man_page(const CLI::App& app, const std::string& name, const CLI::App* subcommand) {
  if (subcommand != nullptr) {
    const SubcommandWords words = words_of(*subcommand);
    const std::string arguments = words.arguments.empty() ? "" : " " + literal(words.arguments);
    return head(name + '-' + words.name, words.says) + ".SH SYNOPSIS\n\\fB" + name + ' ' + words.name +
           "\\fR [\\fIOPTION\\fR]..." + arguments + '\n' + description(words.footer) + options(words) +
           ".SH SEE ALSO\n.BR " + name + " (1)\n";
  }
  std::string text = head(name, app.get_description()) + ".SH SYNOPSIS\n\\fB" + name +
                     "\\fR \\fISUBCOMMAND\\fR [\\fIOPTION\\fR]...\n.SH SUBCOMMANDS\n";
  for (const SubcommandWords& words : all_words_of(app))
    text += ".TP\n\\fB" + literal(words.name) + "\\fR\n" + literal(words.says) + '\n';
  return text +
         ".SH EXIT STATUS\n0 done; 1 done, and there is something to look at; 2 wrong use of the command line; 3 "
         "could not be done, with the reason on standard error.\n";
}

}  // namespace selvedge::cli
