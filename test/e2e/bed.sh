#!/usr/bin/env bash
# A small Kubernetes and Flannel cluster made of network namespaces.
#
# Real parts: etcd, kube-apiserver (TLS, RBAC), flanneld, the bridge and host-local CNI plugins, kube-proxy. There is no
# kubelet and no container runtime: a node is a network namespace, a pod is a network namespace attached by a CNI ADD
# and described to the API server by a Pod object whose status these scripts write.
#
#   bed.sh up [--nodes N] [--backend vxlan|host-gw] [--proxy nftables|iptables|none] [--dual-stack] [--flannel-nft]
#   bed.sh pod add NS NAME NODE [--labels k=v,..] [--port name=proto/num].. [--host-network] [--unreported]
#   bed.sh pod report NS NAME            its addresses, if it was added --unreported
#   bed.sh pod del NS NAME
#   bed.sh ns add NS [k=v,..]   |  ns del NS
#   bed.sh svc NS NAME PORT[:TARGET][/udp] POD.. [--node-port N] [--v6]     prints the ClusterIP
#   bed.sh probe FROM TO PORT                         one line of bed/probe.py, which tells the syntax
#   bed.sh stop cp apiserver|etcd  |  start-apiserver
#   bed.sh exec NODE|cp|ext|NS/POD CMD..              one command in that place
#   bed.sh kubeconfig NS SERVICEACCOUNT               with a bound token; prints the kubeconfig's path
#   bed.sh api METHOD PATH [JSON]  |  kubectl ARGS..  |  status  |  state  |  down
#
# Must run as root, with the programs that build.sh makes. Beds with different SELVEDGE_BED_PREFIX coexist.
# shellcheck disable=SC2034,SC1091  # the sourced files use these, and are checked beside this one
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BED=${SELVEDGE_BED:-$HOME/.cache/selvedge-bed}
BIN=$BED/bin
P=${SELVEDGE_BED_PREFIX:-bed}               # prefix of every network namespace
STATE=$BED/state-$P
[[ $P =~ ^[a-z0-9-]+$ ]] || { echo "bed: SELVEDGE_BED_PREFIX '$P' may hold a-z, 0-9 and - only" >&2; exit 1; }
export PYTHONPATH=$HERE PYTHONDONTWRITEBYTECODE=1

# Addresses. Underlay: cp .1, node i .(10+i), ext .254.
CP4=172.31.0.1 CP6=fd00:31::1
POD4=10.244.0.0/16 POD6=fd00:244::/48
SVC4=10.96.0.0/16 SVC6=fd00:96::/112
EXT4="198.51.100.1 203.0.113.5 203.0.113.7" EXT6=2001:db8::1   # "the internet", behind ext; the first is its own

die() { echo "bed: $*" >&2; exit 1; }
now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo "${t%???}"; }
T0=$(now_ms)
say() { echo "[$(($(now_ms) - T0)) ms] $*"; }
wait_for() { # SECONDS WHAT CMD..: poll until CMD succeeds
  local end=$(($(now_ms) + $1 * 1000)) what=$2; shift 2
  until "$@" >/dev/null 2>&1; do
    (($(now_ms) < end)) || die "timed out waiting for $what (logs: $STATE/log)"
    sleep 0.05
  done
}
idx() { echo "${1#n}"; }                    # n3 -> 3
node4() { echo "172.31.0.$((10 + $(idx "$1")))"; }
node6() { printf 'fd00:31::%x' $((10 + $(idx "$1"))); }
cidr4() { echo "10.244.$(idx "$1").0/24"; }
cidr6() { printf 'fd00:244:0:%x::/64' "$(idx "$1")"; }
dual() { [[ -e $STATE/dual ]]; }

# --- places: a node has its own network and mount namespace, and a sleeping process holds the latter --------------
podns() { echo "$P.p-$1-$2"; }
in_ns() { local n=$1; shift; nsenter --net="/run/netns/$P.$n" -- "$@"; }   # for what needs no mount namespace
enter() { # PLACE: the nsenter options for it, into the array `into`
  case $1 in
    */*) into=(--net="/run/netns/$(podns "${1%%/*}" "${1#*/}")") ;;
    cp | ext | sw) into=(--net="/run/netns/$P.$1") ;;
    *) into=(-t "$(cat "$STATE/node/$1/holder")" -n -m -r) ;;   # -r: entering a mount namespace leaves a chroot
  esac
}
at() { local into; enter "$1"; shift; nsenter "${into[@]}" -- "$@"; }      # PLACE CMD..
daemon() { # PLACE NAME CMD..: nsenter execs the command, so $! is the daemon's own pid
  local into log="$STATE/log/$1-$2.log" pid="$STATE/pid/$1-$2"; enter "$1"; shift 2
  nsenter "${into[@]}" -- "$@" >>"$log" 2>&1 </dev/null &
  echo $! >"$pid"
}
stop_daemon() { # PLACE NAME
  local f="$STATE/pid/$1-$2" pid i
  [[ -e $f ]] || return 0
  pid=$(cat "$f"); kill "$pid" 2>/dev/null || true
  for i in {1..60}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
  kill -9 "$pid" 2>/dev/null || true; rm -f "$f"
}
status() {
  local f pid
  for f in "$STATE"/pid/*; do
    pid=$(cat "$f"); printf '%-28s pid %-8s %s\n' "${f##*/}" "$pid" \
      "$(awk '/VmRSS/{printf "%d MB", $2/1024}' "/proc/$pid/status" 2>/dev/null || echo DEAD)"
  done
}

. "$HERE/bed/api.sh"
. "$HERE/bed/cluster.sh"
. "$HERE/bed/pods.sh"

[[ $# -gt 0 ]] || { sed -n '2,/^set/{/^# shellcheck/d;/^#/s/^# \{0,1\}//p}' "$0"; exit 1; }
command=$1; shift
case $command in
  up | down | status | svc) "$command" "$@" ;;
  pod) action=$1; shift; "pod_$action" "$@" ;;
  ns) action=$1; shift; "ns_$action" "$@" ;;
  api) api "$@"; echo ;;
  stop) stop_daemon "$@" ;;
  exec) enter "$1"; shift; exec nsenter "${into[@]}" -- "$@" ;;   # the caller's child is the command itself
  start-apiserver) start_apiserver ;;
  state) echo "$STATE" ;;
  kubeconfig) sa_kubeconfig "$@" ;;
  kubectl) in_ns cp "$BIN/kubectl" --kubeconfig "$STATE/kube/admin" "$@" ;;
  probe) echo "$*" | python3 -m bed.probe "$STATE" "$P" ;;
  *) die "unknown command $command" ;;
esac
