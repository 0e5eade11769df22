// One object out of a manifest, for tests that look at a single kind.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "k8sclient/decode.h"

namespace selvedge::k8s {

template <typename Kind>
struct One {
  Kind object;
  std::vector<Problem> problems;

  // All that was said, a line each.
  std::string words() const {
    std::string all;
    for (const Problem& problem : problems) all += to_string(problem) + "\n";
    return all;
  }
};

template <typename Kind>
One<Kind> decode_one(std::string_view text) {
  auto decoded = decode_manifest(text);
  if (!decoded) {
    ADD_FAILURE() << decoded.error().message;
    return {};
  }
  if (decoded->size() != 1 || !std::holds_alternative<Kind>(decoded->front().object)) {
    ADD_FAILURE() << "not one object of the kind";
    return {};
  }
  return {std::get<Kind>(decoded->front().object), decoded->front().problems};
}

inline One<NetworkPolicy> policy_with(const std::string& spec) {
  return decode_one<NetworkPolicy>(
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: api, namespace: shop}, spec: " + spec +
      "}");
}

inline One<Pod> pod_with(const std::string& fields) {
  return decode_one<Pod>("{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, " + fields + "}");
}

inline std::string error_of(std::string_view text) {
  const auto decoded = decode_manifest(text);
  return decoded ? "" : decoded.error().message;
}

}  // namespace selvedge::k8s
