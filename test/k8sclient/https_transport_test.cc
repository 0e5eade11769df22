// The transport against a real HTTPS server on loopback, healthy and otherwise.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <future>
#include <thread>

#include "k8sclient/credentials.h"
#include "test/support/api_server.h"

namespace selvedge::k8s {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::ApiServer;
using test::ApiServerOptions;
using test::Authority;
using Kind = TransportError::Kind;

// Credentials that a test sets, and whether the transport asked for fresh ones.
class FixedAccess final : public Access {
 public:
  struct Values {
    Endpoint endpoint;
    Credentials credentials;
    Credentials after_expiry;  // what takes their place at expire()
    std::atomic<int> expired = 0;
  };
  explicit FixedAccess(std::shared_ptr<Values> values) : values_(std::move(values)) {}
  tl::expected<std::pair<Endpoint, Credentials>, TransportError> current(const Interrupt&) override {
    return std::pair(values_->endpoint, values_->credentials);
  }
  void expire() override {
    ++values_->expired;
    values_->credentials = values_->after_expiry;
  }

 private:
  std::shared_ptr<Values> values_;
};

struct Fetched {
  tl::expected<ResponseHead, TransportError> result;
  std::vector<ResponseHead> heads;
  std::string body;
};

// A transport to `server` that trusts its authority.
struct Client {
  explicit Client(const ApiServer& server) : Client(server.url(), server.ca_pem()) {}
  Client(const std::string& url, const std::string& ca_pem) {
    values->endpoint = {.server = url, .tls_server_name = "", .ca_pem = ca_pem, .origin = "the test"};
    transport = make_https_transport(std::make_unique<FixedAccess>(values), "selvedge/test");
  }

  Fetched get(const std::string& target, std::chrono::milliseconds silence = 10s, bool compress = false) {
    Fetched fetched;
    fetched.result = transport->get({.target = target, .silence = silence, .compress = compress},
                                    [&](const ResponseHead& head) { fetched.heads.push_back(head); },
                                    [&](std::string_view piece) {
                                      fetched.body += piece;
                                      return true;
                                    });
    return fetched;
  }

  std::shared_ptr<FixedAccess::Values> values = std::make_shared<FixedAccess::Values>();
  std::unique_ptr<Transport> transport;
};

const std::string pods = "/api/v1/pods";
const std::string api_pod = R"({"kind":"Pod","metadata":{"namespace":"production","name":"api"}})";

TEST(HttpsTransport, AList_IsReadWhole) {
  ApiServer server;
  server.put(api_pod);
  Client client(server);
  const auto fetched = client.get(pods);
  ASSERT_TRUE(fetched.result) << fetched.result.error().message;
  EXPECT_EQ(fetched.result->status, 200);
  ASSERT_EQ(fetched.heads.size(), 1U);
  EXPECT_EQ(fetched.heads[0].headers.at("content-type"), "application/json");
  EXPECT_NE(fetched.body.find(R"("name":"api")"), std::string::npos);
}

}  // namespace
}  // namespace selvedge::k8s
