#include "controller/verify/columns.h"

#include <algorithm>
#include <map>
#include <optional>

namespace selvedge::verify {
namespace {

using nft::Family;

nft::Address address_of(const nft::Key& key, Family family) {
  nft::Address address{family, {}};
  std::copy_n(key.bytes.begin(), nft::width(family), address.bytes.begin());
  return address;
}

std::optional<Family> family_of(const nft::KeyType& type) {
  if (type.empty()) return std::nullopt;
  if (type.front() == nft::Field::ipv4_addr) return Family::v4;
  if (type.front() == nft::Field::ipv6_addr) return Family::v6;
  return std::nullopt;
}

// Of a concatenation's key: the protocol follows the address, the port that; each padded to 4 bytes.
std::pair<std::uint8_t, std::uint16_t> endpoint_of(const nft::Key& key, Family family) {
  const std::size_t at = nft::width(family);
  return {key.bytes.at(at), static_cast<std::uint16_t>(key.bytes.at(at + 4) << 8 | key.bytes.at(at + 5))};
}

// Numbers values by their first appearance, from 1.
template <typename T>
std::uint32_t number_of(const T& value, std::vector<T>& values) {
  const auto known = std::find(values.begin(), values.end(), value);
  if (known != values.end()) return static_cast<std::uint32_t>(known - values.begin()) + 1;
  values.push_back(value);
  return static_cast<std::uint32_t>(values.size());
}

Column empty_column(const Atoms& atoms) {
  return {std::vector<std::uint32_t>(atoms.size()), Atomset(atoms.size()), {}, {}};
}

void fill(Column& column, const Atoms& atoms, const nft::Interval& interval) {
  for (Atom atom = atoms.at(interval.first); atom <= atoms.at(interval.last); ++atom) {
    column.findings[atom] = 1;
    column.hits.insert(atom);
  }
}

}  // namespace

Column prefix_column(const nft::Prefix& prefix, const Atoms& atoms) {
  Column column = empty_column(atoms);
  fill(column, atoms, nft::interval_of(prefix));
  return column;
}

Column set_column(const nft::Set& set, const Atoms& atoms) {
  Column column = empty_column(atoms);
  for (const nft::Element& element : set.elements) {
    fill(column, atoms, {address_of(element.first, atoms.family()), address_of(element.last, atoms.family())});
  }
  return column;
}

Column endpoint_column(const nft::Set& set, const Atoms& atoms) {
  Column column = empty_column(atoms);
  std::map<Atom, Endpoints> found;
  for (const nft::Element& element : set.elements) {
    const Atom atom = atoms.at(address_of(element.first, atoms.family()));
    found[atom].push_back(endpoint_of(element.first, atoms.family()));
  }
  for (auto& [atom, endpoints] : found) {
    column.findings[atom] = number_of(endpoints, column.endpoints);
    column.hits.insert(atom);
  }
  return column;
}

Column map_column(const nft::Map& map, const Atoms& atoms) {
  Column column = empty_column(atoms);
  for (const auto& [key, verdict] : map.elements) {
    const Atom atom = atoms.at(address_of(key, atoms.family()));
    column.findings[atom] = number_of(verdict, column.verdicts);
    column.hits.insert(atom);
  }
  return column;
}

std::vector<nft::Interval> edges_of(const nft::Table& table) {
  std::vector<nft::Interval> edges;
  for (const auto& [name, chain] : table.chains) {
    for (const nft::Rule& rule : chain.rules) {
      for (const nft::Match& match : rule.matches) {
        if (const auto* address = std::get_if<nft::MatchAddress>(&match)) {
          edges.push_back(nft::interval_of(address->prefix));
        }
      }
    }
  }
  for (const auto& [name, set] : table.sets) {
    const auto family = family_of(set.type);
    for (const nft::Element& element : set.elements) {
      if (family) edges.push_back({address_of(element.first, *family), address_of(element.last, *family)});
    }
  }
  for (const auto& [name, map] : table.maps) {
    const auto family = family_of(map.type);
    for (const auto& [key, verdict] : map.elements) {
      if (family) edges.push_back({address_of(key, *family), address_of(key, *family)});
    }
  }
  return edges;
}

}  // namespace selvedge::verify
