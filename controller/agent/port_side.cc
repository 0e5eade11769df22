#include "controller/agent/port_side.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace selvedge::agent {
namespace {

Time now() {
  return std::chrono::steady_clock::now();
}

void remove_table(nft::NetlinkBackend& backend, const std::string& table, const Log& log) {
  const auto glance = backend.glance(table);
  if (!glance || !glance->exists) return;
  const auto removed = backend.commit(table, {nft::DeleteTable{}});
  if (!removed)
    log({LogLevel::warning, "the table of ports could not be removed", {{"detail", removed.error().message}}});
}

}  // namespace

PortSide::PortSide(const RunOptions& options, const std::string& table, nft::NetlinkBackend backend, Metrics& metrics,
                   const Log& log)
    : backend_(std::move(backend)),
      links_(nft::Links::open()),
      rules_(
          table, backend_, [this, table] { return glimpse_of(backend_, table); },
          PortSight{.ports = [this, bridge = options.bridge]() -> tl::expected<nft::BridgePorts, nft::Error> {
                      if (!links_) return tl::unexpected(links_.error());
                      return links_->bridge_ports(bridge);
                    },
                    .addresses = [this](const nft::BridgePort& port) { return links_->addresses_behind(port); }},
          now, log, metrics) {}

std::unique_ptr<PortSide> PortSide::start(const RunOptions& options, const std::string& table, EventQueue& queue,
                                          Metrics& metrics, const Log& log) {
  auto backend = nft::NetlinkBackend::open({.own_table = options.own_table, .family = nft::TableFamily::bridge});
  if (!backend) {
    log({LogLevel::warning, "addresses of pods are not bound to their ports", {{"detail", backend.error().message}}});
    return nullptr;
  }
  if (!options.bind_ports) {
    remove_table(*backend, table, log);
    return nullptr;
  }
  std::unique_ptr<PortSide> side(new PortSide(options, table, std::move(*backend), metrics, log));
  side->listen(queue, log);
  return side;
}

// Without news a new port is seen within a second.
void PortSide::listen(EventQueue& queue, const Log& log) {
  auto news = nft::LinkNews::open();
  stop_ = eventfd(0, EFD_CLOEXEC);
  if (!news || stop_ < 0)
    return log({LogLevel::warning,
                "links cannot be listened to, and are looked at each second",
                {{"detail", news ? "eventfd" : news.error().message}}});
  listener_ = std::thread([this, &queue, heard = std::move(*news)]() mutable {
    pthread_setname_np(pthread_self(), "links");
    while (heard.wait(stop_)) {
      rules_.news();
      queue.nudge();
    }
  });
}

PortSide::~PortSide() {
  if (listener_.joinable()) {
    eventfd_write(stop_, 1);
    listener_.join();
  }
  if (stop_ >= 0) close(stop_);
}

}  // namespace selvedge::agent
