// Where settings come from, and what is said when they are wrong.
#include <cstdio>
#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "controller/cli/command_line.h"
#include "controller/cli/settings_file.h"
#include "controller/text/nearest.h"

namespace selvedge::cli {
namespace {

using namespace agent;

using Variables = std::map<std::string, std::string>;

tl::expected<Command, CommandLineError> parse(const std::vector<std::string>& arguments,
                                              const Variables& variables = {}) {
  return parse_command_line(arguments, [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

RunOptions run_options(const std::vector<std::string>& arguments, const Variables& variables = {}) {
  const auto command = parse(arguments, variables);
  EXPECT_TRUE(command) << command.error().message;
  return command ? std::get<RunCommand>(*command).options : RunOptions{};
}

CommandLineError failure(const std::vector<std::string>& arguments, const Variables& variables = {}) {
  const auto command = parse(arguments, variables);
  EXPECT_FALSE(command);
  return command ? CommandLineError{0, ""} : command.error();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class ConfigFile : public testing::Test {
 protected:
  std::string path = testing::TempDir() + "selvedge-options-" +
                     testing::UnitTest::GetInstance()->current_test_info()->name() + ".yaml";
  void write(const std::string& text) const { std::ofstream(path) << text; }
  ~ConfigFile() override { std::remove(path.c_str()); }
};

TEST(Options, WithNothingGiven_AreTheDefaults) {
  const RunOptions options = run_options({"run"});
  EXPECT_EQ(options, RunOptions{});
  EXPECT_EQ(to_string(options.listen), "127.0.0.1:9812");
  EXPECT_EQ(options.bridge, "cni0");
  EXPECT_EQ(options.vxlan_port, 8472);
}

TEST_F(ConfigFile, IsOverruledByTheEnvironment_WhichIsOverruledByAFlag) {
  write("log-level: warning\nbridge: cni1\nvxlan-port: 4789\n");
  const Variables variables = {{"SELVEDGE_LOG_LEVEL", "error"}, {"SELVEDGE_BRIDGE", "cni2"}};
  const RunOptions options = run_options({"run", "--config", path, "--log-level", "debug"}, variables);
  EXPECT_EQ(options.log_level, LogLevel::debug);
  EXPECT_EQ(options.bridge, "cni2");
  EXPECT_EQ(options.vxlan_port, 4789);
}

TEST(Options, OwnNode_IsPolicedOrAllowed) {  // semantics R3
  EXPECT_FALSE(run_options({"run", "--own-node", "policed"}).own_node_open);
  EXPECT_TRUE(run_options({"run", "--own-node=allowed"}).own_node_open);
  EXPECT_TRUE(
      contains(failure({"run", "--own-node", "open"}).message, "--own-node: \"open\" is not one of policed, allowed"));
}

TEST(Options, Audit_IsAListOfNamespaces) {
  EXPECT_EQ(run_options({"run", "--audit", "shop"}).audited, std::set<std::string>{"shop"});
  EXPECT_EQ(run_options({"run"}, {{"SELVEDGE_AUDIT", "shop,stage-2"}}).audited,
            (std::set<std::string>{"shop", "stage-2"}));
  for (const char* wrong : {"shop,", ",shop", "Shop", "a.b", "shop, stage"})
    EXPECT_TRUE(contains(failure({"run", "--audit", wrong}).message, "is not the name of a namespace")) << wrong;
}

TEST(Options, DenyLog_IsAGroupAndARate_OrOff) {
  EXPECT_EQ(run_options({"run"}).deny_log, DenyLog{});
  EXPECT_EQ(run_options({"run", "--deny-log", "7"}).deny_log, (DenyLog{.group = 7, .rate = 10}));
  EXPECT_EQ(run_options({"run"}, {{"SELVEDGE_DENY_LOG", "7/3"}}).deny_log, (DenyLog{.group = 7, .rate = 3}));
  EXPECT_EQ(run_options({"run", "--deny-log", "off"}).deny_log, std::nullopt);
  for (const char* wrong : {"on", "", "65536", "7/", "/3", "7/0", "7/10001", "7/3/1"})
    EXPECT_TRUE(contains(failure({"run", "--deny-log", wrong}).message, "is neither off nor a group of NFLOG"))
        << wrong;
}

TEST(Options, Ipvs_IsLookedFor_UnlessItIsTold) {  // semantics 81
  EXPECT_EQ(run_options({"run"}).ipvs, std::nullopt);
  EXPECT_EQ(run_options({"run", "--ipvs", "auto"}).ipvs, std::nullopt);
  EXPECT_EQ(run_options({"run"}, {{"SELVEDGE_IPVS", "true"}}).ipvs, true);
  EXPECT_EQ(run_options({"run", "--ipvs", "false"}).ipvs, false);
}

TEST_F(ConfigFile, CanBeNamedByTheEnvironment) {
  write("own-table: false\nlisten: '[::1]:0'\n");
  const RunOptions options = run_options({"run"}, {{"SELVEDGE_CONFIG", path}});
  EXPECT_FALSE(options.own_table);
  EXPECT_EQ(to_string(options.listen), "[::1]:0");
}

TEST_F(ConfigFile, WithAnUnknownKey_IsWrongUse_AndTheNearestKeyIsNamed) {
  write("node: node-a\nlog-levle: info\n");
  const CommandLineError error = failure({"run", "--config", path});
  EXPECT_EQ(error.status, 2);
  EXPECT_TRUE(contains(error.message, "line 2")) << error.message;
  EXPECT_TRUE(contains(error.message, "\"log-levle\"; did you mean \"log-level\"?")) << error.message;
}

TEST_F(ConfigFile, WithAnUnknownValue_NamesFileLineKeyValueAndTheNearestValue) {
  write("log-format: jsn\n");
  const CommandLineError error = failure({"run", "--config", path});
  EXPECT_EQ(error.status, 2);
  EXPECT_TRUE(contains(error.message, path + ": line 1, column 1: log-format: \"jsn\" is not one of logfmt, json; "
                                             "did you mean \"json\"?"))
      << error.message;
}

TEST_F(ConfigFile, ThatIsNoYaml_CannotBeDone_AndTheErrorNamesLineAndColumn) {
  write("node: node-a\nbridge: [cni0\n");
  const CommandLineError error = failure({"run", "--config", path});
  EXPECT_EQ(error.status, 3);
  EXPECT_TRUE(contains(error.message, path + ": line ")) << error.message;
}

TEST_F(ConfigFile, ThatIsMissing_CannotBeDone) {
  const CommandLineError error = failure({"run", "--config", path});
  EXPECT_EQ(error.status, 3);
  EXPECT_TRUE(contains(error.message, "cannot read " + path + ": No such file")) << error.message;
}

TEST(SettingsFile, ThatIsADirectory_CannotBeRead) {
  const auto layer = read_settings_file(testing::TempDir());
  ASSERT_FALSE(layer);
  EXPECT_TRUE(layer.error().unreadable);
}

TEST(SettingsFile, WithListsNestedOrTwiceGivenKeys_IsRefused) {
  for (const char* text :
       {"- node", "node: [a]", "node: {a: b}", "node: a\nnode: b", "[a]: b", "node: a\n---\nnode: b"}) {
    const auto layer = parse_settings(text, "file");
    ASSERT_FALSE(layer) << text;
    EXPECT_FALSE(layer.error().unreadable) << text;
    EXPECT_TRUE(contains(layer.error().message, "file: line ")) << layer.error().message;
  }
}

TEST(SettingsFile, ThatIsEmpty_SetsNothing) {
  EXPECT_TRUE(parse_settings("", "file").value().empty());
  EXPECT_TRUE(parse_settings("# nothing\n", "file").value().empty());
}

TEST(CommandLine, WithAnUnknownFlag_NamesItAndTheNearest) {
  const CommandLineError error = failure({"run", "--nod", "node-a"});
  EXPECT_EQ(error.status, 2);
  EXPECT_TRUE(contains(error.message, "\"--nod\"; did you mean --node?")) << error.message;
  EXPECT_TRUE(contains(failure({"render", "--filenam=x"}).message, "\"--filenam\"; did you mean --filename?"));
}

TEST(CommandLine, WithAnUnknownSubcommand_NamesItAndTheNearest) {
  EXPECT_TRUE(contains(failure({"rendr"}).message, "\"rendr\"; did you mean render?"));
  EXPECT_EQ(failure({}).status, 2);
  EXPECT_EQ(failure({"version", "extra"}).status, 2);
}

TEST(CommandLine, WithAWrongValue_NamesWhereItCameFrom) {
  EXPECT_TRUE(contains(failure({"run"}, {{"SELVEDGE_LOG_LEVEL", "warn"}}).message,
                       "SELVEDGE_LOG_LEVEL: \"warn\" is not one of debug, info, warning, error; did you mean"));
  EXPECT_TRUE(contains(failure({"diff", "kernel", "kernel"}).message, "BEFORE and AFTER are both \"kernel\""));
  EXPECT_TRUE(contains(failure({"diff", "a", "b", "--node", "n"}).message, "--node is for kernel"));
  EXPECT_TRUE(contains(failure({"completion", "bsh"}).message, "did you mean \"bash\"?"));
  EXPECT_TRUE(contains(failure({"man", "selvedge-explan"}).message, "did you mean selvedge-explain?"));
  EXPECT_TRUE(contains(failure({"inspect", "--watch", "soon"}).message, "\"soon\" is no number of seconds"));
  EXPECT_TRUE(contains(failure({"inspect", "--node", "n"}).message, "--node is for --live and --filename"));
  EXPECT_TRUE(contains(failure({"inspect", "--raw", "--pod", "a/b"}).message, "one of --raw, --pod and --policy"));
  EXPECT_TRUE(contains(failure({"inspect", "--live", "-f", "x"}).message, "--filename, or --live"));
  EXPECT_TRUE(contains(failure({"inspect", "--output", "jsn"}).message, "\"jsn\" is not one of text, json"));
}

TEST(CommandLine, WithOutOfRangeValues_IsWrongUse) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"--vxlan-port", "65536"}, {"--vxlan-port", "-1"},
      {"--vxlan-port", "x"},     {"--listen", "9812"},
      {"--listen", "here:80"},   {"--listen", "127.0.0.1:"},
      {"--listen", "::1:9812"},  {"--listen", "[127.0.0.1]:80"},
      {"--bridge", "a/b"},       {"--bridge", "sixteen-letters-"},
      {"--bridge", ""},          {"--own-table", "yes"},
      {"--node", "Node_A"},      {"--node", "a b"},
      {"--node", "-a"},          {"--node", ""}};
  for (const auto& [flag, value] : wrong) {
    const CommandLineError error = failure({"run", std::string(flag).append("=").append(value)});
    EXPECT_EQ(error.status, 2) << flag << ' ' << value;
    EXPECT_TRUE(contains(error.message, flag)) << error.message;
  }
}

TEST(CommandLine, OfRender_TakesSeveralFiles_AndStandardInput) {
  const auto command = parse({"render", "-f", "a", "--filename", "b", "-f", "-", "--node", "n"});
  ASSERT_TRUE(command) << command.error().message;
  const auto& render = std::get<RenderCommand>(*command);
  EXPECT_EQ(render.from.files, (std::vector<std::string>{"a", "b", "-"}));
  EXPECT_EQ(render.node, "n");
}

TEST(CommandLine, OfCleanup_FindsWhereTheDaemonPutThePlugin) {
  const Variables variables{
      {"SELVEDGE_CNI_CONF_DIR", "/host/net.d"}, {"SELVEDGE_CNI_SOCKET", "/run/a.sock"}, {"SELVEDGE_LOG_LEVEL", "loud"}};
  const auto told = parse({"cleanup", "--cni-socket", "/run/b.sock"}, variables);
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(std::get<CleanupCommand>(*told).cni_conf_dir, "/host/net.d");
  EXPECT_EQ(std::get<CleanupCommand>(*told).cni_socket, "/run/b.sock");
  EXPECT_EQ(std::get<CleanupCommand>(*parse({"cleanup"})).cni_conf_dir, "/etc/cni/net.d");
}

TEST(Help, OfEverySubcommand_FitsAScreen_AndHasAnExample) {
  for (const char* name : {"run", "render", "explain", "diff", "verify", "lint", "report", "inspect", "cleanup",
                           "version", "completion", "man"}) {
    const auto command = parse({name, "--help"});
    ASSERT_TRUE(command) << name;
    const std::string text = std::get<HelpCommand>(*command).text;
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 38) << text;
    EXPECT_TRUE(contains(text, "Example")) << text;
    std::size_t start = 0;
    for (std::size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1)
      EXPECT_LE(end - start, 82U) << text.substr(start, end - start);
  }
}

TEST(NodeName, IsTheFlags_ThenTheVariables_ThenTheHosts) {
  const Environment with = [](const std::string& name) {
    return name == "NODE_NAME" ? std::optional<std::string>("from-variable") : std::nullopt;
  };
  const Environment without = [](const std::string&) { return std::optional<std::string>(); };
  EXPECT_EQ(node_name("given", with, "HOST").value(), "given");
  EXPECT_EQ(node_name("", with, "HOST").value(), "from-variable");
  EXPECT_EQ(node_name("", without, "HOST.example").value(), "host.example");
  EXPECT_FALSE(node_name("", without, ""));
  EXPECT_TRUE(contains(node_name("", without, "a_b").error(), "--node"));
}

TEST(Nearest, PrefersFewEdits_AndASwapOfNeighboursIsOne) {
  EXPECT_EQ(nearest("lgo-level", {"log-format", "log-level", "listen"}), "log-level");
  EXPECT_EQ(nearest("", {"bb", "a"}), "a");
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_EQ(nearest("ab", {"ba", "xx"}), "ba");
}

}  // namespace
}  // namespace selvedge::cli
