// The checks, each a function of the scene: what it looks for is in its file's head.
#pragma once

#include <string>
#include <vector>

#include "controller/lint/scene.h"

namespace selvedge::lint {

struct Finding {
  k8s::ObjectKey policy;
  std::string field;    // "spec.ingress[0].from[2].podSelector"
  std::string message;  // the value and what follows
  std::string repeats;  // of one check's findings about one policy, those that are equal here say the same thing
};

std::vector<Finding> unmatched_peers(const Scene& scene);          // semantics 12, 17, 65
std::vector<Finding> undeclared_ports(const Scene& scene);         // semantics 32, 33
std::vector<Finding> blocks_over_the_cluster(const Scene& scene);  // semantics 51, 53
std::vector<Finding> blocks_of_one_family(const Scene& scene);     // semantics 56
std::vector<Finding> egress_without_dns(const Scene& scene);       // semantics 115

std::string peer_field(const RuleAt& at, std::size_t peer);  // "spec.ingress[0].from[2]"
std::string port_field(const RuleAt& at, std::size_t port);  // "spec.ingress[0].ports[1]"
std::string quoted(const std::string& text);
std::string name_of(const k8s::Pod& pod);  // "shop/api-0"

}  // namespace selvedge::lint
