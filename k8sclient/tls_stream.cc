#include "k8sclient/tls_stream.h"

#include <poll.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "k8sclient/server_address.h"
#include "k8sclient/tls_context.h"

namespace selvedge::k8s {
namespace {

using Kind = TransportError::Kind;

// The alerts with which a server refuses the certificate that we presented, or did not.
bool refuses_our_certificate(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return false;
  switch (ERR_GET_REASON(error)) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

std::string seconds(std::chrono::milliseconds duration) {
  const auto fraction = std::to_string(duration.count() % 1000);
  return std::to_string(duration.count() / 1000) + '.' + std::string(3 - fraction.size(), '0') + fraction + " s";
}

}  // namespace

TlsStream::TlsStream(int fd, SSL_CTX* context, std::string server, std::string name, const Interrupt& interrupt)
    : ssl_(SSL_new(context)), fd_(fd), server_(std::move(server)), name_(std::move(name)), interrupt_(&interrupt) {}

tl::expected<TlsStream, TransportError> TlsStream::open(int fd, SSL_CTX* context, std::string server,
                                                        const std::string& name, const Interrupt& interrupt,
                                                        std::chrono::milliseconds timeout) {
  TlsStream stream(fd, context, std::move(server), name, interrupt);
  SSL* ssl = stream.ssl_.get();
  if (ssl == nullptr || SSL_set_fd(ssl, fd) != 1) {
    return tl::unexpected(stream.error(Kind::unreachable, "no TLS: " + last_tls_error()));
  }
  if (!is_address(name)) SSL_set_tlsext_host_name(ssl, name.c_str());
  const auto shaken = stream.run([ssl] { return SSL_connect(ssl); }, timeout);
  if (!shaken) return tl::unexpected(shaken.error());
  if (*shaken == 0) return tl::unexpected(stream.error(Kind::unreachable, "ended the connection in the TLS handshake"));
  return stream;
}

tl::expected<std::size_t, TransportError> TlsStream::read(std::span<char> buffer, std::chrono::milliseconds silence) {
  return run([&] { return SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size())); }, silence);
}

tl::expected<std::size_t, TransportError> TlsStream::write(std::string_view bytes, std::chrono::milliseconds timeout) {
  return run([&] { return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())); }, timeout);
}

// Repeats one OpenSSL call until it is done; its value is what the call returned, 0 for a proper end.
template <class Call>
tl::expected<std::size_t, TransportError> TlsStream::run(Call call, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    if (interrupt_->raised()) return tl::unexpected(error(Kind::stopped, "interrupted"));
    ERR_clear_error();
    errno = 0;
    const int done = call();
    if (done > 0) return static_cast<std::size_t>(done);
    const int cause = SSL_get_error(ssl_.get(), done);
    if (cause == SSL_ERROR_ZERO_RETURN) return 0U;
    if (cause != SSL_ERROR_WANT_READ && cause != SSL_ERROR_WANT_WRITE) return tl::unexpected(failure(cause));
    const short events = cause == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    if (wait_for(fd_, events, *interrupt_, deadline) == Wait::timed_out) {
      return tl::unexpected(error(Kind::unreachable, "silent for " + seconds(timeout)));
    }
  }
}

TransportError TlsStream::failure(int ssl_error) const {
  const int system_error = errno;
  const auto queued = ERR_peek_last_error();
  if (const auto verified = SSL_get_verify_result(ssl_.get()); verified != X509_V_OK) {
    ERR_clear_error();
    return error(Kind::untrusted, "the server's certificate does not verify for " + name_ + ": " +
                                      X509_verify_cert_error_string(verified));
  }
  if (ssl_error == SSL_ERROR_SYSCALL && queued == 0) {
    return error(Kind::unreachable, system_error != 0 ? std::generic_category().message(system_error)
                                                      : std::string("the connection was cut"));
  }
  if (refuses_our_certificate(queued)) {
    return error(Kind::credentials, "the server refuses our client certificate: " + last_tls_error());
  }
  if (ERR_GET_REASON(queued) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    ERR_clear_error();
    return error(Kind::unreachable, "the connection was cut");
  }
  return error(Kind::unreachable, "TLS: " + last_tls_error());
}

}  // namespace selvedge::k8s
