// Credential plugins: real little scripts, well-behaved and not.
#include "k8sclient/exec_plugin.h"

#include <sys/stat.h>

#include <future>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "k8sclient/base64.h"
#include "k8sclient/cached_file.h"
#include "test/support/eventually.h"
#include "test/support/temporary_directory.h"

namespace selvedge::k8s {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Kind = TransportError::Kind;

const std::string v1 = "client.authentication.k8s.io/v1";

std::string credential(const std::string& status) {
  return R"({"kind":"ExecCredential","apiVersion":")" + v1 + R"(","status":)" + status + "}";
}

struct ExecPluginTest : testing::Test {
  // A plugin that is this shell script.
  ExecPlugin plugin(const std::string& script) {
    const auto path = directory.write("plugin", "#!/bin/sh\n" + script + "\n");
    ::chmod(path.c_str(), 0700);
    return {.api_version = v1, .command = path, .args = {}, .env = {}, .install_hint = "", .cluster_config = ""};
  }
  ExecPlugin printing(const std::string& text) { return plugin("cat <<'END'\n" + text + "\nEND"); }
  tl::expected<ExecCredential, TransportError> run(const ExecPlugin& what, std::chrono::milliseconds timeout = 30s) {
    return run_exec_plugin(what, endpoint, interrupt, timeout);
  }
  std::string error(const ExecPlugin& what, std::chrono::milliseconds timeout = 30s) {
    const auto result = run(what, timeout);
    return result ? "no error" : result.error().message;
  }
  std::string prefix() const { return "the test: exec plugin \"" + (directory.path() / "plugin").string() + "\": "; }

  test::TemporaryDirectory directory;
  Interrupt interrupt;
  Endpoint endpoint{.server = "https://a:1", .tls_server_name = "", .ca_pem = "CA", .origin = "the test"};
};

TEST_F(ExecPluginTest, AToken_IsTaken) {
  const auto result = run(printing(credential(R"({"token":"secret\n"})")));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->credentials.bearer_token, "secret");
  EXPECT_FALSE(result->expires);
}

TEST_F(ExecPluginTest, ACertificate_IsTaken_WithItsExpiry) {
  const auto result = run(printing(credential(
      R"({"clientCertificateData":"CERT","clientKeyData":"KEY","expirationTimestamp":"2030-01-02T03:04:05Z"})")));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->credentials.client_certificate_pem, "CERT");
  EXPECT_EQ(result->credentials.client_key_pem, "KEY");
  EXPECT_EQ(result->expires, std::chrono::system_clock::from_time_t(1893553445));
}

TEST_F(ExecPluginTest, Expiry_IsReadWithFractionsAndOffsets) {
  const auto expiry = [](const std::string& text) {
    const auto parsed = parse_exec_credential(credential(R"({"token":"t","expirationTimestamp":")" + text + "\"}"), v1);
    return parsed ? std::chrono::system_clock::to_time_t(*parsed->expires) : -1;
  };
  EXPECT_EQ(expiry("2030-01-02T03:04:05.123456Z"), 1893553445);
  EXPECT_EQ(expiry("2030-01-02T05:34:05+02:30"), 1893553445);
  EXPECT_EQ(expiry("2030-01-01T22:04:05-05:00"), 1893553445);
  EXPECT_EQ(expiry("2030-01-02"), -1);
  EXPECT_EQ(expiry("2030-01-02T03:04:05"), -1);
  EXPECT_EQ(expiry("2030-01-02T03:04:05."), -1);
  EXPECT_EQ(expiry("tomorrow"), -1);
}

