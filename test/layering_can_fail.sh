#!/usr/bin/env bash
# Shows that layering.sh can fail: a small good tree passes, and each single offence makes exactly one rule fail.
set -euo pipefail
layering=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/layering.sh
tree=$(mktemp -d); trap 'rm -rf "$tree"' EXIT
passed=0 failed=0

good_tree() {
  rm -rf "${tree:?}"/*; mkdir -p "$tree"/{nft,k8sclient,cni,controller/{agent,explain,lint,meaning,monitor,reach,verify},test}
  printf '#include <libmnl/libmnl.h>\n#include "nft/ip.h"\n' >"$tree/nft/netlink_socket.cc"
  printf '#include <vector>\n#include <arpa/inet.h>\n' >"$tree/nft/ip.h"
  printf '#include <httplib.h>\n#include "k8sclient/types.h"\n' >"$tree/k8sclient/https_transport.cc"
  printf '#include <string>\n#include <sys/un.h>\n#include <nlohmann/json.hpp>\n#include "cni/json.h"\n' >"$tree/cni/plugin.cc"
  printf '#include <string>\n' >"$tree/k8sclient/types.h"
  printf '#include <map>\n#include <tl/expected.hpp>\n#include "nft/ip.h"  // values\n#include "k8sclient/types.h"\n' \
    >"$tree/controller/core.h"
  printf '#include <openssl/evp.h>\n#include "controller/names.h"\n' >"$tree/controller/names.cc"
  printf '#include "controller/policy.h"\n#include "nft/ip.h"\n' >"$tree/controller/lint/lint.cc"
  printf '#include "k8sclient/reflector.h"\n#include "nft/netlink_socket.h"\nif (latest_version) {}\n' \
    >"$tree/controller/agent/agent.cc"
  printf '#include <gtest/gtest.h>\n#include <httplib.h>\n#include "controller/agent/agent.h"\n' >"$tree/test/a_test.cc"
}

expect() { # NUMBER-OF-FAILURES NAME
  local lines; lines=$("$layering" "$tree" | tail -n 1) || true
  if [[ $lines = *", $1 failed" ]]; then passed=$((passed + 1)); echo "ok   $2"
  else failed=$((failed + 1)); echo "FAIL $2: wanted $1 failed, saw '$lines'"; fi
}

offence() { # FILE LINE: adds the line to a good tree
  good_tree; printf '%s\n' "$2" >>"$tree/$1"
  local first=${2%%$'\n'*}; expect 1 "caught in $1: ${first:0:60}"
}

good_tree; expect 0 "a good tree passes"
offence nft/ip.h '#include "controller/core.h"'
offence nft/ip.h '#include "k8sclient/types.h"'
offence cni/plugin.cc '#include "nft/ip.h"'
offence k8sclient/decode.cc '#include "cni/json.h"'
offence nft/text.cc '#include <libnftnl/rule.h>'
offence nft/netlink_socket.cc '#include <libnetfilter_log/libnetfilter_log.h>'
offence k8sclient/types.h ' #  include "nft/ip.h"'
offence k8sclient/decode.cc '#include <httplib.h>'
offence controller/core.h '#include <nlohmann/json.hpp>'
offence controller/core.h '#include <unistd.h>'
offence controller/core.h '#include "nft/netlink_socket.h"'
offence controller/core.h '#include "nft/nflog_listener.h"'
offence controller/core.h '#include "k8sclient/reflector.h"'
offence controller/core.h '#include "controller/agent/agent.h"'
offence controller/core.h '#include <openssl/evp.h>'
offence controller/core.h '#include "controller/meaning/evaluate.h"'
offence controller/meaning/evaluate.cc '#include "controller/policy.h"'
offence controller/meaning/evaluate.cc 'const auto address = nft::parse_address(text);'
offence controller/verify/verify.cc '#include "controller/core.h"'
offence controller/lint/lint.cc '#include "controller/core.h"'
offence controller/lint/lint.cc '#include "nft/ruleset.h"'
offence controller/explain/answer.cc '#include "controller/core.h"'
offence controller/monitor/witness.cc '#include "controller/core.h"'
offence controller/agent/agent.cc '#include "controller/monitor/witness.h"'
offence controller/reach/reach.cc '#include "nft/simulate.h"'
offence controller/agent/agent.cc '#include "test/support/fake.h"'
offence controller/agent/agent.cc '#include "controller/cli/options.h"'
offence controller/agent/agent.cc 'if (testing) return;'
offence controller/agent/agent.cc '#ifdef UNIT_TEST'
offence controller/agent/agent.cc '// see /'"work/notes.md"
offence controller/agent/agent.cc "$(yes '//' | head -n 401)"

echo "$passed passed, $failed failed"
((failed == 0))
