// What the requests of one API server share: its objects, and how it is to misbehave.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/support/api_server.h"
#include "test/support/object_store.h"

namespace selvedge::test {

// Orders for requests to come, taken in the order they were given.
template <class Order>
class Orders {
 public:
  void add(std::string path, Order order) {
    const std::scoped_lock lock(mutex_);
    orders_.emplace_back(std::move(path), std::move(order));
  }
  std::optional<Order> take(std::string_view target) {
    const std::scoped_lock lock(mutex_);
    const auto found =
        std::find_if(orders_.begin(), orders_.end(), [&](const auto& each) { return target.starts_with(each.first); });
    if (found == orders_.end()) return std::nullopt;
    Order order = std::move(found->second);
    orders_.erase(found);
    return order;
  }

 private:
  std::mutex mutex_;
  std::deque<std::pair<std::string, Order>> orders_;
};

// Lines that every open watch is to say once.
class Announcements {
 public:
  void add(std::string line) {
    const std::scoped_lock lock(mutex_);
    lines_.push_back(std::move(line));
  }
  std::size_t count() const {
    const std::scoped_lock lock(mutex_);
    return lines_.size();
  }
  std::vector<std::string> after(std::size_t count) const {
    const std::scoped_lock lock(mutex_);
    return {lines_.begin() + static_cast<std::ptrdiff_t>(count), lines_.end()};
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

struct ApiState {
  ObjectStore store;
  Orders<Answer> answers;
  Orders<std::size_t> cuts;
  Announcements announcements;
  std::atomic<bool> silent = false;
  std::atomic<bool> gzip = true;
  std::atomic<StreamingLists> streaming_lists = StreamingLists::served;
  std::atomic<std::chrono::milliseconds> bookmark_interval{};
  std::atomic<std::uint64_t> end_of_watches = 0;  // counts the calls
  std::atomic<std::uint64_t> bookmark_calls = 0;
  std::atomic<std::size_t> watches = 0;
};

}  // namespace selvedge::test
