#include "controller/set_source.h"

#include <array>
#include <string_view>

#include "nft/overloaded.h"

namespace selvedge {
namespace {

using nft::Family;

std::string_view name_of(k8s::Protocol protocol) {
  constexpr std::array<std::string_view, 3> names{"TCP", "UDP", "SCTP"};
  return names.at(static_cast<std::size_t>(protocol));
}

std::string to_string(const NamedPortSet& set) {
  return "port " + set.port.name + "/" + std::string(name_of(set.port.protocol)) +
         (set.local ? " of this node's pods" : " of all pods");
}

std::string to_string(const BlockSet& blocks) {
  std::string text;
  for (const nft::Interval& i : blocks) text += nft::to_string(i.first) + "-" + nft::to_string(i.last) + ",";
  return text;
}

nft::Set hash_set(nft::KeyType type, const std::string& comment) {
  return {.type = std::move(type), .interval = false, .comment = shortened(comment, comment_limit), .elements = {}};
}

}  // namespace

std::string set_name(const SetSource& source, Family family) {
  const std::string suffix = family == Family::v4 ? "-v4" : "-v6";
  return std::visit(nft::Overloaded{
                        [&](const PodSet& set) { return "peers-" + hash_of(to_string(set)) + suffix; },
                        [&](const NamedPortSet& set) { return "named-" + hash_of(to_string(set)) + suffix; },
                        [&](const BlockSet& set) { return "block-" + hash_of(to_string(set)) + suffix; },
                    },
                    source);
}

nft::Set empty_set(const SetSource& source, Family family) {
  return std::visit(nft::Overloaded{
                        [&](const PodSet& set) { return hash_set(nft::address_type(family), to_string(set)); },
                        [&](const NamedPortSet& set) { return hash_set(nft::endpoint_type(family), to_string(set)); },
                        [&](const BlockSet&) {
                          return nft::Set{
                              .type = nft::address_type(family), .interval = true, .comment = "", .elements = {}};
                        },
                    },
                    source);
}

}  // namespace selvedge
