# shellcheck shell=bash disable=SC2154  # sourced by bed.sh
# Pods, namespaces and Services: what a kubelet and the controllers would do.

write_cni_conf() { # NODE: what Flannel's CNI plugin delegates to the bridge plugin (compared with 1.9.1-flannel1)
  local d=$STATE/node/$1 ranges routes
  ( . "$d/run/flannel/subnet.env"   # FLANNEL_SUBNET is the bridge's own address: host-local wants the network
    ranges="[{\"subnet\":\"$(cidr4 "$1")\"}]" routes="{\"dst\":\"$FLANNEL_NETWORK\"}"
    if [[ -n ${FLANNEL_IPV6_SUBNET:-} ]]; then
      ranges+=",[{\"subnet\":\"$(cidr6 "$1")\"}]"; routes+=",{\"dst\":\"$FLANNEL_IPV6_NETWORK\"}"
    fi
    cat >"$d/cni/conf" <<E
{"name":"cbr0","cniVersion":"1.0.0","type":"bridge","hairpinMode":true,"isDefaultGateway":true,"isGateway":true,
 "ipMasq":$([[ $FLANNEL_IPMASQ = true ]] && echo false || echo true),"mtu":$FLANNEL_MTU,
 "ipam":{"type":"host-local","dataDir":"$d/cni/ipam","ranges":[$ranges],"routes":[$routes]}}
E
  )
}
cni() { # ADD|DEL NODE NETNS NS NAME
  local conf=$STATE/node/$2/cni/conf
  at "$2" env CNI_COMMAND="$1" CNI_CONTAINERID="$3" CNI_NETNS="/run/netns/$3" CNI_IFNAME=eth0 CNI_PATH="$BIN" \
    CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAMESPACE=$4;K8S_POD_NAME=$5" "$BIN/bridge" <"$conf" 2>>"$STATE/log/$2-cni.log"
}

ns_add() { # NS [labels]
  api_quiet POST /api/v1/namespaces "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",
    \"metadata\":{\"name\":\"$1\",\"labels\":$(labels_json "${2:-}")}}"
}
ns_del() { # no controller-manager: empty the namespace, then finalize it by hand
  local ns=$1 f
  for f in "$STATE/pods/$ns"/*; do [[ -e $f ]] && pod_del "$ns" "${f##*/}"; done
  api_quiet DELETE "/apis/networking.k8s.io/v1/namespaces/$ns/networkpolicies"
  api_quiet DELETE "/api/v1/namespaces/$ns/pods?gracePeriodSeconds=0"
  api_quiet DELETE "/api/v1/namespaces/$ns"
  api_quiet PUT "/api/v1/namespaces/$ns/finalize" "$(api GET "/api/v1/namespaces/$ns" | jq -c '.spec.finalizers=[]')"
}

