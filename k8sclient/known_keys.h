// Which objects the listener knows, so that a list can tell what went away while
// nobody was watching. A cluster has very many: their names lie one behind the
// other in one string, and a hash table of offsets finds them (50 bytes for each
// object, where a tree of strings takes 150).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "k8sclient/types.h"

namespace selvedge::k8s {

class KnownKeys {
 public:
  void begin_list();
  void insert(const ObjectKey& key);  // of the list, too, if one has begun
  void erase(const ObjectKey& key);
  // Forgets and returns what was not inserted since the last begin_list(), sorted.
  std::vector<ObjectKey> sweep();

  std::size_t size() const { return size_; }
  std::size_t bytes() const;  // of memory

 private:
  // Where its entry begins: state, size of the name (two bytes), "namespace/name".
  using Offset = std::uint32_t;
  enum State : char { gone, known, listed };

  std::string_view name_at(Offset at) const;
  Offset after(Offset at) const;
  // The slot that holds the name, or the free one where it belongs.
  std::size_t slot_of(std::string_view name) const;
  std::size_t home_of(std::string_view name) const;
  void free_slot(std::size_t slot);
  void rebuild();  // without the entries that are gone

  std::string entries_;
  std::vector<Offset> slots_;  // a power of two of them, at most two thirds in use
  std::size_t size_ = 0;
  std::size_t wasted_ = 0;  // bytes of entries that are gone
};

}  // namespace selvedge::k8s
