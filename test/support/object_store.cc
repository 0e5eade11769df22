#include "test/support/object_store.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace selvedge::test {
namespace {

std::string timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text.data(), size};
}

std::string uid(std::uint64_t number) {
  std::array<char, 40> text{};
  const int size = std::snprintf(text.data(), text.size(), "5e1f7ed6-0000-4000-8000-%012llx",
                                 static_cast<unsigned long long>(number));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace

void ObjectStore::record(const StoreKey& key, Shared before, Shared after) {
  objects_[key].emplace_back(version_, after);
  log_.push_back(
      {.version = version_, .resource = key.resource, .before = std::move(before), .after = std::move(after)});
  changed_.notify_all();
}

Shared ObjectStore::put(const StoreKey& key, Json object) {
  const std::scoped_lock lock(mutex_);
  const auto found = objects_.find(key);
  const Shared before = found == objects_.end() ? nullptr : found->second.back().second;
  auto& metadata = object["metadata"];
  ++version_;
  if (before) {
    metadata["uid"] = before->at("metadata").at("uid");
    metadata["creationTimestamp"] = before->at("metadata").at("creationTimestamp");
  } else {
    if (!metadata.contains("uid")) metadata["uid"] = uid(version_);
    if (!metadata.contains("creationTimestamp")) metadata["creationTimestamp"] = timestamp();
  }
  metadata["resourceVersion"] = std::to_string(version_);
  auto stored = std::make_shared<const Json>(std::move(object));
  record(key, before, stored);
  return stored;
}

Shared ObjectStore::remove(const StoreKey& key) {
  const std::scoped_lock lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end() || !found->second.back().second) return nullptr;
  Json last = *found->second.back().second;
  last["metadata"]["resourceVersion"] = std::to_string(++version_);
  auto removed = std::make_shared<const Json>(std::move(last));
  record(key, removed, nullptr);
  return removed;
}

Shared ObjectStore::find(const StoreKey& key) const {
  const std::scoped_lock lock(mutex_);
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : found->second.back().second;
}

ObjectStore::View ObjectStore::view(const std::string& resource, std::optional<std::uint64_t> version) const {
  const std::scoped_lock lock(mutex_);
  View view{.version = version.value_or(version_), .objects = {}};
  for (auto each = objects_.lower_bound({resource, ""}); each != objects_.end() && each->first.resource == resource;
       ++each) {
    const auto& versions = each->second;
    const auto later = std::partition_point(versions.begin(), versions.end(),
                                            [&](const Version& one) { return one.first <= view.version; });
    if (later != versions.begin() && std::prev(later)->second) view.objects.push_back(std::prev(later)->second);
  }
  return view;
}

ObjectStore::Changes ObjectStore::changes_after(const std::string& resource, std::uint64_t version,
                                                std::chrono::milliseconds patience) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [&] { return version_ > version; });
  Changes result{.up_to = std::max(version_, version), .changes = {}};
  const auto first =
      std::partition_point(log_.begin(), log_.end(), [&](const Change& change) { return change.version <= version; });
  std::copy_if(first, log_.end(), std::back_inserter(result.changes),
               [&](const Change& change) { return change.resource == resource; });
  return result;
}

std::uint64_t ObjectStore::version() const {
  const std::scoped_lock lock(mutex_);
  return version_;
}

std::uint64_t ObjectStore::compacted() const {
  const std::scoped_lock lock(mutex_);
  return compacted_;
}

void ObjectStore::compact() {
  const std::scoped_lock lock(mutex_);
  compacted_ = version_;  // what is older stays here for the watches that are open and have not read it yet
}

}  // namespace selvedge::test
