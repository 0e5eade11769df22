// The health endpoints as a probe sees them, and clients that are no probes.
#include "controller/agent/http_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include <gtest/gtest.h>

namespace selvedge::agent {
namespace {

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;

  bool connected() const { return connected_; }
  void send(const std::string& text) const { ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL); }
  std::string answer() const {  // until the server closes
    std::string text;
    char piece[1024];
    for (ssize_t size; (size = recv(socket_, piece, sizeof piece, 0)) > 0;)
      text.append(piece, static_cast<std::size_t>(size));
    return text;
  }

 private:
  int socket_;
  bool connected_;
};

const ListenAddress any{.host = "127.0.0.1", .port = 0};

HttpServer open(HttpServer::Routes routes = {{"/healthz",
                                              [] {
                                                return HttpAnswer{200, "alive\n"};
                                              }},
                                             {"/readyz", [] {
                                                return HttpAnswer{503, "starting\n"};
                                              }}}) {
  auto server = HttpServer::open(any, std::move(routes));
  EXPECT_TRUE(server) << server.error();
  return std::move(*server);
}

std::string get(const HttpServer& server, const std::string& path) {
  const Client client(server.port());
  client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return client.answer();
}

TEST(HttpServer, AnswersItsRoutes_AndNothingElse) {
  const HttpServer server = open();
  EXPECT_EQ(get(server, "/healthz").substr(0, 12), "HTTP/1.1 200");
  const std::string answer = get(server, "/readyz");
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 503");
  EXPECT_EQ(answer.substr(answer.size() - 9), "starting\n");
  EXPECT_EQ(get(server, "/etc/passwd").substr(0, 12), "HTTP/1.1 404");
}

TEST(HttpServer, OnAnAddressInUse_IsAnErrorThatNamesIt) {
  const HttpServer server = open();
  const auto second = HttpServer::open({.host = "127.0.0.1", .port = server.port()}, {});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("127.0.0.1:" + std::to_string(server.port()) + ": Address already in use"),
            std::string::npos)
      << second.error();
}

TEST(HttpServer, OnAnAddressThatIsNotOurs_IsAnError) {
  const auto server = HttpServer::open({.host = "192.0.2.1", .port = 1}, {});
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().find("192.0.2.1:1"), std::string::npos) << server.error();
}

TEST(HttpServer, WithClientsThatSaySlowlyOrNothing_StillAnswersOthers_AndStops) {
  std::vector<std::unique_ptr<Client>> slow;
  {
    const HttpServer server = open();
    for (int i = 0; i < 6; ++i) {  // more than it has threads
      slow.push_back(std::make_unique<Client>(server.port()));
      ASSERT_TRUE(slow.back()->connected());
      slow.back()->send("GET /heal");
    }
    EXPECT_EQ(get(server, "/healthz").substr(0, 12), "HTTP/1.1 200");
    for (int i = 0; i < 6; ++i) slow.push_back(std::make_unique<Client>(server.port()));
  }  // ends although four of them hold its threads
}

TEST(HttpServer, SurvivesNonsense) {
  const HttpServer server = open();
  for (const std::string& text : {std::string("\r\n\r\n"), std::string(100'000, 'A'), std::string("GET\r\n\r\n"),
                                  std::string("POST /healthz HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"),
                                  std::string("\x16\x03\x01\x02\x00\x01", 6)}) {
    const Client client(server.port());
    client.send(text);
  }
  EXPECT_EQ(get(server, "/healthz").substr(0, 12), "HTTP/1.1 200");
}

TEST(Health, TellsReasonsLineByLine_WithHostileNamesEscaped) {
  const auto start = Health::Time{};
  Health health(start);
  EXPECT_EQ(health.ready(start).status, 503);
  EXPECT_EQ(health.ready(start).body, "starting\n");
  health.beat(start, {.reasons = {"one", "two\nthree"}, .warnings = {"w"}});
  EXPECT_EQ(health.ready(start).body, "one\ntwo\\nthree\nwarning: w\n");
  health.beat(start, {});
  EXPECT_EQ(health.ready(start).status, 200);
  EXPECT_EQ(health.ready(start).body, "ready\n");
}

TEST(Health, OfALoopThatStandsStill_IsNotAlive) {
  const auto start = Health::Time{};
  Health health(start);
  EXPECT_EQ(health.alive(start + Health::longest_pause).status, 200);
  EXPECT_EQ(health.alive(start + Health::longest_pause + std::chrono::seconds(1)).status, 503);
  EXPECT_EQ(health.ready(start + Health::longest_pause + std::chrono::seconds(1)).body,
            "the reconcile loop has not moved for 31 s\n");
  health.beat(start + std::chrono::seconds(60), {});
  EXPECT_EQ(health.alive(start + std::chrono::seconds(61)).status, 200);
}

}  // namespace
}  // namespace selvedge::agent
