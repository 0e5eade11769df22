// Access as a kubeconfig's context describes it, kept fresh.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "k8sclient/credentials.h"

namespace selvedge::k8s {

// Reads the kubeconfig at once, and again after expire(). `server`, when not empty, takes the place of the address.
tl::expected<std::unique_ptr<Access>, std::string> make_kubeconfig_access(std::vector<std::string> files,
                                                                          std::string context, std::string server);

}  // namespace selvedge::k8s
