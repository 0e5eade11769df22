// The transport against a real HTTPS server on loopback: requests, answers, connections. (Certificates, interruption
// and hostile answers have files of their own.)
#include <algorithm>

#include <gtest/gtest.h>

#include "test/k8sclient/https_client.h"

namespace selvedge::k8s {
namespace {

using namespace std::chrono_literals;
using test::ApiServer;
using Kind = TransportError::Kind;

const std::string pods = "/api/v1/pods";
const std::string api_pod = R"({"kind":"Pod","metadata":{"namespace":"production","name":"api"}})";

TEST(HttpsTransport, AList_IsReadWhole) {
  ApiServer server;
  server.put(api_pod);
  TestClient client(server);
  const auto fetched = client.get(pods);
  ASSERT_TRUE(fetched.result) << fetched.words();
  EXPECT_EQ(fetched.result->status, 200);
  ASSERT_EQ(fetched.heads.size(), 1U);
  EXPECT_EQ(fetched.heads[0].headers.at("content-type"), "application/json");
  EXPECT_NE(fetched.body.find(R"("name":"api")"), std::string::npos);
}

TEST(HttpsTransport, ARequest_SaysWhoAsks_AndForWhat) {
  ApiServer server({.token = "open sesame"});
  TestClient client(server);
  client.identity->credentials.bearer_token = "open sesame";
  client.identity->endpoint.server += "/prefix/";
  client.get(pods + "?limit=500");
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "GET");
  EXPECT_EQ(requests[0].target, "/prefix/api/v1/pods?limit=500");
  EXPECT_EQ(requests[0].headers.at("user-agent"), "selvedge/test");
  EXPECT_EQ(requests[0].headers.at("accept"), "application/json");
  EXPECT_EQ(requests[0].headers.at("accept-encoding"), "identity");
  EXPECT_EQ(requests[0].headers.at("authorization"), "Bearer open sesame");
  EXPECT_EQ("https://" + requests[0].headers.at("host"), server.url());
}

TEST(HttpsTransport, ACompressedList_IsUnpacked) {
  ApiServer server;
  for (int i = 0; i < 2000; ++i) {
    server.put(R"({"kind":"Pod","metadata":{"namespace":"a","name":"pod-)" + std::to_string(i) + R"("}})");
  }
  TestClient client(server);
  const auto plain = client.get(pods);
  const auto packed = client.get(pods, 20s, true);
  ASSERT_TRUE(packed.result) << packed.words();
  EXPECT_EQ(packed.heads.at(0).headers.at("content-encoding"), "gzip");
  EXPECT_EQ(plain.heads.at(0).headers.count("content-encoding"), 0U);
  EXPECT_GT(plain.body.size(), 300'000U);
  EXPECT_EQ(packed.body, plain.body);
}

TEST(HttpsTransport, Requests_ShareOneConnection) {
  ApiServer server;
  TestClient client(server);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.get(pods).words(), "status 200");
  EXPECT_EQ(client.get("/nowhere").words(), "status 404");
  EXPECT_EQ(client.get(pods).words(), "status 200");
  EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpsTransport, AConnectionThatTheServerClosedMeanwhile_IsReplacedUnnoticed) {
  ApiServer server;
  TestClient client(server);
  EXPECT_EQ(client.get(pods).words(), "status 200");
  server.drop_connections();
  EXPECT_EQ(client.get(pods).words(), "status 200");
  EXPECT_EQ(server.connections(), 2U);
}

TEST(HttpsTransport, AConnectionThatIsCutAsWeAsk_IsReplacedOnce_AndThenGivenUp) {
  ApiServer server;
  TestClient client(server);
  EXPECT_EQ(client.get(pods).words(), "status 200");
  server.cut_next(pods, 0);
  EXPECT_EQ(client.get(pods).words(), "status 200");
  server.cut_next(pods, 0);
  server.cut_next(pods, 0);
  EXPECT_TRUE(client.get(pods).failed(Kind::unreachable));
}

TEST(HttpsTransport, NewCredentials_MakeANewConnection) {
  ApiServer server;
  TestClient client(server);
  EXPECT_EQ(client.get(pods).words(), "status 200");
  client.identity->credentials.bearer_token = "another";
  EXPECT_EQ(client.get(pods).words(), "status 200");
  EXPECT_EQ(server.connections(), 2U);
}

TEST(HttpsTransport, AnUnauthorizedAnswer_IsHandedOn_AndTheRotatedTokenIsUsedNext) {
  ApiServer server({.token = "new"});
  TestClient client(server);
  client.identity->credentials.bearer_token = "old";
  client.identity->token_after_expiry = "new";
  const auto refused = client.get(pods);
  ASSERT_TRUE(refused.result) << refused.words();
  EXPECT_EQ(refused.heads.at(0).status, 401);
  EXPECT_NE(refused.body.find("Unauthorized"), std::string::npos);
  EXPECT_EQ(client.identity->expired, 1);
  EXPECT_EQ(client.get(pods).words(), "status 200");
  EXPECT_EQ(client.identity->expired, 1);
}

TEST(HttpsTransport, ARedirect_IsNotFollowed) {
  ApiServer server;
  server.answer_next(pods, {.status = 307, .headers = {{"location", "/api/v1/nodes"}}, .body = ""});
  TestClient client(server);
  EXPECT_EQ(client.get(pods).words(), "status 307");
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(HttpsTransport, AnAnswerWithoutContent_StillHasAHead) {
  ApiServer server;
  server.answer_next(pods, {.status = 204, .headers = {}, .body = ""});
  TestClient client(server);
  const auto fetched = client.get(pods);
  EXPECT_EQ(fetched.words(), "status 204");
  EXPECT_EQ(fetched.heads.size(), 1U);
}

TEST(HttpsTransport, RepeatedHeaders_AreJoined_AndNamesAreInLowerCase) {
  ApiServer server;
  server.answer_next(pods,
                     {.status = 429, .headers = {{"Retry-After", "7\r\nWarning: one\r\nwarning: two"}}, .body = ""});
  TestClient client(server);
  const auto fetched = client.get(pods);
  ASSERT_EQ(fetched.words(), "status 429");
  EXPECT_EQ(fetched.heads.at(0).headers.at("retry-after"), "7");
  EXPECT_EQ(fetched.heads.at(0).headers.at("warning"), "one, two");
}

TEST(HttpsTransport, AConsumerThatHasEnough_EndsTheRequestWithoutError_AndTheNextOneWorks) {
  ApiServer server;
  server.put(api_pod);
  TestClient client(server);
  int pieces = 0;
  const auto head = client.transport->get(
      {.target = pods + "?watch=1", .silence = 20s}, [](const ResponseHead&) {},
      [&](std::string_view) { return ++pieces < 1; });
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(pieces, 1);
  EXPECT_EQ(client.get(pods).words(), "status 200");
}

// Wherever it is cut: in the head, between chunks, in a chunk, before the last chunk.
TEST(HttpsTransport, AnAnswerThatIsCutOff_IsAnError) {
  ApiServer server;
  server.put(api_pod);
  std::string whole;
  std::size_t size = 0;
  {
    TestClient client(server);
    whole = client.get(pods).body;
    size = whole.size() + std::string("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n").size() +
           std::string("transfer-encoding: chunked\r\n\r\nxx\r\n\r\n0\r\n\r\n").size();
  }
  for (std::size_t bytes = 1; bytes < size; bytes += 3) {
    TestClient client(server);
    server.cut_next(pods, bytes);
    const auto fetched = client.get(pods);
    EXPECT_TRUE(fetched.failed(Kind::unreachable)) << "cut after " << bytes << " bytes: " << fetched.words();
    EXPECT_EQ(whole.substr(0, fetched.body.size()), fetched.body);
  }
}

TEST(HttpsTransport, ASilentServer_IsUnreachableAfterTheSilenceThatWasAskedFor) {
  ApiServer server;
  server.set_silent(true);
  TestClient client(server);
  const auto fetched = client.get(pods, 50ms);
  EXPECT_TRUE(fetched.failed(Kind::unreachable));
  EXPECT_EQ(fetched.words(), server.url() + ": silent for 0.050 s");
  EXPECT_EQ(server.requests().size(), 1U) << "a slow answer must not be asked for twice";
}

TEST(HttpsTransport, AServerThatFallsSilentInAWatch_IsUnreachable) {
  ApiServer server;
  server.put(api_pod);
  TestClient client(server);
  const auto fetched = client.get(pods + "?watch=1", 100ms);
  EXPECT_TRUE(fetched.failed(Kind::unreachable)) << fetched.words();
  EXPECT_EQ(fetched.heads.size(), 1U);
  EXPECT_NE(fetched.body.find("ADDED"), std::string::npos);
}

TEST(HttpsTransport, AClosedPort_IsUnreachable_AndTheWordsSayWhy) {
  std::string url;
  std::string ca;
  {
    ApiServer server;
    url = server.url();
    ca = server.ca_pem();
  }
  TestClient client(url, ca);
  const auto fetched = client.get(pods);
  EXPECT_TRUE(fetched.failed(Kind::unreachable));
  EXPECT_EQ(fetched.words(), url + ": connect to 127.0.0.1: Connection refused");
}

TEST(HttpsTransport, AnUnknownName_IsUnreachable_AndTheWordsNameIt) {
  TestClient client("https://two..dots:6443", ApiServer().ca_pem());
  const auto fetched = client.get(pods);
  EXPECT_TRUE(fetched.failed(Kind::unreachable));
  EXPECT_NE(fetched.words().find("the name two..dots does not resolve"), std::string::npos) << fetched.words();
}

TEST(HttpsTransport, AServerOnAnIPv6Address_IsReached) {
  std::optional<ApiServer> server;
  try {
    server.emplace(test::ApiServerOptions{.address = "::1"});
  } catch (const std::exception& error) {
    GTEST_SKIP() << "no IPv6 on this machine: " << error.what();
  }
  EXPECT_EQ(server->url(), "https://[::1]:" + std::to_string(server->port()));
  EXPECT_EQ(TestClient(*server).get(pods).words(), "status 200");
}

}  // namespace
}  // namespace selvedge::k8s
