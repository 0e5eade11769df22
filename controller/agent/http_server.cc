// cpp-httplib reads with a time limit per recv(), which a client that sends a
// byte now and then never meets. So accepted sockets are read through a Stream
// of our own, with one deadline for the whole exchange, that also ends when the
// server stops.
#include "controller/agent/http_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include <httplib.h>

namespace selvedge::agent {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::seconds exchange_limit{1};
constexpr std::size_t threads = 4;

// One connection. `stop` becomes readable when the server ends.
class LimitedStream : public httplib::Stream {
 public:
  LimitedStream(socket_t socket, int stop)
      : socket_(socket), stop_(stop), deadline_(SteadyClock::now() + exchange_limit) {}

  bool is_readable() const override { return wait_for(POLLIN); }
  bool is_writable() const override { return wait_for(POLLOUT); }
  ssize_t read(char* data, size_t size) override {
    return wait_for(POLLIN) ? recv(socket_, data, size, MSG_DONTWAIT) : -1;
  }
  ssize_t write(const char* data, size_t size) override {
    return wait_for(POLLOUT) ? send(socket_, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) : -1;
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return socket_; }

 private:
  bool wait_for(short what) const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - SteadyClock::now()).count();
    pollfd both[] = {{socket_, what, 0}, {stop_, POLLIN, 0}};
    return left > 0 && poll(both, 2, static_cast<int>(left)) > 0 && both[1].revents == 0;
  }

  socket_t socket_;
  int stop_;
  SteadyClock::time_point deadline_;
};

class LimitedServer : public httplib::Server {
 public:
  LimitedServer() : stop_(eventfd(0, EFD_CLOEXEC)) {}
  ~LimitedServer() override { close(stop_); }
  void end_exchanges() const { eventfd_write(stop_, 1); }

  std::uint16_t port() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    getsockname(svr_sock_, reinterpret_cast<sockaddr*>(&address), &size);
    const auto raw = address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                                   : reinterpret_cast<sockaddr_in&>(address).sin_port;
    return ntohs(raw);
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    LimitedStream stream(socket, stop_);
    bool closed = false;
    const bool answered = process_request(stream, true, closed, nullptr);
    shutdown(socket, SHUT_RDWR);
    close(socket);
    return answered;
  }

  int stop_;
};

// cpp-httplib's own default is SO_REUSEPORT: a second daemon would then listen beside the first.
void reuse_address(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

}  // namespace

class HttpServer::Impl {
 public:
  explicit Impl(const Routes& routes) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(threads); };
    server_.set_socket_options(reuse_address);
    server_.set_payload_max_length(4096);
    for (const auto& [path, answer] : routes)
      server_.Get(path, [answer = answer](const httplib::Request&, httplib::Response& response) {
        const HttpAnswer given = answer();
        response.status = given.status;
        response.set_content(given.body, given.type);
      });
  }

  ~Impl() {
    if (!thread_.joinable()) return;
    server_.end_exchanges();
    server_.stop();
    thread_.join();
  }

  bool bind(const ListenAddress& address) { return server_.bind_to_port(address.host, address.port); }

  // stop() before the loop runs would be lost, so wait until it does.
  void start() {
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  std::uint16_t port() const { return server_.port(); }

 private:
  LimitedServer server_;
  std::thread thread_;
};

tl::expected<HttpServer, std::string> HttpServer::open(const ListenAddress& address, const Routes& routes) {
  auto impl = std::make_unique<Impl>(routes);
  errno = 0;
  if (!impl->bind(address)) {
    const std::string why = errno == 0 ? "the address is not usable" : std::strerror(errno);
    return tl::unexpected("cannot listen on " + to_string(address) + ": " + why);
  }
  impl->start();
  return HttpServer(std::move(impl));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::HttpServer(HttpServer&&) noexcept = default;
HttpServer& HttpServer::operator=(HttpServer&&) noexcept = default;
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
  return impl_->port();
}

}  // namespace selvedge::agent
