// Whom the transport trusts, and how it shows who it is.
#include <cstdlib>

#include <gtest/gtest.h>

#include "test/k8sclient/https_client.h"
#include "test/support/temporary_directory.h"

namespace selvedge::k8s {
namespace {

using namespace std::chrono_literals;
using test::ApiServer;
using test::ApiServerOptions;
using test::Authority;
using test::Identity;
using test::Subject;
using Kind = TransportError::Kind;

const std::string pods = "/api/v1/pods";

// A server on 127.0.0.1 that shows a certificate of `subject`, and a client that trusts its authority.
struct Shown {
  explicit Shown(const Subject& subject)
      : server(ApiServerOptions{.identity = authority.issue(subject)}),
        client(server.url(), authority.certificate_pem()) {}

  Authority authority;
  ApiServer server;
  TestClient client;
};

TEST(HttpsCertificates, AnAddressAmongTheAlternativeNames_IsGoodEnough) {
  Shown shown(Subject{.common_name = "apiserver", .names = {"10.96.0.1", "127.0.0.1"}});
  EXPECT_EQ(shown.client.get(pods).words(), "status 200");
}

TEST(HttpsCertificates, AnotherAuthority_IsUntrusted_AndTheWordsSayWhoAndWhy) {
  ApiServer server;
  TestClient client(server.url(), Authority("another").certificate_pem());
  client.identity->credentials.bearer_token = "secret";
  const auto fetched = client.get(pods);
  EXPECT_TRUE(fetched.failed(Kind::untrusted));
  EXPECT_EQ(fetched.words(), server.url() +
                                 ": the server's certificate does not verify for 127.0.0.1: "
                                 "unable to get local issuer certificate");
  EXPECT_TRUE(server.requests().empty()) << "the token went to a stranger";
}

TEST(HttpsCertificates, AnUntrustedServer_MakesTheAuthorityBeReadAnew) {
  ApiServer server;
  TestClient client(server.url(), Authority("another").certificate_pem());
  EXPECT_TRUE(client.get(pods).failed(Kind::untrusted));
  EXPECT_EQ(client.identity->expired, 1);
  client.identity->endpoint.ca_pem = server.ca_pem();
  EXPECT_EQ(client.get(pods).words(), "status 200");
}

TEST(HttpsCertificates, AnExpiredCertificate_IsUntrusted) {
  Shown shown(Subject{.common_name = "apiserver", .names = {"127.0.0.1"}, .starts = -7200s, .ends = -3600s});
  const auto fetched = shown.client.get(pods);
  EXPECT_TRUE(fetched.failed(Kind::untrusted));
  EXPECT_NE(fetched.words().find("certificate has expired"), std::string::npos) << fetched.words();
}

TEST(HttpsCertificates, ACertificateOfTheFuture_IsUntrusted) {
  Shown shown(Subject{.common_name = "apiserver", .names = {"127.0.0.1"}, .starts = 3600s});
  const auto fetched = shown.client.get(pods);
  EXPECT_TRUE(fetched.failed(Kind::untrusted));
  EXPECT_NE(fetched.words().find("not yet valid"), std::string::npos) << fetched.words();
}

TEST(HttpsCertificates, AnotherAddress_IsUntrusted) {
  Shown shown(Subject{.common_name = "apiserver", .names = {"10.96.0.1"}});
  const auto fetched = shown.client.get(pods);
  EXPECT_TRUE(fetched.failed(Kind::untrusted));
  EXPECT_NE(fetched.words().find("for 127.0.0.1: IP address mismatch"), std::string::npos) << fetched.words();
}

TEST(HttpsCertificates, AnotherName_IsUntrusted) {
  Shown shown(Subject{.common_name = "apiserver", .names = {"kubernetes.default.svc", "127.0.0.1"}});
  shown.client.identity->endpoint.server = "https://localhost:" + std::to_string(shown.server.port());
  const auto fetched = shown.client.get(pods);
  EXPECT_TRUE(fetched.failed(Kind::untrusted));
  EXPECT_NE(fetched.words().find("for localhost: hostname mismatch"), std::string::npos) << fetched.words();
}

TEST(HttpsCertificates, TheCommonName_DoesNotStandInForAnAlternativeName) {
  Shown shown(Subject{.common_name = "localhost", .names = {}});
  shown.client.identity->endpoint.server = "https://localhost:" + std::to_string(shown.server.port());
  EXPECT_TRUE(shown.client.get(pods).failed(Kind::untrusted));
}

TEST(HttpsCertificates, TheTlsServerName_IsCheckedInsteadOfTheAddress) {
  Shown shown(Subject{.common_name = "apiserver", .names = {"kubernetes.default.svc"}});
  shown.client.identity->endpoint.tls_server_name = "kubernetes.default.svc";
  EXPECT_EQ(shown.client.get(pods).words(), "status 200");
  shown.client.identity->endpoint.tls_server_name = "kubernetes.other.svc";
  EXPECT_TRUE(shown.client.get(pods).failed(Kind::untrusted));
}

TEST(HttpsCertificates, AWildcard_StandsForOneLabel) {
  Shown shown(Subject{.common_name = "apiserver", .names = {"*.example.test"}});
  shown.client.identity->endpoint.tls_server_name = "api.example.test";
  EXPECT_EQ(shown.client.get(pods).words(), "status 200");
  shown.client.identity->endpoint.tls_server_name = "api.deep.example.test";
  EXPECT_TRUE(shown.client.get(pods).failed(Kind::untrusted));
}

TEST(HttpsCertificates, AServerThatBringsItsIntermediate_IsTrusted_AndSoIsOneWhoseIntermediateIsGiven) {
  Authority root("root");
  const auto intermediate = root.intermediate("intermediate");
  ApiServer server({.identity = intermediate.issue({.common_name = "apiserver", .names = {"127.0.0.1"}})});
  EXPECT_EQ(TestClient(server.url(), root.certificate_pem()).get(pods).words(), "status 200");
  EXPECT_EQ(TestClient(server.url(), intermediate.certificate_pem()).get(pods).words(), "status 200");
}

TEST(HttpsCertificates, OneOfSeveralAuthorities_IsEnough) {
  ApiServer server;
  TestClient client(server.url(), "# rotated\n" + Authority("old").certificate_pem() + server.ca_pem());
  EXPECT_EQ(client.get(pods).words(), "status 200");
}

// The system's trust store, here one file, counts only when no authority is given.
TEST(HttpsCertificates, TheSystemsTrustStore_DoesNotAddToAGivenAuthority) {
  const char* const before = std::getenv("SSL_CERT_FILE");
  const std::string kept = before == nullptr ? "" : before;
  ApiServer server;
  const test::TemporaryDirectory directory;
  ::setenv("SSL_CERT_FILE", directory.write("system.pem", server.ca_pem()).c_str(), 1);
  EXPECT_EQ(TestClient(server.url(), "").get(pods).words(), "status 200");
  EXPECT_TRUE(TestClient(server.url(), Authority("another").certificate_pem()).get(pods).failed(Kind::untrusted));
  before == nullptr ? ::unsetenv("SSL_CERT_FILE") : ::setenv("SSL_CERT_FILE", kept.c_str(), 1);
}

TEST(HttpsCertificates, AnAuthorityThatIsNone_IsRefusedBeforeAnythingIsSent) {
  ApiServer server;
  EXPECT_EQ(TestClient(server.url(), "no PEM\n").get(pods).words(),
            "the test: certificate-authority holds no PEM certificate");
  auto broken = server.ca_pem();
  broken[100] = '!';
  const auto fetched = TestClient(server.url(), server.ca_pem() + broken).get(pods);
  EXPECT_TRUE(fetched.failed(Kind::credentials));
  EXPECT_NE(fetched.words().find("certificate-authority: certificate 2 does not parse"), std::string::npos)
      << fetched.words();
  EXPECT_EQ(server.connections(), 0U);
}

// ---- our own certificate -------------------------------------------------------------------------------------------

struct Guarded {
  Authority clients{"clients"};
  ApiServer server{ApiServerOptions{.client_ca_pem = clients.certificate_pem()}};
  TestClient client{server};

