// The thread: events arrive, and stop() ends it wherever it is.
#include "k8sclient/reflector.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include <gtest/gtest.h>

#include "test/k8sclient/conversation.h"
#include "test/support/scripted_transport.h"

namespace selvedge::k8s {
namespace {

// What a reflector said, from whatever thread.
class Notes {
 public:
  Listener listener() {
    return [this](const Event& event) {
      const std::lock_guard lock(mutex_);
      lines_.push_back(text_of(event));
      changed_.notify_all();
    };
  }
  // Waits for that line; false: not within ten seconds.
  bool wait_for(const std::string& line) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(10),
                             [&] { return std::find(lines_.begin(), lines_.end(), line) != lines_.end(); });
  }
  Lines all() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Lines lines_;
};

ScriptedAnswer body(std::vector<std::string> chunks, bool open = false) {
  ScriptedAnswer answer;
  answer.chunks = std::move(chunks);
  answer.open = open;
  return answer;
}

ScriptedAnswer refused() {
  ScriptedAnswer answer;
  answer.no_head = true;
  answer.error = TransportError{.kind = TransportError::Kind::unreachable, .message = "connection refused"};
  return answer;
}

const Collection pods{.kind = Kind::pod, .field_selector = {}};

TEST(Reflector, TellsWhatTheServerSays_InItsOrder) {
  Notes notes;
  const auto script = std::make_shared<Script>([](const Request&) {
    return body({added("a", "1") + list_end("5"), added("b", "6"), deleted("a", "7"), bookmark("8")}, true);
  });
  Reflector reflector(pods, std::make_unique<ScriptedTransport>(script), notes.listener());
  EXPECT_TRUE(notes.wait_for("-x/a"));
  reflector.stop();
  EXPECT_EQ(notes.all(), (Lines{"+x/a", "synced", "+x/b", "-x/a"}));
}

TEST(Reflector, Stop_InterruptsAWatchThatIsSilent) {
  Notes notes;
  const auto script = std::make_shared<Script>([](const Request&) { return body({list_end("5")}, true); });
  Reflector reflector(pods, std::make_unique<ScriptedTransport>(script), notes.listener());
  ASSERT_TRUE(notes.wait_for("synced"));
  reflector.stop();
  reflector.stop();
  EXPECT_EQ(notes.all(), Lines{"synced"});
}

TEST(Reflector, Stop_InterruptsTheWaitBetweenTries) {
  Notes notes;
  const auto script = std::make_shared<Script>([](const Request&) {
    ScriptedAnswer answer = refused();
    answer.no_head = false;
    answer.status = 503;
    answer.error.reset();
    answer.headers = {{"retry-after", "300"}};
    return answer;
  });
  const auto begun = std::chrono::steady_clock::now();
  {
    Reflector reflector(pods, std::make_unique<ScriptedTransport>(script), notes.listener());
    ASSERT_TRUE(script->wait_for_requests(1));
  }
  // Not a matter of speed: without the interruption it would be five minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds(60));
  EXPECT_EQ(script->asked().size(), 1U);
}

TEST(Reflector, ComesBack_WhenTheServerDoes) {
  Notes notes;
  std::atomic<int> tries = 0;
  const auto script = std::make_shared<Script>(
      [&](const Request&) { return tries++ == 0 ? refused() : body({added("a", "1") + list_end("5")}, true); });
  Reflector reflector(pods, std::make_unique<ScriptedTransport>(script), notes.listener());
  ASSERT_TRUE(notes.wait_for("trouble: "));
  EXPECT_EQ(notes.all(),
            (Lines{"trouble: cannot list pods (GET /api/v1/pods): connection refused", "+x/a", "synced", "trouble: "}));
}

TEST(Reflector, WatchThatIsServedAgain_IsWell_BeforeItSaysAnything) {
  Notes notes;
  std::atomic<int> tries = 0;
  const auto script = std::make_shared<Script>([&](const Request&) {
    const int number = tries++;
    if (number == 0) return body({list_end("5")});
    return number == 1 ? refused() : body({}, true);
  });
  Reflector reflector(pods, std::make_unique<ScriptedTransport>(script), notes.listener());
  ASSERT_TRUE(notes.wait_for("trouble: "));
  EXPECT_EQ(notes.all(),
            (Lines{"synced", "trouble: cannot watch pods (GET /api/v1/pods): connection refused", "trouble: "}));
}

TEST(Reflector, TransportThatWasStopped_EndsIt) {
  Notes notes;
  const auto script = std::make_shared<Script>([](const Request&) {
    ScriptedAnswer answer = refused();
    answer.error->kind = TransportError::Kind::stopped;
    return answer;
  });
  Reflector reflector(pods, std::make_unique<ScriptedTransport>(script), notes.listener());
  ASSERT_TRUE(script->wait_for_requests(1));
  reflector.stop();
  EXPECT_EQ(script->asked().size(), 1U);
  EXPECT_EQ(notes.all(), Lines{});
}

// ---- list_once -----------------------------------------------------------------------------------------------------

tl::expected<std::vector<Decoded>, std::string> list_by(Script::Answering answering) {
  ScriptedTransport transport(std::make_shared<Script>(std::move(answering)));
  return list_once(pods, transport);
}

TEST(ListOnce, GathersAllPages) {
  const auto script = std::make_shared<Script>([](const Request& request) {
    const bool first = request.target.find("continue=") == std::string::npos;
    return body({first ? pod_list("5", {pod_json("a", "1")}, "more") : pod_list("5", {pod_json("b", "1")})});
  });
  ScriptedTransport transport(script);
  const auto all = list_once(pods, transport);
  ASSERT_TRUE(all) << all.error();
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ(meta_of(all->at(1).object).name, "b");
  EXPECT_EQ(script->asked().at(0).target, "/api/v1/pods?limit=500");
  EXPECT_EQ(script->asked().at(1).target, "/api/v1/pods?limit=500&continue=more");
}

TEST(ListOnce, Refusal_IsAnErrorWithAllThatIsKnown) {
  const auto forbidden = list_by([](const Request&) {
    ScriptedAnswer answer = body({status_json(403, "pods is forbidden")});
    answer.status = 403;
    return answer;
  });
  ASSERT_FALSE(forbidden);
  EXPECT_EQ(forbidden.error(),
            "cannot list pods (GET /api/v1/pods): 403 Forbidden: pods is forbidden; RBAC must allow list and watch");
  EXPECT_EQ(list_by([](const Request&) { return refused(); }).error(),
            "cannot list pods (GET /api/v1/pods): connection refused");
}

TEST(ListOnce, AnythingLessThanTheWholeList_IsAnError) {
  for (const std::string& text : {std::string("<html>"), pod_list("5", {pod_json("a", "1")}).substr(0, 80),
                                  pod_list("", {}), pod_list("5", {"{}"}), pod_list("5", {}, "same")}) {
    EXPECT_FALSE(list_by([&](const Request&) { return body({text}); })) << text;
  }
}

}  // namespace
}  // namespace selvedge::k8s
