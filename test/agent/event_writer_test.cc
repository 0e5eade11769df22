// Denials as Kubernetes Events, against an API server that stores them.
#include "controller/agent/event_writer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "k8sclient/credentials.h"
#include "test/support/api_server.h"
#include "test/support/temporary_directory.h"

namespace selvedge::agent {
namespace {

using Json = nlohmann::json;

class EventWriterTest : public testing::Test {
 protected:
  std::unique_ptr<k8s::Transport> transport() {
    const std::string kubeconfig = directory_.write("kubeconfig", server_.kubeconfig());
    auto access = k8s::open_access({.kubeconfig = kubeconfig});
    EXPECT_TRUE(access);
    return k8s::make_https_transport(std::move(*access), "selvedge/test");
  }
  DenialBatch batch(const std::string& pod, std::uint64_t count, const std::string& peer = "shop/web-0") const {
    DenialCase one{.kind = {.denial = Denial::policy, .direction = Direction::ingress, .pod = "shop/" + pod},
                   .count = count,
                   .pod = k8s::ObjectKey{"shop", pod},
                   .uid = "uid-" + pod,
                   .peer = peer,
                   .isolated_by = {{"shop", "closed"}}};
    one.kind.protocol = 6;
    one.kind.port = 5432;
    return {.cases = {one}};
  }
  // Of the shop, as the API server lists them.
  std::vector<Json> events() {
    std::string text;
    const auto reader = transport();
    const auto read = reader->get(
        {.target = "/api/v1/namespaces/shop/events", .silence = std::chrono::seconds(5)}, [](const auto&) {},
        [&](std::string_view piece) {
          text += piece;
          return true;
        });
    EXPECT_TRUE(read) << read.error().message;
    return Json::parse(text).at("items");
  }
  std::size_t asked(const std::string& method) const {
    const auto requests = server_.requests();
    return static_cast<std::size_t>(
        std::count_if(requests.begin(), requests.end(), [&](const auto& each) { return each.method == method; }));
  }

  test::TemporaryDirectory directory_;
  test::ApiServer server_;
  std::chrono::system_clock::time_point now_{std::chrono::seconds(1'795'482'937)};
  std::vector<LogLine> lines_;
  EventWriter writer_{transport(), "node-a", [this] { return now_; },
                      [this](const LogLine& line) { lines_.push_back(line); }};
};

TEST_F(EventWriterTest, ADenial_IsAnEventOfItsPod) {
  writer_.write(batch("db-0", 3));
  const auto all = events();
  ASSERT_EQ(all.size(), 1U);
  const Json& event = all[0];
  EXPECT_EQ(event["involvedObject"]["kind"], "Pod");
  EXPECT_EQ(event["involvedObject"]["namespace"], "shop");
  EXPECT_EQ(event["involvedObject"]["name"], "db-0");
  EXPECT_EQ(event["involvedObject"]["uid"], "uid-db-0");
  EXPECT_EQ(event["type"], "Warning");
  EXPECT_EQ(event["reason"], "NetworkPolicyDenied");
  EXPECT_EQ(event["message"],
            "ingress from shop/web-0 tcp/5432 denied: isolated by shop/closed, and no rule allows it");
  EXPECT_EQ(event["count"], 3);
  EXPECT_EQ(event["firstTimestamp"], "2026-11-24T01:15:37Z");
  EXPECT_EQ(event["source"]["host"], "node-a");
  EXPECT_TRUE(lines_.empty());
}

TEST_F(EventWriterTest, WhatComesAgain_GrowsTheCountOfTheSameEvent) {
  writer_.write(batch("db-0", 3));
  now_ += std::chrono::seconds(10);
  writer_.write(batch("db-0", 4));
  const auto all = events();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["count"], 7);
  EXPECT_EQ(all[0]["firstTimestamp"], "2026-11-24T01:15:37Z");
  EXPECT_EQ(all[0]["lastTimestamp"], "2026-11-24T01:15:47Z");
  EXPECT_EQ(all[0]["involvedObject"]["name"], "db-0");
}

TEST_F(EventWriterTest, AnotherPodOrPeer_HasAnEventOfItsOwn) {
  writer_.write(batch("db-0", 1));
  writer_.write(batch("db-1", 1));
  writer_.write(batch("db-0", 1, "203.0.113.9"));
  EXPECT_EQ(events().size(), 3U);
}

TEST_F(EventWriterTest, AnEventThatIsGone_IsMadeAnew) {
  writer_.write(batch("db-0", 3));
  const std::string name = events().at(0)["metadata"]["name"];
  ASSERT_TRUE(server_.remove("Event", "shop", name));
  writer_.write(batch("db-0", 1));
  writer_.write(batch("db-0", 1));
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0]["count"], 5);
}

TEST_F(EventWriterTest, WithoutTheRight_SaysOnceWhichVerbIsMissing_AndWritesWhenItIsGranted) {
  server_.answer_next("/api/v1/namespaces/shop/events",
                      {.status = 403, .body = R"({"kind": "Status", "code": 403, "message": "events is forbidden"})"},
                      2);
  writer_.write(batch("db-0", 1));
  writer_.write(batch("db-0", 1));
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0].level, LogLevel::warning);
  EXPECT_NE(to_logfmt(lines_[0]).find("grant the verb create on events"), std::string::npos) << to_logfmt(lines_[0]);
  EXPECT_NE(to_logfmt(lines_[0]).find("events is forbidden"), std::string::npos) << to_logfmt(lines_[0]);
  writer_.write(batch("db-0", 1));
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0]["count"], 3);
}

TEST_F(EventWriterTest, InAMinute_NoMoreThanSoManyRequestsAreMade_AndTheRestIsSaid) {
  for (int i = 0; i < 50; ++i) writer_.write(batch("db-" + std::to_string(i), 1));
  EXPECT_EQ(asked("POST"), EventWriter::most_a_minute);
  now_ += std::chrono::minutes(1);
  writer_.write(batch("db-49", 1));
  EXPECT_EQ(asked("POST"), EventWriter::most_a_minute + 1);
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_NE(to_logfmt(lines_[0]).find("held_back=20"), std::string::npos) << to_logfmt(lines_[0]);
  const auto all = events();
  const auto last = std::find_if(all.begin(), all.end(),
                                 [](const Json& event) { return event["involvedObject"]["name"] == "db-49"; });
  ASSERT_NE(last, all.end());
  EXPECT_EQ((*last)["count"], 2);
}

TEST_F(EventWriterTest, OfAPodThatIsNotKnown_WritesNothing) {
  DenialBatch unknown = batch("db-0", 1);
  unknown.cases[0].uid = "";
  writer_.write(unknown);
  unknown.cases[0].pod = std::nullopt;
  writer_.write(unknown);
  EXPECT_EQ(asked("POST"), 0U);
}

TEST_F(EventWriterTest, InAuditMode_SaysThatItWouldBeDenied) {
  DenialBatch audited = batch("db-0", 1);
  audited.cases[0].kind.denial = Denial::audit;
  writer_.write(audited);
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0]["reason"], "NetworkPolicyWouldDeny");
}

TEST_F(EventWriterTest, WithoutAnApiServer_SaysSoOnce_AndGoesOn) {
  server_.set_silent(false);
  server_.cut_next("/api/v1/namespaces/shop/events", 10);
  server_.cut_next("/api/v1/namespaces/shop/events", 10);
  writer_.write(batch("db-0", 1));
  EXPECT_EQ(lines_.size(), 1U);
  writer_.write(batch("db-0", 1));
  EXPECT_LE(lines_.size(), 1U);
}

}  // namespace
}  // namespace selvedge::agent
