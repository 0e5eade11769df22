// One question to the daemon, over its socket.
#pragma once

#include <chrono>
#include <string>

#include <tl/expected.hpp>

#include "cni/protocol.h"

namespace selvedge::cni {

// Takes at most as long as `limit`. The error names the socket and says why there is no answer.
tl::expected<Answer, std::string> ask(const std::string& socket, const Request& request,
                                      std::chrono::milliseconds limit);

}  // namespace selvedge::cni
