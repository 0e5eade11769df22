#!/usr/bin/env bash
# What Selvedge does, in under a minute: a cluster of network namespaces, policies, and who reaches whom.
#
#   ./dev demo [--full]       --full prints the whole ruleset instead of the chains that matter
#
# It is a test too: the exit status is 0 only if every verdict was as it should be. NO_COLOR is respected.
# SELVEDGE_BUILD names another build directory than build/.
set -euo pipefail
case " $* " in *" --help "* | *" -h "*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;; esac
cd "$(dirname "${BASH_SOURCE[0]}")"
[[ $EUID = 0 ]] || { echo "demo: must run as root: it makes network namespaces" >&2; exit 1; }
build=${SELVEDGE_BUILD:-$(cd ../.. && pwd)/build}
programs=("$build/selvedge" "$build/test/selvedge-test-apiserver" "$build/test/selvedge-test-json")
for program in "${programs[@]}"; do
  [[ -x $program ]] || { echo "demo: $program is not built; ./dev demo builds it" >&2; exit 1; }
done
export PYTHONPATH=$PWD:$PWD/../support:$PWD/../e2e PYTHONDONTWRITEBYTECODE=1
exec python3 -m story "$@" "${programs[@]}"
