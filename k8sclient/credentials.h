// Where the API server is and who we are to it: in-cluster or from a kubeconfig.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "k8sclient/transport.h"

namespace selvedge::k8s {

class Interrupt;

struct Endpoint {
  std::string server;           // https://host:port, no path but a prefix that proxies may need
  std::string tls_server_name;  // what the server's certificate must be for; empty: the host
  std::string ca_pem;           // empty: the system's trust store
  std::string origin;           // where this was read, for messages: "/etc/kube/config: context prod", "in-cluster"

  bool operator==(const Endpoint&) const = default;
};

// What the next request authenticates with. Never logged.
struct Credentials {
  std::string bearer_token;
  std::string client_certificate_pem;
  std::string client_key_pem;

  bool operator==(const Credentials&) const = default;
};

// A place to get both from. Not thread-safe.
class Access {
 public:
  virtual ~Access() = default;
  // Reads files (again after a minute: they rotate) and runs plugins as needed; cached until expire() or the
  // plugin's own expiry. Waits for a plugin, at most for a minute and until `interrupt` is raised.
  // Errors: credentials, stopped.
  virtual tl::expected<std::pair<Endpoint, Credentials>, TransportError> current(const Interrupt& interrupt) = 0;
  // The server answered 401 or the certificate did not verify: read everything anew next time.
  virtual void expire() = 0;
};

struct AccessOptions {
  std::string kubeconfig = {};  // path; empty: KUBECONFIG, then ~/.kube/config, then in-cluster
  std::string context = {};     // empty: the kubeconfig's current-context
  // Replaces the address of the server, not the trust in it: the authority stays, and the certificate must be for the
  // new host (API servers carry all their addresses), or for the kubeconfig's tls-server-name where it has one.
  std::string server = {};
};

// Reads the kubeconfig, runs nothing. The error names file, entry and field, and quotes no secret. Passwords,
// auth-provider, impersonation, proxy-url, insecure-skip-tls-verify and plain http are refused with words that say why.
tl::expected<std::unique_ptr<Access>, std::string> open_access(const AccessOptions& options);

// cpp-httplib over `access`; verified HTTPS, keep-alive with TCP keepalive, our own User-Agent.
std::unique_ptr<Transport> make_https_transport(std::unique_ptr<Access> access, std::string user_agent);

}  // namespace selvedge::k8s
