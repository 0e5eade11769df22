// A small cluster to hold policies against, and what is said of one.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "controller/lint/lint.h"
#include "k8sclient/decode.h"

namespace selvedge::test {

// Namespaces shop and tools; pods shop/api-0 and shop/db-0 of both families, tools/probe-0, and shop/agent-0 on the
// host's network; node-a.
inline const std::string cluster = R"(
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: shop}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: tools, labels: {team: tools}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: empty, labels: {team: nobody}}}
---
apiVersion: v1
kind: Node
metadata: {name: node-a}
spec: {podCIDRs: [10.244.1.0/24, "fd00:244:0:1::/64"]}
status: {addresses: [{type: InternalIP, address: 172.31.0.11}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api-0, namespace: shop, labels: {app: api}}
spec: {nodeName: node-a, containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]}
status: {phase: Running, podIPs: [{ip: 10.244.1.5}, {ip: "fd00:244:0:1::5"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {nodeName: node-a, containers: [{name: c, image: i, ports: [{name: sql, containerPort: 5432}]}]}
status: {phase: Running, podIPs: [{ip: 10.244.1.6}, {ip: "fd00:244:0:1::6"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: agent-0, namespace: shop, labels: {app: agent}}
spec: {nodeName: node-a, hostNetwork: true, containers: [{name: c, image: i}]}
status: {phase: Running, podIPs: [{ip: 172.31.0.11}]}
---
apiVersion: v1
kind: Pod
metadata: {name: probe-0, namespace: tools, labels: {app: probe}}
spec: {nodeName: node-a, containers: [{name: c, image: i, ports: [{name: dns, protocol: UDP, containerPort: 53}]}]}
status: {phase: Running, podIPs: [{ip: 10.244.1.7}]}
---
)";

inline std::string policy(const std::string& spec, const std::string& name = "api") {
  return "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: " + name +
         ", namespace: shop}, spec: " + spec + "}\n---\n";
}

// A policy for shop/api-0 with this one element of `from`, or of `to` beside DNS.
inline std::string from(const std::string& peer) {
  return policy("{podSelector: {matchLabels: {app: api}}, ingress: [{from: [" + peer + "]}]}");
}
inline std::string to(const std::string& peer) {
  return policy("{podSelector: {matchLabels: {app: api}}, policyTypes: [Egress], egress: [{to: [" + peer + "]}]}");
}

inline std::vector<k8s::Decoded> decoded(const std::string& text) {
  auto objects = k8s::decode_manifest(text);
  if (objects) return *std::move(objects);
  ADD_FAILURE() << objects.error().message;
  return {};
}

inline std::vector<const k8s::Object*> pointers(const std::vector<k8s::Decoded>& objects) {
  std::vector<const k8s::Object*> all;
  all.reserve(objects.size());
  for (const auto& one : objects) all.push_back(&one.object);
  return all;
}

// All that is said, a line each.
inline std::string said(const std::string& text) {
  const auto objects = decoded(text);
  std::string lines;
  for (const auto& finding : lint::findings(pointers(objects))) {
    EXPECT_FALSE(finding.closed);
    lines += k8s::to_string(finding) + "\n";
  }
  return lines;
}

}  // namespace selvedge::test
