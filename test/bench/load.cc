// Connections are closed by a reset: no port waits in TIME_WAIT, and no packet of an orderly goodbye makes the first
// one's cost look small.
#include "test/bench/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "test/bench/namespaces.h"

namespace selvedge::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int patience = 2000;  // milliseconds; what the rules let pass takes microseconds
constexpr int silence = 200;
constexpr std::size_t burst = 64;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

sockaddr_in endpoint(const std::string& address, std::uint16_t port) {
  sockaddr_in made{};
  made.sin_family = AF_INET;
  made.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &made.sin_addr) != 1) throw std::runtime_error("no address: " + address);
  return made;
}

const sockaddr* as_sockaddr(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void set_option(int fd, int level, int option, int value) {
  if (setsockopt(fd, level, option, &value, sizeof value) != 0) fail("cannot set a socket's option");
}

k8s::Fd bound_socket(int type, const sockaddr_in& address) {
  k8s::Fd made(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!made) fail("cannot make a socket");
  set_option(made.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  if (bind(made.get(), as_sockaddr(address), sizeof address) != 0) fail("cannot bind a socket");
  return made;
}

bool is_ready(int fd, short events) {
  pollfd waited{fd, events, 0};
  return poll(&waited, 1, patience) == 1;
}

void reset_on_close(int fd) {
  const linger none{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

// The client's end, on its way.
k8s::Fd dial(const sockaddr_in& server, const sockaddr_in& source) {
  k8s::Fd client = bound_socket(SOCK_STREAM, source);
  reset_on_close(client.get());
  if (connect(client.get(), as_sockaddr(server), sizeof server) != 0 && errno != EINPROGRESS) return {};
  return client;
}

k8s::Fd accepted(const Server& server) {
  for (;;) {
    k8s::Fd made(accept4(server.listening(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (made || errno != EAGAIN || !is_ready(server.listening(), POLLIN)) return made;
  }
}

struct Connection {
  k8s::Fd client, server;
};
Connection connection(const Server& server, const std::string& source) {
  Connection made{dial(endpoint(server.address(), server.port()), endpoint(source, 0)), {}};
  if (made.client) made.server = accepted(server);
  if (!made.server) throw std::runtime_error("no connection from " + source + " to " + server.address());
  reset_on_close(made.server.get());
  for (const int fd : {made.client.get(), made.server.get()}) set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  return made;
}

// Repeats `step`, which returns how much it got through, and tells how much per second.
template <class Step>
double per_second(Duration time, Step step) {
  const auto start = Clock::now();
  double done = 0;
  for (;;) {
    for (int i = 0; i < 16; ++i) done += step();
    const Duration elapsed = Clock::now() - start;
    if (elapsed >= time) return done / elapsed.count();
  }
}

void pass(int from, int to) {
  char byte = 'x';
  if (send(from, &byte, 1, 0) != 1) fail("cannot send over an open connection");
  for (;;) {
    if (recv(to, &byte, 1, 0) == 1) return;
    if (errno != EAGAIN || !is_ready(to, POLLIN)) fail("an open connection hangs");
  }
}

class Burst {
 public:
  Burst() {
    for (std::size_t i = 0; i < burst; ++i) {
      pieces_[i] = {payload_.data(), payload_.size()};
      messages_[i].msg_hdr.msg_iov = &pieces_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }
  // Returns how many arrived.
  double pass(int from, int to) {
    const int sent = sendmmsg(from, messages_.data(), burst, 0);
    if (sent <= 0) fail("cannot send datagrams");
    int received = 0;
    while (received < sent) {
      const int count = recvmmsg(to, messages_.data(), burst, MSG_DONTWAIT, nullptr);
      if (count < 0 && (errno != EAGAIN || !is_ready(to, POLLIN))) throw std::runtime_error("datagrams were lost");
      if (count > 0) received += count;
    }
    return received;
  }

 private:
  std::array<char, 64> payload_{};
  std::array<iovec, burst> pieces_{};
  std::array<mmsghdr, burst> messages_{};
};

k8s::Fd datagram_client(const Server& server, const std::string& source) {
  k8s::Fd client = bound_socket(SOCK_DGRAM, endpoint(source, 0));
  const sockaddr_in to = endpoint(server.address(), server.port());
  if (connect(client.get(), as_sockaddr(to), sizeof to) != 0) fail("cannot connect a datagram socket");
  return client;
}

void answer_one(const Server& server, int client) {
  char byte = 'x';
  sockaddr_in from{};
  socklen_t size = sizeof from;
  if (send(client, &byte, 1, 0) != 1 || !is_ready(server.datagrams(), POLLIN) ||
      recvfrom(server.datagrams(), &byte, 1, 0, reinterpret_cast<sockaddr*>(&from), &size) != 1 ||
      sendto(server.datagrams(), &byte, 1, 0, as_sockaddr(from), size) != 1 || !is_ready(client, POLLIN) ||
      recv(client, &byte, 1, 0) != 1)
    fail("a datagram is not answered");
}

}  // namespace

Server::Server(const k8s::Fd& ns, const std::string& address, std::uint16_t port) : address_(address), port_(port) {
  in_namespace(ns, [&] {
    tcp_ = bound_socket(SOCK_STREAM, endpoint(address, port));
    if (listen(tcp_.get(), 1024) != 0) fail("cannot listen");
    udp_ = bound_socket(SOCK_DGRAM, endpoint(address, port));
    set_option(udp_.get(), SOL_SOCKET, SO_RCVBUF, 4 << 20);
  });
}

double connections(const Server& server, const std::vector<std::string>& sources, Duration time) {
  const sockaddr_in to = endpoint(server.address(), server.port());
  std::vector<sockaddr_in> from;
  for (const auto& source : sources) from.push_back(endpoint(source, 0));
  std::size_t turn = 0;
  return per_second(time, [&] {
    const k8s::Fd client = dial(to, from[turn++ % from.size()]);
    const k8s::Fd end = client ? accepted(server) : k8s::Fd();
    if (!end) throw std::runtime_error("no connection from " + sources[(turn - 1) % from.size()]);
    reset_on_close(end.get());
    return 1.0;
  });
}

double transactions(const Server& server, const std::string& source, Duration time) {
  const Connection open = connection(server, source);
  return per_second(time, [&] {
    pass(open.client.get(), open.server.get());
    pass(open.server.get(), open.client.get());
    return 1.0;
  });
}

double bytes(const Server& server, const std::string& source, Duration time) {
  const Connection open = connection(server, source);
  std::vector<char> chunk(std::size_t{256} * 1024);
  return per_second(time, [&] {
    if (send(open.client.get(), chunk.data(), chunk.size(), 0) < 0 && errno != EAGAIN) fail("a stream breaks");
    double received = 0;
    while (true) {
      const ssize_t size = recv(open.server.get(), chunk.data(), chunk.size(), 0);
      if (size > 0) received += static_cast<double>(size);
      if (size > 0 || (received == 0 && errno == EAGAIN && is_ready(open.server.get(), POLLIN))) continue;
      if (received == 0) fail("a stream hangs");
      return received;
    }
  });
}

double datagrams(const Server& server, const std::string& source, Duration time, bool answered) {
  const k8s::Fd client = datagram_client(server, source);
  if (answered) answer_one(server, client.get());
  Burst burst_of;
  return per_second(time, [&] { return burst_of.pass(client.get(), server.datagrams()); });
}

bool all_arrive(const Server& server, const std::vector<std::string>& sources) {
  const sockaddr_in to = endpoint(server.address(), server.port());
  for (const auto& source : sources) {
    const k8s::Fd client = dial(to, endpoint(source, 0));
    const k8s::Fd end = client ? accepted(server) : k8s::Fd();
    if (!end) return false;
    reset_on_close(end.get());
    char byte = 'x';
    const k8s::Fd sender = datagram_client(server, source);
    if (send(sender.get(), &byte, 1, 0) != 1 || !is_ready(server.datagrams(), POLLIN)) return false;
    if (recv(server.datagrams(), &byte, 1, 0) != 1) return false;
  }
  return true;
}

bool none_arrives(const Server& server, const std::vector<std::string>& sources) {
  const sockaddr_in to = endpoint(server.address(), server.port());
  std::vector<k8s::Fd> senders;
  for (const auto& source : sources) {
    senders.push_back(dial(to, endpoint(source, 0)));
    senders.push_back(datagram_client(server, source));
    send(senders.back().get(), "x", 1, 0);
  }
  std::array<pollfd, 2> doors{pollfd{server.listening(), POLLIN, 0}, pollfd{server.datagrams(), POLLIN, 0}};
  if (poll(doors.data(), doors.size(), silence) == 0) return true;
  char byte = 0;
  while (k8s::Fd(accept(server.listening(), nullptr, nullptr)) || recv(server.datagrams(), &byte, 1, 0) == 1) {
  }
  return false;
}

}  // namespace selvedge::bench
