#include "k8sclient/exec_plugin.h"

#include <ctime>
#include <utility>

#include <nlohmann/json.hpp>

#include "k8sclient/base64.h"
#include "k8sclient/cached_file.h"
#include "k8sclient/subprocess.h"

namespace selvedge::k8s {
namespace {

using Json = nlohmann::json;
using Instant = std::chrono::system_clock::time_point;

// RFC 3339: "2030-01-02T03:04:05Z", with a fraction or an offset such as +02:00.
std::optional<Instant> parse_instant(const std::string& text) {
  std::tm parts{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  const auto instant = std::chrono::system_clock::from_time_t(::timegm(&parts));
  if (*rest == '.') rest += 1 + std::string_view(rest + 1).find_first_not_of("0123456789");
  if (std::string_view(rest) == "Z") return instant;
  std::tm offset{};
  const bool east = *rest == '+';
  const char* end = east || *rest == '-' ? ::strptime(rest + 1, "%H:%M", &offset) : nullptr;
  if (end == nullptr || *end != '\0') return std::nullopt;
  const auto shift = std::chrono::hours(offset.tm_hour) + std::chrono::minutes(offset.tm_min);
  return east ? instant - shift : instant + shift;
}

// A text of `status`; none: it is not there; an error: it is something else.
tl::expected<std::string, std::string> text_of(const Json& status, const char* field) {
  const auto found = status.find(field);
  if (found == status.end() || found->is_null()) return std::string();
  if (!found->is_string()) return tl::unexpected(std::string("status.") + field + " is not a text");
  return found->get<std::string>();
}

tl::expected<ExecCredential, std::string> read_status(const Json& status) {
  const auto token = text_of(status, "token");
  const auto certificate = text_of(status, "clientCertificateData");
  const auto key = text_of(status, "clientKeyData");
  const auto expiry = text_of(status, "expirationTimestamp");
  for (const auto* text : {&token, &certificate, &key, &expiry}) {
    if (!*text) return tl::unexpected(text->error());
  }
  ExecCredential credential;
  credential.credentials.client_certificate_pem = *certificate;
  credential.credentials.client_key_pem = *key;
  if (!token->empty()) {
    auto clean = token_in(*token);
    if (!clean) return tl::unexpected("status.token " + clean.error());
    credential.credentials.bearer_token = std::move(*clean);
  }
  if (credential.credentials == Credentials{}) {
    return tl::unexpected<std::string>("status has neither a token nor a client certificate");
  }
  if (!expiry->empty()) {
    credential.expires = parse_instant(*expiry);
    if (!credential.expires) return tl::unexpected<std::string>("status.expirationTimestamp is not an RFC 3339 time");
  }
  return credential;
}

// What the plugin finds in KUBERNETES_EXEC_INFO.
std::string exec_info(const ExecPlugin& plugin, const Endpoint& endpoint) {
  Json info{{"kind", "ExecCredential"}, {"apiVersion", plugin.api_version}, {"spec", {{"interactive", false}}}};
  if (plugin.provide_cluster_info) {
    auto& cluster = info["spec"]["cluster"];
    cluster["server"] = endpoint.server;
    if (!endpoint.tls_server_name.empty()) cluster["tls-server-name"] = endpoint.tls_server_name;
    if (!endpoint.ca_pem.empty()) cluster["certificate-authority-data"] = base64_encode(endpoint.ca_pem);
    if (!plugin.cluster_config.empty()) cluster["config"] = Json::parse(plugin.cluster_config, nullptr, false);
  }
  return info.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

tl::expected<ExecCredential, std::string> parse_exec_credential(std::string_view json, const std::string& api_version) {
  const auto root = Json::parse(json, nullptr, false);
  if (!root.is_object()) return tl::unexpected<std::string>("did not print a JSON object");
  const auto text = [&](const char* field) {
    const auto found = root.find(field);
    return found != root.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (text("kind") != "ExecCredential") return tl::unexpected<std::string>("did not print an ExecCredential");
  if (text("apiVersion") != api_version) return tl::unexpected("apiVersion is not " + api_version + ", as asked for");
  const auto status = root.find("status");
  if (status == root.end() || !status->is_object()) return tl::unexpected<std::string>("status is missing");
  return read_status(*status);
}

tl::expected<ExecCredential, TransportError> run_exec_plugin(const ExecPlugin& plugin, const Endpoint& endpoint,
                                                             const Interrupt& interrupt,
                                                             std::chrono::milliseconds timeout) {
  const auto refused = [&](const std::string& cause, TransportError::Kind kind = TransportError::Kind::credentials) {
    return tl::unexpected(TransportError{kind, endpoint.origin + ": exec plugin \"" + plugin.command + "\": " + cause});
  };
  Command command{.program = plugin.command, .args = plugin.args, .env = plugin.env};
  command.env.emplace_back("KUBERNETES_EXEC_INFO", exec_info(plugin, endpoint));
  const auto output = run(command, interrupt, timeout);
  if (!output) {
    const bool stopped = output.error().cause == CommandError::Cause::interrupted;
    const bool absent = output.error().cause == CommandError::Cause::not_started;
    const auto hint = absent && !plugin.install_hint.empty() ? "\n" + plugin.install_hint : std::string();
    return refused(output.error().message + hint,
                   stopped ? TransportError::Kind::stopped : TransportError::Kind::credentials);
  }
  auto credential = parse_exec_credential(*output, plugin.api_version);
  if (!credential) return refused(credential.error());
  return std::move(*credential);
}

}  // namespace selvedge::k8s
