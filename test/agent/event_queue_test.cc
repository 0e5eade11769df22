#include "controller/agent/event_queue.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace selvedge::agent {
namespace {

using k8s::Kind;
const auto soon = [] { return std::chrono::steady_clock::now() + std::chrono::seconds(20); };

k8s::Upserted pod(const std::string& name, const std::string& node = "") {
  k8s::Pod pod;
  pod.meta.ns = "shop";
  pod.meta.name = name;
  pod.node = node;
  return {pod, {}};
}
k8s::Deleted gone(const std::string& name) {
  return {Kind::pod, {"shop", name}};
}

std::string text_of(const k8s::Event& event) {
  if (const auto* up = std::get_if<k8s::Upserted>(&event))
    return "+" + k8s::meta_of(up->object).name + std::get<k8s::Pod>(up->object).node;
  if (const auto* down = std::get_if<k8s::Deleted>(&event)) return "-" + down->key.name;
  if (std::holds_alternative<k8s::Synced>(event)) return "synced";
  if (std::holds_alternative<k8s::Unreadable>(event)) return "unreadable";
  return "trouble";
}

std::string drained(EventQueue& queue) {
  std::string text;
  for (const auto& event : queue.take(std::chrono::steady_clock::now())) text += text_of(event) + ' ';
  return text;
}

TEST(EventQueue, KeepsOrder_AndIsEmptyAfterwards) {
  EventQueue queue;
  queue.push(pod("a"));
  queue.push(pod("b"));
  queue.push(k8s::Synced{Kind::pod});
  EXPECT_EQ(drained(queue), "+a +b synced ");
  EXPECT_EQ(drained(queue), "");
}

TEST(EventQueue, KeepsOnlyTheLatestOfAnObject_InItsPlaceBeforeTheSync) {
  EventQueue queue;
  queue.push(pod("a", "1"));
  queue.push(k8s::Synced{Kind::pod});
  queue.push(pod("a", "2"));
  queue.push(pod("b"));
  queue.push(gone("b"));
  EXPECT_EQ(drained(queue), "+a2 synced -b ");
}

TEST(EventQueue, KeepsTheLatestWordAboutAKind_AtTheEnd) {
  EventQueue queue;
  queue.push(k8s::Synced{Kind::pod});
  queue.push(k8s::Unreadable{Kind::pod, "x"});
  queue.push(k8s::Synced{Kind::pod});
  EXPECT_EQ(drained(queue), "unreadable synced ");
  queue.push(k8s::Unreadable{Kind::pod, "x"});
  queue.push(k8s::Synced{Kind::pod});
  queue.push(k8s::Unreadable{Kind::pod, "y"});
  queue.push(k8s::Synced{Kind::ns});
  EXPECT_EQ(drained(queue), "synced unreadable synced ");
}

TEST(EventQueue, DoesNotGrowWithTheNumberOfEvents) {
  EventQueue queue;
  for (int i = 0; i < 10'000; ++i) queue.push(pod("a", std::to_string(i)));
  EXPECT_EQ(drained(queue), "+a9999 ");
}

TEST(EventQueue, HoldsBackWhoBringsMore_UntilThereIsRoom_ButNobodyElse) {
  EventQueue queue;
  for (std::size_t i = 0; i < EventQueue::most_waiting; ++i) queue.push(pod(std::to_string(i)));
  queue.push(pod("7", " again"));  // no more than before
  queue.push(k8s::Deleted{Kind::network_policy, {"shop", "api"}});
  queue.push(k8s::Synced{Kind::pod});
  std::atomic<bool> through = false;
  std::thread pusher([&] {
    queue.push(pod("one more"));
    through = true;
  });
  const auto first = queue.take(soon());
  EXPECT_EQ(first.size(), EventQueue::most_waiting + 2);
  EXPECT_EQ(text_of(*std::next(first.begin(), 7)), "+7 again");
  EXPECT_EQ(queue.take(soon()).size(), 1U);
  pusher.join();
  EXPECT_TRUE(through);
}

TEST(EventQueue, Closed_HoldsNobodyBack) {
  EventQueue queue;
  for (std::size_t i = 0; i < EventQueue::most_waiting; ++i) queue.push(pod(std::to_string(i)));
  std::thread pusher([&] { queue.push(pod("one more")); });
  queue.close();
  pusher.join();
  queue.push(pod("and another"));
  EXPECT_EQ(queue.take(soon()).size(), EventQueue::most_waiting);
}

TEST(EventQueue, WithAHandfulWanted_WaitsForIt_ButNotWithAWordAboutAKind) {
  EventQueue queue;
  queue.push(pod("a"));
  queue.push(pod("b"));
  std::thread pusher([&] { queue.push(pod("c")); });
  EXPECT_EQ(queue.take(soon(), 3).size(), 3U);
  pusher.join();
  queue.push(pod("a"));
  queue.push(k8s::Synced{Kind::pod});
  EXPECT_EQ(queue.take(soon(), 3).size(), 2U);
  queue.push(pod("a"));
  EXPECT_EQ(queue.take(std::chrono::steady_clock::now(), 3).size(), 1U);  // the deadline has come
}

TEST(EventQueue, ThatIsFull_IsEnoughForAnyone) {
  EventQueue queue;
  for (std::size_t i = 0; i < EventQueue::most_waiting; ++i) queue.push(pod(std::to_string(i)));
  EXPECT_EQ(queue.take(soon(), 10 * EventQueue::most_waiting).size(), EventQueue::most_waiting);
}

TEST(EventQueue, WakesAWaiter_WhenAnEventComesOrItIsClosed) {
  EventQueue queue;
  std::thread pusher([&] { queue.push(pod("a")); });
  EXPECT_EQ(queue.take(soon()).size(), 1U);
  pusher.join();
  std::thread closer([&] { queue.close(); });
  EXPECT_TRUE(queue.take(soon()).empty());
  closer.join();
  EXPECT_TRUE(queue.closed());
}

}  // namespace
}  // namespace selvedge::agent
