// Names have no slash, so that it separates (a cluster-scoped name begins with it). Collisions go to the next slot;
// one that is freed is closed up, so that no search runs over the dead.
#include "k8sclient/known_keys.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

namespace selvedge::k8s {

namespace {

constexpr std::uint32_t no_entry = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t fewest_slots = 16;
constexpr std::size_t head = 3;
constexpr std::size_t longest = std::numeric_limits<std::uint16_t>::max();  // no name comes near it

std::string text_of(const ObjectKey& key) {
  std::string text = key.ns + "/" + key.name;
  if (text.size() > longest) text.resize(longest);
  return text;
}

ObjectKey key_of_text(std::string_view text) {
  const std::size_t slash = text.find('/');
  return {.ns = std::string(text.substr(0, slash)), .name = std::string(text.substr(slash + 1))};
}

}  // namespace

std::string_view KnownKeys::name_at(Offset at) const {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(entries_[at + i]));
  };
  return {entries_.data() + at + head, byte(1) | byte(2) << 8};
}

KnownKeys::Offset KnownKeys::after(Offset at) const {
  return at + static_cast<Offset>(head + name_at(at).size());
}

std::size_t KnownKeys::home_of(std::string_view name) const {
  return std::hash<std::string_view>{}(name) & (slots_.size() - 1);
}

std::size_t KnownKeys::slot_of(std::string_view name) const {
  std::size_t slot = home_of(name);
  while (slots_[slot] != no_entry && name_at(slots_[slot]) != name) slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

void KnownKeys::begin_list() {
  for (Offset at = 0; at < entries_.size(); at = after(at)) {
    if (entries_[at] == listed) entries_[at] = known;
  }
}

void KnownKeys::insert(const ObjectKey& key) {
  if ((size_ + 1) * 3 > slots_.size() * 2) rebuild();
  const std::string name = text_of(key);
  const std::size_t slot = slot_of(name);
  if (slots_[slot] != no_entry) {
    entries_[slots_[slot]] = listed;
    return;
  }
  slots_[slot] = static_cast<Offset>(entries_.size());
  entries_ += {static_cast<char>(listed), static_cast<char>(name.size() & 0xff), static_cast<char>(name.size() >> 8)};
  entries_ += name;
  ++size_;
}

void KnownKeys::erase(const ObjectKey& key) {
  if (size_ == 0) return;
  const std::size_t slot = slot_of(text_of(key));
  const Offset at = slots_[slot];
  if (at == no_entry) return;
  free_slot(slot);
  entries_[at] = gone;
  wasted_ += after(at) - at;
  --size_;
  if (wasted_ > entries_.size() / 2) rebuild();
}

// What stands behind it and not in its home might be looked for through it.
void KnownKeys::free_slot(std::size_t slot) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t next = (slot + 1) & mask; slots_[next] != no_entry; next = (next + 1) & mask) {
    const std::size_t home = home_of(name_at(slots_[next]));
    if (((next - home) & mask) < ((next - slot) & mask)) continue;
    slots_[slot] = slots_[next];
    slot = next;
  }
  slots_[slot] = no_entry;
}

std::vector<ObjectKey> KnownKeys::sweep() {
  std::vector<ObjectKey> missing;
  for (Offset at = 0; at < entries_.size(); at = after(at)) {
    if (entries_[at] == known) missing.push_back(key_of_text(name_at(at)));
  }
  for (const ObjectKey& key : missing) erase(key);
  std::sort(missing.begin(), missing.end());
  return missing;
}

void KnownKeys::rebuild() {
  std::string living;
  living.reserve(entries_.size() - wasted_);
  for (Offset at = 0; at < entries_.size(); at = after(at)) {
    if (entries_[at] != gone) living.append(entries_, at, after(at) - at);
  }
  entries_ = std::move(living);
  wasted_ = 0;
  std::size_t slots = fewest_slots;
  while ((size_ + 1) * 2 > slots) slots *= 2;
  slots_.assign(slots, no_entry);
  for (Offset at = 0; at < entries_.size(); at = after(at)) slots_[slot_of(name_at(at))] = at;
}

std::size_t KnownKeys::bytes() const {
  return sizeof *this + entries_.capacity() + slots_.capacity() * sizeof(Offset);
}

}  // namespace selvedge::k8s
