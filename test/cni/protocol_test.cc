// What plugin and daemon say to each other survives the way, and nothing else is taken for it.
#include "cni/protocol.h"

#include <gtest/gtest.h>

namespace selvedge::cni {
namespace {

TEST(Protocol, EveryRequestArrivesAsItWasSent) {
  const std::vector<Request> requests = {
      {.command = Command::add,
       .id = "cbr0/a/eth0",
       .ns = "shop",
       .name = "api",
       .uid = "u",
       .addresses = {"10.244.1.5", "fd00::5"},
       .patience = std::chrono::milliseconds(1500)},
      {.command = Command::del, .id = "cbr0/a/eth0", .ns = "", .name = "", .uid = ""},
      {.command = Command::check, .id = "cbr0/a/eth0", .ns = "", .name = "", .uid = ""},
      {.command = Command::gc, .id = "cbr0/", .ns = "", .name = "", .uid = "", .valid = {"cbr0/b/eth0"}},
      {.command = Command::status, .id = "", .ns = "", .name = "", .uid = ""}};
  for (const Request& request : requests) {
    const std::string line = line_of(request);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    const auto arrived = request_of(line);
    ASSERT_TRUE(arrived) << arrived.error();
    EXPECT_EQ(*arrived, request) << line;
  }
}

TEST(Protocol, AnswersArrive_AndALineOfTwoIsNone) {
  EXPECT_EQ(*answer_of(line_of(Answer{})), Answer{});
  EXPECT_EQ(*answer_of(line_of(Answer{"no \"such\"\npod"})), Answer{"no \"such\"\npod"});
  EXPECT_EQ(answer_of(R"({"ok":false,"message":""})")->fault, "no reason given");
  for (const char* odd : {"", "{}", "[]", "x", R"({"ok":1})", R"({"ok":false,"message":7})"})
    EXPECT_FALSE(answer_of(odd)) << odd;
}

TEST(Protocol, WhatIsNoRequest_IsRefusedByName) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"GET / HTTP/1.1", "is not JSON"},
      {"{}", "version: is missing"},
      {R"({"version":2})", "version: 2"},
      {R"({"version":1})", "command: \"\" is not one of"},
      {R"({"version":1,"command":7})", "command: 7 is not a string"},
      {R"({"version":1,"command":"del"})", "id: is missing"},
      {R"({"version":1,"command":"add","id":"a"})", "namespace: is missing"},
      {R"({"version":1,"command":"add","id":"a","namespace":"b","name":"c","uid":"d"})", "addresses: is missing"},
      {R"({"version":1,"command":"add","id":"a","namespace":"b","name":"c","uid":"d","addresses":[7]})",
       "addresses: 7 is not a string"},
      {R"({"version":1,"command":"add","id":"a","namespace":"b","name":"c","uid":"d","addresses":["e"],)"
       R"("patienceMs":999999999})",
       "patienceMs: 999999999"},
      {std::string(1000, '{'), "nested"}};
  for (const auto& [line, part] : cases) {
    const auto request = request_of(line);
    ASSERT_FALSE(request) << line;
    EXPECT_NE(request.error().find(part), std::string::npos) << request.error();
  }
}

}  // namespace
}  // namespace selvedge::cni
