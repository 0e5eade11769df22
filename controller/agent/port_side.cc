#include "controller/agent/port_side.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace selvedge::agent {
namespace {

constexpr std::chrono::seconds long_round{30}, short_round{1};

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

PortSide::PortSide(const RunOptions& options, const std::string& table, nft::NetlinkBackend backend,
                   Time::duration round, Metrics& metrics, const Log& log)
    : backend_(std::move(backend)),
      links_(nft::Links::open()),
      rules_(
          table, backend_, [this, table] { return glimpse_of(backend_, table); },
          PortSight{.round = round,
                    .ports = [this, bridge = options.bridge]() -> tl::expected<nft::BridgePorts, nft::Error> {
                      if (!links_) return tl::unexpected(links_.error());
                      return links_->bridge_ports(bridge);
                    },
                    .addresses = [this](const nft::BridgePort& port) { return links_->addresses_behind(port); }},
          now, log, metrics) {}

tl::expected<std::unique_ptr<PortSide>, std::string> PortSide::start(const RunOptions& options,
                                                                     const std::string& table, EventQueue& queue,
                                                                     Metrics& metrics, const Log& log) {
  auto backend = nft::NetlinkBackend::open({.own_table = options.own_table, .family = nft::TableFamily::bridge});
  if (!backend) {
    log({LogLevel::warning, "addresses of pods are not bound to their ports", {{"detail", backend.error().message}}});
    return tl::unexpected(backend.error().message);
  }
  if (!options.bind_ports) {
    remove_table(*backend, table, log);
    return nullptr;
  }
  auto news = nft::LinkNews::open();
  if (!news)
    log({LogLevel::warning,
         "links cannot be listened to, and are looked at each second",
         {{"detail", news.error().message}}});
  std::unique_ptr<PortSide> side(
      new PortSide(options, table, std::move(*backend), news ? long_round : short_round, metrics, log));
  if (news) side->listen(std::move(*news), queue);
  return side;
}

void PortSide::listen(nft::LinkNews news, EventQueue& queue) {
  stop_ = eventfd(0, EFD_CLOEXEC);
  listener_ = std::thread([this, &queue, heard = std::move(news)]() mutable {
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
