// What chains, sets and counters are called: role-HASH-namespace/name.
//
// The kernel takes 255 bytes, and names of the API can be longer together
// (prefix + 63 + 253). The readable part is cut then; the hash keeps the name
// unique. It is of the whole, unambiguous key, so that "a-b"/"c" and "a"/"b-c"
// differ, and long enough that nobody can find a selector that shares another's set.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "controller/direction.h"
#include "k8sclient/types.h"

namespace selvedge {

constexpr std::size_t name_limit = 255;     // NFT_NAME_MAXLEN - 1
constexpr std::size_t comment_limit = 127;  // what nft shows

// 16 characters of a-z2-7: the first 80 bits of SHA-256 of `text`.
std::string hash_of(std::string_view text);

// "pod-ingress-HASH-production/api-0"; a function of the pod (its uid included), never of its content.
std::string pod_chain_name(Direction direction, const k8s::ObjectKey& pod, std::string_view uid);
// "policy-egress-HASH-production/api"
std::string policy_chain_name(Direction direction, const k8s::ObjectKey& policy);
// The counter of what a pod's chain drops, "deny-…", or would drop if its namespace were not audited, "audit-…"; or of
// what a policy's rules accept, "allow-…".
std::string deny_counter_name(Direction direction, const k8s::ObjectKey& pod, std::string_view uid);
std::string audit_counter_name(Direction direction, const k8s::ObjectKey& pod, std::string_view uid);
std::string allow_counter_name(Direction direction, const k8s::ObjectKey& policy);

// `text` cut to `limit` bytes, "~" in place of what is missing.
std::string shortened(std::string_view text, std::size_t limit);

}  // namespace selvedge