TEST_F(ExecPluginTest, ThePlugin_GetsItsArgumentsAndEnvironment_WithoutAShell) {
  auto asked = plugin(
      "printf '%s|' \"$@\" \"$COLOUR\" >\"$0.args\"; printf %s \"$KUBERNETES_EXEC_INFO\" >\"$0.info\"; cat >\"$0.in\"\n"
      "echo '" +
      credential(R"({"token":"t"})") + "'");
  asked.args = {"$(id)", "a b", "*"};
  asked.env = {{"COLOUR", "blue"}, {"COLOUR", "red;green"}};
  asked.provide_cluster_info = true;
  asked.cluster_config = R"({"audience":"x"})";
  ASSERT_TRUE(run(asked));
  EXPECT_EQ(read_file(asked.command + ".args"), "$(id)|a b|*|red;green|");
  EXPECT_EQ(read_file(asked.command + ".in"), "");
  const auto info = Json::parse(read_file(asked.command + ".info").value());
  EXPECT_EQ(info, (Json{{"kind", "ExecCredential"},
                        {"apiVersion", v1},
                        {"spec",
                         {{"interactive", false},
                          {"cluster",
                           {{"server", "https://a:1"},
                            {"certificate-authority-data", base64_encode("CA")},
                            {"config", {{"audience", "x"}}}}}}}}));
}

TEST_F(ExecPluginTest, AFailedPlugin_IsNamed_AndItsOutputIsNot) {
  EXPECT_EQ(error(plugin("echo hunter2; exit 3")), prefix() + "ended with status 3");
  EXPECT_EQ(error(plugin("kill -9 $$")), prefix() + "was killed by signal 9");
  for (const auto* output :
       {"hunter2", "[]", "{\"token\":\"hunter2\"}", "{\"kind\":\"ExecCredential\",\"apiVersion\":\"hunter2\"}"}) {
    const auto message = error(printing(output));
    EXPECT_TRUE(message.starts_with(prefix())) << message;
    EXPECT_EQ(message.find("hunter2"), std::string::npos) << message;
  }
  EXPECT_EQ(error(printing(credential("{}"))), prefix() + "status has neither a token nor a client certificate");
  EXPECT_EQ(error(printing(credential(R"({"token":["hunter2"]})"))), prefix() + "status.token is not a text");
  EXPECT_EQ(error(printing(credential(R"({"token":"hun\nter2"})"))),
            prefix() + "status.token holds a character that a bearer token cannot have");
}

TEST_F(ExecPluginTest, AMissingPlugin_IsNamed_WithItsHint) {
  auto missing = plugin("");
  missing.command = "selvedge-no-such-plugin";
  missing.install_hint = "get it from the shelf";
  EXPECT_EQ(error(missing),
            "the test: exec plugin \"selvedge-no-such-plugin\": cannot be run: No such file or directory\n"
            "get it from the shelf");
}

TEST_F(ExecPluginTest, EndlessOutput_IsCutShort) {
  EXPECT_EQ(error(plugin("while :; do echo 0123456789012345678901234567890123456789; done")),
            prefix() + "printed more than 1 MiB");
}

// The plugin and a child that keeps its output open.
TEST_F(ExecPluginTest, APluginThatHangs_IsKilledWithAllThatItStarted) {
  const auto hanging = plugin("sleep 600 & echo $! >\"$0.child\"; wait");
  const auto result = run(hanging, 300ms);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Kind::credentials);
  EXPECT_EQ(result.error().message, prefix() + "did not end in time");
  const auto child = read_file(hanging.command + ".child");
  if (child) {
    const auto pid = std::stoi(*child);
    EXPECT_TRUE(test::eventually([&] {
      const auto state = read_file("/proc/" + std::to_string(pid) + "/stat");
      return !state || state->find(") Z") != std::string::npos;
    }));
  }
}

TEST_F(ExecPluginTest, AnInterrupt_EndsThePlugin) {
  const auto hanging = plugin("touch \"$0.runs\"; sleep 600");
  auto result = std::async(std::launch::async, [&] { return run(hanging, 60s); });
  ASSERT_TRUE(test::eventually([&] { return std::filesystem::exists(hanging.command + ".runs"); }));
  interrupt.raise();
  ASSERT_EQ(result.wait_for(20s), std::future_status::ready);
  const auto ended = result.get();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, Kind::stopped);
}

}  // namespace
}  // namespace selvedge::k8s
