#!/usr/bin/env bash
# Compares Selvedge with two other NetworkPolicy engines, kube-network-policies and cyclonus, on random clusters.
#
#   run.sh COMPARE                  a fixed seed and a fresh one, which is printed; with SELVEDGE_LONG=SECONDS the
#                                   fresh one goes on for so long
#   run.sh COMPARE SEED [NUMBER]    again that seed, or that one of its scenarios, with its objects
#
# COMPARE is the program selvedge-test-foreign. The engines are Go modules: their program is built once, into
# ${SELVEDGE_BED:-~/.cache/selvedge-bed}/foreign (a minute or two), and anew when this folder changes. Without Go, or
# where no module proxy answers, it is skipped: the saved scenarios (test_foreign) are compared all the same.
set -euo pipefail

GO_MIN=1.26 # the engines' own go.mod
SCENARIOS=100
compare=$(realpath "$1"); shift
while [[ ${1:-} == --* ]]; do shift; done # meant for GoogleTest
cd "$(dirname "${BASH_SOURCE[0]}")"
cache=${SELVEDGE_BED:-$HOME/.cache/selvedge-bed}/foreign
export GOFLAGS="-mod=readonly -buildvcs=false" GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0 PATH=$PATH:/usr/local/go/bin

skip() { # WHY
  printf 'skipped: %s\n0 passed, 0 failed, 1 skipped\n' "$1"
  exit 0
}

broken() { # WHY
  printf 'FAIL the other engines cannot be built: %s\n0 passed, 1 failed, 0 skipped\n' "$1"
  exit 1
}

need_go() {
  local have
  command -v go >/dev/null || skip "Go is not installed"
  have=$(go env GOVERSION | sed 's/^go//')
  [[ $(printf '%s\n' "$GO_MIN" "$have" | sort -V | head -n 1) == "$GO_MIN" ]] || skip "Go $have is older than $GO_MIN"
  GOPROXY=$(go env GOPROXY); export GOPROXY=${GOPROXY%,direct} # modules only, never a VCS
}

# Fetching may fail for reasons that are not ours; a wrong checksum or a missing package is no such reason.
fetch() {
  local said
  said=$(timeout 300 go list -deps . 2>&1 >/dev/null) && return
  (($? != 124)) || skip "no module proxy answered within five minutes"
  if grep -qiE 'dial tcp|no such host|timeout|unreachable|refused|handshake|lookup disabled|: [45][0-9][0-9] ' <<<"$said"
  then
    skip "the Go modules cannot be had: $(tail -n 1 <<<"$said")"
  fi
  broken "$said"
}

built() { # prints the path of the engines' program
  local key program
  key=$({ go version; cat ./*.go go.mod go.sum; } | sha256sum | cut -c 1-16)
  program=$cache/engines-$key
  if [[ ! -x $program ]]; then
    mkdir -p "$cache" || return 1
    echo "building the other engines (once, a minute or two)" >&2
    go build -trimpath -o "$program.$$" . || return 1
    rm -f "$cache"/engines-???????????????? # of what this folder was
    mv "$program.$$" "$program" || return 1
  fi
  echo "$program"
}

passed=0 failed=0
judge() { # NAME ENGINES-ARGS..
  local name=$1; shift
  if "$engines" "$@" | "$compare"; then passed=$((passed + 1)); return; fi
  failed=$((failed + 1))
  echo "FAIL $name; see one again, with its objects: test/foreign/run.sh $compare SEED NUMBER"
}

need_go
fetch
engines=$(built) || broken "go build failed"
if (($# == 2)); then
  scenario=$("$engines" -seed "$1" -first "$2" -scenarios 1)
  jq .objects <<<"$scenario"
  "$compare" <<<"$scenario"
  exit
fi
if (($# == 1)); then
  judge "seed $1" -seed "$1" -scenarios "$SCENARIOS"
else
  fresh=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
  echo "fixed seed 1, fresh seed $fresh"
  judge "seed 1" -seed 1 -scenarios "$SCENARIOS"
  judge "seed $fresh" -seed "$fresh" -scenarios "$SCENARIOS" -seconds "${SELVEDGE_LONG:-0}"
fi
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
((failed == 0))
