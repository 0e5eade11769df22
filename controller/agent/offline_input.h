// What the offline subcommands look at: manifests, or a live cluster listed once.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "k8sclient/types.h"

namespace selvedge::agent {

struct OfflineInput {
  std::vector<k8s::Decoded> objects;
  std::vector<std::string> notes;  // diagnostics: given twice, assumed
};

// All files or none: the error names the first that cannot be read or parsed. A namespace that is named but
// not given is assumed, with the one label that every namespace has.
tl::expected<OfflineInput, std::string> read_files(const std::vector<std::string>& paths);

// Pods, Namespaces, NetworkPolicies and Nodes, as they are now.
tl::expected<OfflineInput, std::string> read_cluster(const std::string& kubeconfig, const std::string& context);

}  // namespace selvedge::agent
