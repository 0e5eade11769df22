// The plugin as a runtime sees it (CNI specification 1.1), with a daemon that is played.
#include "cni/plugin.h"

#include <map>

#include <gtest/gtest.h>

namespace selvedge::cni {
namespace {

constexpr const char* result =
    R"({"cniVersion":"1.0.0","interfaces":[{"name":"cni0"},{"name":"eth0","sandbox":"/run/netns/a"}],)"
    R"("ips":[{"interface":1,"address":"10.244.1.5/24","gateway":"10.244.1.1"},)"
    R"({"interface":1,"address":"fd00:244:0:1::5/64"}],"routes":[{"dst":"0.0.0.0/0"}],"dns":{},"zeta":1.50})";

std::string config(const std::string& more, const std::string& version = "1.0.0") {
  return R"({"cniVersion":")" + version + R"(","name":"cbr0","type":"selvedge-cni")" + more + "}";
}
std::string with_result(const std::string& more = "", const std::string& version = "1.0.0") {
  return config(more + ",\"prevResult\":" + result, version);
}

class Plugin : public testing::Test {
 protected:
  std::map<std::string, std::string> environment{
      {"CNI_CONTAINERID", "0123abcd"},
      {"CNI_IFNAME", "eth0"},
      {"CNI_NETNS", "/run/netns/a"},
      {"CNI_ARGS",
       "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=api;K8S_POD_INFRA_CONTAINER_ID=x;"
       "K8S_POD_UID=uid-1"}};
  tl::expected<Answer, std::string> daemon_says = Answer{};
  std::vector<Request> asked;
  std::string at;

