#include "controller/cli/grammar.h"
#include "controller/cli/shell.h"
#include "controller/text/nearest.h"

namespace selvedge::cli {

void add_shell(Grammar& grammar) {
  grammar.completion = subcommand(grammar, "completion", "print completions for a shell",
                                  R"(SHELL: bash, zsh or fish.

Examples:
  source <(selvedge completion bash)
  selvedge completion zsh > "${fpath[1]}/_selvedge"
  selvedge completion fish > ~/.config/fish/completions/selvedge.fish)");
  grammar.completion->add_option("SHELL", grammar.words, "bash, zsh or fish")->type_name("");
  grammar.man = subcommand(grammar, "man", "print the manual page of a subcommand, or of the program",
                           R"(PAGE: selvedge, or selvedge-SUBCOMMAND. In the language of man(7).

Examples:
  selvedge man selvedge-explain | man -l -
  selvedge man > selvedge.1)");
  grammar.man->add_option("PAGE", grammar.words, "selvedge-SUBCOMMAND, or selvedge")->type_name("");
}

Parsed<Command> completion_command(const Grammar& grammar) {
  const std::string shell = grammar.words.empty() ? "" : grammar.words.front();
  if (grammar.words.size() != 1) return wrong_use("completion takes SHELL: bash, zsh or fish");
  const std::string name = grammar.app.get_name();
  if (shell == "bash") return HelpCommand{completions(grammar.app, name, Shell::bash)};
  if (shell == "zsh") return HelpCommand{completions(grammar.app, name, Shell::zsh)};
  if (shell == "fish") return HelpCommand{completions(grammar.app, name, Shell::fish)};
  return wrong_use("completion: " + quoted(shell) + " is not one of bash, zsh, fish; did you mean \"" +
                   nearest(shell, {"bash", "zsh", "fish"}) + "\"?");
}

Parsed<Command> man_command(const Grammar& grammar) {
  const std::string name = grammar.app.get_name();
  if (grammar.words.size() > 1) return wrong_use("man takes one PAGE, such as selvedge-explain, or none");
  const std::string page = grammar.words.empty() ? name : grammar.words.front();
  if (page == name) return HelpCommand{man_page(grammar.app, name, nullptr)};
  std::vector<std::string> pages{name};
  for (const CLI::App* sub : grammar.app.get_subcommands(nullptr)) {
    pages.push_back(name + '-' + sub->get_name());
    if (pages.back() == page) return HelpCommand{man_page(grammar.app, name, sub)};
  }
  return wrong_use("man: there is no page " + quoted(page) + "; did you mean " + nearest(page, pages) + "?");
}

}  // namespace selvedge::cli
