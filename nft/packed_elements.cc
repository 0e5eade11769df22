// Keys compare as bytes (ruleset.h), so packed ones do.
#include "nft/packed_elements.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <iterator>

namespace selvedge::nft {
namespace {

constexpr std::size_t chunk_size = 2048;  // bytes at most

}  // namespace

PackedElements::PackedElements(const KeyType& type, bool interval)
    : key_size_(static_cast<std::uint8_t>(register_size(type))),
      width_(static_cast<std::uint8_t>(interval ? 2 * key_size_ : key_size_)) {}

tl::expected<std::vector<Element>, Element> PackedElements::add(std::vector<Element> more) {
  if (!std::is_sorted(more.begin(), more.end())) std::sort(more.begin(), more.end());
  more.erase(std::unique(more.begin(), more.end()), more.end());
  std::vector<Element> added;
  added.reserve(more.size());
  for (std::size_t i = 0; i < more.size(); ++i) {
    if (i > 0 && more[i].first <= more[i - 1].last) return tl::unexpected(more[i]);
    const Place place = place_of(more[i].first);
    if (holds(place, more[i])) continue;
    if (overlaps(place, more[i])) return tl::unexpected(more[i]);
    added.push_back(more[i]);
  }
  for (const Element& element : added) insert(element);
  return added;
}

bool PackedElements::insert_new(const Element& element) {
  const Place place = place_of(element.first);
  if (holds(place, element) || overlaps(place, element)) return false;
  insert(element);
  return true;
}

tl::expected<void, Element> PackedElements::remove(std::vector<Element> some) {
  if (!std::is_sorted(some.begin(), some.end())) std::sort(some.begin(), some.end());
  for (std::size_t i = 0; i < some.size(); ++i) {
    const bool twice = i > 0 && some[i] == some[i - 1];
    if (twice || !holds(place_of(some[i].first), some[i])) return tl::unexpected(some[i]);
  }
  for (const Element& element : some) erase(element);
  return {};
}

bool PackedElements::contains(const Key& key) const {
  return key.size == key_size_ && overlaps(place_of(key), {key, key});
}

bool PackedElements::equals(std::span<const Element> sorted) const {
  if (sorted.size() != size_) return false;
  auto other = sorted.begin();
  for (const Chunk& chunk : chunks_) {
    for (std::size_t offset = 0; offset < chunk.size(); offset += width_, ++other) {
      const std::uint8_t* own = chunk.data() + offset;
      if (other->first.size != key_size_ || other->last.size != key_size_) return false;
      if (compare(own, other->first) != 0 || compare(last_of(own), other->last) != 0) return false;
    }
  }
  return true;
}

// The same run may be cut elsewhere.
bool PackedElements::operator==(const PackedElements& other) const {
  if (size_ != other.size_ || width_ != other.width_ || key_size_ != other.key_size_) return false;
  std::size_t chunk = 0;
  std::size_t offset = 0;
  for (const Chunk& own : chunks_) {
    for (std::size_t done = 0; done < own.size();) {
      const Chunk& theirs = other.chunks_[chunk];
      const std::size_t count = std::min(own.size() - done, theirs.size() - offset);
      if (std::memcmp(own.data() + done, theirs.data() + offset, count) != 0) return false;
      done += count;
      offset += count;
      if (offset == theirs.size()) ++chunk, offset = 0;
    }
  }
  return true;
}

bool PackedElements::reaches_end() const {
  if (chunks_.empty()) return false;
  const Chunk& last = chunks_.back();
  return std::all_of(last.end() - key_size_, last.end(), [](std::uint8_t byte) { return byte == 0xff; });
}

std::vector<Element> PackedElements::list() const {
  std::vector<Element> elements;
  elements.reserve(size_);
  for (const Chunk& chunk : chunks_) {
    for (std::size_t offset = 0; offset < chunk.size(); offset += width_) {
      elements.push_back(unpack(chunk.data() + offset));
    }
  }
  return elements;
}

// The chunk is the last one that begins at or below the key: what is above it may go to its end.
PackedElements::Place PackedElements::place_of(const Key& first) const {
  if (chunks_.empty()) return {};
  const auto below = [&](const std::uint8_t* bytes) { return compare(bytes, first) < 0; };
  if (below(chunks_.back().data() + chunks_.back().size() - width_)) return {chunks_.size(), 0};  // a run goes on
  auto chunk = std::partition_point(chunks_.begin(), chunks_.end(), [&](const Chunk& c) { return below(c.data()); });
  if (chunk != chunks_.begin()) --chunk;
  std::size_t low = 0;
  std::size_t high = chunk->size() / width_;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (below(chunk->data() + middle * width_)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const auto index = static_cast<std::size_t>(chunk - chunks_.begin());
  if (low * width_ == chunk->size()) return {index + 1, 0};
  return {index, low * width_};
}

bool PackedElements::holds(const Place& place, const Element& element) const {
  return !is_end(place) && compare(at(place), element.first) == 0 && compare(last_of(at(place)), element.last) == 0;
}

bool PackedElements::overlaps(const Place& place, const Element& element) const {
  if (!is_end(place) && compare(at(place), element.last) <= 0) return true;
  if (place.offset > 0) return compare(last_of(at(place) - width_), element.first) >= 0;
  if (place.chunk == 0) return false;
  const Chunk& before = chunks_[place.chunk - 1];
  return compare(last_of(before.data() + before.size() - width_), element.first) >= 0;
}

// A full chunk is halved, but for one that grows at its end, as when a sorted run is added: that one
// stays full, and the next one begins.
void PackedElements::insert(const Element& element) {
  assert(element.first.size == key_size_ && element.last.size == key_size_);
  Place place = place_of(element.first);
  if (place.offset == 0 && place.chunk > 0) place = {place.chunk - 1, chunks_[place.chunk - 1].size()};
  if (chunks_.empty()) chunks_.emplace_back();
  if (chunks_[place.chunk].size() + width_ > chunk_size) {
    Chunk& full = chunks_[place.chunk];
    const bool at_end = place.offset == full.size() && place.chunk + 1 == chunks_.size();
    const std::size_t kept = at_end ? full.size() : full.size() / width_ / 2 * width_;
    Chunk rest(full.begin() + static_cast<std::ptrdiff_t>(kept), full.end());
    full.resize(kept);
    full.shrink_to_fit();
    chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(place.chunk) + 1, std::move(rest));
    if (place.offset >= kept) place = {place.chunk + 1, place.offset - kept};
  }
  Chunk& chunk = chunks_[place.chunk];
  auto where = chunk.insert(chunk.begin() + static_cast<std::ptrdiff_t>(place.offset), width_, 0);
  where = std::copy_n(element.first.bytes.begin(), key_size_, where);
  if (width_ > key_size_) std::copy_n(element.last.bytes.begin(), key_size_, where);
  ++size_;
}

// Neighbours that fit into one chunk together are joined, so that chunks stay at least a third full.
void PackedElements::erase(const Element& element) {
  const Place place = place_of(element.first);
  Chunk& chunk = chunks_[place.chunk];
  const auto begin = chunk.begin() + static_cast<std::ptrdiff_t>(place.offset);
  chunk.erase(begin, begin + width_);
  --size_;
  const auto here = chunks_.begin() + static_cast<std::ptrdiff_t>(place.chunk);
  if (chunk.empty()) {
    chunks_.erase(here);
  } else if (std::next(here) != chunks_.end() && chunk.size() + std::next(here)->size() <= chunk_size * 2 / 3) {
    chunk.insert(chunk.end(), std::next(here)->begin(), std::next(here)->end());
    chunks_.erase(std::next(here));
  }
}

int PackedElements::compare(const std::uint8_t* bytes, const Key& key) const {
  return std::memcmp(bytes, key.bytes.data(), key_size_);
}

Element PackedElements::unpack(const std::uint8_t* bytes) const {
  Element element{{.bytes = {}, .size = key_size_}, {.bytes = {}, .size = key_size_}};
  std::copy_n(bytes, key_size_, element.first.bytes.begin());
  std::copy_n(last_of(bytes), key_size_, element.last.bytes.begin());
  return element;
}

}  // namespace selvedge::nft
