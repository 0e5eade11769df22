#include "controller/cli/shell.h"
#include "controller/cli/shell_words.h"

namespace selvedge::cli {
namespace {

using All = std::vector<SubcommandWords>;

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Within '...'.
std::string in_quotes(const std::string& text) {
  return replaced(text, "'", "'\\''");
}

// ---- bash ---------------------------------------------------------------------------------

std::string bash_pattern(const std::string& sub, const FlagWords& flag) {
  const std::string brief = flag.short_name.empty() ? "" : sub + ",-" + flag.short_name + '|';
  return brief + sub + ",--" + flag.long_name;
}

std::string bash_values(const SubcommandWords& sub) {
  std::string text;
  for (const FlagWords& flag : sub.flags) {
    if (flag.takes == Takes::nothing) continue;
    const std::string how = flag.takes == Takes::files   ? "compgen -f"
                            : flag.takes == Takes::words ? "compgen -W '" + joined(flag.choices) + '\''
                                                         : "true";
    text +=
        "    " + bash_pattern(sub.name, flag) + ") mapfile -t COMPREPLY < <(" + how + " -- \"$current\"); return ;;\n";
  }
  return text;
}

std::string bash_flags(const SubcommandWords& sub) {
  std::string text = "    " + sub.name + ") words='";
  for (const FlagWords& flag : sub.flags) text += (text.back() == '\'' ? "--" : " --") + flag.long_name;
  return text + "' ;;\n";
}

std::string bash(const All& all, const std::string& name) {
  std::string subs, values, flags;
  for (const SubcommandWords& sub : all) {
    subs += (subs.empty() ? "" : " ") + sub.name;
    values += bash_values(sub);
    flags += bash_flags(sub);
  }
  return "_" + name + R"(() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} sub='' word words=''
  COMPREPLY=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    case $word in )" +
         replaced(subs, " ", "|") + R"() sub=$word; break ;; esac
  done
  case $sub,$previous in
)" + values +
         R"(  esac
  case $sub in
    '') words=')" +
         subs + R"(' ;;
)" + flags +
         R"(  esac
  if [[ -z $sub || $current = -* ]]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"); fi
}
complete -o default -F _)" +
         name + ' ' + name + '\n';
}

// ---- zsh ----------------------------------------------------------------------------------

std::string zsh_words(const std::string& text) {
  return in_quotes(replaced(replaced(replaced(text, "[", "\\["), "]", "\\]"), ":", "\\:"));
}

std::string zsh_flag(const FlagWords& flag) {
  const std::string value = flag.takes == Takes::nothing ? ""
                            : flag.takes == Takes::files ? ":" + flag.value + ":_files"
                            : flag.takes == Takes::words ? ":" + flag.value + ":(" + joined(flag.choices) + ")"
                                                         : ":" + flag.value + ":";
  const std::string rest = "[" + zsh_words(flag.says) + "]" + value + "'";
  std::string text = "        '*--" + flag.long_name + rest;
  if (!flag.short_name.empty()) text += " \\\n        '*-" + flag.short_name + rest;
  return text;
}

std::string zsh(const All& all, const std::string& name) {
  std::string subs, cases;
  for (const SubcommandWords& sub : all) {
    subs += "    '" + sub.name + ":" + zsh_words(sub.says) + "'\n";
    cases += "    " + sub.name + ")\n      _arguments \\\n";
    for (const FlagWords& flag : sub.flags) cases += zsh_flag(flag) + " \\\n";
    cases += "        '*:" + (sub.arguments.empty() ? "':" : sub.arguments + ":_files'") + " ;;\n";
  }
  return "#compdef " + name + "\n_" + name + R"(() {
  local -a subcommands=(
)" + subs +
         R"(  )
  if (( CURRENT == 2 )); then _describe subcommand subcommands; return; fi
  local sub=$words[2]
  shift words
  (( CURRENT-- ))
  case $sub in
)" + cases +
         R"(  esac
}
compdef _)" +
         name + ' ' + name + '\n';
}

// ---- fish ---------------------------------------------------------------------------------

std::string fish_words(const std::string& text) {
  return replaced(replaced(text, "\\", "\\\\"), "'", "\\'");
}

std::string fish(const All& all, const std::string& name) {
  std::string text;
  for (const SubcommandWords& sub : all) {
    text +=
        "complete -c " + name + " -n __fish_use_subcommand -f -a " + sub.name + " -d '" + fish_words(sub.says) + "'\n";
    for (const FlagWords& flag : sub.flags) {
      text += "complete -c " + name + " -n '__fish_seen_subcommand_from " + sub.name + "' -l " + flag.long_name;
      if (!flag.short_name.empty()) text += " -s " + flag.short_name;
      if (flag.takes == Takes::files) text += " -r -F";
      if (flag.takes == Takes::words) text += " -x -a '" + joined(flag.choices) + '\'';
      if (flag.takes == Takes::anything) text += " -x";
      text += " -d '" + fish_words(flag.says) + "'\n";
    }
  }
  return text;
}

}  // namespace

std::string completions(const CLI::App& app, const std::string& name, Shell shell) {
  const All all = all_words_of(app);
  return shell == Shell::bash ? bash(all, name) : shell == Shell::zsh ? zsh(all, name) : fish(all, name);
}

}  // namespace selvedge::cli
