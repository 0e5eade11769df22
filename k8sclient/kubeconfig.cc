#include "k8sclient/kubeconfig.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "k8sclient/kubeconfig_yaml.h"
#include "k8sclient/server_address.h"

namespace selvedge::k8s {
namespace {

struct Unsupported {
  const char* field;
  const char* why;
};
constexpr std::array unsupported_of_user{
    Unsupported{"username", "passwords are not supported (no API server since 1.19 takes them); use a token"},
    Unsupported{"password", "passwords are not supported (no API server since 1.19 takes them); use a token"},
    Unsupported{"auth-provider", "is not supported (removed in Kubernetes 1.26); use exec"},
    Unsupported{"as", "impersonation is not supported; use credentials of that user"},
    Unsupported{"as-uid", "impersonation is not supported; use credentials of that user"},
    Unsupported{"as-groups", "impersonation is not supported; use credentials of that user"},
    Unsupported{"as-user-extra", "impersonation is not supported; use credentials of that user"},
};
constexpr std::string_view authentication_group = "client.authentication.k8s.io/";

std::string place_of(const Section& file, const std::string& kind, const std::string& name) {
  return file.file() + ": " + kind + " \"" + name + '"';
}

// The first entry called `name` in a list such as `clusters`, or what all of them are called.
Section entry(const std::vector<Section>& files, const std::string& list, const std::string& kind,
              const std::string& name) {
  std::string known;
  for (const auto& file : files) {
    for (const auto& each : file.sections(list)) {
      const auto found = each.text("name");
      if (found != name) {
        known.append(known.empty() ? "; there is \"" : ", \"").append(found).append("\"");
        continue;
      }
      return {file.file(), place_of(file, kind, name), each.section(kind).node()};
    }
  }
  files.front().refuse(list, "there is no " + kind + " \"" + name + '"' + known);
}

PemSource pem(const Section& section, const std::string& field) {
  if (section.has(field + "-data")) return {.text = section.decoded(field + "-data"), .path = ""};
  return {.text = "", .path = section.path(field)};
}

void read_cluster(const Section& cluster, KubeconfigContext& context) {
  if (!cluster.text("proxy-url").empty()) {
    cluster.refuse("proxy-url", "proxies are not supported: the connection to the API server must be direct");
  }
  if (cluster.flag("insecure-skip-tls-verify")) {
    cluster.refuse("insecure-skip-tls-verify",
                   "is refused: whoever answers at the address could hand out policies; give certificate-authority");
  }
  context.server = cluster.text("server");
  if (context.server.empty()) cluster.refuse("server", "is missing");
  if (const auto server = parse_server(context.server); !server) cluster.refuse("server", server.error());
  context.tls_server_name = cluster.text("tls-server-name");
  context.ca = pem(cluster, "certificate-authority");
}

std::string config_for_plugins(const Section& cluster) {
  for (const auto& extension : cluster.sections("extensions")) {
    if (extension.text("name") == "client.authentication.k8s.io/exec") return extension.section("extension").json();
  }
  return {};
}

ExecPlugin read_exec(const Section& exec, const Section& cluster) {
  ExecPlugin plugin{.api_version = exec.text("apiVersion"),
                    .command = exec.text("command"),
                    .args = exec.texts("args"),
                    .env = {},
                    .install_hint = exec.text("installHint"),
                    .provide_cluster_info = exec.flag("provideClusterInfo"),
                    .cluster_config = config_for_plugins(cluster)};
  const auto& version = plugin.api_version;
  if (version != std::string(authentication_group) + "v1" && version != std::string(authentication_group) + "v1beta1") {
    exec.refuse("apiVersion", '"' + version + "\" is not supported, only client.authentication.k8s.io/v1 and v1beta1");
  }
  if (plugin.command.empty()) exec.refuse("command", "is missing");
  // Like kubectl: what has a slash is a path, relative to the kubeconfig; a bare name is looked for in PATH.
  if (plugin.command.find('/') != std::string::npos) plugin.command = exec.path("command");
  for (const auto& variable : exec.sections("env")) {
    plugin.env.emplace_back(variable.text("name"), variable.text("value"));
  }
  if (exec.text("interactiveMode") == "Always") {
    exec.refuse("interactiveMode", "Always is not supported: plugins run without a terminal");
  }
  return plugin;
}

void read_user(const Section& user, const Section& cluster, KubeconfigContext& context) {
  for (const auto& [field, why] : unsupported_of_user) {
    if (user.present(field)) user.refuse(field, why);
  }
  context.token = user.text("token");
  context.token_file = user.path("tokenFile");
  context.client_certificate = pem(user, "client-certificate");
  context.client_key = pem(user, "client-key");
  if (user.has("exec")) context.exec = read_exec(user.section("exec"), cluster);
}

std::string current_context(const std::vector<Section>& files) {
  for (const auto& file : files) {
    if (auto name = file.text("current-context"); !name.empty()) return name;
  }
  files.front().refuse("current-context", "is not set, and no context was chosen");
}

KubeconfigContext read_context(const std::vector<Section>& files, const std::string& chosen) {
  const auto name = chosen.empty() ? current_context(files) : chosen;
  const auto found = entry(files, "contexts", "context", name);
  KubeconfigContext context;
  context.origin = place_of(found, "context", name);
  const auto cluster_name = found.text("cluster");
  if (cluster_name.empty()) found.refuse("cluster", "is missing");
  const auto cluster = entry(files, "clusters", "cluster", cluster_name);
  read_cluster(cluster, context);
  if (const auto user = found.text("user"); !user.empty()) {
    read_user(entry(files, "users", "user", user), cluster, context);
  }
  return context;
}

}  // namespace

tl::expected<KubeconfigContext, std::string> read_kubeconfig(const std::vector<std::string>& files,
                                                             const std::string& context) {
  try {
    std::vector<Section> sections;
    sections.reserve(files.size());
    for (const auto& file : files) sections.push_back(Section::parse(file));
    return read_context(sections, context);
  } catch (const WrongField& wrong) {
    return tl::unexpected(wrong.message);
  } catch (const YAML::Exception& error) {
    return tl::unexpected(files.front() + ": " + error.what());
  }
}

}  // namespace selvedge::k8s
