// A transport for tests, with credentials that the test sets.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "k8sclient/credentials.h"
#include "test/support/api_server.h"

namespace selvedge::k8s {

// What the transport gets from its Access, and how often it asked for something fresh.
struct TestIdentity {
  Endpoint endpoint;
  Credentials credentials;
  std::string token_after_expiry;
  std::atomic<int> expired = 0;
};

class TestAccess final : public Access {
 public:
  explicit TestAccess(std::shared_ptr<TestIdentity> identity) : identity_(std::move(identity)) {}
  tl::expected<std::pair<Endpoint, Credentials>, TransportError> current(const Interrupt&) override {
    return std::pair(identity_->endpoint, identity_->credentials);
  }
  void expire() override {
    ++identity_->expired;
    if (!identity_->token_after_expiry.empty()) identity_->credentials.bearer_token = identity_->token_after_expiry;
  }

 private:
  std::shared_ptr<TestIdentity> identity_;
};

struct Fetched {
  tl::expected<ResponseHead, TransportError> result;
  std::vector<ResponseHead> heads;
  std::string body;

  std::string words() const { return result ? "status " + std::to_string(result->status) : result.error().message; }
  bool failed(TransportError::Kind kind) const { return !result && result.error().kind == kind; }
};

struct TestClient {
  explicit TestClient(const test::ApiServer& server) : TestClient(server.url(), server.ca_pem()) {}
  TestClient(const std::string& url, const std::string& ca_pem) {
    identity->endpoint = {.server = url, .tls_server_name = "", .ca_pem = ca_pem, .origin = "the test"};
    transport = make_https_transport(std::make_unique<TestAccess>(identity), "selvedge/test");
  }

  Fetched get(const std::string& target, std::chrono::milliseconds silence = std::chrono::seconds(20),
              bool compress = false) {
    Fetched fetched;
    fetched.result = transport->get(
        {.target = target, .silence = silence, .compress = compress},
        [&](const ResponseHead& head) { fetched.heads.push_back(head); },
        [&](std::string_view piece) {
          fetched.body += piece;
          return true;
        });
    return fetched;
  }

  std::shared_ptr<TestIdentity> identity = std::make_shared<TestIdentity>();
  std::unique_ptr<Transport> transport;
};

}  // namespace selvedge::k8s
