#!/usr/bin/env bash
# What shells complete, asked of the shells themselves, and whether mandoc finds fault with the manual pages.
#
#   test/cli/shells.sh PROGRAM
set -euo pipefail
program=$(realpath "$1")
home=$(mktemp -d); trap 'rm -rf "$home"' EXIT
export HOME=$home XDG_CONFIG_HOME=$home XDG_DATA_HOME=$home PATH="${program%/*}:$PATH"
passed=0 failed=0

check() { # NAME WANTED SEEN: the words wanted are among those seen
  local word missing=
  for word in $2; do [[ " ${3//$'\n'/ } " = *" $word "* ]] || missing+=" $word"; done
  if [[ -z $missing ]]; then passed=$((passed + 1)); echo "ok   $1"
  else failed=$((failed + 1)); echo "FAIL $1: no$missing in '$3'"; fi
}

in_bash() { # WORDS..: the completions of the last
  bash -c 'source <(selvedge completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _selvedge
           echo "${COMPREPLY[@]}"' bash "$@"
}
in_fish() { fish --no-config -c 'selvedge completion fish | source; complete -C $argv[1]' "$1" | cut -f1; }

in_zsh() { # LINE LAST: on a terminal, where somebody presses Tab; until a word that comes last is there
  timeout 60 zsh -f -c '
    zmodload zsh/zpty
    zpty shell "zsh -f -i"
    zpty -w shell "PROMPT= LISTMAX=1000 COLUMNS=200; autoload -Uz compinit; compinit -u -D"
    zpty -w shell "source <(selvedge completion zsh); print rea\\dy"
    zpty -r shell seen "*ready*"
    zpty -n -w shell "$1"$'"'\\t\\t'"'
    zpty -r shell seen "*$2*"
    print -r -- "$seen"
    zpty -d shell' zsh "$1" "$2" | tr -d '\r' | sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' | tr '\n' ' ' || true
}

subcommands="run render explain diff lint inspect verify cleanup version completion man"
check "bash completes subcommands" "$subcommands" "$(in_bash selvedge '')"
check "bash completes flags" "--filename --output --fail-on" "$(in_bash selvedge lint --)"
check "bash completes what a flag takes" "text json sarif junit" "$(in_bash selvedge lint -o '')"
touch "$home/policies.yaml"
check "bash completes files" "$home/policies.yaml" "$(in_bash selvedge render -f "$home/pol")"
check "fish completes subcommands" "$subcommands" "$(in_fish 'selvedge ')"
check "fish completes flags" "--filename --output --fail-on" "$(in_fish 'selvedge lint --')"
check "fish completes what a flag takes" "text json sarif junit" "$(in_fish 'selvedge lint --output ')"
check "zsh completes subcommands" "run render explain" "$(in_zsh 'selvedge ' version)"
check "zsh completes flags" "--filename --fail-on" "$(in_zsh 'selvedge lint --' rule)"

faults_of() { selvedge man "$1" | mandoc -T lint -W warning 2>&1 | grep -v 'missing date' || echo none; }
for page in selvedge $(printf 'selvedge-%s ' $subcommands); do
  check "the manual page $page has no fault" none "$(faults_of "$page")"
  check "and names it" "$page" "$(selvedge man "$page" | mandoc -T ascii | col -b | tr '\n\t' '  ')"
done

echo "$passed passed, $failed failed"
((failed == 0))
