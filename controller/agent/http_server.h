// The HTTP server of the health endpoints and /metrics. A client has one second for its whole
// request and gets one answer per connection, so that slow ones can hold neither
// a thread nor the program's end.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "controller/agent/health.h"
#include "controller/agent/options.h"

namespace selvedge::agent {

// Listens from open() to its destruction, which takes no longer than a fraction of a second.
class HttpServer {
 public:
  // By path; called from the server's threads, at most four at a time.
  using Routes = std::map<std::string, std::function<HttpAnswer()>>;

  // The error names the address and why it cannot be listened on.
  static tl::expected<HttpServer, std::string> open(const ListenAddress& address, const Routes& routes);

  HttpServer(HttpServer&&) noexcept;
  HttpServer& operator=(HttpServer&&) noexcept;
  ~HttpServer();

  std::uint16_t port() const;  // the one that was chosen where 0 was asked for

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace selvedge::agent
