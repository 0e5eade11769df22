// What is good manners of one client is a matter of life for a server with thousands of them: that nothing is
// fetched twice, and that they do not all come at once.
#include <algorithm>
#include <charconv>
#include <random>

#include "test/k8sclient/conversation.h"

namespace selvedge::k8s {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr int nodes = 2000;

// A conversation per node, each with a chance of its own.
template <class Number>
std::vector<double> of_each_node(const Number& number) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> chance(0, 1);
  std::vector<double> numbers;
  for (int i = 0; i < nodes; ++i) numbers.push_back(number(chance(random)));
  return numbers;
}

// Of ten equal parts of the span, none is asked by more than twice its share of the nodes.
void expect_spread(const std::vector<double>& numbers, double from, double to) {
  std::vector<int> parts(10);
  for (const double number : numbers) {
    ASSERT_GE(number, from);
    ASSERT_LT(number, to);
    ++parts.at(static_cast<std::size_t>((number - from) / (to - from) * 10));
  }
  EXPECT_LT(*std::max_element(parts.begin(), parts.end()), nodes / 10 * 2);
}

double in_seconds(milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::string pods(int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += added("pod-" + std::to_string(i), "5");
  return all;
}

TEST(Fleet, QuietHours_CostNothing_TheWatchGoesOnAtTheLastBookmark) {
  Conversation talk;
  talk.reaches_watch();
  for (int minute = 0; minute < 180; ++minute) {
    talk.passes(minutes(1));
    ASSERT_TRUE(talk.says(bookmark(std::to_string(1000 + minute))));
  }
  talk.breaks();
  EXPECT_GE(talk.waits(), milliseconds(800));
  EXPECT_EQ(talk.asks(), "watch 1179");
  talk.head();
  EXPECT_EQ(talk.told(), Lines{});
}

TEST(Fleet, ServerThatIsAwayForAWhile_IsAskedForWhatCameMeanwhile_NotForAList) {
  Conversation talk;
  talk.reaches_watch();
  talk.says(bookmark("20"));
  talk.breaks();
  for (int refused = 0; refused < 6; ++refused) {
    talk.waits();
    EXPECT_EQ(talk.asks(), "watch 20");
    talk.breaks("connection refused");
  }
  talk.waits();
  EXPECT_EQ(talk.asks(), "watch 20");
  talk.answers(added("new", "21"));
  EXPECT_EQ(talk.told().back(), "+x/new");
}

TEST(Fleet, WatchesEnd_AtTimesOfTheirOwn) {
  const auto ends = of_each_node([](double random) {
    ListWatch machine({.kind = Kind::pod, .field_selector = {}});
    const auto request = std::get<Request>(machine.next(random));
    const std::size_t at = request.target.find("timeoutSeconds=") + 15;
    int value = 0;
    std::from_chars(request.target.data() + at, request.target.data() + request.target.size(), value);
    return static_cast<double>(value);
  });
  expect_spread(ends, 300, 600);
}

TEST(Fleet, ConnectionsThatAreCutTogether_ComeBackSpread) {
  const auto waits = of_each_node([](double random) {
    Conversation talk;
    talk.random(random);
    talk.reaches_watch();
    talk.breaks();
    return in_seconds(talk.waits());
  });
  expect_spread(waits, 0.8, 1.6);
}

TEST(Fleet, RefusalsOfABusyServer_ComeBackLaterAndLater_AndSpread) {
  const auto waits = of_each_node([](double random) {
    Conversation talk;
    talk.random(random);
    for (int i = 0; i < 6; ++i) {
      talk.asks();
      talk.answers(status_json(429, "too many requests"), 429);
      talk.waits();
    }
    talk.asks();
    talk.answers(status_json(429, "too many requests"), 429);
    return in_seconds(talk.waits());
  });
  expect_spread(waits, 15, 30);
}

// A restarted server has forgotten the past: all clients must list again.
TEST(Fleet, RelistsOfABigCluster_AreSpreadByItsSize) {
  const auto relist = [](int size, double random) {
    Conversation talk;
    talk.random(random);
    talk.asks();
    talk.head();
    talk.says(pods(size));
    talk.says(list_end("10"));
    talk.says(error_event(410, "too old resource version"));
    const milliseconds wait = talk.waits();
    EXPECT_EQ(talk.asks(), "stream -");
    return in_seconds(wait);
  };
  EXPECT_LT(relist(100, 0.999), 1.7);
  EXPECT_LT(relist(20'000, 0), 0.9);
  EXPECT_GT(relist(20'000, 0.999), 5);
  const auto waits = of_each_node([&](double random) { return relist(500, random); });
  expect_spread(waits, 0.8, 1.7);
}

// A node that has no rules yet does not wait for others.
TEST(Fleet, FirstList_IsNotHeldBack_HoweverBigTheCluster) {
  Conversation talk;
  talk.random(0.999);
  talk.asks();
  talk.head();
  talk.says(pods(20'000));
  talk.breaks();
  EXPECT_LT(talk.waits(), milliseconds(1700));
}

}  // namespace
}  // namespace selvedge::k8s
