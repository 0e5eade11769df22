#!/usr/bin/env bash
# The dependency rule, held for #include lines (the CMake targets hold it for linking), and a few rules of the house
# that a machine can see. One line per rule; the lines that break it follow.
#
#   test/layering.sh [TREE]      default: the tree this script is in
set -euo pipefail
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}"
passed=0 failed=0

hits() { grep "$@" || [[ $? = 1 ]]; }   # no hit is good news, not an error

# Every file that is tracked or about to be; a tree without git (an unpacked archive) is taken as it is.
files() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then git ls-files -co --exclude-standard | sort -u
  else find . \( -path './build*' -o -path ./.git \) -prune -o -type f -print | sed 's|^\./||' | sort; fi
}
all=$(files | while read -r file; do [[ ! -f $file ]] || echo "$file"; done)
code=$(hits -E '\.(cc|h)$' <<<"$all")

under() { hits -E "^($1)" <<<"$code"; }            # the code whose path starts so
outside() { hits -vE "^($1)" <<<"$code"; }
includes() { # "FILE:LINE:NAME" for each #include in the files named on stdin, NAME with its <> or ""
  local include='[[:space:]]*#[[:space:]]*include[[:space:]]*'
  xargs -r grep -HnE "^$include" /dev/null | sed -E "s/^([^:]*:[0-9]+:)$include/\1/; s/[[:space:]]*\/\/.*$//"
}
rule() { # NAME OFFENDING-LINES
  if [[ -z $2 ]]; then passed=$((passed + 1)); echo "ok   $1"
  else failed=$((failed + 1)); echo "FAIL $1"; echo "       ${2//$'\n'/$'\n'       }"; fi
}

standard='<[a-z0-9_]+>'                        # no dot, no slash: the C++ standard library
model='"nft/([abd-mo-z]|n[a-dg-z]|c[a-np-z]|conne)[a-z_]*\.h"'   # any nft header but netlink_*, conntrack_* and nflog_*
core="($standard|<tl/expected\.hpp>|$model|\"k8sclient/types\.h\"|\"controller/[a-z0-9_]+\.h\")"
testing='(is_|in_|under_)?(unit_?)?test(s|ing|_mode)?'

rule "nft/ includes neither controller/ nor k8sclient/" \
  "$(under nft/ | includes | hits -E '"(controller|k8sclient)/')"
rule "k8sclient/ includes neither controller/ nor nft/" \
  "$(under k8sclient/ | includes | hits -E '"(controller|nft)/')"
rule "controller/ (the core) includes std, tl/expected, the nft model and k8sclient/types.h; OpenSSL in names.cc only" \
  "$(under 'controller/[^/]*$' | includes | hits -vE ":$core$" | hits -vE '^controller/names\.cc:[0-9]+:<openssl/')"
rule "controller/meaning includes std, the object types, Packet and itself: it shares no code with the compiler" \
  "$(under controller/meaning/ | includes |
    hits -vE ":($standard|\"(k8sclient/types|nft/(ip|packet|ruleset)|controller/direction|controller/meaning/[a-z_]+)\.h\")$")"
rule "controller/meaning asks no function of nft/ what an address means" \
  "$(under controller/meaning/ | xargs -r grep -HnE \
    'nft::(parse_|contains|unite|subtract|interval_of|prefix_of|host_prefix|key_of)' /dev/null)"
rule "controller/verify includes std, the nft model and controller/meaning, and not the core" \
  "$(under controller/verify/ | includes |
    hits -vE ":($standard|$model|\"controller/(direction|meaning/[a-z_]+|verify/[a-z_]+)\.h\")$")"
rule "cni/ includes std, the system, JSON and itself; of it controller/agent alone includes what the two say to each other" \
  "$(under cni/ | includes | hits -vE ":($standard|<(sys/|arpa/)?[a-z]+\.h>|<nlohmann/json\.hpp>|<tl/expected\.hpp>|\"cni/[a-z_]+\.h\")$")$(
    outside 'cni/|test/' | includes | hits '"cni/' | hits -vE '^controller/agent/.*"cni/(protocol|json|line_connection)\.h"')"
