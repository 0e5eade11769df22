// The rulesets that are measured beside each other: all are loaded at once into the calling thread's namespace and
// put to sleep (a dormant table's chains are at no hook), and one at a time is woken. So nothing else differs
// between them: not the sockets, not the links, not the processor.
#pragma once

#include <string>
#include <vector>

#include "nft/ruleset.h"
#include "test/bench/scene.h"

namespace selvedge::bench {

struct Ruleset {
  std::string name;   // "Selvedge"
  std::string table;  // "inet selvedge"; empty: no rules at all
};

void load_ideal(const Shapes& shapes, const std::string& name);  // table inet NAME, from ideal.nft
void load_kube_router_iptables(const Shapes& shapes);
void load_kube_router_nftables(const Shapes& shapes);

// By the core and the netlink rim, as on a node. `change` may alter the table first, to find out what costs what.
nft::Table rendered(const Scene& scene);
nft::Table rendered_ports();  // against borrowed addresses, for the ports of cni0 in the calling thread's namespace
void load(const nft::Table& table);

void put_to_sleep(const Ruleset& ruleset);
void wake(const Ruleset& ruleset);

}  // namespace selvedge::bench
