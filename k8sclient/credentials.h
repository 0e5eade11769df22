// Where the API server is and who we are to it: in-cluster or from a kubeconfig.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "k8sclient/transport.h"

namespace selvedge::k8s {

// Secrets are re-read from their source by refresh(): files that rotate, plugins whose tokens expire.
struct Endpoint {
  std::string server;           // https://host:port, no path but a prefix that proxies may need
  std::string tls_server_name;  // empty: the host
  std::string ca_pem;           // empty: the system's trust store
};

// What the next request authenticates with. Never logged.
struct Credentials {
  std::string bearer_token;
  std::string client_certificate_pem;
  std::string client_key_pem;
};

// A place to get both from. Not thread-safe.
class Access {
 public:
  virtual ~Access() = default;
  // Reads files and runs plugins as needed; cached until `expire()` or the plugin's own expiry.
  virtual tl::expected<std::pair<Endpoint, Credentials>, TransportError> current() = 0;
  // The server answered 401 or the certificate did not verify: read everything anew next time.
  virtual void expire() = 0;
};

struct AccessOptions {
  std::string kubeconfig;  // path; empty: KUBECONFIG, then ~/.kube/config, then in-cluster
  std::string context;     // empty: the kubeconfig's current-context
  std::string server;      // replaces the address of the server, not the trust in it
};

// The error names file, context and field. A kubeconfig with `proxy-url` or with
// `insecure-skip-tls-verify` is refused with words that say why.
tl::expected<std::unique_ptr<Access>, std::string> open_access(const AccessOptions& options);

// cpp-httplib over `access`; verified HTTPS, keep-alive with TCP keepalive, our own User-Agent.
std::unique_ptr<Transport> make_https_transport(std::unique_ptr<Access> access, std::string user_agent);

}  // namespace selvedge::k8s
