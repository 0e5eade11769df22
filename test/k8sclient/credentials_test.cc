// Which way into the cluster is taken, and that secrets are fresh when they are needed.
#include "k8sclient/credentials.h"

#include <sys/stat.h>

#include <cstdlib>
#include <optional>

#include <gtest/gtest.h>

#include "k8sclient/base64.h"
#include "k8sclient/cached_file.h"
#include "k8sclient/in_cluster.h"
#include "k8sclient/interrupt.h"
#include "k8sclient/kubeconfig_access.h"
#include "k8sclient/server_address.h"
#include "test/support/api_server.h"
#include "test/support/temporary_directory.h"

namespace selvedge::k8s {
namespace {

using namespace std::chrono_literals;
using test::ApiServer;
using test::TemporaryDirectory;
using Kind = TransportError::Kind;

// An environment variable, as it was again afterwards.
class Variable {
 public:
  Variable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { set(before_); }
  void set(const std::optional<std::string>& value) const {
    value ? ::setenv(name_, value->c_str(), 1) : ::unsetenv(name_);
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

std::string config(const std::string& server, const std::string& user) {
  return "current-context: dev\ncontexts: [{name: dev, context: {cluster: c, user: u}}]\n"
         "clusters: [{name: c, cluster: {server: '" +
         server + "'}}]\nusers: [{name: u, user: {" + user + "}}]\n";
}

struct CredentialsTest : testing::Test {
  std::pair<Endpoint, Credentials> current(Access& access) {
    auto result = access.current(interrupt);
    EXPECT_TRUE(result) << result.error().message;
    return result.value_or(std::pair<Endpoint, Credentials>());
  }
  std::string token(Access& access) { return current(access).second.bearer_token; }
  std::string error(Access& access) {
    const auto result = access.current(interrupt);
    return result ? "no error" : result.error().message;
  }

  TemporaryDirectory directory;
  Interrupt interrupt;
  // A machine without any way into a cluster.
  Variable kubeconfig{"KUBECONFIG", std::nullopt};
  Variable home{"HOME", (directory.path() / "home").string()};
  Variable host{"KUBERNETES_SERVICE_HOST", std::nullopt};
  Variable port{"KUBERNETES_SERVICE_PORT", std::nullopt};
};

// ---- which way -----------------------------------------------------------------------------------------------------

TEST_F(CredentialsTest, TheNamedFile_GoesBeforeTheEnvironment_AndThatBeforeTheHomeDirectory) {
  directory.write("home/.kube/config", config("https://home:1", ""));
  const auto listed = directory.write("listed", config("https://listed:1", ""));
  const auto named = directory.write("named", config("https://named:1", ""));
  EXPECT_EQ(current(**open_access({})).first.server, "https://home:1");
  kubeconfig.set((directory.path() / "missing").string() + "::" + listed);
  EXPECT_EQ(current(**open_access({})).first.server, "https://listed:1");
  EXPECT_EQ(current(**open_access({.kubeconfig = named, .context = "", .server = ""})).first.server, "https://named:1");
}

TEST_F(CredentialsTest, InAPod_WithoutAKubeconfig_TheServiceIsUsed) {
  host.set("fd00:10:96::1");
  port.set("443");
  const auto access = open_access({});
  ASSERT_TRUE(access) << access.error();
  // Not in a pod really: the files are missing, and the words say which.
  EXPECT_EQ(error(**access),
            "in-cluster: /var/run/secrets/kubernetes.io/serviceaccount/token: No such file or directory");
}

TEST_F(CredentialsTest, WithoutAnyWay_TheWordsSayWhereWasLooked) {
  EXPECT_EQ(open_access({}).error(),
            "no way to the API server: no kubeconfig (" + (directory.path() / "home/.kube/config").string() +
                " does not exist), and not in a pod (KUBERNETES_SERVICE_HOST is not set); name "
                "one with --kubeconfig");
  EXPECT_EQ(open_access({.kubeconfig = "/none/config", .context = "", .server = ""}).error(),
            "/none/config: No such file or directory");
}

TEST_F(CredentialsTest, AContextInAPod_HasNoKubeconfigToComeFrom) {
  host.set("10.96.0.1");
  port.set("443");
  EXPECT_EQ(open_access({.kubeconfig = "", .context = "dev", .server = ""}).error(),
            "context \"dev\": there is no kubeconfig that could have it");
  port.set("many");
  EXPECT_TRUE(open_access({}).error().starts_with("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: "));
}

TEST_F(CredentialsTest, AServerThatIsGiven_ReplacesTheAddress_AndKeepsTheTrust) {
  auto text = config("https://service:1", "token: t");
  text.replace(text.find("server:"), 7, "tls-server-name: kubernetes, certificate-authority-data: Q0E=, server:");
  const auto named = directory.write("named", text);
  const auto access = open_access({.kubeconfig = named, .context = "", .server = "https://10.0.0.1:6443"});
  ASSERT_TRUE(access) << access.error();
  const auto endpoint = current(**access).first;
  EXPECT_EQ(endpoint.server, "https://10.0.0.1:6443");
  EXPECT_EQ(endpoint.tls_server_name, "kubernetes");
  EXPECT_EQ(endpoint.ca_pem, "CA");
  EXPECT_EQ(
      open_access({.kubeconfig = named, .context = "", .server = "http://10.0.0.1"}).error(),
      "server \"http://10.0.0.1\" is plain http: only https is spoken, so that no one else can hand out policies");
}

// ---- in-cluster ----------------------------------------------------------------------------------------------------

struct InClusterTest : CredentialsTest {
  std::unique_ptr<Access> open() {
    return make_in_cluster_access(
        {.server = "https://10.96.0.1:443", .directory = directory.path().string(), .now = [this] { return now; }});
  }
  std::chrono::steady_clock::time_point now;
};

TEST_F(InClusterTest, TokenAndAuthority_AreReadFromTheirFiles) {
  directory.write("token", "first\n");
  directory.write("ca.crt", "CA");
  const auto access = open();
  const auto [endpoint, credentials] = current(*access);
  EXPECT_EQ(
      endpoint,
      (Endpoint{.server = "https://10.96.0.1:443", .tls_server_name = "", .ca_pem = "CA", .origin = "in-cluster"}));
  EXPECT_EQ(credentials, (Credentials{.bearer_token = "first", .client_certificate_pem = "", .client_key_pem = ""}));
}

TEST_F(InClusterTest, ARotatedToken_IsReadAfterAMinute_OrAtOnceWhenTheOldOneFails) {
  directory.write("token", "first");
  directory.write("ca.crt", "CA");
  const auto access = open();
  EXPECT_EQ(token(*access), "first");
  directory.write("token", "second");
  now += 59s;
  EXPECT_EQ(token(*access), "first");
  now += 1s;
  EXPECT_EQ(token(*access), "second");
  directory.write("token", "third");
  directory.write("ca.crt", "CA2");
  access->expire();
  EXPECT_EQ(token(*access), "third");
  EXPECT_EQ(current(*access).first.ca_pem, "CA2");
}

TEST_F(InClusterTest, WhatCannotBeUsed_IsNamed_AndNotQuoted) {
  directory.write("ca.crt", "");
  directory.write("token", " \n");
  const auto place = "in-cluster: " + directory.path().string();
  EXPECT_EQ(error(*open()), place + "/token: the service account's token is empty");
  directory.write("token", "hun\nter2");
  EXPECT_EQ(error(*open()),
            place + "/token: the service account's token holds a character that a bearer token cannot have");
  directory.write("token", "hunter2");
  EXPECT_EQ(error(*open()), place + "/ca.crt: is empty");
}

// ---- kubeconfig ----------------------------------------------------------------------------------------------------

TEST_F(CredentialsTest, AToken_IsTheKubeconfigs_OrItsTokenFiles) {
  const auto named = directory.write("config", config("https://a:1", "token: written, tokenFile: token"));
  directory.write("token", "filed\n");
  auto access = make_kubeconfig_access({named}, "", "");
  EXPECT_EQ(token(**access), "filed");
  directory.write("token", "rotated");
  (*access)->expire();
  EXPECT_EQ(token(**access), "rotated");
  directory.write("config", config("https://a:1", "token: written"));
  (*access)->expire();
  EXPECT_EQ(token(**access), "written");
}

TEST_F(CredentialsTest, AFileThatIsMissing_IsNamedWithItsField) {
  const auto named = directory.write("config", config("https://a:1", "client-certificate: none.pem, client-key: k"));
  const auto access = make_kubeconfig_access({named}, "", "");
  EXPECT_EQ(error(**access), named + ": context \"dev\": client-certificate: " +
                                 (directory.path() / "none.pem").string() + ": No such file or directory");
}

TEST_F(CredentialsTest, AKubeconfigThatIsBrokenLater_IsAnError_UntilItIsMended) {
  const auto named = directory.write("config", config("https://a:1", "token: first"));
  const auto access = make_kubeconfig_access({named}, "", "");
  directory.write("config", "current-context: other");
  EXPECT_EQ(token(**access), "first");
  (*access)->expire();
  EXPECT_EQ(error(**access), named + ": contexts: there is no context \"other\"");
  directory.write("config", config("https://a:1", "token: second"));
  EXPECT_EQ(token(**access), "second");
}

// A plugin that counts its runs and says when its token ends.
struct PluginAccess : CredentialsTest {
  std::unique_ptr<Access> open(const std::string& expiry) {
    const auto plugin = directory.write(
        "plugin",
        "#!/bin/sh\necho x >>\"$0.runs\"\nn=$(wc -l <\"$0.runs\")\n"
        "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":'"
        "'{\"token\":\"run-'$((n))'\"" +
            expiry + "}}'\n");
    ::chmod(plugin.c_str(), 0700);
    const auto named = directory.write(
        "config", config("https://a:1", "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}"));
    return std::move(make_kubeconfig_access({named}, "", "").value());
  }
};

TEST_F(PluginAccess, APluginsToken_IsKeptUntilItFails) {
  const auto access = open("");
  EXPECT_EQ(token(*access), "run-1");
  EXPECT_EQ(token(*access), "run-1");
  access->expire();
  EXPECT_EQ(token(*access), "run-2");
}

TEST_F(PluginAccess, APluginsToken_IsKeptUntilItEnds) {
  const auto lasting = open(R"(,"expirationTimestamp":"2099-01-01T00:00:00Z")");
  EXPECT_EQ(token(*lasting), "run-1");
  EXPECT_EQ(token(*lasting), "run-1");
  const auto ended = open(R"(,"expirationTimestamp":"2001-01-01T00:00:00Z")");
  EXPECT_EQ(token(*ended), "run-2");
  EXPECT_EQ(token(*ended), "run-3");
}

// ---- pieces --------------------------------------------------------------------------------------------------------

TEST(Base64, RoundTripsAnyBytes_AndSkipsLineBreaks) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
  EXPECT_EQ(base64_decode("Q0V S\n VA=\t=\r\n"), "CERT");
  EXPECT_EQ(base64_decode(""), "");
}

TEST(Base64, WhatIsNoBase64_IsRefused) {
  for (const auto* text : {"Q", "Q0", "Q0E", "Q=E=", "Q===", "====", "Q0E!", "Q0E=Q0E=", "Q0E=="}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  }
}

TEST(ServerAddress, IsTakenApart) {
  const auto address = [](const char* url) { return parse_server(url).value_or(ServerAddress{}); };
  EXPECT_EQ(address("https://api.example"), (ServerAddress{.host = "api.example", .port = 443, .prefix = ""}));
  EXPECT_EQ(address("https://10.0.0.1:6443/"), (ServerAddress{.host = "10.0.0.1", .port = 6443, .prefix = ""}));
  EXPECT_EQ(address("https://[fd00::1]:6443/k8s/c-1/"),
            (ServerAddress{.host = "fd00::1", .port = 6443, .prefix = "/k8s/c-1"}));
  EXPECT_EQ(to_string(address("https://[fd00::1]/a")), "https://[fd00::1]:443/a");
}

TEST(ServerAddress, WhatIsNone_IsRefused) {
  for (const auto* url :
       {"", "https://", "https://:1", "10.0.0.1:6443", "http://a", "https://a:0", "https://a:65536", "https://a:1x",
        "https://a:", "https://fd00::1", "https://[fd00::1", "https://[a]:1", "https://[::1]x", "https://u:p@a",
        "https://a?x", "https://a/#y", "https://a b", "https://a\r\nX: y", "ftp://a"}) {
    EXPECT_FALSE(parse_server(url)) << url;
  }
}

// ---- all of it -----------------------------------------------------------------------------------------------------

TEST_F(CredentialsTest, AKubeconfig_LeadsToTheServer_AndARotatedTokenWorksWithoutARestart) {
  ApiServer server({.token = "first"});
  const auto named = directory.write("config", server.kubeconfig());
  auto access = open_access({.kubeconfig = named, .context = "", .server = ""});
  ASSERT_TRUE(access) << access.error();
  const auto transport = make_https_transport(std::move(*access), "selvedge/test");
  const auto status = [&] {
    const auto head = transport->get(
        {.target = "/api/v1/pods", .silence = 20s}, [](const ResponseHead&) {}, [](std::string_view) { return true; });
    return head ? head->status : 0;
  };
  EXPECT_EQ(status(), 200);
  server.set_token("second");
  directory.write("config", server.kubeconfig());
  EXPECT_EQ(status(), 401);
  EXPECT_EQ(status(), 200);
}

}  // namespace
}  // namespace selvedge::k8s
