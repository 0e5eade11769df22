// All small worlds: every policy up to a size over two namespaces, four pods,
// two labels and two ports, and every packet between the pods and an outsider.
//
// What random worlds meet by luck is here without exception: each form of peer
// beside each form of port, for each selection and each set of policyTypes.
#pragma once

#include <cstddef>
#include <vector>

#include "k8sclient/types.h"
#include "nft/packet.h"

namespace selvedge::test {

// Of this node: blue/web, blue/db, green/web; green/db is another's. Labels are the pods' names.
std::vector<k8s::Object> small_cluster();

// The forms, the plain ones first.
std::vector<k8s::LabelSelector> small_selectors();
std::vector<k8s::Peer> small_peers();
std::vector<k8s::PolicyPort> small_ports();
// Of at most `peers` peers and `ports` ports.
std::vector<k8s::PolicyRule> small_rules(std::size_t peers, std::size_t ports);

// New packets of each sender to each receiver, over each port and protocol that some form tells apart.
std::vector<nft::Packet> small_packets();

k8s::NetworkPolicy small_policy(const std::string& name);  // of namespace blue, selecting all, isolating nothing

}  // namespace selvedge::test
