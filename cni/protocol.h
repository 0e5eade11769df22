// What the plugin and the daemon say to each other: over a unix stream socket, one line of JSON each way, then
// the connection ends. The daemon answers only uid 0.
//
//   {"version":1,"command":"add","id":"cbr0/0123…/eth0","namespace":"shop","name":"api","uid":"…",
//    "addresses":["10.244.1.5"],"patienceMs":10000}
//   {"ok":true}                        the pod's rules are in the kernel
//   {"ok":false,"message":"…"}         they are not; the message says what is missing
//
//   add     these are the pod's addresses; answered once its rules hold, or when the patience is over. The daemon keeps
//           the word also when it answers late or nobody listens any more
//   del     the sandbox is gone; no such id: ok
//   check   does the daemon know this id?
//   gc      of the ids that begin with "NETWORK/" only those in "valid" live on
//   status  is there a daemon, and is it in step with the API server?
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace selvedge::cni {

constexpr const char* default_socket = "/run/selvedge/cni.sock";
constexpr std::chrono::seconds default_patience{10};           // of an ADD
constexpr std::size_t longest_line = std::size_t{256} * 1024;  // of a GC with a thousand sandboxes: some 100 kB
constexpr std::chrono::milliseconds longest_patience{120'000};

enum class Command { add, del, check, gc, status };

struct Request {
  Command command{};
  std::string id;  // NETWORK/CONTAINER/INTERFACE; of gc: NETWORK/
  std::string ns;  // from here on of add only
  std::string name;
  std::string uid;
  std::vector<std::string> addresses{};
  std::chrono::milliseconds patience{};
  std::vector<std::string> valid{};  // of gc only

  bool operator==(const Request&) const = default;
};

struct Answer {
  std::string fault;  // empty: ok

  bool operator==(const Answer&) const = default;
};

std::string line_of(const Request& request);  // ends with a newline
std::string line_of(const Answer& answer);

// The error names what is wrong with which member.
tl::expected<Request, std::string> request_of(std::string_view line);
tl::expected<Answer, std::string> answer_of(std::string_view line);

}  // namespace selvedge::cni
