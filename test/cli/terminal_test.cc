// What a person sees: the program on a terminal of its own.
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include <gtest/gtest.h>

#include "test/agent/program.h"

namespace selvedge {
namespace {

const std::string examples = SELVEDGE_SOURCE_DIR "/examples/tutorial";

// All that the program writes to a terminal of 24 lines.
std::string on_terminal(const std::vector<std::string>& arguments, const std::vector<std::string>& variables) {
  const winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  int terminal = -1;
  const pid_t pid = forkpty(&terminal, nullptr, nullptr, &size);
  if (pid == 0) {
    std::vector<std::string> words{SELVEDGE_PROGRAM};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv, envp;
    for (std::string& word : words) argv.push_back(word.data());
    std::vector<std::string> environment = variables;
    for (std::string& variable : environment) envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t got; (got = read(terminal, piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(got));
  close(terminal);
  waitpid(pid, nullptr, 0);
  return text;
}

const std::vector<std::string> question{"explain", "-f", examples, "quality/tester-0", "production/api", "3000"};

TEST(Terminal, GetsColours) {
  const std::string text = on_terminal(question, {"TERM=xterm"});
  EXPECT_NE(text.find("\x1b[31mdenied\x1b[0m: quality/tester-0"), std::string::npos) << text;
}

TEST(Terminal, GetsNone_WhereNoColorIsSet_OrItHasNone) {
  for (const std::vector<std::string>& variables :
       {std::vector<std::string>{"TERM=xterm", "NO_COLOR=1"}, {"TERM=dumb"}, {}}) {
    const std::string text = on_terminal(question, variables);
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
    EXPECT_NE(text.find("denied: quality/tester-0"), std::string::npos) << text;
  }
}

TEST(Terminal, IsWhatColoursAreFor_NotAPipe) {
  const auto done = test::run_program(question, "", {{"TERM", "xterm"}});
  EXPECT_EQ(done.out.find('\x1b'), std::string::npos);
  EXPECT_TRUE(done.out.starts_with("denied: ")) << done.out;
}

TEST(KubectlPlugin, IsTheProgram_ByAnotherName) {
  const std::filesystem::path plugin = std::filesystem::path(SELVEDGE_PROGRAM).parent_path() / "kubectl-selvedge";
  ASSERT_TRUE(std::filesystem::exists(plugin));
  EXPECT_TRUE(std::filesystem::equivalent(plugin, SELVEDGE_PROGRAM));
}

}  // namespace
}  // namespace selvedge
