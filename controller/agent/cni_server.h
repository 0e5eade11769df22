// The socket on which the CNI plugin talks to the daemon (cni/protocol.h). A client must be uid 0, has a second for its
// line and gets one answer; no more than a few are listened to at a time, the others wait in the kernel's queue. So
// slow ones and garbage hold up neither the rules nor the program's end.
//
// ADDs may wait long, and must not keep the news of an end from being heard: some threads are never theirs. An ADD that
// finds none stands in line, its word taken already, and its patience runs meanwhile.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
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
  static constexpr std::size_t clients = 32;    // at a time; each waits in a thread
  static constexpr std::size_t most_adds = 24;  // of them
  static constexpr std::size_t longest_line_of_adds = 128;

  // Makes the socket's directory if there is none, and replaces a socket that a predecessor left there, but none that
  // somebody listens on, and no other file. `admissions` and `policies` must outlive it. The error names the path.
  static tl::expected<std::unique_ptr<CniServer>, std::string> open(const std::filesystem::path& path,
                                                                    Admissions& admissions, PolicyReader& policies);
  ~CniServer();

 private:
  CniServer(std::filesystem::path path, k8s::Fd listening, Admissions& admissions, PolicyReader& policies);
  // Whose request is heard.
  struct Exchange {
    k8s::Fd client;
    std::shared_ptr<Ticket> ticket;
    std::chrono::steady_clock::time_point deadline;
  };

  void serve();
  void converse(k8s::Fd client);
  void answer_addition(Exchange exchange);
  std::optional<Exchange> next_in_line();
  void end(const Exchange& exchange, const cni::Answer& answer) const;
  cni::Answer reply_to(const Exchange& exchange);
  bool wait(const Ticket& ticket, int client, std::chrono::steady_clock::time_point until) const;

  std::filesystem::path path_;
  k8s::Fd listening_;
  k8s::Fd stop_;  // readable at the end
  Admissions& admissions_;
  PolicyReader& policies_;
  std::mutex mutex_;
  std::size_t adds_ = 0;  // that have a thread
  std::deque<Exchange> adds_in_line_;
  std::vector<std::jthread> threads_;
};

}  // namespace selvedge::agent
