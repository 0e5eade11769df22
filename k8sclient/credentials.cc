// Which way into the cluster there is: kubectl's order, then the pod's own.
#include "k8sclient/credentials.h"

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <vector>

#include "k8sclient/in_cluster.h"
#include "k8sclient/kubeconfig_access.h"
#include "k8sclient/server_address.h"

namespace selvedge::k8s {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> split_paths(std::string_view list) {
  std::vector<std::string> paths;
  while (!list.empty()) {
    const auto colon = std::min(list.find(':'), list.size());
    if (colon > 0) paths.emplace_back(list.substr(0, colon));
    list.remove_prefix(std::min(colon + 1, list.size()));
  }
  return paths;
}

// The files that would be read, whether or not they exist.
std::vector<std::string> default_files() {
  if (const auto list = variable("KUBECONFIG"); !list.empty()) return split_paths(list);
  const auto home = variable("HOME");
  return home.empty() ? std::vector<std::string>() : std::vector{home + "/.kube/config"};
}

std::string in_cluster_server(const std::string& replacement) {
  if (!replacement.empty()) return replacement;
  const auto host = variable("KUBERNETES_SERVICE_HOST");
  const bool v6 = host.find(':') != std::string::npos;
  return "https://" + (v6 ? '[' + host + ']' : host) + ':' + variable("KUBERNETES_SERVICE_PORT");
}

tl::expected<std::unique_ptr<Access>, std::string> open_in_cluster(const AccessOptions& options) {
  if (!options.context.empty()) {
    return tl::unexpected("context \"" + options.context + "\": there is no kubeconfig that could have it");
  }
  InCluster in_cluster{.server = in_cluster_server(options.server)};
  if (const auto server = parse_server(in_cluster.server); !server) {
    return tl::unexpected("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: " + server.error());
  }
  return make_in_cluster_access(std::move(in_cluster));
}

std::string nothing_found(const std::vector<std::string>& files) {
  std::string looked;
  for (const auto& file : files) looked += (looked.empty() ? "" : ", ") + file;
  return "no way to the API server: no kubeconfig" + (looked.empty() ? "" : " (" + looked + " does not exist)") +
         ", and not in a pod (KUBERNETES_SERVICE_HOST is not set); name one with --kubeconfig";
}

}  // namespace

tl::expected<std::unique_ptr<Access>, std::string> open_access(const AccessOptions& options) {
  if (!options.server.empty()) {
    if (const auto server = parse_server(options.server); !server) return tl::unexpected("server " + server.error());
  }
  if (!options.kubeconfig.empty()) {
    return make_kubeconfig_access({options.kubeconfig}, options.context, options.server);
  }
  const auto files = default_files();
  std::vector<std::string> existing;
  for (const auto& file : files) {
    std::error_code ignored;  // what cannot be looked at is not skipped; reading it will say why
    if (std::filesystem::exists(file, ignored) || ignored) existing.push_back(file);
  }
  if (!existing.empty()) return make_kubeconfig_access(std::move(existing), options.context, options.server);
  const bool in_pod = !variable("KUBERNETES_SERVICE_HOST").empty() ||
                      (!options.server.empty() && std::filesystem::exists(InCluster{}.directory + "/token"));
  if (!in_pod) return tl::unexpected(nothing_found(files));
  return open_in_cluster(options);
}

}  // namespace selvedge::k8s
