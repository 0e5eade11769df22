#include "controller/dispatch.h"

#include "controller/chains.h"

namespace selvedge {
namespace {

struct Place {
  Direction direction;
  nft::Family family;
};
constexpr std::array<Place, 4> places{{{Direction::ingress, nft::Family::v4},
                                       {Direction::ingress, nft::Family::v6},
                                       {Direction::egress, nft::Family::v4},
                                       {Direction::egress, nft::Family::v6}}};

nft::Map map_of(const Place& place, const std::map<nft::Key, nft::Verdict>& elements) {
  return {.type = nft::address_type(place.family), .comment = "", .elements = elements};
}

}  // namespace

DispatchMaps::Tracked& DispatchMaps::tracked(Direction direction, nft::Family family) {
  return maps_.at((direction == Direction::ingress ? 0 : 2) + (family == nft::Family::v4 ? 0 : 1));
}

void DispatchMaps::point(Direction direction, const nft::Address& address, std::optional<nft::Verdict> verdict) {
  Tracked& map = tracked(direction, address.family);
  const nft::Key key = nft::key_of(address);
  const auto present = map.now.find(key);
  map.was.try_emplace(key, present == map.now.end() ? std::nullopt : std::optional(present->second));
  if (verdict) {
    map.now.insert_or_assign(key, *std::move(verdict));
  } else {
    map.now.erase(key);
  }
}

nft::MapDelta DispatchMaps::take(Tracked& map) const {
  nft::MapDelta delta;
  for (const auto& [key, was] : map.was) {
    const auto present = map.now.find(key);
    const std::optional<nft::Verdict> is = present == map.now.end() ? std::nullopt : std::optional(present->second);
    if (is == was) continue;
    if (was) delta.remove.push_back(key);
    if (is) delta.add.emplace(key, *is);
  }
  map.was.clear();
  return delta;
}

void DispatchMaps::take_changes(nft::Changes& changes) {
  for (const Place& place : places) {
    Tracked& map = tracked(place.direction, place.family);
    nft::MapDelta delta = take(map);
    const std::string name = dispatch_map_name(place.direction, place.family);
    if (!emitted_) {
      changes.maps[name] = map_of(place, map.now);
    } else if (!delta.remove.empty() || !delta.add.empty()) {
      changes.maps[name] = std::move(delta);
    }
  }
  emitted_ = true;
}

void DispatchMaps::add_to(nft::Table& table) const {
  for (std::size_t i = 0; i < places.size(); ++i) {
    table.maps[dispatch_map_name(places.at(i).direction, places.at(i).family)] = map_of(places.at(i), maps_.at(i).now);
  }
}

}  // namespace selvedge