  Outcome call(const std::string& command, const std::string& input) {
    environment["CNI_COMMAND"] = command;
    const auto variable = [this](const char* name) -> std::optional<std::string> {
      const auto found = environment.find(name);
      return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
    return run(variable, input, [this](const std::string& socket, const Request& request, std::chrono::milliseconds) {
      at = socket;
      asked.push_back(request);
      return daemon_says;
    });
  }
  // An error object, as the specification has it; returns its message.
  std::string error(const Outcome& outcome, int code) {
    EXPECT_EQ(outcome.status, 1);
    const Json json = Json::parse(outcome.out);
    EXPECT_EQ(json.at("code"), code) << outcome.out;
    EXPECT_EQ(std::ranges::count(supported_versions, json.at("cniVersion").get<std::string>()), 1) << outcome.out;
    return json.at("msg").get<std::string>();
  }
  bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
};

TEST_F(Plugin, AddTellsTheDaemonWhoGotWhat_AndPassesTheResultOnUnchanged) {
  const Outcome outcome = call("ADD", with_result());
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(Json::parse(outcome.out), Json::parse(result));
  EXPECT_EQ(outcome.out.find("cniVersion"), 2U) << "the order of its members is kept: " << outcome.out;
  EXPECT_EQ(at, default_socket);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0], (Request{.command = Command::add,
                               .id = "cbr0/0123abcd/eth0",
                               .ns = "shop",
                               .name = "api",
                               .uid = "uid-1",
                               .addresses = {"10.244.1.5", "fd00:244:0:1::5"},
                               .patience = std::chrono::seconds(10)}));
}

TEST_F(Plugin, SpeaksEachVersionThatFlannelsListMayName) {
  for (const std::string& version : supported_versions) EXPECT_EQ(call("ADD", with_result("", version)).status, 0);
  const Json told = Json::parse(call("VERSION", config("", "0.3.1")).out);
  EXPECT_EQ(told.at("cniVersion"), "0.3.1");
  EXPECT_EQ(told.at("supportedVersions"), Json(supported_versions));
  EXPECT_EQ(Json::parse(call("VERSION", "garbage").out).at("cniVersion"), "1.1.0");
}

TEST_F(Plugin, WithoutADaemon_TheConfigurationChooses) {
  daemon_says = tl::unexpected<std::string>("/run/x: the daemon cannot be reached");
  const Outcome isolated = call("ADD", with_result());
  EXPECT_EQ(isolated.status, 0);
  EXPECT_EQ(Json::parse(isolated.out), Json::parse(result));
  EXPECT_TRUE(says(isolated.note, "shop/api starts, and stays isolated")) << isolated.note;
  const std::string refused = error(call("ADD", with_result(R"(,"whenUnavailable":"refuse")")), Error::try_again_later);
  EXPECT_TRUE(says(refused, "pod shop/api: /run/x: the daemon cannot be reached")) << refused;
  daemon_says = Answer{"the API server has not told of pod shop/api"};
  EXPECT_TRUE(
      says(error(call("ADD", with_result(R"(,"whenUnavailable":"refuse")")), Error::try_again_later), "has not told"));
}

TEST_F(Plugin, AddWithoutAPreviousResult_OrWithOneThatNamesNoAddress_IsAnError) {
  EXPECT_TRUE(says(error(call("ADD", config("")), Error::invalid_config), "prevResult: is missing"));
  for (const char* odd :
       {"[]", "7", R"({"ips":7})", R"({"ips":[7]})", R"({"ips":[{"address":"10.244.1.999/24"}]})", R"({"ips":[]})",
        "{}", R"({"interfaces":[{"name":"cni0"}],"ips":[{"interface":0,"address":"10.0.0.1/8"}]})"}) {
    EXPECT_TRUE(
        says(error(call("ADD", config(std::string(R"(,"prevResult":)") + odd)), Error::invalid_config), "prevResult"))
        << odd;
  }
  EXPECT_TRUE(asked.empty());
}

TEST_F(Plugin, OfASandboxWhosePodTheRuntimeDoesNotName_AssertsNothing_AndLeavesItToTheGuard) {
  for (const char* words : {"K8S_POD_NAMESPACE=shop;K8S_POD_NAME=api", "K8S_POD_NAME=api;K8S_POD_UID=uid-1", ""}) {
    environment["CNI_ARGS"] = words;
    const Outcome outcome = call("ADD", with_result());
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(Json::parse(outcome.out), Json::parse(result));
    EXPECT_TRUE(says(outcome.note, "stays isolated")) << outcome.note;
    EXPECT_TRUE(says(outcome.note, " has no K8S_POD_")) << outcome.note;
  }
  EXPECT_TRUE(says(error(call("ADD", config("")), Error::invalid_environment), "has no K8S_POD_NAMESPACE"))
      << "it knows no result that it could pass on";
  EXPECT_TRUE(asked.empty());
}

TEST_F(Plugin, WithoutTheRuntimesWords_NamesTheMissingOne) {
  const std::string refusing = with_result(R"(,"whenUnavailable":"refuse")");
  environment["CNI_ARGS"] = "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=api";
  EXPECT_TRUE(says(error(call("ADD", refusing), Error::invalid_environment), "has no K8S_POD_UID"));
  environment.erase("CNI_ARGS");
  EXPECT_TRUE(says(error(call("ADD", refusing), Error::invalid_environment), "has no K8S_POD_NAMESPACE"));
  environment["CNI_CONTAINERID"] = "../../etc";
  EXPECT_TRUE(says(error(call("DEL", config("")), Error::invalid_environment), "CNI_CONTAINERID: \"../../etc\""));
  environment["CNI_CONTAINERID"] = "a";
  environment["CNI_IFNAME"] = "an interface";
  EXPECT_TRUE(says(error(call("CHECK", config("")), Error::invalid_environment), "CNI_IFNAME: \"an interface\""));
  EXPECT_TRUE(says(error(call("PLEASE", config("")), Error::invalid_environment), "CNI_COMMAND: \"PLEASE\""));
}

TEST_F(Plugin, OddInput_IsAnErrorThatNamesKeyAndValue) {
  const std::vector<std::tuple<std::string, int, std::string>> cases = {
      {"", Error::decoding_failure, "standard input: is not JSON"},
      {"garbage", Error::decoding_failure, "standard input: is not JSON"},
      {"[1]", Error::decoding_failure, "[1] is not a JSON object"},
      {std::string(100'000, '['), Error::decoding_failure, "nested more than 64 levels"},
      {std::string(longest_config + 1, ' '), Error::decoding_failure, "longer than 1048576"},
      {"{\"cniVersion\":\"\xff\"}", Error::decoding_failure, "is not JSON"},
      {"{}", Error::incompatible_version, "cniVersion: is missing"},
      {config("", "9.9.9"), Error::incompatible_version, R"(cniVersion: "9.9.9" is not one of 0.3.0, 0.3.1)"},
      {R"({"cniVersion":1})", Error::incompatible_version, "cniVersion: 1 is not one of"},
      {R"({"cniVersion":"1.0.0"})", Error::invalid_config, "name: \"\""},
      {R"({"cniVersion":"1.0.0","name":"a/b"})", Error::invalid_config, "name: \"a/b\""},
      {config(R"(,"socket":"cni.sock")"), Error::invalid_config, "socket: \"cni.sock\""},
      {config(R"(,"socket":7)"), Error::invalid_config, "socket: 7 is not a string"},
      {config(R"(,"socket":"/)" + std::string(200, 'x') + '"'), Error::invalid_config, "socket: "},
      {config(R"(,"timeoutSeconds":0)"), Error::invalid_config, "timeoutSeconds: 0 is not a number from 1 to 120"},
      {config(R"(,"timeoutSeconds":-1)"), Error::invalid_config, "timeoutSeconds: -1"},
      {config(R"(,"timeoutSeconds":1e99)"), Error::invalid_config, "timeoutSeconds: 1e+99"},
      {config(R"(,"timeoutSeconds":"10")"), Error::invalid_config, "timeoutSeconds: \"10\""},
      {config(R"(,"whenUnavailable":"open")"), Error::invalid_config, "whenUnavailable: \"open\" is not one of"},
      {config(R"(,"cni.dev/valid-attachments":[{"containerID":"a"}])"), Error::invalid_config,
       "cni.dev/valid-attachments"}};
  for (const auto& [input, code, part] : cases) {
    const std::string message = error(call("ADD", input), code);
    EXPECT_TRUE(says(message, part)) << message;
    EXPECT_LT(message.size(), 400U);
  }
  EXPECT_TRUE(asked.empty());
}

TEST_F(Plugin, DelTellsTheDaemon_AndSucceedsWithoutIt) {
  EXPECT_EQ(call("DEL", config("")).status, 0);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].command, Command::del);
  EXPECT_EQ(asked[0].id, "cbr0/0123abcd/eth0");
  daemon_says = tl::unexpected<std::string>("nobody there");
  environment.erase("CNI_ARGS");
  environment.erase("CNI_NETNS");
  const Outcome outcome = call("DEL", config(R"(,"whenUnavailable":"refuse")"));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(says(outcome.note, "nobody there"));
}

// The list may have been edited since ADD.
TEST_F(Plugin, DelOfAListWithMistakes_TellsTheDaemonAllTheSame_AndSucceeds) {
  for (const char* mistake : {R"(,"timeoutSeconds":"long")", R"(,"whenUnavailable":"maybe")", R"(,"socket":7)",
                              R"(,"cni.dev/valid-attachments":{})"}) {
    asked.clear();
    const Outcome outcome = call("DEL", config(mistake));
    EXPECT_EQ(outcome.status, 0) << mistake << outcome.out;
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.note, "") << mistake;
    ASSERT_EQ(asked.size(), 1U) << mistake;
    EXPECT_EQ(asked[0].id, "cbr0/0123abcd/eth0");
    EXPECT_EQ(at, default_socket);
  }
  EXPECT_EQ(call("DEL", config(R"(,"socket":"/run/other.sock","timeoutSeconds":0)")).status, 0);
  EXPECT_EQ(at, "/run/other.sock");
  EXPECT_EQ(call("DEL", config("", "9.9.9")).status, 0);
}

TEST_F(Plugin, DelOfAListWithoutAName_SucceedsAndSaysThatTheDaemonWasNotTold) {
  const Outcome outcome = call("DEL", R"({"cniVersion":"1.0.0"})");
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_TRUE(says(outcome.note, "name: ") && says(outcome.note, "; the daemon was not told")) << outcome.note;
  EXPECT_TRUE(asked.empty());
  error(call("DEL", "[]"), Error::decoding_failure);
}

TEST_F(Plugin, CheckAsksWhetherTheDaemonKnowsTheSandbox) {
  EXPECT_EQ(call("CHECK", with_result()).status, 0);
  EXPECT_EQ(asked.at(0).command, Command::check);
  EXPECT_TRUE(says(error(call("CHECK", config("")), Error::invalid_config), "prevResult"));
  daemon_says = Answer{"cbr0/0123abcd/eth0: is not known"};
  EXPECT_EQ(call("CHECK", with_result()).status, 0) << "the guard holds it all the same";
  EXPECT_TRUE(says(error(call("CHECK", with_result(R"(,"whenUnavailable":"refuse")")), Error::try_again_later),
                   "is not known"));
}

TEST_F(Plugin, StatusIsThatOfTheDaemon_WhereNoPodStartsWithoutIt) {
  daemon_says = tl::unexpected<std::string>("nobody there");
  EXPECT_EQ(call("STATUS", config("", "1.1.0")).status, 0);
  EXPECT_TRUE(asked.empty());
  EXPECT_TRUE(says(error(call("STATUS", config(R"(,"whenUnavailable":"refuse")", "1.1.0")), Error::unavailable),
                   "nobody there"));
}

TEST_F(Plugin, GcNamesTheSandboxesThatLive_AndRemovesNothingWithoutTheirList) {
  const std::string list = R"(,"cni.dev/valid-attachments":[{"containerID":"a","ifname":"eth0"}])";
  EXPECT_EQ(call("GC", config(list, "1.1.0")).status, 0);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].id, "cbr0/");
  EXPECT_EQ(asked[0].valid, std::vector<std::string>{"cbr0/a/eth0"});
  EXPECT_TRUE(says(error(call("GC", config("", "1.1.0")), Error::invalid_config), "cni.dev/valid-attachments"));
  EXPECT_EQ(asked.size(), 1U);
  EXPECT_EQ(call("GC", config(R"(,"cni.dev/valid-attachments":null)", "1.1.0")).status, 0);
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_TRUE(asked[1].valid.empty());
  daemon_says = tl::unexpected<std::string>("nobody there");
  EXPECT_TRUE(says(error(call("GC", config(list, "1.1.0")), Error::try_again_later), "nobody there"));
}

}  // namespace
}  // namespace selvedge::cni
