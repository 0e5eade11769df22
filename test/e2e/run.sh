#!/usr/bin/env bash
# The built program beside the real parts: etcd, kube-apiserver, flanneld, CNI plugins, kube-proxy (bed.sh tells how).
# Two dual-stack beds of two nodes, one with kube-proxy's nftables mode, a shorter one with iptables mode.
#
#   test/e2e/run.sh [--only WORD] [--rounds N] [--keep] [--no-engine]
#
#   --only WORD    only the cases whose function's name has WORD in it
#   --rounds N     how often the cases do it that do one thing again and again (default 20)
#   --keep         leave the (first) bed up; SELVEDGE_BED_PREFIX=.. test/e2e/bed.sh down removes it
#   --no-engine    the test tests itself: with no engine every flow that must be denied must be open
#
# SELVEDGE_PROGRAM=PATH runs another build than build/selvedge.
# The last line: N passed, N failed, N skipped. Failures leave logs and rulesets in ${SELVEDGE_E2E_ARTEFACTS:-a new
# directory under /tmp}. Runs with different SELVEDGE_BED_PREFIX (default: by process) do not meet.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case " $* " in *" --help "* | *" -h "*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;; esac
[[ $EUID = 0 ]] || { echo "run.sh: must run as root: it makes network namespaces" >&2; exit 1; }
program=${SELVEDGE_PROGRAM:-$(cd "$here/../.." && pwd)/build/selvedge}
export SELVEDGE_BED_PREFIX=${SELVEDGE_BED_PREFIX:-e2e-$$}
export PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
artefacts=${SELVEDGE_E2E_ARTEFACTS:-/tmp/selvedge-e2e-$(date +%Y%m%d-%H%M%S)-$$}

[[ " $* " = *" --keep "* ]] || trap '"$here/bed.sh" down' EXIT
trap 'exit 130' INT TERM

echo "kernel $(uname -r), $(nft --version), $("$here/build.sh" --list | paste -sd, | sed 's/,/, /g')"
[[ " $* " = *" --no-engine "* ]] || "$program" version
python3 -m suite "$@" "$artefacts" "$SELVEDGE_BED_PREFIX" "$program"
