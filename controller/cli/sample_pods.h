// Pods that stand for workloads, for reviewing manifests before anything runs:
// one per Deployment, StatefulSet and so on, with documentation addresses
// (RFC 5737, RFC 3849), so that nobody takes them for real ones.
#pragma once

#include <string>
#include <vector>

#include "k8sclient/types.h"

namespace selvedge::cli {

struct SamplePod {
  k8s::Pod pod;          // running, on no node
  std::string workload;  // "Deployment shop/api"
};

// In the order of the workloads' keys, so that the same manifests give the same addresses. Pods on the
// host's network have none. After 762 pods there are no IPv4 documentation addresses left: IPv6 only.
std::vector<SamplePod> sample_pods(const std::vector<k8s::Workload>& workloads);

}  // namespace selvedge::cli
