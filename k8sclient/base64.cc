#include "k8sclient/base64.h"

#include <algorithm>

#include <openssl/evp.h>

namespace selvedge::k8s {

std::optional<std::string> base64_decode(std::string_view text) {
  std::string packed;
  std::copy_if(text.begin(), text.end(), std::back_inserter(packed),
               [](char c) { return c != '\n' && c != '\r' && c != ' ' && c != '\t'; });
  // EVP_DecodeBlock takes '=' for a zero and says nothing about where it stands.
  const auto padding = packed.size() - std::min(packed.find('='), packed.size());
  if (packed.size() % 4 != 0 || padding > 2 || (padding == 2 && packed.back() != '=')) return std::nullopt;
  std::string bytes(packed.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(packed.data()), static_cast<int>(packed.size()));
  if (size < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

std::string base64_encode(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL adds a NUL
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace selvedge::k8s
