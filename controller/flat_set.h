// A hash set in one piece of memory: where a set of nodes spends forty bytes on an entry, this
// spends the entry's own and a half.
//
// Open addressing with linear probing. Erasing leaves no mark: the entries behind a gap move up
// into it (Knuth, vol. 3, 6.4, algorithm R), so a set that breathes stays as fast as a fresh one.
// A hash is scaled to the capacity, not taken modulo it, so that this may grow by halves.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace selvedge {

// Every bit of `number` bears on every bit of the result: a multiplication carries upwards, a shift back down.
constexpr std::uint32_t spread(std::uint64_t number) {
  number = (number ^ number >> 32) * 0x9e3779b97f4a7c15ULL;
  number = (number ^ number >> 32) * 0x9e3779b97f4a7c15ULL;
  return static_cast<std::uint32_t>(number >> 32);
}

struct PointerHash {
  std::uint32_t operator()(const void* pointer) const { return spread(reinterpret_cast<std::uintptr_t>(pointer)); }
};

// `Entry{}` stands for no entry and converts to false; all others convert to true. Not thread-safe.
template <typename Entry, typename Hash = PointerHash>
class FlatSet {
 public:
  // In no order; ends with the next change.
  class Iterator {
   public:
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    Iterator(const Entry* at, const Entry* end) : at_(at), end_(end) { skip(); }
    const Entry& operator*() const { return *at_; }
    Iterator& operator++() {
      ++at_;
      skip();
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator&) const = default;

   private:
    void skip() {
      while (at_ != end_ && !*at_) ++at_;
    }
    const Entry* at_ = nullptr;
    const Entry* end_ = nullptr;
  };
  Iterator begin() const { return {slots_.get(), slots_.get() + capacity_}; }
  Iterator end() const { return {slots_.get() + capacity_, slots_.get() + capacity_}; }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // The entry with that hash of which `is_sought` holds; null: there is none. It may be changed, but not in
  // what its hash is made of. Valid until the next change.
  template <typename Predicate>
  Entry* find(std::uint32_t hash, Predicate is_sought) const {
    if (size_ == 0) return nullptr;
    for (std::uint32_t at = home(hash); slots_[at]; at = next(at)) {
      if (is_sought(slots_[at])) return &slots_[at];
    }
    return nullptr;
  }
  bool contains(const Entry& entry) const { return find_equal(entry) != nullptr; }

  void insert(Entry entry) {  // there is none like it
    if ((size_ + 1ULL) * 5 > capacity_ * 4ULL) resize(capacity_ + capacity_ / 2 + 2);
    place(std::move(entry));
    ++size_;
  }

  Entry take(Entry* found) {  // by find()
    Entry taken = std::move(*found);
    auto gap = static_cast<std::uint32_t>(found - slots_.get());
    for (std::uint32_t at = next(gap); slots_[at]; at = next(at)) {
      if (distance(home(Hash()(slots_[at])), at) < distance(gap, at)) continue;
      slots_[gap] = std::move(slots_[at]);
      gap = at;
    }
    slots_[gap] = Entry{};
    --size_;
    if (capacity_ > 8 && size_ * 5ULL < capacity_) resize(capacity_ / 2);
    return taken;
  }
  void erase(const Entry& entry) { take(find_equal(entry)); }  // it is there

 private:
  Entry* find_equal(const Entry& entry) const {
    return find(Hash()(entry), [&](const Entry& other) { return other == entry; });
  }
  std::uint32_t home(std::uint32_t hash) const {
    return static_cast<std::uint32_t>((std::uint64_t{hash} * capacity_) >> 32);
  }
  std::uint32_t next(std::uint32_t at) const { return at + 1 == capacity_ ? 0 : at + 1; }
  std::uint32_t distance(std::uint32_t from, std::uint32_t to) const {
    return to >= from ? to - from : to + capacity_ - from;
  }

  void place(Entry entry) {
    std::uint32_t at = home(Hash()(entry));
    while (slots_[at]) at = next(at);
    slots_[at] = std::move(entry);
  }

  void resize(std::uint32_t capacity) {
    const auto old = std::exchange(slots_, std::make_unique<Entry[]>(capacity));
    const std::uint32_t old_capacity = std::exchange(capacity_, capacity);
    std::for_each(old.get(), old.get() + old_capacity, [this](Entry& entry) {
      if (entry) place(std::move(entry));
    });
  }

  std::unique_ptr<Entry[]> slots_;
  std::uint32_t capacity_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace selvedge
