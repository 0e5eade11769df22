# shellcheck shell=bash disable=SC2154  # sourced by bed.sh
# The underlay, the nodes, and the two daemons that run on each beside the engine under test.

new_ns() { # NAME: loopback up; no IPv6 duplicate address detection (it costs seconds)
  ip netns add "$P.$1"
  in_ns "$1" sh -c 'ip link set lo up
    cd /proc/sys/net/ipv6/conf && echo 0 >all/accept_dad && echo 0 >default/accept_dad'
}
join_underlay() { # NAME V4 V6
  ip -n "$P.sw" link add "u-$1" type veth peer name eth0 netns "$P.$1"
  in_ns sw ip link set "u-$1" master br0 up
  in_ns "$1" sh -c "ip link set eth0 up; ip addr add $2/24 dev eth0; ip addr add $3/64 dev eth0 nodad"
}

make_underlay() {
  local address
  new_ns sw; in_ns sw ip link add br0 type bridge; in_ns sw ip link set br0 up
  new_ns cp; join_underlay cp $CP4 $CP6
  in_ns cp ip route add default via 172.31.0.254
  new_ns ext; join_underlay ext 172.31.0.254 fd00:31::fe
  for address in $EXT4; do in_ns ext ip addr add "$address/32" dev lo; done
  in_ns ext ip addr add $EXT6/128 dev lo nodad
  daemon ext server python3 -m bed.server ext tcp/80 udp/80 tcp/443 tcp/5432 udp/8472
}
route_pods() { # NODE: cp and ext can address pods directly; ext does so from its public address
  in_ns cp ip route add "$(cidr4 "$1")" via "$(node4 "$1")"
  in_ns ext ip route add "$(cidr4 "$1")" via "$(node4 "$1")" src "${EXT4%% *}"
  dual || return 0
  in_ns cp ip -6 route add "$(cidr6 "$1")" via "$(node6 "$1")"
  in_ns ext ip -6 route add "$(cidr6 "$1")" via "$(node6 "$1")" src $EXT6
}

add_node() { # nI
  local n=$1 d=$STATE/node/$1
  new_ns "$n"; join_underlay "$n" "$(node4 "$n")" "$(node6 "$n")"
  in_ns "$n" ip route add default via 172.31.0.254
  ! dual || in_ns "$n" ip -6 route add default via fd00:31::fe
  # These sysctls are per network namespace; bridge-nf-call-* starts at 1, set it all the same.
  in_ns "$n" sh -c 'cd /proc/sys/net; echo 1 >ipv4/ip_forward; echo 1 >ipv6/conf/all/forwarding
    echo 1 >bridge/bridge-nf-call-iptables; echo 1 >bridge/bridge-nf-call-ip6tables'
  # A private /run (xtables.lock, flannel/subnet.env, sockets) and a /sys that shows this namespace. "slave" propagation
  # lets network namespaces made later appear in /run/netns; with "private" entering them fails (EINVAL).
  mkdir -p "$d/run/netns" "$d/cni"
  # shellcheck disable=SC2016
  nsenter --net="/run/netns/$P.$n" -- unshare --mount --propagation slave -- sh -c \
    'mount --rbind /run/netns "$1/run/netns" && mount --rbind "$1/run" /run && mount -t sysfs sysfs /sys &&
     exec sleep infinity' sh "$d" >/dev/null 2>&1 </dev/null &
  echo $! >"$d/holder"
  wait_for 5 "the mounts of $n" at "$n" test -e /run/netns/"$P.$n"
}
register_node() { # nI; flanneld crashes on a Node without annotations, a real one has the controller-manager's ttl
  local n=$1 cidrs addresses
  cidrs="\"$(cidr4 "$n")\""; addresses="{\"type\":\"InternalIP\",\"address\":\"$(node4 "$n")\"}"
  if dual; then
    cidrs+=",\"$(cidr6 "$n")\""; addresses+=",{\"type\":\"InternalIP\",\"address\":\"$(node6 "$n")\"}"
  fi
  api_quiet POST /api/v1/nodes "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"$n\",
    \"labels\":{\"kubernetes.io/hostname\":\"$n\",\"kubernetes.io/os\":\"linux\"},
    \"annotations\":{\"node.alpha.kubernetes.io/ttl\":\"0\"}},
    \"spec\":{\"podCIDR\":\"$(cidr4 "$n")\",\"podCIDRs\":[$cidrs]}}"
  api_quiet PATCH "/api/v1/nodes/$n/status" "{\"status\":{
    \"addresses\":[$addresses,{\"type\":\"Hostname\",\"address\":\"$n\"}],
    \"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"reason\":\"Bed\"}]}}"
}

