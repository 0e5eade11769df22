// A set's elements as Programmed holds them: one sorted run without overlaps, each in as many bytes as
// its key has (twice that in an interval set), where an Element takes 50.
//
// The run is cut into chunks of about 2 KiB, so that an element among a hundred thousand costs a search and
// a move within its chunk. What is sorted by first keys is sorted by last ones too, as nothing overlaps:
// one neighbour on each side is all that an element can overlap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <tl/expected.hpp>

#include "nft/ruleset.h"

namespace selvedge::nft {

// Keys given to it have the size of the type; in a set that is not of intervals, first == last.
class PackedElements {
 public:
  PackedElements() = default;  // of no type: nothing can be added
  PackedElements(const KeyType& type, bool interval);

  // Adds `more` and yields those that were not there yet, sorted. Error: one of `more` that overlaps
  // another one without being equal to it; nothing was added.
  tl::expected<std::vector<Element>, Element> add(std::vector<Element> more);

  // Adds one, if there is nothing of it yet. False: it is there, or overlaps what is.
  bool insert_new(const Element& element);

  // Error: one of `some` that is not there, or that comes twice; nothing was taken out.
  tl::expected<void, Element> remove(std::vector<Element> some);

  bool contains(const Key& key) const;  // some element has it, or has it between its ends
  bool equals(std::span<const Element> sorted) const;
  bool operator==(const PackedElements& other) const;
  std::vector<Element> list() const;  // sorted
  std::size_t size() const { return size_; }
  bool reaches_end() const;  // holds the highest key that there is

 private:
  using Chunk = std::vector<std::uint8_t>;  // never empty
  struct Place {                            // of the first element whose first key is not below the one sought
    std::size_t chunk = 0;
    std::size_t offset = 0;
  };

  const std::uint8_t* at(const Place& place) const { return chunks_[place.chunk].data() + place.offset; }
  bool is_end(const Place& place) const { return place.chunk == chunks_.size(); }
  Place place_of(const Key& first) const;
  bool holds(const Place& place, const Element& element) const;
  bool overlaps(const Place& place, const Element& element) const;
  void insert(const Element& element);
  void erase(const Element& element);
  const std::uint8_t* last_of(const std::uint8_t* element) const { return element + (width_ - key_size_); }
  int compare(const std::uint8_t* bytes, const Key& key) const;
  Element unpack(const std::uint8_t* bytes) const;

  std::vector<Chunk> chunks_;
  std::size_t size_ = 0;
  std::uint8_t key_size_ = 0;
  std::uint8_t width_ = 0;  // of an element
};

}  // namespace selvedge::nft
