// selvedge-cni: the last plugin in Flannel's list. It changes nothing of the network. On ADD it tells the daemon which
// pod got which addresses, and returns when the pod's rules hold, so that its very first packet meets them.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "cni/config.h"
#include "cni/protocol.h"

namespace selvedge::cni {

struct Outcome {
  int status = 0;
  std::string out;   // for standard output: a result or an error, as JSON
  std::string note;  // for standard error
};

// Asks the daemon at the socket. The error says why there is no answer.
using Ask = std::function<tl::expected<Answer, std::string>(const std::string& socket, const Request& request,
                                                            std::chrono::milliseconds limit)>;

// `input`: the configuration; what is longer than longest_config is refused.
Outcome run(const Environment& environment, std::string_view input, const Ask& ask);

}  // namespace selvedge::cni