start_flannel() { # BACKEND NFTABLES(true|false) NODE..: with the ClusterRole of flannel's own manifest
  local backend=$1 nft=$2 v6="" kc n; shift 2
  api_quiet POST /apis/rbac.authorization.k8s.io/v1/clusterroles '{"metadata":{"name":"flannel"},
    "apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","rules":[
    {"apiGroups":[""],"resources":["pods"],"verbs":["get"]},
    {"apiGroups":[""],"resources":["nodes"],"verbs":["get","list","watch"]},
    {"apiGroups":[""],"resources":["nodes/status"],"verbs":["patch"]}]}'
  bind_role flannel kube-flannel flannel
  kc=$(sa_kubeconfig kube-flannel flannel)
  ! dual || v6=",\"EnableIPv6\":true,\"IPv6Network\":\"$POD6\""
  echo "{\"Network\":\"$POD4\",\"EnableNFTables\":$nft$v6,\"Backend\":{\"Type\":\"$backend\"}}" >"$STATE/net-conf.json"
  for n; do
    daemon "$n" flanneld env NODE_NAME="$n" "$BIN/flanneld" --kube-subnet-mgr --kubeconfig-file="$kc" \
      --net-config-path="$STATE/net-conf.json" --iface=eth0 --ip-masq
  done
  for n; do wait_for 20 "flanneld on $n" test -s "$STATE/node/$n/run/flannel/subnet.env"; done
}
start_proxy() { # MODE NODE..
  local mode=$1 kc n cidr=$POD4; shift; ! dual || cidr=$POD4,$POD6
  bind_role system:node-proxier kube-system kube-proxy
  kc=$(sa_kubeconfig kube-system kube-proxy)
  for n; do   # conntrack limits are read-only outside the first network namespace: leave them alone
    daemon "$n" kube-proxy "$BIN/kube-proxy" --kubeconfig="$kc" --hostname-override="$n" --proxy-mode="$mode" \
      --cluster-cidr="$cidr" --conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0 \
      --conntrack-tcp-timeout-close-wait=0 --v=2
  done
  for n; do wait_for 20 "kube-proxy on $n" at "$n" curl -sf http://127.0.0.1:10256/livez; done
}

up() {
  local n i nodes=() count=2 backend=vxlan proxy=nftables flannel_nft=false two=""
  while [[ $# -gt 0 ]]; do case $1 in
    --nodes) count=$2; shift 2 ;;     --backend) backend=$2; shift 2 ;;
    --proxy) proxy=$2; shift 2 ;;     --dual-stack) two=1; shift ;;
    --flannel-nft) flannel_nft=true; shift ;;
    *) die "up: unknown option $1" ;;
  esac; done
  [[ ! -e $STATE ]] || die "a bed is up (or was not taken down): run 'bed.sh down' first"
  mkdir -p "$STATE"/{log,pid,kube,node,pods,etcd}; [[ -z $two ]] || touch "$STATE/dual"
  for ((i = 1; i <= count; i++)); do nodes+=("n$i"); done
  make_pki; make_underlay; say "keys and underlay ready"
  start_etcd; start_apiserver; say "kube-apiserver ready"
  kubeconfig admin \
    "{\"client-certificate\":\"$STATE/pki/admin.crt\",\"client-key\":\"$STATE/pki/admin.key\"}" >/dev/null
  wait_for 20 "default RBAC" api_quiet GET /apis/rbac.authorization.k8s.io/v1/clusterroles/system:node-proxier
  for n in "${nodes[@]}"; do add_node "$n"; route_pods "$n"; register_node "$n"; done
  start_flannel "$backend" "$flannel_nft" "${nodes[@]}"; say "$count nodes with flannel ($backend) ready"
  [[ $proxy = none ]] || { start_proxy "$proxy" "${nodes[@]}"; say "kube-proxy ($proxy) ready"; }
  for n in "${nodes[@]}"; do write_cni_conf "$n"; done
}

down() { # everything inside our own namespaces is ours to stop
  local ns pids
  for ns in $(ip netns list | awk -v p="$P." 'index($1, p) == 1 {print $1}'); do
    # shellcheck disable=SC2086
    pids=$(ip netns pids "$ns") && [[ -n $pids ]] && kill -9 $pids 2>/dev/null || true
  done
  for ns in $(ip netns list | awk -v p="$P." 'index($1, p) == 1 {print $1}'); do ip netns del "$ns"; done
  rm -rf --one-file-system "$STATE"
}
