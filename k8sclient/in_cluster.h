// The way into the API that every pod has: a service address in the
// environment, a token and the cluster's CA in files (docs: "Directly accessing the REST API").
#pragma once

#include <memory>
#include <string>

#include "k8sclient/cached_file.h"
#include "k8sclient/credentials.h"

namespace selvedge::k8s {

struct InCluster {
  std::string server;  // https://KUBERNETES_SERVICE_HOST:KUBERNETES_SERVICE_PORT, or what takes its place
  std::string directory = "/var/run/secrets/kubernetes.io/serviceaccount";  // of token and ca.crt
  Now now = std::chrono::steady_clock::now;
};

std::unique_ptr<Access> make_in_cluster_access(InCluster in_cluster);

}  // namespace selvedge::k8s
