// SHA-256 comes from OpenSSL's libcrypto, which the daemon links for TLS anyway.
#include "controller/names.h"

#include <array>

#include <openssl/sha.h>

namespace selvedge {

std::string hash_of(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string hash;
  std::uint32_t bits = 0;
  int held = 0;
  for (std::size_t i = 0; i < 10; ++i) {  // 80 bits are 16 times 5
    bits = (bits << 8) | digest[i];
    for (held += 8; held >= 5; held -= 5) hash += alphabet[(bits >> (held - 5)) & 31U];
    bits &= (1U << held) - 1;
  }
  return hash;
}

std::string shortened(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  return std::string(text.substr(0, limit - 1)) + "~";
}

namespace {

// '/' is in no namespace, name or uid, so the joined key has one reading. A cut name ends in '_',
// which the API has in no name, and which nft takes ('~' it does not).
std::string name_of(std::string_view role, Direction direction, const k8s::ObjectKey& key, std::string_view uid) {
  std::string identity = key.ns + "/" + key.name;
  std::string name = std::string(role) + "-" + std::string(to_string(direction)) + "-" +
                     hash_of(uid.empty() ? identity : identity + "/" + std::string(uid)) + "-" + identity;
  if (name.size() > name_limit) name = name.substr(0, name_limit - 1) + "_";
  return name;
}

}  // namespace

std::string pod_chain_name(Direction direction, const k8s::ObjectKey& pod, std::string_view uid) {
  return name_of("pod", direction, pod, uid);
}
std::string policy_chain_name(Direction direction, const k8s::ObjectKey& policy) {
  return name_of("policy", direction, policy, "");
}
std::string deny_counter_name(Direction direction, const k8s::ObjectKey& pod, std::string_view uid) {
  return name_of("deny", direction, pod, uid);
}
std::string audit_counter_name(Direction direction, const k8s::ObjectKey& pod, std::string_view uid) {
  return name_of("audit", direction, pod, uid);
}
std::string allow_counter_name(Direction direction, const k8s::ObjectKey& policy) {
  return name_of("allow", direction, policy, "");
}

}  // namespace selvedge
