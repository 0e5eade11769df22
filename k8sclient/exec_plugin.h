// Credential plugins: programs that print an ExecCredential
// (docs: "client-go credential plugins"). Run without a shell or a terminal, with
// bounded time and output; what they write to stderr goes to ours, as with kubectl.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "k8sclient/credentials.h"
#include "k8sclient/interrupt.h"
#include "k8sclient/kubeconfig.h"

namespace selvedge::k8s {

struct ExecCredential {
  Credentials credentials;
  std::optional<std::chrono::system_clock::time_point> expires;  // none: when the server says so
};

// The error says which field is wrong and never quotes a value.
tl::expected<ExecCredential, std::string> parse_exec_credential(std::string_view json, const std::string& api_version);

// Errors: credentials, stopped. The plugin and what it has started are killed when `timeout` is over.
tl::expected<ExecCredential, TransportError> run_exec_plugin(const ExecPlugin& plugin, const Endpoint& endpoint,
                                                             const Interrupt& interrupt,
                                                             std::chrono::milliseconds timeout);

}  // namespace selvedge::k8s
