// The checks, each a function of the scene: what it looks for is in its file's head.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controller/lint/scene.h"

namespace selvedge::lint {

struct Finding {
  std::string_view rule;  // its id (rules.h)
  k8s::ObjectKey object;
  std::string field;    // "spec.ingress[0].from[2].podSelector"
  std::string message;  // the value and what follows
  std::string repeats;  // of one rule's findings about one object, those that are equal here say the same thing
  k8s::Kind kind = k8s::Kind::network_policy;
};

// ---- of policies in the light of what is there; `render` tells of these, too
std::vector<Finding> unmatched_peers(const Scene& scene);          // semantics 12, 17, 65
std::vector<Finding> undeclared_ports(const Scene& scene);         // semantics 32, 33
std::vector<Finding> blocks_over_the_cluster(const Scene& scene);  // semantics 51, 53
std::vector<Finding> blocks_of_one_family(const Scene& scene);     // semantics 56
std::vector<Finding> egress_without_dns(const Scene& scene);       // semantics 115

std::vector<Finding> policies_without_pods(const Scene& scene);  // semantics 16
std::vector<Finding> lost_policies(const Scene& scene);          // semantics 17
std::vector<Finding> undeclared_numbers(const Scene& scene);     // semantics 26
std::vector<Finding> blocks_over_services(const Scene& scene);   // semantics 54
std::vector<Finding> open_pods(const Scene& scene);

// ---- of policies as they are written
std::vector<Finding> compiler_faults(const Scene& scene);      // semantics 7, 8, 13, 27, 29
std::vector<Finding> ignored_directions(const Scene& scene);   // semantics 2, 3
std::vector<Finding> two_elements(const Scene& scene);         // semantics 10
std::vector<Finding> open_rules(const Scene& scene);           // semantics 5, 6
std::vector<Finding> dns_by_one_protocol(const Scene& scene);  // semantics 37
std::vector<Finding> misfit_blocks(const Scene& scene);        // semantics 45, 50
std::vector<Finding> redundant_peers(const Scene& scene);      // semantics 15, 48
std::vector<Finding> redundant_rules(const Scene& scene);      // semantics 15
std::vector<Finding> duplicate_policies(const Scene& scene);   // semantics 15

std::string peer_field(const RuleAt& at, std::size_t peer);  // "spec.ingress[0].from[2]"
std::string port_field(const RuleAt& at, std::size_t port);  // "spec.ingress[0].ports[1]"
std::string rule_field(const RuleAt& at);                    // "spec.ingress[0]"
std::string quoted(const std::string& text);
std::string name_of(const k8s::Pod& pod);                  // "shop/api-0"
std::string_view protocol_name(k8s::Protocol protocol);    // "TCP"
std::string counted(std::size_t count, const char* what);  // "1 pod", "3 pods"

// What a block matches, its excepts taken out; nothing if its cidr is none.
std::vector<nft::Interval> intervals_of(const k8s::IpBlock& block);

}  // namespace selvedge::lint