rule "controller/lint includes std, the object types, addresses, and of the core what a policy says, not what is made of it" \
  "$(under controller/lint/ | includes |
    hits -vE ":($standard|\"(k8sclient/types|nft/ip|controller/(direction|policy|selector)|controller/lint/[a-z_]+)\.h\")$")"
rule "controller/explain includes std, tl/expected, the object types, addresses, packets, controller/meaning and itself" \
  "$(under controller/explain/ | includes |
    hits -vE ":($standard|<tl/expected\.hpp>|\"(k8sclient/types|nft/(ip|packet)|controller/(direction|meaning/[a-z_]+|explain/[a-z_]+))\.h\")$")"
rule "controller/reach includes std, the object types, addresses, controller/meaning, who there is, and itself" \
  "$(under controller/reach/ | includes |
    hits -vE ":($standard|\"(k8sclient/types|nft/ip|controller/(direction|explain/cast|meaning/[a-z_]+|reach/[a-z_]+))\.h\")$")"
rule "controller/report includes std, the object types, addresses, the rooms that ask about policies, and itself" \
  "$(under controller/report/ | includes |
    hits -vE ":($standard|\"(k8sclient/types|nft/ip|controller/(direction|(explain|lint|meaning|reach|report)/[a-z_]+))\.h\")$")"
rule "controller/monitor includes std, tl/expected, the object types, addresses, packets, how a denial is called, the reading, explain and itself" \
  "$(under controller/monitor/ | includes |
    hits -vE ":($standard|<tl/expected\.hpp>|\"(k8sclient/types|nft/(ip|packet|packet_head)|controller/(direction|denial_prefix|meaning/[a-z_]+|explain/[a-z_]+|monitor/[a-z_]+))\.h\")$")"
rule "controller/agent/ (the daemon) includes nothing of the command line and the rooms that only reviewers need" \
  "$(under controller/agent/ | includes | hits -E '"controller/(cli|explain|lint|meaning|monitor|reach|report|verify)/' |
    hits -vF 'controller/monitor/tally.h')"
rule "httplib.h is included by k8sclient/https_transport.cc and controller/agent/http_server.cc only" \
  "$(outside 'test/|k8sclient/https_transport\.cc$|controller/agent/http_server\.cc$' | includes | hits 'httplib\.h')"
rule "libmnl and libnftnl are included by nft/netlink_*, nft/conntrack_* and nft/nflog_* only, which alone has libnetfilter_log" \
  "$(outside 'test/|nft/(netlink|conntrack|nflog)_' | includes | hits -E 'lib(mnl|nftnl|netfilter)')$(
    outside 'test/|nft/nflog_' | includes | hits libnetfilter_log)"
rule "nothing outside test/ includes test/ or a test library" \
  "$(outside test/ | includes | hits -E '"(\.\./)*test/|<(gtest|gmock|rapidcheck)')"
rule "production code never asks whether it is under test" \
  "$(outside test/ | xargs -r grep -HniE \
    "if[[:space:]]*\(!?[[:space:]]*${testing}[[:space:]]*[)=&|(]|#[[:space:]]*(el)?if.*[^a-z]${testing}([^a-z]|$)" /dev/null)"
rule "no source file is past 400 lines" \
  "$(hits -E '\.(cc|h|sh|py|cmake)$|CMakeLists\.txt$|^dev$' <<<"$all" | xargs -r wc -l /dev/null |
    awk '$2 != "total" && $1 > 400 {print $2 ": " $1 " lines"}')"
rule "no file names a path of one machine" \
  "$(xargs -r grep -HnIE '(^|[^a-zA-Z0-9_.$}])/(root|work)/' /dev/null <<<"$all" | cut -c1-160)"

echo "$passed passed, $failed failed"
((failed == 0))
