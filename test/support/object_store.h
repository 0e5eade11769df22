// The objects of a Kubernetes API server with their whole history, as etcd has
// it: lists of the past (the later pages of a list) and watches from the past
// work until compact() forgets it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace selvedge::test {

using Json = nlohmann::json;
using Shared = std::shared_ptr<const Json>;  // never changed once stored

// Where an object is kept: "pods" + "production/api-1", "nodes" + "/node-a".
struct StoreKey {
  std::string resource;
  std::string name;

  auto operator<=>(const StoreKey&) const = default;
};

struct Change {
  std::uint64_t version = 0;
  std::string resource;
  Shared before;  // null: the object is new
  Shared after;   // null: it was removed; `before` then has the version of the removal
};

class ObjectStore {
 public:
  struct View {
    std::uint64_t version = 0;
    std::vector<Shared> objects;  // sorted by key
  };
  struct Changes {
    std::uint64_t up_to = 0;  // no change up to this version is missing
    std::vector<Change> changes;
  };

  // Sets metadata.resourceVersion, and uid and creationTimestamp where the object has none yet. Returns what is stored.
  Shared put(const StoreKey& key, Json object);
  Shared remove(const StoreKey& key);  // the last state; null: there was none
  Shared find(const StoreKey& key) const;

  // As of `version`, or now. Only as far back as compacted().
  View view(const std::string& resource, std::optional<std::uint64_t> version = std::nullopt) const;
  // What came after `version`; waits up to `patience` for something when there is nothing.
  Changes changes_after(const std::string& resource, std::uint64_t version, std::chrono::milliseconds patience) const;

  std::uint64_t version() const;
  std::uint64_t compacted() const;  // the oldest version that is still known in full
  void compact();                   // forgets the past

 private:
  using Version = std::pair<std::uint64_t, Shared>;

  void record(const StoreKey& key, Shared before, Shared after);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::uint64_t version_ = 1000;  // not 0 or 1, which mean something to clients
  std::uint64_t compacted_ = 1000;
  std::map<StoreKey, std::vector<Version>> objects_;  // each with its versions, oldest first; null: removed
  std::vector<Change> log_;
};

}  // namespace selvedge::test
