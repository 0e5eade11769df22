// One TLS connection over a non-blocking socket. Each call has a deadline of its
// own and ends at once when the interrupt is raised: a server that sends its
// bytes drop by drop gains no time by it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <openssl/ssl.h>
#include <tl/expected.hpp>

#include "k8sclient/interrupt.h"
#include "k8sclient/transport.h"

namespace selvedge::k8s {

// The thread must not mind SIGPIPE meanwhile (broken_pipe.h).
class TlsStream {
 public:
  // Shakes hands. `fd` stays the caller's and must outlive the stream. `server` is for messages; `name` is what the
  // certificate was told to be for, sent along unless it is an address (RFC 6066 section 3).
  // Errors: unreachable, untrusted, stopped; credentials when the server refuses our certificate.
  static tl::expected<TlsStream, TransportError> open(int fd, SSL_CTX* context, std::string server,
                                                      const std::string& name, const Interrupt& interrupt,
                                                      std::chrono::milliseconds timeout);

  // At least one byte; 0: the server has ended the connection properly. A connection that just breaks is an error.
  tl::expected<std::size_t, TransportError> read(std::span<char> buffer, std::chrono::milliseconds silence);
  tl::expected<std::size_t, TransportError> write(std::string_view bytes, std::chrono::milliseconds timeout);

 private:
  struct SslFree {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  TlsStream(int fd, SSL_CTX* context, std::string server, std::string name, const Interrupt& interrupt);
  template <class Call>
  tl::expected<std::size_t, TransportError> run(Call call, std::chrono::milliseconds timeout);
  TransportError failure(int ssl_error) const;
  TransportError error(TransportError::Kind kind, const std::string& cause) const {
    return {kind, server_ + ": " + cause};
  }

  std::unique_ptr<SSL, SslFree> ssl_;
  int fd_;
  std::string server_;
  std::string name_;
  const Interrupt* interrupt_;
};

}  // namespace selvedge::k8s
