// Counts of what comes again and again, of a bounded number of kinds: a sender that tries every port must not fill the
// memory of who counts it. What came first keeps its line; what there is no room for is counted together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace selvedge::monitor {

template <typename Key>
class Tally {
 public:
  explicit Tally(std::size_t most) : most_(most) {}

  // True: there is a line for it.
  bool add(const Key& key, std::uint64_t times = 1) {
    total_ += times;
    const auto known = counts_.find(key);
    if (known == counts_.end() && counts_.size() >= most_) {
      left_out_ += times;
      return false;
    }
    (known == counts_.end() ? counts_[key] : known->second) += times;
    return true;
  }

  // The most frequent first; of equals in the order of their keys.
  std::vector<std::pair<Key, std::uint64_t>> top(std::size_t most) const {
    std::vector<std::pair<Key, std::uint64_t>> all(counts_.begin(), counts_.end());
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    if (all.size() > most) all.erase(all.begin() + static_cast<std::ptrdiff_t>(most), all.end());
    return all;
  }

  std::uint64_t total() const { return total_; }
  std::uint64_t left_out() const { return left_out_; }  // of these, without a line of their own
  std::size_t kinds() const { return counts_.size(); }
  void clear() { *this = Tally(most_); }

 private:
  std::size_t most_;
  std::map<Key, std::uint64_t> counts_;
  std::uint64_t total_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace selvedge::monitor
