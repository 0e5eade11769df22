// Why rules do not allow a connection, and how far each is from allowing it: the nearest is mostly the one that
// somebody meant.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/direction.h"
#include "controller/explain/port.h"
#include "controller/meaning/peers.h"
#include "k8sclient/types.h"

namespace selvedge::explain {

struct Miss {
  std::string at;                  // "production/api ingress[0] from[1]"
  std::string means;               // what stands there: "podSelector role=frontend", "tcp/8080"
  std::vector<std::string> lacks;  // "label role=frontend missing, has role=front"; never empty
  std::size_t distance = 0;        // 1: one label or the port alone

  bool operator==(const Miss&) const = default;
};

// What of `policy`, which isolates `pod` in `direction`, comes near to allowing the packet, nearest first; one for each
// element of `from` or `to`. `receiver`: on whom named ports are looked up; null: no pod.
std::vector<Miss> misses_of(const k8s::NetworkPolicy& policy, Direction direction, const meaning::OtherEnd& other,
                            const k8s::Pod* receiver, const PortAsked& port);

// A selector as kubectl would take it: "app=web,tier in (a, b)"; "all" if it is empty.
std::string words_of(const k8s::LabelSelector& selector);
std::string words_of(const k8s::Peer& peer);
std::string words_of(const k8s::PolicyPort& port);

}  // namespace selvedge::explain
