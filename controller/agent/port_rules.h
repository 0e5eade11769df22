// Keeps `table bridge selvedge` in step with the ports of the pod bridge and with the pods that are known: no pod
// borrows another's address (controller/port_table.h).
//
//   links changed, or a second has passed ─► ports, and addresses of those that are new ─► bindings ─┐
//   core ─► pods of this node, its pod ranges ───────────────────────────────────────────────────────┴─► table ─►
//   kernel
//
// It does not hold up the rules of policies: a kernel that has no bridge tables, or no way to ask for a pod's
// addresses, is told of and tried again now and then, and enforcement goes on.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "controller/agent/backoff.h"
#include "controller/agent/drift.h"
#include "controller/agent/log.h"
#include "controller/agent/metrics.h"
#include "controller/agent/reconciler.h"
#include "controller/port_bindings.h"
#include "nft/bridge_ports.h"
#include "nft/programmed.h"

namespace selvedge::agent {

// How ports are looked at (nft/netlink_links.h).
struct PortSight {
  Time::duration round{};  // how often to look even if there is no news: it takes 2 ms for 100 ports
  std::function<tl::expected<nft::BridgePorts, nft::Error>()> ports;
  std::function<tl::expected<std::vector<nft::Address>, nft::Error>(const nft::BridgePort&)> addresses;
};

// Not thread-safe, but for news(). `backend`, of bridge tables, and `metrics` must outlive it.
class PortRules {
 public:
  PortRules(std::string table, nft::Backend& backend, Glance glance, PortSight sight, Clock clock, Log log,
            Metrics& metrics);

  void news() { news_ = true; }  // links have changed; from any thread

  void look_now() { look_at_ = {}; }  // somebody knows of a port that has its addresses by now

  void observe();  // looks at the ports, and at the table, if it is time to
  // Whether settle() may have something to do, if so many events of pods have been taken since ever.
  bool is_due(std::size_t pod_events);
  // Writes what follows for these pods of this node and its pod ranges, if that is not in force.
  void settle(const PodAddresses& pods, const std::vector<nft::Prefix>& ranges);

  Time wake() const;                            // when it has something to do even if nothing is told
  std::string fault() const { return fault_; }  // why addresses are not bound to ports; empty: they are

 private:
  bool adopt();
  void look();
  void compare();
  void write(nft::Table table);
  void failed(const nft::Error& error, const char* what);

  std::string table_;
  nft::Programmed programmed_;
  Glance glance_;
  PortSight sight_;
  Clock clock_;
  Log log_;
  Metrics& metrics_;

  std::atomic<bool> news_ = false;
  PortBindings bindings_;
  nft::BridgePorts ports_;
  bool seen_ = false;     // ports_ is true
  bool adopted_ = false;  // a predecessor's table was read
  bool in_step_ = false;  // the kernel holds what was written last
  bool due_ = true;       // what that follows from has changed
  bool looked_ = false;   // since is_due() was asked
  std::size_t pod_events_ = 0;
  PodAddresses pods_;
  std::vector<nft::Prefix> ranges_;
  std::optional<std::string> left_as_;
  Drift drift_{1};
  Time look_at_{};
  Time compare_at_{};
  Time looked_at_{};
  Time eager_until_{};
  Time retry_at_{};
  Backoff backoff_{1};
  std::string fault_;
};

}  // namespace selvedge::agent
