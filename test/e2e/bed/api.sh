# shellcheck shell=bash disable=SC2154  # sourced by bed.sh
# The control plane: keys, etcd, kube-apiserver, and requests to it as its administrator.

make_pki() {
  local d=$STATE/pki ec=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650)
  mkdir -p "$d"
  openssl req -x509 "${ec[@]}" -subj /CN=bed-ca -keyout "$d/ca.key" -out "$d/ca.crt" \
    -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
  sign() { # NAME SUBJECT USAGE MORE..
    openssl req -x509 "${ec[@]}" -CA "$d/ca.crt" -CAkey "$d/ca.key" -keyout "$d/$1.key" -out "$d/$1.crt" \
      -subj "$2" -addext basicConstraints=critical,CA:FALSE -addext "extendedKeyUsage=$3" "${@:4}" 2>/dev/null
  }
  sign apiserver /CN=kube-apiserver serverAuth -addext \
    "subjectAltName=IP:$CP4,IP:$CP6,IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes.default.svc"
  sign admin /O=system:masters/CN=admin clientAuth
  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$d/sa.key" 2>/dev/null
}

start_etcd() {
  daemon cp etcd "$BIN/etcd" --data-dir "$STATE/etcd" --listen-peer-urls http://127.0.0.1:2380 \
    --unsafe-no-fsync --log-level warn
}

start_apiserver() {
  local services=$SVC4; dual && services=$SVC4,$SVC6
  daemon cp apiserver "$BIN/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 \
    --advertise-address=$CP4 --bind-address=:: --secure-port=6443 \
    --tls-cert-file="$STATE/pki/apiserver.crt" --tls-private-key-file="$STATE/pki/apiserver.key" \
    --client-ca-file="$STATE/pki/ca.crt" --authorization-mode=Node,RBAC --service-cluster-ip-range=$services \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$STATE/pki/sa.key" \
    --service-account-signing-key-file="$STATE/pki/sa.key" --allow-privileged \
    --disable-admission-plugins=ServiceAccount
  wait_for 60 kube-apiserver api_quiet GET /readyz
}

api() { # METHOD PATH [JSON]; a PATCH is a JSON merge patch
  local type=application/json args=()
  [[ $1 = PATCH ]] && type=application/merge-patch+json
  [[ $# -ge 3 ]] && args=(-H "Content-Type: $type" --data-binary "$3")
  in_ns cp curl -sS --fail-with-body --cacert "$STATE/pki/ca.crt" --cert "$STATE/pki/admin.crt" \
    --key "$STATE/pki/admin.key" -X "$1" "${args[@]}" "https://$CP4:6443$2"
}
api_quiet() { api "$@" >/dev/null; }

kubeconfig() { # NAME USER-STANZA(json): write a kubeconfig, print its path
  local f=$STATE/kube/$1
  cat >"$f" <<E
{"apiVersion":"v1","kind":"Config","current-context":"bed",
 "contexts":[{"name":"bed","context":{"cluster":"bed","user":"me"}}],
 "clusters":[{"name":"bed","cluster":{"server":"https://$CP4:6443","certificate-authority":"$STATE/pki/ca.crt"}}],
 "users":[{"name":"me","user":$2}]}
E
  echo "$f"
}

sa_kubeconfig() { # NS SA: a real bound token (TokenRequest), kept in a file as in a pod
  local ns=$1 sa=$2 token
  api_quiet GET "/api/v1/namespaces/$ns" 2>/dev/null || ns_add "$ns"
  api_quiet GET "/api/v1/namespaces/$ns/serviceaccounts/$sa" 2>/dev/null ||
    api_quiet POST "/api/v1/namespaces/$ns/serviceaccounts" \
      "{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{\"name\":\"$sa\"}}"
  token=$STATE/kube/$ns-$sa.token
  api POST "/api/v1/namespaces/$ns/serviceaccounts/$sa/token" \
    '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":86400}}' |
    jq -r .status.token >"$token"
  kubeconfig "$ns-$sa" "{\"tokenFile\":\"$token\"}"
}

bind_role() { # CLUSTERROLE NS SA
  api_quiet POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings \
    "{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"ClusterRoleBinding\",
      \"metadata\":{\"name\":\"bed-$3\"},
      \"roleRef\":{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"ClusterRole\",\"name\":\"$1\"},
      \"subjects\":[{\"kind\":\"ServiceAccount\",\"namespace\":\"$2\",\"name\":\"$3\"}]}"
}

labels_json() { # k=v,k2=v2 -> {"k":"v","k2":"v2"}
  jq -cn --arg s "$1" '$s | split(",") | map(select(. != "") | split("=") | {(.[0]): .[1]}) | add // {}'
}
