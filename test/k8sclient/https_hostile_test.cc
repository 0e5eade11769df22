// A server that has a valid certificate and means harm, or is broken: bounded
// memory, no hang, no crash, and words.
#include <sys/resource.h>

#include <functional>

#include <gtest/gtest.h>

#include "test/k8sclient/https_client.h"

namespace selvedge::k8s {
namespace {

using namespace std::chrono_literals;
using test::HttpRequest;
using test::HttpsConnection;
using Kind = TransportError::Kind;

// Answers each request with whatever bytes the test wants, and then closes the connection.
class RawServer {
 public:
  explicit RawServer(std::function<void(HttpsConnection&)> answer)
      : server_({.identity = authority_.issue({.common_name = "raw", .names = {"127.0.0.1"}})},
                [answer = std::move(answer)](const HttpRequest&, HttpsConnection& connection) {
                  answer(connection);
                  connection.drop();
                }) {}

  Fetched get() { return TestClient(url(), authority_.certificate_pem()).get("/api/v1/pods", 20s, true); }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(server_.port()); }
  const test::Authority& authority() const { return authority_; }

 private:
  test::Authority authority_;
  test::HttpsServer server_;
};

Fetched answered_with(const std::string& bytes) {
  return RawServer([&](HttpsConnection& connection) { connection.raw(bytes); }).get();
}

// Says `piece` for ever, after `start`.
Fetched answered_for_ever(const std::string& start, const std::string& piece) {
  return RawServer([&](HttpsConnection& connection) {
           if (!connection.raw(start)) return;
           while (connection.raw(piece)) continue;
         })
      .get();
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.ends_with(end);
}

TEST(HttpsHostile, AnEndlessStatusLine_IsGivenUp) {
  const auto fetched = answered_for_ever("HTTP/1.1 200 ", std::string(4096, 'A'));
  EXPECT_TRUE(fetched.failed(Kind::unreachable));
  EXPECT_PRED2(ends_with, fetched.words(), "the server sent a status line of more than 512 bytes");
}

TEST(HttpsHostile, AnEndlessHeaderLine_IsGivenUp) {
  const auto fetched = answered_for_ever("HTTP/1.1 200 OK\r\nx: ", std::string(4096, 'A'));
  EXPECT_TRUE(fetched.failed(Kind::unreachable));
  EXPECT_PRED2(ends_with, fetched.words(), "the server sent a header line of more than 8 KiB");
}

TEST(HttpsHostile, HeadersWithoutEnd_AreGivenUp) {
  const auto fetched = answered_for_ever("HTTP/1.1 200 OK\r\n", "a: b\r\n");
  EXPECT_TRUE(fetched.failed(Kind::unreachable));
  EXPECT_PRED2(ends_with, fetched.words(), "the server sent 256 KiB of a head, or of empty content");
}

TEST(HttpsHostile, EndlessPromisesToContinue_AreGivenUp) {
  const auto fetched = answered_for_ever("", "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(fetched.failed(Kind::unreachable));
  EXPECT_PRED2(ends_with, fetched.words(), "the server does not answer in HTTP/1.1");
}

TEST(HttpsHostile, AnotherProtocol_IsNotHttp) {
  for (const std::string bytes : {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2 200\r\n\r\n", "\r\n\r\n", "\n",
                                  "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1\r\n\r\n"}) {
    const auto fetched = answered_with(bytes);
    EXPECT_TRUE(fetched.failed(Kind::unreachable)) << bytes << fetched.words();
    EXPECT_TRUE(fetched.heads.empty());
  }
}

TEST(HttpsHostile, AnEndlessChunkSize_IsGivenUp) {
  const auto fetched =
      answered_for_ever("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", std::string(4096, '0'));
  EXPECT_TRUE(fetched.failed(Kind::unreachable));
  EXPECT_PRED2(ends_with, fetched.words(), "the server sent a header line of more than 8 KiB");
}

TEST(HttpsHostile, CompressedNothingWithoutEnd_IsGivenUp) {
  const std::string gzip_head("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10);
  const std::string empty_block("\x00\x00\x00\xff\xff", 5);
  std::string nothing;
  for (int i = 0; i < 800; ++i) nothing += empty_block;
  const auto fetched = answered_for_ever(
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 99999999999\r\n\r\n" + gzip_head, nothing);
  EXPECT_TRUE(fetched.failed(Kind::unreachable));
  EXPECT_TRUE(fetched.body.empty());
}

TEST(HttpsHostile, BrokenCompression_IsAnError) {
  const auto fetched =
      answered_with("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\nnot gzip....");
  EXPECT_TRUE(fetched.failed(Kind::unreachable)) << fetched.words();
}

TEST(HttpsHostile, AnAbsurdContentLength_IsCutOffLikeAnyOther) {
  for (const std::string length : {"18446744073709551615", "-1", "99999999999999999999999"}) {
    const auto fetched = answered_with("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\nabc");
    EXPECT_TRUE(fetched.failed(Kind::unreachable)) << length << ": " << fetched.words();
  }
}

TEST(HttpsHostile, AnAnswerWithoutALength_ThatJustBreaks_IsAnError) {
  const auto fetched = answered_with("HTTP/1.1 200 OK\r\n\r\n{\"items\":[");
  EXPECT_TRUE(fetched.failed(Kind::unreachable)) << fetched.words();
  EXPECT_EQ(fetched.body, "{\"items\":[");
}

TEST(HttpsHostile, BytesAfterTheEndOfAnAnswer_AreNotTakenForTheNextOne) {
  std::atomic<int> requests = 0;
  const test::Authority authority;
  test::HttpsServer server({.identity = authority.issue({.common_name = "raw", .names = {"127.0.0.1"}})},
                           [&](const HttpRequest&, HttpsConnection& connection) {
                             ++requests;
                             connection.raw(
                                 "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue"
                                 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfalse");
                           });
  TestClient client("https://127.0.0.1:" + std::to_string(server.port()), authority.certificate_pem());
  EXPECT_EQ(client.get("/a").body, "true");
  EXPECT_EQ(client.get("/b").body, "true");
  EXPECT_EQ(requests, 2);
}

TEST(HttpsHostile, ChunksOfOneByte_AreJoined) {
  const std::string text = "{\"kind\":\"PodList\"}";
  const auto fetched = RawServer([&](HttpsConnection& connection) {
                         connection.begin(200, {});
                         for (const char c : text) connection.send(std::string(1, c));
                         connection.end();
                       }).get();
  EXPECT_EQ(fetched.words(), "status 200");
  EXPECT_EQ(fetched.body, text);
}

std::size_t peak_memory() {  // bytes
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

TEST(HttpsHostile, AHundredMegabytes_StreamThroughBoundedMemory) {
  constexpr std::size_t piece_size = std::size_t{64} * 1024;
  constexpr std::size_t pieces = 1600;
  const std::string piece(piece_size, 'x');
  RawServer server([&](HttpsConnection& connection) {
    connection.begin(200, {});
    for (std::size_t i = 0; i < pieces; ++i) connection.send(piece);
    connection.end();
  });
  TestClient client(server.url(), server.authority().certificate_pem());
  std::size_t total = 0;
  std::size_t largest = 0;
  const auto before = peak_memory();
  const auto head = client.transport->get(
      {.target = "/api/v1/pods", .silence = 20s}, [](const ResponseHead&) {},
      [&](std::string_view part) {
        total += part.size();
        largest = std::max(largest, part.size());
        return true;
      });
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(total, pieces * piece_size);
  EXPECT_LE(largest, 64U * 1024U);
  EXPECT_LT(peak_memory() - before, 40U * 1024U * 1024U);
}

}  // namespace
}  // namespace selvedge::k8s
