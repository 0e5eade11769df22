// A network namespace for one test: nothing of the machine's own rules is seen
// or touched, and it is gone when the test is.
#pragma once

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include <cstring>
#include <exception>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace selvedge::test {

// Runs `body` in a thread of its own, in a network namespace of its own. Programs that it starts are in there too.
inline void in_fresh_namespace(const std::function<void()>& body) {
  std::thread([&body] {
    ASSERT_EQ(unshare(CLONE_NEWNET), 0) << std::strerror(errno);
    try {
      body();
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }).join();
}

struct Outcome {
  int status = 0;
  std::string output;  // stdout and stderr
};

inline Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {.status = -1, .output = std::strerror(errno)};
  char chunk[4096];
  while (const std::size_t size = fread(chunk, 1, sizeof chunk, pipe)) outcome.output.append(chunk, size);
  outcome.status = pclose(pipe);
  return outcome;
}

// The output of `nft ARGUMENTS`, which must succeed.
inline std::string nft(const std::string& arguments) {
  const Outcome outcome = run("nft " + arguments);
  EXPECT_EQ(outcome.status, 0) << "nft " << arguments << "\n" << outcome.output;
  return outcome.output;
}

// Loads `text` as `nft -f -` does.
inline void nft_load(const std::string& text) {
  FILE* pipe = popen("nft -f -", "w");
  ASSERT_NE(pipe, nullptr);
  fwrite(text.data(), 1, text.size(), pipe);
  ASSERT_EQ(pclose(pipe), 0) << text;
}

// Tests that need root derive from this; without it they are skipped, and say so.
class KernelTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root: it makes network namespaces and writes nf_tables rules";
  }
};

}  // namespace selvedge::test
