#!/usr/bin/env bash
# Builds the real parts of the test bed from Go modules, at pinned versions, into
# ${SELVEDGE_BED:-~/.cache/selvedge-bed}/bin. A program that is there at its version is left alone, so running this
# again costs nothing; the first time takes about five minutes on two cores, and leaves 4 GB of Go caches.
#
#   build.sh            what is missing
#   build.sh --list     programs and versions
set -euo pipefail

GO_MIN=1.26              # flannel's go.mod
KUBERNETES=1.34.4        # staging modules are v0.34.4
FLANNEL=0.28.10
CNI_PLUGINS=1.9.1
ETCD=3.6.4               # what kubernetes' go.mod asks for: one module graph, a shared build cache
PROGRAMS="kube-apiserver etcd kube-proxy kubectl flanneld bridge host-local"

BED=${SELVEDGE_BED:-$HOME/.cache/selvedge-bed}
BIN=$BED/bin SRC=$BED/src
export GOFLAGS="-mod=mod -buildvcs=false" GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0

find_go() {
  local have
  PATH=$PATH:/usr/local/go/bin
  have=$(go env GOVERSION 2>/dev/null | sed 's/^go//') || true
  if [[ -z $have || $(printf '%s\n' "$GO_MIN" "$have" | sort -V | head -n 1) != "$GO_MIN" ]]; then
    cat >&2 <<TXT
build.sh: Go $GO_MIN or newer is needed to build the API server, Flannel and the others; found: ${have:-none}.
Debian 12 has none that new. Get an archive from https://go.dev/dl/ and unpack it where this script looks:
    tar -C /usr/local -xzf go$GO_MIN.linux-amd64.tar.gz     (or put \`go\` on PATH)
TXT
    exit 1
  fi
  GOPROXY=$(go env GOPROXY); export GOPROXY=${GOPROXY%,direct}   # modules only, never a VCS
}

# Wrapper modules.  "go install pkg@version" refuses a main module whose go.mod has replace
# directives (kubernetes), and flannel needs two of its own, so each family gets a tiny module
# that requires it.  A tag-guarded import keeps the requirement from looking unused.
wrapper() { # DIR GO_VERSION IMPORT GO-MOD-EDIT-ARGS..
  local dir=$SRC/$1 gov=$2 import=$3; shift 3
  mkdir -p "$dir"; rm -f "$dir"/go.mod "$dir"/go.sum
  cd "$dir"
  go mod init bed.invalid/wrapper 2>/dev/null
  go mod edit -go="$gov" "$@"
  printf '//go:build never\n\npackage wrapper\n\nimport _ "%s"\n' "$import" >wrapper.go
}
kubernetes_module() {
  local gomod m args=()
  mkdir -p "$SRC"; cd "$SRC"
  gomod=$(go mod download -json "k8s.io/kubernetes@v$KUBERNETES" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
  for m in $(sed -n 's|^[[:space:]]*\(k8s.io/[^ ]*\) => ./staging/src/.*|\1|p' "$gomod"); do
    args+=("-replace=$m=$m@v0.${KUBERNETES#1.}")
  done
  wrapper kubernetes "$(sed -n 's/^go //p' "$gomod")" k8s.io/kubernetes/cmd/kube-apiserver/app \
    "-require=k8s.io/kubernetes@v$KUBERNETES" "-require=go.etcd.io/etcd/server/v3@v$ETCD" "${args[@]}"
}
flannel_module() {
  # flannel's tencent-vpc backend needs an SDK whose pinned versions a module proxy may not
  # serve.  Nobody here uses that backend: replace the two SDK modules by empty stand-ins.
  local t=github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud
  wrapper flannel "$GO_MIN.0" github.com/flannel-io/flannel/pkg/version \
    "-require=github.com/flannel-io/flannel@v$FLANNEL" "-replace=$t/vpc=./stub-vpc" "-replace=$t/common=./stub-common"
  mkdir -p stub-vpc/v20170312 stub-common/errors
  printf 'module %s/vpc\n\ngo 1.24\n' "$t" >stub-vpc/go.mod
  printf 'module %s/common\n\ngo 1.24\n' "$t" >stub-common/go.mod
  cat >stub-vpc/v20170312/stub.go <<'GO'
package v20170312

import "errors"

type Filter struct {
	Name   *string
	Values []*string
}
type Route struct {
	RouteId                                                 *uint64
	DestinationCidrBlock, GatewayId, GatewayType, RouteType *string
	Enabled                                                 *bool
}
type RouteTable struct {
	RouteTableId *string
	RouteSet     []*Route
}
type DescribeRouteTablesRequest struct{ Filters []*Filter }
type DescribeRouteTablesResponse struct{ Response *struct{ RouteTableSet []*RouteTable } }
type CreateRoutesRequest struct {
	RouteTableId *string
	Routes       []*Route
}
type DeleteRoutesRequest CreateRoutesRequest
type Client struct{}

var errStub = errors.New("built without tencent-vpc")

func NewClientWithSecretId(_, _, _ string) (*Client, error) { return nil, errStub }
func NewDescribeRouteTablesRequest() *DescribeRouteTablesRequest {
	return &DescribeRouteTablesRequest{}
}
func NewCreateRoutesRequest() *CreateRoutesRequest { return &CreateRoutesRequest{} }
func NewDeleteRoutesRequest() *DeleteRoutesRequest { return &DeleteRoutesRequest{} }
func (*Client) DescribeRouteTables(*DescribeRouteTablesRequest) (*DescribeRouteTablesResponse, error) {
	return nil, errStub
}
func (*Client) CreateRoutes(*CreateRoutesRequest) (any, error) { return nil, errStub }
func (*Client) DeleteRoutes(*DeleteRoutesRequest) (any, error) { return nil, errStub }
GO
  cat >stub-common/stub.go <<'GO'
package common

func StringPtr(s string) *string { return &s }
func BoolPtr(b bool) *bool       { return &b }
func StringPtrs(v []string) (p []*string) {
	for i := range v {
		p = append(p, &v[i])
	}
	return p
}
GO
  cat >stub-common/errors/stub.go <<'GO'
package errors

type TencentCloudSDKError struct{}

func (*TencentCloudSDKError) Error() string { return "built without tencent-vpc" }
GO
}
plugins_module() {
  wrapper plugins "$GO_MIN.0" github.com/containernetworking/plugins/pkg/ns \
    "-require=github.com/containernetworking/plugins@v$CNI_PLUGINS"
}

version_of() {
  case $1 in
    flanneld) echo "$FLANNEL" ;;
    etcd) echo "$ETCD" ;;
    bridge | host-local) echo "$CNI_PLUGINS" ;;
    *) echo "$KUBERNETES" ;;
  esac
}
PREPARED=" "
prepare() { # FAMILY, once in a run
  [[ $PREPARED = *" $1 "* ]] || { "$1_module"; PREPARED+="$1 "; }
  cd "$SRC/$1"
}
build() { # PACKAGE OUTPUT [-X VARIABLE=VALUE]..
  local package=$1 output=$2; shift 2
  go build -trimpath -ldflags "-s -w $*" -o "$output" "$package"
}
compile() { # PROGRAM: leaves $BIN/PROGRAM.new
  local out=$BIN/$1.new v="v$KUBERNETES"
  case $1 in
    flanneld)   # its udp backend needs cgo
      prepare flannel
      CGO_ENABLED=1 build github.com/flannel-io/flannel "$out" \
        -X "github.com/flannel-io/flannel/pkg/version.Version=v$FLANNEL" ;;
    bridge) prepare plugins; build github.com/containernetworking/plugins/plugins/main/bridge "$out" ;;
    host-local) prepare plugins; build github.com/containernetworking/plugins/plugins/ipam/host-local "$out" ;;
    etcd) prepare kubernetes; build go.etcd.io/etcd/server/v3 "$out" ;;
    *)
      prepare kubernetes
      build "k8s.io/kubernetes/cmd/$1" "$out" -X "k8s.io/component-base/version.gitVersion=$v" \
        -X k8s.io/component-base/version.gitMajor=1 -X "k8s.io/client-go/pkg/version.gitVersion=$v" \
        -X "k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<<"$KUBERNETES")" ;;
  esac
}

if [[ ${1:-} = --list ]]; then for p in $PROGRAMS; do echo "$p $(version_of "$p")"; done; exit; fi
missing=()
for p in $PROGRAMS; do
  [[ -x $BIN/$p && $(cat "$BIN/.$p.version" 2>/dev/null) = "$(version_of "$p")" ]] || missing+=("$p")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0
find_go
mkdir -p "$BIN"
echo "building ${missing[*]} into $BIN (the first time: minutes, and gigabytes of Go caches)"
for p in "${missing[@]}"; do
  t=$EPOCHSECONDS
  if ! compile "$p" >"$BED/build.log" 2>&1; then
    tail -20 "$BED/build.log" >&2; echo "build.sh: $p failed (log: $BED/build.log)" >&2; exit 1
  fi
  mv "$BIN/$p.new" "$BIN/$p"; version_of "$p" >"$BIN/.$p.version"
  printf '%-16s %-8s built in %d s\n' "$p" "$(version_of "$p")" $((EPOCHSECONDS - t))
done