  void show(const Identity& identity) {
    client.identity->credentials = {
        .bearer_token = "", .client_certificate_pem = identity.certificate_pem, .client_key_pem = identity.key_pem};
  }
};

TEST(HttpsCertificates, AClientCertificate_IsShown) {
  Guarded guarded;
  guarded.show(guarded.clients.issue({.common_name = "system:node:node-a", .names = {}}));
  EXPECT_EQ(guarded.client.get(pods).words(), "status 200");
}

TEST(HttpsCertificates, AClientCertificate_IsShownWithItsIntermediates) {
  Guarded guarded;
  guarded.show(guarded.clients.intermediate("teams").issue({.common_name = "alice", .names = {}}));
  EXPECT_EQ(guarded.client.get(pods).words(), "status 200");
}

TEST(HttpsCertificates, AMissingClientCertificate_IsAMatterOfCredentials_AndARotatedOneWorks) {
  Guarded guarded;
  const auto refused = guarded.client.get(pods);
  EXPECT_TRUE(refused.failed(Kind::credentials));
  EXPECT_NE(refused.words().find("refuses our client certificate"), std::string::npos) << refused.words();
  EXPECT_EQ(guarded.client.identity->expired, 1);
  guarded.show(guarded.clients.issue({.common_name = "alice", .names = {}}));
  EXPECT_EQ(guarded.client.get(pods).words(), "status 200");
}

TEST(HttpsCertificates, AStrangersClientCertificate_IsAMatterOfCredentials) {
  Guarded guarded;
  guarded.show(Authority("strangers").issue({.common_name = "alice", .names = {}}));
  EXPECT_TRUE(guarded.client.get(pods).failed(Kind::credentials));
}

TEST(HttpsCertificates, AKeyThatIsNotTheCertificates_IsRefused_AndNotQuoted) {
  Guarded guarded;
  auto identity = guarded.clients.issue({.common_name = "alice", .names = {}});
  identity.key_pem = guarded.clients.issue({.common_name = "bob", .names = {}}).key_pem;
  guarded.show(identity);
  EXPECT_EQ(guarded.client.get(pods).words(), "the test: client-key is not the key of client-certificate");
  identity.key_pem = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
  guarded.show(identity);
  const auto fetched = guarded.client.get(pods);
  EXPECT_TRUE(fetched.failed(Kind::credentials));
  EXPECT_NE(fetched.words().find("client-key does not parse"), std::string::npos);
  EXPECT_EQ(fetched.words().find("c2VjcmV0"), std::string::npos);
  identity.key_pem.clear();
  guarded.show(identity);
  EXPECT_EQ(guarded.client.get(pods).words(), "the test: client-certificate without client-key");
}

}  // namespace
}  // namespace selvedge::k8s
