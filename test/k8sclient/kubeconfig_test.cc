// What kubeconfig files say, merged as kubectl does; and that nothing in them is ignored that would change whom we
// trust.
#include "k8sclient/kubeconfig.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "test/support/temporary_directory.h"

namespace selvedge::k8s {
namespace {

using test::TemporaryDirectory;

// A file with one context "dev" of cluster "c" and user "u", whose mappings hold what a test wants.
std::string config(const std::string& cluster, const std::string& user) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: dev\n"
         "contexts: [{name: dev, context: {cluster: c, user: u}}]\n"
         "clusters: [{name: c, cluster: {" +
         cluster +
         "}}]\n"
         "users: [{name: u, user: {" +
         user + "}}]\n";
}

struct Kubeconfig : testing::Test {
  // What is read from one file, or the error with the directory taken out.
  tl::expected<KubeconfigContext, std::string> read(const std::string& text, const std::string& context = "") {
    return read_files({directory.write("config", text)}, context);
  }
  tl::expected<KubeconfigContext, std::string> read_files(const std::vector<std::string>& files,
                                                          const std::string& context = "") {
    return read_kubeconfig(files, context).map_error([&](std::string message) {
      const auto prefix = directory.path().string() + '/';
      for (auto at = message.find(prefix); at != std::string::npos; at = message.find(prefix)) {
        message.erase(at, prefix.size());
      }
      return message;
    });
  }
  std::string error(const std::string& text, const std::string& context = "") {
    const auto result = read(text, context);
    return result ? "no error" : result.error();
  }
  std::string user_error(const std::string& user) { return error(config("server: 'https://a:1'", user)); }
  std::string cluster_error(const std::string& cluster) { return error(config(cluster, "token: t")); }

