// Load on one processor: both ends of every connection are this thread's, so that what a packet costs on its way
// is what the thread waits for, and nobody idles. (Packets through veth are forwarded by whoever sends them.)
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "k8sclient/fd.h"

namespace selvedge::bench {

// The server's sockets, which its namespace's addresses are bound to. Throws std::runtime_error.
class Server {
 public:
  Server(const k8s::Fd& ns, const std::string& address, std::uint16_t port);

  int listening() const { return tcp_.get(); }
  int datagrams() const { return udp_.get(); }
  const std::string& address() const { return address_; }
  std::uint16_t port() const { return port_; }

 private:
  std::string address_;
  std::uint16_t port_;
  k8s::Fd tcp_, udp_;
};

using Duration = std::chrono::duration<double>;  // seconds

// Each runs for about `time` in the calling thread's namespace, with `sources` by turns, and returns how many per
// second. They throw std::runtime_error when the other end does not get what it must.
double connections(const Server& server, const std::vector<std::string>& sources, Duration time);  // opened and closed
double transactions(const Server& server, const std::string& source, Duration time);  // one byte there and back, TCP
double bytes(const Server& server, const std::string& source, Duration time);         // of one TCP stream
// Of 64 bytes, of one flow. An unanswered flow stays NEW to conntrack.
double datagrams(const Server& server, const std::string& source, Duration time, bool answered);

// Whether connections and datagrams from all of `sources` (in the calling thread's namespace) come about.
bool all_arrive(const Server& server, const std::vector<std::string>& sources);
// Whether none of them do; takes a fifth of a second.
bool none_arrives(const Server& server, const std::vector<std::string>& sources);

}  // namespace selvedge::bench
