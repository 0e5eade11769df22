// The seam to the network: one request, mostly a GET, whose answer comes in pieces. cpp-httplib
// implements it for real; tests have a scripted one.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace selvedge::k8s {

struct TransportError {
  // What the caller should do:
  //   unreachable  back off and try again (refused, reset, time-out, name not found)
  //   untrusted    the server's certificate does not verify: re-read the CA, back off
  //   credentials  our own credentials cannot be read or were refused locally: re-read, back off
  //   stopped      interrupt() was called
  enum class Kind { unreachable, untrusted, credentials, stopped };
  Kind kind{};
  std::string message;  // names server and cause
};

struct Request {
  std::string target;                   // path and query
  std::chrono::milliseconds silence{};  // give up when this long nothing arrives
  bool compress = false;                // ask for gzip (lists only; the server ignores it on watches)
  // Another method may be carried out twice: a kept connection that the server has closed shows only when it is used.
  std::string method = "GET";
  std::string body = {};
  std::string body_type = {};  // the body's media type
};

struct ResponseHead {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
};

// One thread calls get(); interrupt() may come from any other and makes the current and all
// later calls return `stopped` within a second.
class Transport {
 public:
  virtual ~Transport() = default;

  // Calls `on_head` once, then `on_data` for each piece. When `on_data` returns false the request is
  // given up without error. The value is the head; an error after it means that the body was cut off.
  virtual tl::expected<ResponseHead, TransportError> get(const Request& request,
                                                         const std::function<void(const ResponseHead&)>& on_head,
                                                         const std::function<bool(std::string_view)>& on_data) = 0;
  virtual void interrupt() = 0;
};

}  // namespace selvedge::k8s
