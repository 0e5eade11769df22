// A network namespace for tests of the program that writes to the kernel: the
// thread that makes it works in it until it is destroyed, and so do the
// processes and threads that it starts meanwhile.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace selvedge::test {

class NetworkNamespace {
 public:
  // Null: not allowed to (no CAP_SYS_ADMIN). Its loopback interface is up.
  static std::unique_ptr<NetworkNamespace> make();
  ~NetworkNamespace();
  NetworkNamespace(const NetworkNamespace&) = delete;

 private:
  explicit NetworkNamespace(int former) : former_(former) {}
  int former_;
};

// The answer to GET http://127.0.0.1:9812/path: status and body; status 0 when nobody listens.
struct HealthAnswer {
  int status = 0;
  std::string body;
};
HealthAnswer health(const std::string& path);

// Asks again until it holds; false after 30 s.
bool eventually(const std::function<bool()>& holds);

}  // namespace selvedge::test
