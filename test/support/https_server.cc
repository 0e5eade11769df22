#include "test/support/https_server.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <openssl/pem.h>

namespace selvedge::test {
namespace {

BIO* reader(const std::string& pem) {
  return BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
}

void load_identity(SSL_CTX* context, const Identity& identity) {
  BIO* chain = reader(identity.certificate_pem);
  bool leaf = true;
  while (X509* certificate = PEM_read_bio_X509(chain, nullptr, nullptr, nullptr)) {
    if (std::exchange(leaf, false)) {
      SSL_CTX_use_certificate(context, certificate);
    } else {
      SSL_CTX_add1_chain_cert(context, certificate);
    }
    X509_free(certificate);
  }
  BIO_free(chain);
  BIO* pem = reader(identity.key_pem);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(pem, nullptr, nullptr, nullptr);
  BIO_free(pem);
  const bool loaded = key != nullptr && SSL_CTX_use_PrivateKey(context, key) == 1;
  EVP_PKEY_free(key);
  if (!loaded) throw std::runtime_error("the server's identity does not load");
}

void require_clients_of(SSL_CTX* context, const std::string& ca_pem) {
  BIO* pem = reader(ca_pem);
  X509* authority = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
  SSL_CTX_add_client_CA(context, authority);
  X509_free(authority);
  BIO_free(pem);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

void check(bool fine, const char* what) {
  if (!fine) throw std::system_error(errno, std::generic_category(), what);
}

k8s::Fd listen_on(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    throw std::runtime_error(address + " is not an IP address to listen on");
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  k8s::Fd socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  check(static_cast<bool>(socket), "socket");
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  check(::bind(socket.get(), found->ai_addr, found->ai_addrlen) == 0, "bind");
  check(::listen(socket.get(), 128) == 0, "listen");
  return socket;
}

std::uint16_t port_of(int socket) {
  sockaddr_in6 address{};  // the port is at the same place in both families
  socklen_t size = sizeof address;
  check(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  return ntohs(address.sin6_port);
}

}  // namespace

HttpsServer::HttpsServer(const HttpsSettings& settings, Serve serve)
    : context_(SSL_CTX_new(TLS_server_method())), serve_(std::move(serve)) {
  load_identity(context_.get(), settings.identity);
  if (!settings.client_ca_pem.empty()) require_clients_of(context_.get(), settings.client_ca_pem);
  listener_ = listen_on(settings.address, settings.port);
  port_ = port_of(listener_.get());
  acceptor_ = std::thread([this] { accept_clients(); });
}

HttpsServer::~HttpsServer() {
  stopping_ = true;
  ::shutdown(listener_.get(), SHUT_RDWR);  // wakes accept()
  acceptor_.join();
  drop_connections();
  for (auto& client : clients_) client.thread.join();
}

void HttpsServer::drop_connections() {
  const std::scoped_lock lock(mutex_);
  for (auto& client : clients_) client.connection->drop();
}

void HttpsServer::accept_clients() {
  while (!stopping_) {
    k8s::Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) continue;
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++accepted_;
    reap();
    const std::scoped_lock lock(mutex_);
    auto& client = clients_.emplace_back();
    client.connection = std::make_unique<HttpsConnection>(std::move(socket), context_.get());
    client.thread = std::thread([this, &client] { serve_client(client); });
  }
}

void HttpsServer::serve_client(Client& client) {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  if (client.connection->accept()) {
    while (const auto request = client.connection->receive()) serve_(*request, *client.connection);
  }
  client.connection->drop();
  client.done = true;
}

void HttpsServer::reap() {
  const std::scoped_lock lock(mutex_);
  std::erase_if(clients_, [](Client& client) {
    if (!client.done) return false;
    client.thread.join();
    return true;
  });
}

}  // namespace selvedge::test
