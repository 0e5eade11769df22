#include "controller/cli/kernel_difference.h"

#include <map>
#include <set>
#include <utility>

#include "controller/explain/cast.h"
#include "controller/revivals.h"
#include "controller/verify/verify.h"

namespace selvedge::cli {
namespace {

constexpr std::size_t most_packets = 100'000;

std::map<nft::Address, std::string> names_in(const std::vector<k8s::Object>& objects) {
  std::map<nft::Address, std::string> names;
  const explain::Cast cast(objects);
  for (const k8s::Object& object : objects) {
    if (const auto* node = std::get_if<k8s::Node>(&object)) {
      for (const std::string& text : node->addresses)
        if (const auto address = nft::parse_address(text)) names[*address] = "node " + node->meta.name;
    }
    const auto* pod = std::get_if<k8s::Pod>(&object);
    if (pod == nullptr || !explain::takes_part(*pod)) continue;
    for (const nft::Address& address : cast.someone(*pod).addresses)
      names[address] = pod->meta.ns + '/' + explain::workload_of(*pod);
  }
  return names;
}

reach::Ports port_of(const nft::Packet& packet) {
  constexpr std::uint8_t tcp = 6, udp = 17, sctp = 132;
  if (packet.protocol != tcp && packet.protocol != udp && packet.protocol != sctp)
    return {.ranges = {}, .others = true};
  return {.ranges = {{packet.protocol, packet.port, packet.port}}};
}

// Gathers packets that one of the two lets through and the other does not.
class Gathering {
 public:
  Gathering(const nft::Table& table, const meaning::Meaning& state, const Shape& shape,
            const std::vector<k8s::Object>& objects, KernelIs kernel)
      : table_(table), state_(state), bridge_(shape.bridge), names_(names_in(objects)), kernel_(kernel) {
    const auto local = state.local_addresses();
    local_.insert(local.begin(), local.end());
  }

  // The packet, and those with another known address at one of its ends that fare as it does.
  void take(const verify::Difference& difference) {
    const nft::Packet& packet = difference.packet;
    add(packet, difference.table.accepted);
    if (packet.hook != nft::Hook::forward) return;
    for (const auto& [address, name] : names_) {
      if (address.family != packet.source.family || tried_ >= most_tries) continue;
      try_other(packet_from(packet, address));
      try_other(packet_to(packet, address));
    }
  }

  reach::Difference all() && {
    reach::Difference difference;
    for (auto& [ends, change] : changes_) difference.changes.push_back(std::move(change));
    return difference;
  }

 private:
  std::string name_of(const nft::Address& address) const {
    const auto known = names_.find(address);
    return known == names_.end() ? nft::to_string(address) : known->second;
  }
  nft::Packet packet_from(nft::Packet packet, const nft::Address& source) const {
    packet.source = source;
    if (local_.contains(source) != (packet.in == bridge_)) packet.in = local_.contains(source) ? bridge_ : elsewhere_;
    return packet;
  }
  nft::Packet packet_to(nft::Packet packet, const nft::Address& destination) const {
    packet.destination = destination;
    if (local_.contains(destination) != (packet.out == bridge_))
      packet.out = local_.contains(destination) ? bridge_ : elsewhere_;
    return packet;
  }

  void try_other(const nft::Packet& packet) {
    ++tried_;
    const bool accepted = nft::simulate(table_, packet).accepted;
    if (accepted != state_.evaluate(packet).allowed) add(packet, accepted);
  }

  void add(const nft::Packet& packet, bool accepted) {
    std::string from = name_of(packet.source), to = name_of(packet.destination);
    reach::Change& change = changes_[{to, from}];
    change.from = std::move(from);
    change.to = std::move(to);
    reach::Ports& ports = accepted == (kernel_ == KernelIs::after) ? change.gained : change.lost;
    ports = united(ports, port_of(packet));
  }

  static constexpr std::size_t most_tries = 500'000;

  const nft::Table& table_;
  const meaning::Meaning& state_;
  std::string bridge_, elsewhere_ = bridge_ + "-uplink";
  std::map<nft::Address, std::string> names_;
  std::set<nft::Address> local_;
  KernelIs kernel_;
  std::size_t tried_ = 0;
  std::map<std::pair<std::string, std::string>, reach::Change> changes_;  // by `to`, then `from`
};

}  // namespace

tl::expected<StateDifference, std::string> kernel_difference(const std::vector<k8s::Object>& objects,
                                                             const std::string& node, const Shape& shape,
                                                             nft::Dump dump, KernelIs kernel) {
  if (!dump.opaque.empty())
    return tl::unexpected("of the kernel's table " + dump.opaque.front().owner +
                          " is not understood: " + dump.opaque.front().what);
  const nft::Table held = without_suspects(std::move(dump.table)).table;
  const nft::Table wanted = table_of(shape, node, objects);
  const meaning::Meaning meaning(seen_from(shape, node), objects);
  const auto verification = verify::verify(held, meaning, {}, most_packets);
  if (!verification.faults.empty()) return tl::unexpected("the kernel's table: " + verification.faults.front());
  const bool after = kernel == KernelIs::after;
  Gathering gathering(held, meaning, shape, objects, kernel);
  for (const verify::Difference& difference : verification.differences) gathering.take(difference);
  return StateDifference{.connections = std::move(gathering).all(),
                         .rules = after ? table_difference(wanted, held) : table_difference(held, wanted)};
}

}  // namespace selvedge::cli
