// A small cluster to ask about, and the asking.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "controller/explain/answer.h"
#include "controller/explain/words.h"
#include "k8sclient/decode.h"

namespace selvedge::test {

inline const std::string shop = R"(
{apiVersion: v1, kind: Namespace, metadata: {name: production, labels: {env: prod}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: staging, labels: {env: test}}}
---
apiVersion: v1
kind: Node
metadata: {name: node-a}
status: {addresses: [{type: InternalIP, address: 172.31.0.11}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: api-7d4f-x
  namespace: production
  labels: {app: api, pod-template-hash: 7d4f}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: api-7d4f, controller: true}]
spec: {nodeName: node-a, containers: [{name: c, ports: [{name: http, containerPort: 3000}]}]}
status: {phase: Running, podIPs: [{ip: 10.244.1.5}, {ip: "fd00::1:5"}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: web-0
  namespace: production
  labels: {app: web, role: front}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, controller: true}]
spec: {nodeName: node-b, containers: [{name: c}]}
status: {phase: Running, podIPs: [{ip: 10.244.2.5}, {ip: "fd00::2:5"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: tester, namespace: staging, labels: {role: frontend}}
spec: {containers: [{name: c}]}
status: {phase: Pending}
---
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: production}
spec: {clusterIPs: [10.96.0.7], selector: {app: api}, ports: [{name: web, port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: production}
spec:
  podSelector: {matchLabels: {app: api}}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - {namespaceSelector: {matchLabels: {env: dev}}}
        - {podSelector: {matchLabels: {role: frontend}}}
        - {ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.5/32]}}
      ports: [{port: 3000}]
  egress:
    - {to: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}
    - {ports: [{port: 443}]}
---
)";

// What `explain` says; an error begins with "error: ".
inline std::string said(const std::string& manifests, const std::string& source, const std::string& destination,
                        const std::string& port) {
  const auto decoded = k8s::decode_manifest(manifests);
  if (!decoded) return "not a manifest: " + decoded.error().message;
  std::vector<k8s::Object> objects;
  for (const auto& one : *decoded) objects.push_back(one.object);
  const explain::Explainer explainer({}, objects);
  const auto explanation = explainer.explain(source, destination, port);
  return explanation ? explain::words(*explanation) : "error: " + explanation.error();
}

}  // namespace selvedge::test