  TemporaryDirectory directory;
};

TEST_F(Kubeconfig, AContext_NamesServerAuthorityAndUser) {
  const auto context =
      read(config("server: 'https://10.0.0.1:6443', tls-server-name: kubernetes, certificate-authority-data: Q0E=",
                  "token: secret, client-certificate-data: Q0VS\n VA==, client-key-data: S0VZ"));
  ASSERT_TRUE(context) << context.error();
  EXPECT_EQ(context->server, "https://10.0.0.1:6443");
  EXPECT_EQ(context->tls_server_name, "kubernetes");
  EXPECT_EQ(context->ca, (PemSource{.text = "CA", .path = ""}));
  EXPECT_EQ(context->token, "secret");
  EXPECT_EQ(context->client_certificate, (PemSource{.text = "CERT", .path = ""}));
  EXPECT_EQ(context->client_key, (PemSource{.text = "KEY", .path = ""}));
  EXPECT_EQ(context->origin, directory.path().string() + "/config: context \"dev\"");
}

TEST_F(Kubeconfig, RelativePaths_AreRelativeToTheFileThatHoldsThem) {
  const auto context = read(config("server: 'https://a:1', certificate-authority: pki/ca.crt",
                                   "tokenFile: token, client-certificate: /etc/cert.pem, client-key: ../key.pem"));
  ASSERT_TRUE(context) << context.error();
  EXPECT_EQ(context->ca.path, directory.path() / "pki/ca.crt");
  EXPECT_EQ(context->token_file, directory.path() / "token");
  EXPECT_EQ(context->client_certificate.path, "/etc/cert.pem");
  EXPECT_EQ(context->client_key.path, (directory.path() / "../key.pem").string());
}

TEST_F(Kubeconfig, DataGoesBeforeAFile) {
  const auto context =
      read(config("server: 'https://a:1', certificate-authority: ca, certificate-authority-data: Q0E=", ""));
  ASSERT_TRUE(context) << context.error();
  EXPECT_EQ(context->ca, (PemSource{.text = "CA", .path = ""}));
}

TEST_F(Kubeconfig, JsonIsReadAsWell) {
  const auto context = read(R"({"current-context":"a","contexts":[{"name":"a","context":{"cluster":"a"}}],)"
                            R"("clusters":[{"name":"a","cluster":{"server":"https://[fd00::1]:6443"}}]})");
  ASSERT_TRUE(context) << context.error();
  EXPECT_EQ(context->server, "https://[fd00::1]:6443");
}

TEST_F(Kubeconfig, TheChosenContext_GoesBeforeTheCurrentOne) {
  const auto text = config("server: 'https://a:1'", "") + "---\n";  // a second, empty document changes nothing
  EXPECT_TRUE(read(text, "dev"));
  EXPECT_EQ(error(text, "prod"), "config: contexts: there is no context \"prod\"; there is \"dev\"");
}

TEST_F(Kubeconfig, TheFirstFileThatHasAName_Decides) {
  const auto first = directory.write("first",
                                     "contexts: [{name: dev, context: {cluster: c, user: u}}]\n"
                                     "users: [{name: u, user: {tokenFile: token}}]\n");
  const auto second = directory.write("second/config",
                                      config("server: 'https://second:1', certificate-authority: ca", "token: second"));
  const auto context = read_files({first, second});
  ASSERT_TRUE(context) << context.error();
  EXPECT_EQ(context->server, "https://second:1");
  EXPECT_EQ(context->ca.path, directory.path() / "second/ca");
  EXPECT_EQ(context->token, "");
  EXPECT_EQ(context->token_file, directory.path() / "token");
}

TEST_F(Kubeconfig, WhatIsMissing_IsNamed) {
  EXPECT_EQ(read_files({(directory.path() / "none").string()}).error(), "none: No such file or directory");
  EXPECT_EQ(error(""), "config: current-context: is not set, and no context was chosen");
  EXPECT_EQ(error("current-context: a"), "config: contexts: there is no context \"a\"");
  EXPECT_EQ(error("current-context: a\ncontexts: [{name: a, context: {cluster: b}}]"),
            "config: clusters: there is no cluster \"b\"");
  EXPECT_EQ(error("current-context: a\ncontexts: [{name: a}]"), "config: context \"a\": cluster: is missing");
  EXPECT_EQ(error("current-context: a\ncontexts: [{name: a, context: {cluster: c, user: b}}]\n"
                  "clusters: [{name: c, cluster: {server: 'https://a'}}]\nusers: [{name: x}, {name: y}]"),
            "config: users: there is no user \"b\"; there is \"x\", \"y\"");
  EXPECT_EQ(cluster_error(""), "config: cluster \"c\": server: is missing");
}

TEST_F(Kubeconfig, WhatHasTheWrongShape_IsNamed) {
  EXPECT_EQ(error("- a"), "config: is not a kubeconfig but a list");
  EXPECT_EQ(error("contexts: {}\ncurrent-context: a"), "config: contexts: must be a list, but is a mapping");
  EXPECT_EQ(error("contexts: [a]\ncurrent-context: a"),
            "config: contexts: must be a list of mappings, but holds a single value");
  EXPECT_EQ(error("current-context: [a]"), "config: current-context: must be text, but is a list");
  EXPECT_EQ(user_error("token: {a: b}"), "config: user \"u\": token: must be text, but is a mapping");
  EXPECT_EQ(user_error("exec: plugin"), "config: user \"u\": exec: must be a mapping, but is a single value");
  EXPECT_EQ(cluster_error("server: 'https://a:1', insecure-skip-tls-verify: 'perhaps'"),
            "config: cluster \"c\": insecure-skip-tls-verify: must be true or false");
  EXPECT_EQ(cluster_error("server: 'https://a:1', certificate-authority-data: 'not base64!'"),
            "config: cluster \"c\": certificate-authority-data: is not base64");
}

TEST_F(Kubeconfig, WhatDoesNotParse_IsPlaced) {
  const auto message = error("contexts: [\n  {name: ]");
  EXPECT_TRUE(message.starts_with("config: line 2, column ")) << message;
}

TEST_F(Kubeconfig, AliasesInACircle_OrForTooMuch_AndKeysTwice_AreRefused) {
  const std::string plugin = "exec: {apiVersion: client.authentication.k8s.io/v1, command: x}";
  const std::string server =
      "server: 'https://a:1', extensions: [{name: client.authentication.k8s.io/exec, extension: ";
  EXPECT_NE(error(config(server + "&x {a: [*x]}}]", plugin)).find("an alias stands inside of what it refers to"),
            std::string::npos);
  std::string bomb = "a: &a {x: " + std::string(1000, 'x') + "}\n";
  for (char c = 'b'; c < 'z'; ++c) {
    const std::string before = std::string("*") + static_cast<char>(c - 1);
    bomb += std::string(1, c) + ": &" + c + " {p: " + before + ", q: " + before + "}\n";
  }
  EXPECT_NE(error(bomb + config(server + "*y}]", plugin)).find("aliases stand for more than"), std::string::npos);
  EXPECT_EQ(error(config("server: 'https://a:1', server: 'https://b:1'", "token: t")),
            "config: line 5, column 55: key \"server\" occurs twice");
  EXPECT_EQ(error(config("server: 'https://a:1'", "token: !!int s3cr3t")).find("s3cr3t"), std::string::npos);
}

TEST_F(Kubeconfig, WhatWeDoNotDo_IsRefused_WithItsPlace) {
  const std::vector<std::pair<std::string, std::string>> users{
      {"username: admin, password: hunter2", "username"},
      {"password: hunter2", "password"},
      {"auth-provider: {name: gcp, config: {secret: hunter2}}", "auth-provider"},
      {"as: system:admin", "as"},
      {"as-groups: ['hunter2']", "as-groups"},
      {"as-uid: hunter2", "as-uid"},
      {"as-user-extra: {a: [hunter2]}", "as-user-extra"}};
  for (const auto& [user, field] : users) {
    const auto message = user_error(user);
    EXPECT_TRUE(message.starts_with("config: user \"u\": " + field + ": ")) << message;
    EXPECT_EQ(message.find("hunter2"), std::string::npos) << message;
  }
  EXPECT_TRUE(cluster_error("server: 'https://a:1', proxy-url: 'http://proxy:3128'")
                  .starts_with("config: cluster \"c\": proxy-url: "));
  EXPECT_TRUE(cluster_error("server: 'https://a:1', insecure-skip-tls-verify: true")
                  .starts_with("config: cluster \"c\": insecure-skip-tls-verify: is refused"));
}

TEST_F(Kubeconfig, WhatIsSetToNothing_IsNotRefused) {
  EXPECT_EQ(user_error("username: '', as-groups: [], as-user-extra: {}, auth-provider: null, token: t"), "no error");
  EXPECT_EQ(cluster_error("server: 'https://a:1', proxy-url: '', insecure-skip-tls-verify: false"), "no error");
}

TEST_F(Kubeconfig, PlainHttp_IsRefused_OnLoopbackToo) {
  EXPECT_EQ(
      cluster_error("server: 'http://127.0.0.1:8001'"),
      "config: cluster \"c\": server: \"http://127.0.0.1:8001\" is plain http: only https is spoken, so that no one "
      "else can hand out policies");
  const auto with_password = cluster_error("server: 'https://admin:hunter2@a:1'");
  EXPECT_TRUE(with_password.starts_with("config: cluster \"c\": server: holds a user or password")) << with_password;
  EXPECT_EQ(with_password.find("hunter2"), std::string::npos);
}

// ---- exec ----------------------------------------------------------------------------------------------------------

TEST_F(Kubeconfig, APlugin_IsReadWhole) {
  const auto context =
      read(config("server: 'https://a:1', extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: "
                  "x, n: 3, s: '3', "
                  "list: [true, null]}}]",
                  "exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, args: [eks, get-token], env: "
                  "[{name: A, value: b}], "
                  "installHint: install it, provideClusterInfo: true, interactiveMode: IfAvailable}"));
  ASSERT_TRUE(context) << context.error();
  ASSERT_TRUE(context->exec);
  EXPECT_EQ(*context->exec, (ExecPlugin{.api_version = "client.authentication.k8s.io/v1",
                                        .command = "aws",
                                        .args = {"eks", "get-token"},
                                        .env = {{"A", "b"}},
                                        .install_hint = "install it",
                                        .provide_cluster_info = true,
                                        .cluster_config = R"({"audience":"x","list":[true,null],"n":3,"s":"3"})"}));
}

TEST_F(Kubeconfig, APluginsPath_IsRelativeToTheFile_AndABareNameIsNot) {
  const auto command = [&](const std::string& written) {
    return read(config("server: 'https://a:1'",
                       "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: " + written + "}"))
        ->exec->command;
  };
  EXPECT_EQ(command("bin/plugin"), directory.path() / "bin/plugin");
  EXPECT_EQ(command("./plugin"), directory.path() / "./plugin");
  EXPECT_EQ(command("/opt/plugin"), "/opt/plugin");
  EXPECT_EQ(command("plugin"), "plugin");
}

TEST_F(Kubeconfig, APluginThatWeCannotRun_IsRefused) {
  EXPECT_EQ(user_error("exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}"),
            "config: user \"u\": exec: apiVersion: \"client.authentication.k8s.io/v1alpha1\" is not supported, only "
            "client.authentication.k8s.io/v1 and v1beta1");
  EXPECT_EQ(user_error("exec: {apiVersion: client.authentication.k8s.io/v1}"),
            "config: user \"u\": exec: command: is missing");
  EXPECT_EQ(user_error("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}"),
            "config: user \"u\": exec: interactiveMode: Always is not supported: plugins run without a terminal");
}

}  // namespace
}  // namespace selvedge::k8s