pod_add() { # NS NAME NODE OPTIONS..: as kubelet does: object, network, server, and only then a status with addresses
  local ns=$1 name=$2 node=$3 labels="" ports="" listen=() hostnet=false report=true netns addresses p; shift 3
  while [[ $# -gt 0 ]]; do case $1 in
    --labels) labels=$2; shift 2 ;;  --host-network) hostnet=true; shift ;;  --unreported) report=false; shift ;;
    --port) listen+=("${2#*=}"); ports+="$2 "; shift 2 ;;
    *) die "pod add: unknown option $1" ;;
  esac; done
  api_quiet GET "/api/v1/namespaces/$ns" 2>/dev/null || ns_add "$ns"
  api_quiet POST "/api/v1/namespaces/$ns/pods" "$(jq -cn --arg name "$name" --arg node "$node" --arg ports "$ports" \
    --argjson labels "$(labels_json "$labels")" --argjson hostnet $hostnet '
    {apiVersion: "v1", kind: "Pod", metadata: {name: $name, labels: $labels},
     spec: {nodeName: $node, hostNetwork: $hostnet, terminationGracePeriodSeconds: 0,
       automountServiceAccountToken: false, containers: [{name: "c", image: "bed",
       ports: [$ports | scan("(\\S+)=(\\S+)/(\\S+)") | {name: .[0], protocol: (.[1] | ascii_upcase),
         containerPort: (.[2] | tonumber)} + (if $hostnet then {hostPort: (.[2] | tonumber)} else {} end)]}]}}')"
  if $hostnet; then
    netns=$P.$node; addresses=$(node4 "$node"); ! dual || addresses+=" $(node6 "$node")"
  else
    netns=$(podns "$ns" "$name"); new_ns "p-$ns-$name"
    p=$(cni ADD "$node" "$netns" "$ns" "$name") || die "CNI ADD failed: $p (log: $STATE/log/$node-cni.log)"
    addresses=$(jq -r '[.ips[].address | sub("/.*"; "")] | join(" ")' <<<"$p")
  fi
  mkdir -p "$STATE/pods/$ns"; echo "$node $netns $addresses" >"$STATE/pods/$ns/$name"
  [[ ${#listen[@]} = 0 ]] || pod_serve "$netns" "$ns" "$name" "${listen[@]}"
  ! $report || pod_report "$ns" "$name"
}
pod_report() { # NS NAME: the API server hears of its addresses
  local node _ addresses
  read -r node _ addresses <"$STATE/pods/$1/$2"
  pod_report_running "$1" "$2" "$(node4 "$node")" "$addresses"
}
pod_serve() { # NETNS NS NAME PROTO/NUM..
  local netns=$1 ns=$2 name=$3 log=$STATE/log/pod-$2-$3.log; shift 3
  nsenter --net="/run/netns/$netns" -- python3 -m bed.server "$ns/$name" "$@" >"$log" 2>&1 </dev/null &
  echo $! >"$STATE/pid/pod-$ns-$name"
  wait_for 20 "the server of $ns/$name" grep -q listening "$log"
}
pod_report_running() { # NS NAME HOST-ADDRESS "ADDRESS.."
  api_quiet PATCH "/api/v1/namespaces/$1/pods/$2/status" "$(jq -cn --arg host "$3" --arg addresses "$4" '
    ($addresses | split(" ")) as $a |
    {status: {phase: "Running", hostIP: $host, hostIPs: [{ip: $host}], podIP: $a[0], podIPs: ($a | map({ip: .})),
     conditions: [{type: "Ready", status: "True"}, {type: "ContainersReady", status: "True"}],
     containerStatuses: [{name: "c", image: "bed", imageID: "bed", ready: true, restartCount: 0,
                          state: {running: {}}}]}}')"
}
pod_del() { # NS NAME
  local ns=$1 name=$2 node netns addresses f="$STATE/pods/$1/$2" pid="$STATE/pid/pod-$1-$2"
  read -r node netns addresses <"$f"
  api_quiet DELETE "/api/v1/namespaces/$ns/pods/$name?gracePeriodSeconds=0"
  if [[ -e $pid ]]; then kill "$(cat "$pid")" 2>/dev/null || true; rm -f "$pid"; fi
  if [[ $netns != "$P.$node" ]]; then cni DEL "$node" "$netns" "$ns" "$name" || true; ip netns del "$netns"; fi
  rm -f "$f"
}

svc() { # NS NAME PORT[:TARGET][/udp] POD.. [--node-port N] [--v6]: a Service without selector and its EndpointSlice
  local ns=$1 name=$2 spec=$3 proto=TCP port target extra="" type=ClusterIP family=IPv4 pods=() endpoints="" p ip
  local node addresses; shift 3
  [[ $spec = */udp ]] && proto=UDP; spec=${spec%/*}; port=${spec%:*} target=${spec#*:}
  while [[ $# -gt 0 ]]; do case $1 in
    --node-port) extra=",\"nodePort\":$2"; type=NodePort; shift 2 ;;
    --v6) family=IPv6; shift ;;
    *) pods+=("$1"); shift ;;
  esac; done
  for p in "${pods[@]}"; do
    read -r node _ addresses <"$STATE/pods/$ns/$p"
    for ip in $addresses; do case $family$ip in IPv6*:* | IPv4*.*) break ;; esac; done
    endpoints+="${endpoints:+,}{\"addresses\":[\"$ip\"],\"nodeName\":\"$node\",\"conditions\":{\"ready\":true},
      \"targetRef\":{\"kind\":\"Pod\",\"namespace\":\"$ns\",\"name\":\"$p\"}}"
  done
  api POST "/api/v1/namespaces/$ns/services" "{\"apiVersion\":\"v1\",\"kind\":\"Service\",
    \"metadata\":{\"name\":\"$name\"},\"spec\":{\"type\":\"$type\",\"ipFamilies\":[\"$family\"],
    \"ports\":[{\"name\":\"p\",\"protocol\":\"$proto\",\"port\":$port,\"targetPort\":$target$extra}]}}" |
    jq -r .spec.clusterIP
  api_quiet POST "/apis/discovery.k8s.io/v1/namespaces/$ns/endpointslices" "{\"apiVersion\":\"discovery.k8s.io/v1\",
    \"kind\":\"EndpointSlice\",\"metadata\":{\"name\":\"$name-eps\",
    \"labels\":{\"kubernetes.io/service-name\":\"$name\"}},
    \"addressType\":\"$family\",\"ports\":[{\"name\":\"p\",\"protocol\":\"$proto\",\"port\":$target}],
    \"endpoints\":[$endpoints]}"
}
