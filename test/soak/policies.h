// The soak's policies, in all the forms that mean the same to flows().
#pragma once

#include <string>

#include "k8sclient/types.h"
#include "test/property/dice.h"

namespace selvedge::soak {

inline constexpr const char* home = "soak";     // the namespace of all parts
inline constexpr const char* abroad = "other";  // of half the noise

// Clients may reach the victim's UDP 8080 and TCP 8080; by the label `label` of theirs. Never by port 9.
k8s::NetworkPolicy allowing_policy(const std::string& name, const std::string& label, test::Dice& dice);

// Selects the victim or the address that is reused, and allows it noise pods and noise alone.
k8s::NetworkPolicy noise_policy(const std::string& name, test::Dice& dice);

// Selects pods of the crowd, which no flow touches, in either direction or both.
k8s::NetworkPolicy crowd_policy(const std::string& name, test::Dice& dice);

// 203.0.113.0/24 to the victim's 443, never without outsider_excepted's exception.
k8s::NetworkPolicy block_policy(const std::string& name, test::Dice& dice);

k8s::NetworkPolicy ingress_policy(const std::string& name, k8s::Labels selects, k8s::Labels from);
k8s::NetworkPolicy egress_policy(const std::string& name, k8s::Labels selects, k8s::Labels to);

// Isolates `app` for ingress too, and allows it to some noise pods only.
k8s::NetworkPolicy bystander_policy(const std::string& name, const std::string& app, test::Dice& dice);

// Selects `hinge: yes`. Open: anyone may leave, nobody enter; else nobody may leave, anyone enter.
k8s::NetworkPolicy hinge_policy(const std::string& name, bool outward);

}  // namespace selvedge::soak
