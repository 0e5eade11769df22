// What TLS needs to know before a connection: whom we trust, and who we are.
// Everything comes from memory; no file is named to OpenSSL but the system's trust store.
#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>
#include <tl/expected.hpp>

#include "k8sclient/credentials.h"

namespace selvedge::k8s {

struct SslContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, SslContextFree>;

// TLS 1.2 at least. The server must present a chain to a certificate of `endpoint.ca_pem` (any of them, as with
// other clients of Kubernetes: an intermediate or the server's own will do), or of the system's trust store when that
// is empty, with `name` among its subjectAltNames; the common name does not count.
// Errors, all of kind credentials: PEM that does not parse, a key that is not the certificate's.
tl::expected<TlsContext, TransportError> make_tls_context(const Endpoint& endpoint, const Credentials& credentials,
                                                          const std::string& name);

// The words for OpenSSL's last error in this thread, which is then forgotten; never empty.
std::string last_tls_error();

}  // namespace selvedge::k8s
