// A TCP connection to the API server that can be given up at any moment, the
// name look-up included: getaddrinfo cannot be interrupted, so it runs in a
// thread of its own, which is left to itself when nobody waits for it any more.
#pragma once

#include <chrono>

#include <tl/expected.hpp>

#include "k8sclient/fd.h"
#include "k8sclient/interrupt.h"
#include "k8sclient/server_address.h"
#include "k8sclient/transport.h"

namespace selvedge::k8s {

// A connected, non-blocking socket with TCP_NODELAY and keepalive (a dead peer shows after about a minute).
// The addresses of a name are tried in the resolver's order and share `timeout`.
// Errors: unreachable, stopped.
tl::expected<Fd, TransportError> dial(const ServerAddress& server, const Interrupt& interrupt,
                                      std::chrono::milliseconds timeout);

}  // namespace selvedge::k8s
