// Interruption, wherever the request is at that moment.
#include <netinet/in.h>
#include <sys/socket.h>

#include <future>
#include <vector>

#include <gtest/gtest.h>

#include "k8sclient/fd.h"
#include "test/k8sclient/https_client.h"
#include "test/support/eventually.h"

namespace selvedge::k8s {
namespace {

using namespace std::chrono_literals;
using test::ApiServer;
using test::eventually;
using Kind = TransportError::Kind;

const std::string pods = "/api/v1/pods";

// A TCP port on loopback where nobody accepts.
class DeafPort {
 public:
  explicit DeafPort(int backlog) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), backlog), 0);
    socklen_t size = sizeof address_;
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address_), &size), 0);
  }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }
  // Fills the queue of connections that nobody accepts; further ones then hang in connect().
  void fill() {
    for (int i = 0; i < 4; ++i) {
      auto& socket = waiting_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      static_cast<void>(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_));
    }
  }
  int accept() const { return ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC); }

 private:
  Fd listener_;
  sockaddr_in address_{};
  std::vector<Fd> waiting_;
};

// A get() in another thread, to be interrupted. A minute of silence: far more than the test waits.
struct Asking {
  explicit Asking(TestClient& client, const std::string& target = pods)
      : client_(client),
        fetched_(std::async(std::launch::async, [&client, target] { return client.get(target, 60s); })) {}

  bool stops() {
    client_.transport->interrupt();
    return fetched_.wait_for(20s) == std::future_status::ready && fetched_.get().failed(Kind::stopped);
  }

 private:
  TestClient& client_;
  std::future<Fetched> fetched_;
};

TEST(HttpsInterrupt, BeforeARequest_IsRemembered) {
  ApiServer server;
  TestClient client(server);
  client.transport->interrupt();
  EXPECT_TRUE(client.get(pods).failed(Kind::stopped));
  EXPECT_TRUE(client.get(pods).failed(Kind::stopped));
  EXPECT_EQ(server.connections(), 0U);
}

TEST(HttpsInterrupt, EndsAConnectThatHangs) {
  DeafPort port(0);
  port.fill();
  TestClient client(port.url(), test::Authority().certificate_pem());
  Asking asking(client);
  // Nothing can be seen of a connect that hangs; both sides of the moment when it starts must stop alike.
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(asking.stops());
}

TEST(HttpsInterrupt, EndsAHandshakeThatHangs) {
  DeafPort port(8);
  TestClient client(port.url(), test::Authority().certificate_pem());
  Asking asking(client);
  const Fd accepted(port.accept());  // the connection stands; its handshake is never answered
  ASSERT_TRUE(accepted);
  EXPECT_TRUE(asking.stops());
}

TEST(HttpsInterrupt, EndsTheWaitForAnAnswer) {
  ApiServer server;
  server.set_silent(true);
  TestClient client(server);
  Asking asking(client);
  ASSERT_TRUE(eventually([&] { return !server.requests().empty(); }));
  EXPECT_TRUE(asking.stops());
}

TEST(HttpsInterrupt, EndsAWatchThatIsQuiet) {
  ApiServer server;
  TestClient client(server);
  Asking asking(client, pods + "?watch=1");
  ASSERT_TRUE(eventually([&] { return server.watches() == 1; }));
  EXPECT_TRUE(asking.stops());
  EXPECT_TRUE(eventually([&] { return server.watches() == 0; })) << "the connection stayed open";
}

TEST(HttpsInterrupt, EndsAnAnswerThatKeepsComing) {
  const test::Authority authority;
  test::HttpsServer server({.identity = authority.issue({.common_name = "x", .names = {"127.0.0.1"}})},
                           [](const test::HttpRequest&, test::HttpsConnection& connection) {
                             connection.begin(200, {});
                             while (connection.send("more")) continue;
                           });
  TestClient client("https://127.0.0.1:" + std::to_string(server.port()), authority.certificate_pem());
  std::atomic<bool> coming = false;
  auto result = std::async(std::launch::async, [&] {
    return client.transport->get(
        {.target = pods, .silence = 60s}, [](const ResponseHead&) {}, [&](std::string_view) { return coming = true; });
  });
  ASSERT_TRUE(eventually([&] { return coming.load(); }));
  client.transport->interrupt();
  ASSERT_EQ(result.wait_for(20s), std::future_status::ready);
  const auto head = result.get();
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().kind, Kind::stopped);
}

// At whatever moment it comes, relative to connect, handshake, request and answer.
TEST(HttpsInterrupt, AtAnyMoment_Ends) {
  ApiServer server;
  for (int i = 0; i < 60; ++i) {
    TestClient client(server);
    Asking asking(client, pods + "?watch=1");
    std::this_thread::sleep_for(std::chrono::microseconds(i * 100));
    EXPECT_TRUE(asking.stops()) << i;
  }
}

}  // namespace
}  // namespace selvedge::k8s
