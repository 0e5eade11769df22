// Base64 with padding, as kubeconfigs and credential plugins carry PEM texts (RFC 4648 section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace selvedge::k8s {

// White space, as from line wrapping, is skipped; none: not base64.
std::optional<std::string> base64_decode(std::string_view text);
std::string base64_encode(std::string_view bytes);

}  // namespace selvedge::k8s
