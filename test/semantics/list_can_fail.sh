#!/usr/bin/env bash
# Shows that the list of cases can fail: a tree in which every case is cited passes, and each fault is told.
set -euo pipefail
list=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/list
tree=$(mktemp -d); trap 'rm -rf "$tree"' EXIT
passed=0 failed=0

good_tree() {
  rm -rf "${tree:?}"/*; mkdir -p "$tree"/{docs,test/{a,semantics,golden/story}}
  { for n in {1..115}; do echo "$n. Case $n."; done
    for n in {1..14}; do echo "* **R$n** Ruling $n."; done; } >"$tree/docs/semantics.md"
  printf '// semantics 1, 2 and R1\nTEST(Suite, Name) {  // semantics 3-100\n}\n' >"$tree/test/a/a_test.cc"
  printf 'def case(t):\n    """A case"""\n    pass  # semantics 101-110\n' >"$tree/test/a/cases.py"
  printf '# semantics 111-114, R2, R3, R4, R5, R6, R7, R8\n' >"$tree/test/golden/story/cluster.yaml"
  printf '#!/bin/sh\n# semantics R9, R10, R11, R12, R13\n' >"$tree/test/a/run.sh"
  printf '# NUMBER | why\n115 | because\nR14 | not built\n' >"$tree/test/semantics/later.txt"
}

expect() { # NAME STATUS TEXT: of the list's answer
  local status=0 text; text=$("$list" "$tree") || status=$?
  if [[ $status = "$2" && $text = *"$3"* ]]; then passed=$((passed + 1)); echo "ok   $1"
  else failed=$((failed + 1)); echo "FAIL $1: status $status"; tail -n 5 <<<"$text"; fi
}

good_tree; expect "a tree where every case is cited or for later passes" 0 "127 passed, 0 failed"
good_tree; expect "a test is named with its file" 0 $'42  Case 42.\n        Suite.Name: test/a/a_test.cc'
good_tree; expect "what is for later says why" 0 $'R14  Ruling 14.\n        later: not built'
good_tree; rm "$tree/test/a/cases.py"; expect "a case that nobody cites fails" 1 "117 passed, 10 failed"
good_tree; sed -i 's/^115.*//' "$tree/test/semantics/later.txt"; expect "nothing is for later unsaid" 1 "127 passed, 1 failed"
good_tree; printf '// semantics 42\nint helper;\n' >"$tree/test/a/a_test.cc"
expect "what cites outside a test is no test" 1 $'42  Case 42.\n        FAIL missing'
good_tree; echo '# semantics 131' >>"$tree/test/a/run.sh"; expect "a citation of no case fails" 1 "no such case: 131"
good_tree; echo '116 | x' >>"$tree/test/semantics/later.txt"; expect "no case is for later that is none" 1 "case: 116"
good_tree; sed -i '/^7\./d' "$tree/docs/semantics.md"; expect "a case without a title fails" 1 "has no case 7"

echo "$passed passed, $failed failed"
((failed == 0))
