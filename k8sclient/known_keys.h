// Which objects the listener knows, so that a list can tell what went away while
// nobody was watching. One entry a name, and the number of the list that saw it last.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "k8sclient/types.h"

namespace selvedge::k8s {

class KnownKeys {
 public:
  void begin_list() { ++list_; }
  void insert(const ObjectKey& key);
  void erase(const ObjectKey& key);
  // Forgets and returns what was not inserted since the last begin_list(), sorted.
  std::vector<ObjectKey> sweep();

 private:
  std::map<std::string, std::uint32_t> seen_;  // "namespace/name"
  std::uint32_t list_ = 0;
};

}  // namespace selvedge::k8s
