// The socket on which the CNI plugin talks to the daemon (cni/protocol.h). A client must be uid 0, has a second for its
// line and gets one answer; no more than a few are listened to at a time, the others wait in the kernel's queue. So
// slow ones and garbage hold up neither the rules nor the program's end.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <tl/expected.hpp>

#include "controller/agent/admissions.h"
#include "controller/agent/policy_reader.h"
#include "k8sclient/fd.h"

namespace selvedge::agent {

// Listens from open() to its destruction, which removes the socket and takes no longer than a fraction of a second.
class CniServer {
 public:
  static constexpr std::size_t clients = 32;  // at a time; each waits in a thread

  // Makes the socket's directory if there is none, and replaces a socket that a predecessor left there, but none that
  // somebody listens on, and no other file. `admissions` and `policies` must outlive it. The error names the path.
  static tl::expected<std::unique_ptr<CniServer>, std::string> open(const std::filesystem::path& path,
                                                                    Admissions& admissions, PolicyReader& policies);
  ~CniServer();

 private:
  CniServer(std::filesystem::path path, k8s::Fd listening, Admissions& admissions, PolicyReader& policies);
  void serve();
  void converse(int client);
  cni::Answer reply_to(const cni::Request& request, int client);
  bool wait(const Ticket& ticket, int client, std::chrono::steady_clock::time_point until) const;

  std::filesystem::path path_;
  k8s::Fd listening_;
  k8s::Fd stop_;  // readable at the end
  Admissions& admissions_;
  PolicyReader& policies_;
  std::vector<std::jthread> threads_;
};

}  // namespace selvedge::agent
