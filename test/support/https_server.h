// A small HTTPS/1.1 server over OpenSSL, a thread for each connection: as many
// long watches as a test wants, and full control over each byte, so that it can
// misbehave on purpose.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include <openssl/ssl.h>

#include "k8sclient/fd.h"
#include "test/support/authority.h"

namespace selvedge::test {

using Headers = std::map<std::string, std::string>;  // names in lower case

struct HttpRequest {
  std::string method;
  std::string target;                        // path and query as sent
  std::string path;                          // of the target, percent-decoded
  std::map<std::string, std::string> query;  // percent-decoded
  Headers headers;
  std::string body;

  // The value of the query's `name`; empty without one.
  std::string parameter(const std::string& name) const;
};

// The server's side of one connection. Used by its thread only, but for drop().
class HttpsConnection {
 public:
  HttpsConnection(k8s::Fd socket, SSL_CTX* context);
  ~HttpsConnection();
  HttpsConnection(const HttpsConnection&) = delete;
  HttpsConnection& operator=(const HttpsConnection&) = delete;

  bool accept();                         // the TLS handshake
  std::optional<HttpRequest> receive();  // none: the client is gone, or does not speak HTTP
  bool gone() const;                     // the client has closed the connection
  void drop();                           // without a farewell, from any thread
  void cut_after(std::size_t bytes);     // drop() once so many more bytes are sent

  // A complete answer; or a head, pieces (one chunk each), and an end. False: nothing arrives any more.
  bool answer(int status, const Headers& headers, std::string_view body);
  bool begin(int status, const Headers& headers);
  bool send(std::string_view piece);
  bool end();
  bool raw(std::string_view bytes);

 private:
  std::optional<std::string> read_until_blank_line();
  bool fill();

  k8s::Fd socket_;
  SSL* ssl_;
  std::string unread_;
  std::optional<std::size_t> left_;  // until the cut
};

struct HttpsSettings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  Identity identity;
  std::string client_ca_pem = {};  // not empty: clients must show a certificate of it
};

class HttpsServer {
 public:
  // Called in the connection's thread, for each request.
  using Serve = std::function<void(const HttpRequest&, HttpsConnection&)>;

  // Listens when it returns. Throws std::system_error or std::runtime_error.
  HttpsServer(const HttpsSettings& settings, Serve serve);
  ~HttpsServer();  // drops all connections; `serve` must notice (gone(), or a send that fails)
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;

  std::uint16_t port() const { return port_; }
  void drop_connections();
  std::size_t connections() const { return accepted_; }  // accepted so far

 private:
  struct Client {
    std::unique_ptr<HttpsConnection> connection;
    std::thread thread;
    std::atomic<bool> done = false;
  };
  struct ContextFree {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  void accept_clients();
  void serve_client(Client& client);
  void reap();

  std::unique_ptr<SSL_CTX, ContextFree> context_;
  Serve serve_;
  k8s::Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> accepted_ = 0;
  std::mutex mutex_;
  std::list<Client> clients_;
  std::thread acceptor_;
};

}  // namespace selvedge::test
