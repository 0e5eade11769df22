// What `run` does for ports, all together: the rules, their sockets, and the thread that hears of links.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "controller/agent/event_queue.h"
#include "controller/agent/options.h"
#include "controller/agent/port_rules.h"
#include "nft/netlink_backend.h"
#include "nft/netlink_links.h"

namespace selvedge::agent {

class PortSide {
 public:
  // To be called before the loop begins, and destroyed after it has ended; works in the network namespace of the
  // calling thread. `queue` and `metrics` must outlive it. Null: it is switched off, and a table of before is removed.
  // The error, which is logged, says why it cannot be.
  static tl::expected<std::unique_ptr<PortSide>, std::string> start(const RunOptions& options, const std::string& table,
                                                                    EventQueue& queue, Metrics& metrics,
                                                                    const Log& log);
  ~PortSide();
  PortSide(const PortSide&) = delete;
  PortSide& operator=(const PortSide&) = delete;

  PortRules& rules() { return rules_; }

 private:
  PortSide(const RunOptions& options, const std::string& table, nft::NetlinkBackend backend, Time::duration round,
           Metrics& metrics, const Log& log);
  void listen(nft::LinkNews news, EventQueue& queue);

  nft::NetlinkBackend backend_;
  tl::expected<nft::Links, nft::Error> links_;
  PortRules rules_;
  int stop_ = -1;  // an eventfd
  std::thread listener_;
};

}  // namespace selvedge::agent
