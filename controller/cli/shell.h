// What shells and `man` are told of the command line: made from its own definition, so that neither can be behind it.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace selvedge::cli {

enum class Shell { bash, zsh, fish };

// A script to be sourced. `name`: what people type, "selvedge".
std::string completions(const CLI::App& app, const std::string& name, Shell shell);

// In the language of man(7): the page of a subcommand, or of the program as a whole.
std::string man_page(const CLI::App& app, const std::string& name, const CLI::App* subcommand);

}  // namespace selvedge::cli
