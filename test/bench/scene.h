// What the packet benchmark's rulesets say, each in its own words: a pod `server`, selected by some policies of four
// rules; each rule lets 10,000 peers in. Clients are named by the very last rule alone, so that the first packet of
// each connection meets all of them. All other policies of the node select other pods.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "controller/core.h"
#include "k8sclient/types.h"

namespace selvedge::bench {

struct Scene {
  std::size_t policies = 10;      // on the node
  std::size_t selecting = 10;     // of these select the server; 0 or 10
  std::size_t local_pods = 10;    // the server and the others, each selected by some of the other policies if there are
  std::size_t peers = 10'000;     // of each rule for the server
  std::size_t other_peers = 100;  // of each rule for another pod

  static constexpr std::size_t rules = 4;    // of each policy
  static constexpr std::size_t clients = 8;  // behind each of the two wires
};

std::string server_address();
std::vector<std::string> remote_clients();
std::vector<std::string> neighbour_clients();
std::string remote_stranger();  // whom no rule names
std::string neighbour_stranger();
std::string first_peer();  // named by the first rule already, or the second

// A policy as addresses.
struct PolicyShape {
  std::string name;                // "shop/p7"
  std::size_t pod = 0;             // which it selects; 0 is the server
  std::vector<std::size_t> rules;  // each an index into Shapes::peers
};
struct Shapes {
  std::vector<std::string> pods;                // addresses of the local pods
  std::vector<std::vector<std::string>> peers;  // shared by rules that let the same in
  std::vector<PolicyShape> policies;
};
Shapes shapes_of(const Scene& scene);

// The same as Kubernetes objects, and the node that they are seen from.
std::vector<k8s::Object> objects_of(const Scene& scene);
Settings settings();

}  // namespace selvedge::bench
