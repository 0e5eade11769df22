// What the offline subcommands look at: manifests, or a live cluster listed once.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "controller/cli/command_line.h"
#include "k8sclient/types.h"

namespace selvedge::cli {

struct OfflineInput {
  std::vector<k8s::Decoded> objects;
  std::vector<std::string> notes;  // diagnostics: given twice, assumed
  std::set<std::string> assumed;   // namespaces among the objects that are only named there
};

// All files or none: the error names the first that cannot be read or parsed. A namespace that is named but
// not given is assumed, with the one label that every namespace has.
tl::expected<OfflineInput, std::string> read_files(const std::vector<std::string>& paths);

enum class Kinds { that_decide, with_services };

// Adds the namespaces that are named and not given, as read_files() does.
void assume_namespaces(OfflineInput& input);

// From files, or of the live cluster Pods, Namespaces, NetworkPolicies and Nodes, as they are now; and Services, by
// which people name pods: a note says so where these may not be listed.
tl::expected<OfflineInput, std::string> read_objects(const Source& source, Kinds kinds);

}  // namespace selvedge::cli
