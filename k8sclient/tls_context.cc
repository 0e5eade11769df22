#include "k8sclient/tls_context.h"

#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "k8sclient/server_address.h"

namespace selvedge::k8s {
namespace {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* value) const {
    free(value);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Store = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;

using Checked = tl::expected<void, TransportError>;

tl::unexpected<TransportError> refused(const Endpoint& endpoint, const std::string& cause) {
  return tl::unexpected(TransportError{TransportError::Kind::credentials, endpoint.origin + ": " + cause});
}

Bio reader(std::string_view pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Certificate next_certificate(BIO* bio) {
  return Certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
}

// After the last certificate of a text OpenSSL reports that no further one starts; anything else is a broken one.
bool at_end_of_pem() {
  const auto error = ERR_peek_last_error();
  const bool end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (end) ERR_clear_error();
  return end;
}

// Without this OpenSSL would ask for the passphrase of an encrypted key on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

Checked trust(SSL_CTX* context, const Endpoint& endpoint) {
  if (endpoint.ca_pem.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  const Store store(X509_STORE_new());
  const auto bio = reader(endpoint.ca_pem);
  int count = 0;
  while (const auto certificate = next_certificate(bio.get())) {
    X509_STORE_add_cert(store.get(), certificate.get());
    ++count;
  }
  if (!at_end_of_pem()) {
    return refused(endpoint, "certificate-authority: certificate " + std::to_string(count + 1) +
                                 " does not parse: " + last_tls_error());
  }
  if (count == 0) return refused(endpoint, "certificate-authority holds no PEM certificate");
  SSL_CTX_set1_cert_store(context, store.get());
  return {};
}

Checked expect_name(SSL_CTX* context, const Endpoint& endpoint, const std::string& name) {
  X509_VERIFY_PARAM* expected = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_flags(expected, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool set = is_address(name) ? X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str()) == 1
                                    : X509_VERIFY_PARAM_set1_host(expected, name.data(), name.size()) == 1;
  // Without a name every certificate of the authority would do, a client's too.
  if (name.empty() || !set) return refused(endpoint, "\"" + name + "\" cannot be the name of a server");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return {};
}

Checked present(SSL_CTX* context, const Endpoint& endpoint, const Credentials& credentials) {
  const auto& [token, certificate_pem, key_pem] = credentials;
  if (certificate_pem.empty() && key_pem.empty()) return {};
  if (certificate_pem.empty() || key_pem.empty()) {
    return refused(endpoint, certificate_pem.empty() ? "client-key without client-certificate"
                                                     : "client-certificate without client-key");
  }
  const auto chain = reader(certificate_pem);
  const auto leaf = next_certificate(chain.get());
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) {
    return refused(endpoint, "client-certificate does not parse: " + last_tls_error());
  }
  while (const auto intermediate = next_certificate(chain.get())) SSL_CTX_add1_chain_cert(context, intermediate.get());
  if (!at_end_of_pem()) return refused(endpoint, "client-certificate: its chain does not parse: " + last_tls_error());
  const Key key(PEM_read_bio_PrivateKey(reader(key_pem).get(), nullptr, no_passphrase, nullptr));
  if (!key) return refused(endpoint, "client-key does not parse (encrypted keys are not supported)");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return refused(endpoint, "client-key is not the key of client-certificate");
  }
  return {};
}

}  // namespace

std::string last_tls_error() {
  const auto error = ERR_peek_last_error();
  ERR_clear_error();
  const char* words = ERR_reason_error_string(error);
  return words != nullptr ? words : "unknown error " + std::to_string(error);
}

tl::expected<TlsContext, TransportError> make_tls_context(const Endpoint& endpoint, const Credentials& credentials,
                                                          const std::string& name) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) return refused(endpoint, "no TLS: " + last_tls_error());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A record and most of the next with one read(2).
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_default_read_buffer_len(context.get(), std::size_t{32} << 10);
  return trust(context.get(), endpoint)
      .and_then([&] { return expect_name(context.get(), endpoint, name); })
      .and_then([&] { return present(context.get(), endpoint, credentials); })
      .map([&] { return std::move(context); });
}

}  // namespace selvedge::k8s
