#include "controller/agent/cni_server.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cni/line_connection.h"

namespace selvedge::agent {
namespace {

using k8s::Fd;
using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds line_limit{1};                // for a request, and for its answer
constexpr std::chrono::milliseconds policies_interval{250};  // between reads of policies that do not agree yet
constexpr int pause_when_short = 200;                        // ms; of file descriptors or memory

tl::unexpected<std::string> failed(const std::filesystem::path& path, const char* what) {
  return tl::unexpected("cannot listen on " + path.string() + ": " + what + ": " + std::strerror(errno));
}

// A full queue (EAGAIN) is somebody's too.
bool is_listened_on(const sockaddr_un& address) {
  const Fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return probe &&
         (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN);
}

// Only a socket that nobody listens on any more. The instance lock does not see to that: it is of one network
// namespace, and a directory can be shared by several.
bool make_room(const std::filesystem::path& path, const sockaddr_un& address) {
  struct stat is {};
  if (lstat(path.c_str(), &is) != 0) return errno == ENOENT;
  errno = EEXIST;
  if (!S_ISSOCK(is.st_mode)) return false;
  if (!is_listened_on(address)) return unlink(path.c_str()) == 0;
  errno = EADDRINUSE;
  return false;
}

// The mode is set before anybody can connect: listen() comes later.
tl::expected<Fd, std::string> listen_on(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return failed(path, "bind");
  }
  path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  if (mkdir(path.parent_path().c_str(), 0700) != 0 && errno != EEXIST) return failed(path, "mkdir");
  if (!make_room(path, address)) return failed(path, "what is there already");
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return failed(path, "socket");
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return failed(path, "bind");
  if (chmod(path.c_str(), 0600) != 0 || listen(fd.get(), 128) != 0) return failed(path, "listen");
  return fd;
}

// What is short must be given back by somebody; the client waits in the kernel's queue meanwhile.
bool is_short_of_something(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// Why the peer is not listened to; empty: it is.
std::string fault_of_peer(int client) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return "who asks is not known";
  return peer.uid == 0 ? "" : "user " + std::to_string(peer.uid) + " may not ask; the daemon answers user 0";
}

}  // namespace

tl::expected<std::unique_ptr<CniServer>, std::string> CniServer::open(const std::filesystem::path& path,
                                                                      Admissions& admissions, PolicyReader& policies) {
  auto listening = listen_on(path);
  if (!listening) return tl::unexpected(listening.error());
  return std::unique_ptr<CniServer>(new CniServer(path, std::move(*listening), admissions, policies));
}

CniServer::CniServer(std::filesystem::path path, Fd listening, Admissions& admissions, PolicyReader& policies)
    : path_(std::move(path)),
      listening_(std::move(listening)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      admissions_(admissions),
      policies_(policies) {
  for (std::size_t i = 0; i < clients; ++i) threads_.emplace_back([this] { serve(); });
}

CniServer::~CniServer() {
  unlink(path_.c_str());
  eventfd_write(stop_.get(), 1);
  policies_.stop();
  threads_.clear();
}

// Several wake up for one client; those that come too late go on waiting.
void CniServer::serve() {
  pthread_setname_np(pthread_self(), "cni");
  for (;;) {
    pollfd both[] = {{listening_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    if (poll(both, 2, -1) < 0 && errno != EINTR) return;
    if (both[1].revents != 0) return;
    Fd client(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (client) {
      converse(std::move(client));
    } else if (is_short_of_something(errno)) {
      poll(&both[1], 1, pause_when_short);
    }
  }
}

void CniServer::converse(Fd client) {
  const auto request = [&]() -> tl::expected<cni::Request, std::string> {
    if (std::string fault = fault_of_peer(client.get()); !fault.empty()) return tl::unexpected(std::move(fault));
    const cni::LineConnection connection(client.get(), stop_.get(), SteadyClock::now() + line_limit);
    const auto line = connection.read(cni::longest_line);
    return line ? cni::request_of(*line) : tl::unexpected("the request did not come: " + line.error());
  }();
  if (!request) return end({.client = std::move(client), .ticket = nullptr, .deadline = {}}, {request.error()});
  const bool adds = request->command == cni::Command::add;
  const auto deadline = SteadyClock::now() + (adds ? request->patience : line_limit);
  Exchange exchange{.client = std::move(client), .ticket = admissions_.submit(*request), .deadline = deadline};
  if (adds) return answer_addition(std::move(exchange));
  end(exchange, reply_to(exchange));
}

void CniServer::end(const Exchange& exchange, const cni::Answer& answer) const {
  const cni::LineConnection connection(exchange.client.get(), stop_.get(), SteadyClock::now() + line_limit);
  (void)connection.write(cni::line_of(answer));  // who is gone misses its answer
}

// Of a line that is full the last one hears at once what it lacks; its word is taken like the others'.
void CniServer::answer_addition(Exchange exchange) {
  {
    const std::lock_guard lock(mutex_);
    if (adds_ >= most_adds && adds_in_line_.size() < longest_line_of_adds)
      return adds_in_line_.push_back(std::move(exchange));
    if (adds_ >= most_adds) exchange.deadline = SteadyClock::now();
    ++adds_;
  }
  for (std::optional<Exchange> next = std::move(exchange); next; next = next_in_line()) end(*next, reply_to(*next));
}

std::optional<CniServer::Exchange> CniServer::next_in_line() {
  const std::lock_guard lock(mutex_);
  if (adds_in_line_.empty() || adds_ > most_adds) {
    --adds_;
    return std::nullopt;
  }
  Exchange next = std::move(adds_in_line_.front());
  adds_in_line_.pop_front();
  return next;
}

cni::Answer CniServer::reply_to(const Exchange& exchange) {
  const auto& [client, ticket, deadline] = exchange;
  const bool adds = ticket->request().command == cni::Command::add;
  std::string unread;
  for (auto now = SteadyClock::now(); !ticket->answer() && now < deadline; now = SteadyClock::now()) {
    if (adds && ticket->wants_policies()) {
      auto read = policies_.policies_of(ticket->request().ns, deadline);
      unread = read ? "" : ": " + read.error();
      if (read) {
        ticket->give(*std::move(read));
        admissions_.wake();
      }
    }
    if (!wait(*ticket, client.get(), std::min(deadline, SteadyClock::now() + policies_interval))) break;
  }
  ticket->give_up();
  if (const auto answer = ticket->answer()) return *answer;
  return {ticket->lacks() + (ticket->policies() ? "" : unread)};
}

// False: nobody waits for the answer any more.
bool CniServer::wait(const Ticket& ticket, int client, SteadyClock::time_point until) const {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - SteadyClock::now()).count();
  pollfd all[] = {{ticket.fd(), POLLIN, 0}, {client, POLLRDHUP, 0}, {stop_.get(), POLLIN, 0}};
  const int ready = poll(all, 3, static_cast<int>(std::max<decltype(left)>(left, 0)));
  return ready < 0 ? errno == EINTR : all[1].revents == 0 && all[2].revents == 0;
}

}  // namespace selvedge::agent
