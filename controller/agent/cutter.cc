#include "controller/agent/cutter.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace selvedge::agent {
namespace {

using Time = Cutting::Time;

constexpr std::chrono::seconds second_time{1};
constexpr std::chrono::seconds after_a_failure{5};
constexpr int rest = 2;                       // times as long as the work
constexpr std::size_t most_at_once = 50'000;  // connections held for removal: 5 MB
constexpr Time never = Time::max();

Time now() {
  return std::chrono::steady_clock::now();
}

std::optional<nft::Address> address_of(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  nft::Address made;
  if (address->sa_family == AF_INET) {
    made.family = nft::Family::v4;
    std::memcpy(made.bytes.data(), &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
    return made;
  }
  if (address->sa_family != AF_INET6) return std::nullopt;
  made.family = nft::Family::v6;
  std::memcpy(made.bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, 16);
  return made;
}

// An order that is still to be seen through, and a newer one.
CuttingOrder joined(CuttingOrder newer, CuttingOrder older) {
  newer.narrowed.add(std::move(older.narrowed));
  for (const nft::Address& address : older.released) {
    if (!newer.neighbourhood.pods.contains(address)) newer.released.insert(address);
  }
  return newer;
}

bool is_in_doubt(const CuttingOrder& order, const nft::Connection& connection) {
  if (order.narrowed.anyone) return concerns_pods(connection, order.neighbourhood);
  const auto& addresses = order.narrowed.addresses;
  return addresses.contains(connection.original.source) || addresses.contains(connection.reply.source);
}

// If it is about one alone: to ask for two would take longer than for all.
std::optional<nft::Address> only_address(const CuttingOrder& order) {
  std::set<nft::Address> all = order.narrowed.addresses;
  all.insert(order.released.begin(), order.released.end());
  return order.narrowed.anyone || all.size() != 1 ? std::nullopt : std::optional(*all.begin());
}

bool has_lost_its_pod(const CuttingOrder& order, const nft::Connection& connection) {
  return connection.zone == 0 &&
         (order.released.contains(connection.original.source) || order.released.contains(connection.reply.source));
}

}  // namespace

tl::expected<Neighbourhood, nft::Error> with_own_addresses(Neighbourhood neighbourhood) {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0)
    return tl::unexpected(
        nft::Error{.kind = nft::Error::Kind::transient,
                   .code = errno,
                   .op = std::nullopt,
                   .object = {},
                   .message = "the node's own addresses cannot be read: " + std::generic_category().message(errno)});
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> all(first, freeifaddrs);
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    if (const auto own = address_of(one->ifa_addr)) neighbourhood.own.insert(*own);
    if ((one->ifa_flags & IFF_BROADCAST) == 0) continue;
    if (const auto broadcast = address_of(one->ifa_broadaddr)) neighbourhood.broadcast.insert(*broadcast);
  }
  neighbourhood.bridge_exists = if_nametoindex(neighbourhood.bridge.c_str()) != 0;
  return neighbourhood;
}

Cutter::Cutter(Log log, Metrics& metrics) : log_(std::move(log)), metrics_(metrics) {
  auto opened = nft::ConntrackTable::open();
  if (opened) {
    connections_ = std::move(*opened);
  } else {
    note(opened.error().message);
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

Cutter::~Cutter() {
  thread_.request_stop();
  changed_.notify_all();
}

Time Cutter::ready_at() const {
  const std::lock_guard lock(mutex_);
  return working_ ? never : rested_at_;
}

void Cutter::carry_out(CuttingOrder order) {
  {
    const std::lock_guard lock(mutex_);
    order_ = order_ ? joined(std::move(order), std::move(*order_)) : std::move(order);
    working_ = true;
  }
  changed_.notify_all();
}

std::string Cutter::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

void Cutter::note(const std::string& fault) {
  const std::lock_guard lock(mutex_);
  if (fault == fault_) return;
  if (fault.empty()) {
    log_({LogLevel::info, "connections that a change forbids are cut again", {}});
  } else {
    log_({LogLevel::warning, "connections that a change forbids are not cut", {{"detail", fault}}});
  }
  fault_ = fault;
}

void Cutter::work(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "cut");
  std::optional<CuttingOrder> again;
  Time again_at = never;
  while (!stop.stop_requested()) {
    std::optional<CuttingOrder> order;
    {
      std::unique_lock lock(mutex_);
      const auto come = [this] { return order_.has_value(); };
      if (again) {
        changed_.wait_until(lock, stop, again_at, come);
      } else {
        changed_.wait(lock, stop, come);
      }
      if (stop.stop_requested()) return;
      working_ = true;
      order = std::exchange(order_, std::nullopt);
    }
    const bool due_again = order.has_value();
    if (again) order = order ? joined(std::move(*order), std::move(*again)) : std::move(again);
    again.reset();
    const Time begun = now();
    const bool done = cut(*order, stop);
    if (due_again || !done) {
      again = std::move(order);
      again_at = begun + (done ? second_time : after_a_failure);
    }
    const std::lock_guard lock(mutex_);
    working_ = order_.has_value();
    rested_at_ = now() + rest * (now() - begun);
  }
}

bool Cutter::cut(const CuttingOrder& order, const std::stop_token& stop) {
  const Time begun = now();
  const auto removed = remove_all(order, stop);
  note(removed ? "" : removed.error().message);
  if (!removed) return false;
  if (*removed == 0) return true;
  metrics_.connections_cut.Increment(static_cast<double>(*removed));
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now() - begun);
  log_({LogLevel::info,
        "connections cut",
        {{"connections", std::to_string(*removed)}, {"ms", std::to_string(ms.count())}}});
  return true;
}

tl::expected<std::size_t, nft::Error> Cutter::remove_all(const CuttingOrder& order, const std::stop_token& stop) {
  if (!connections_) {
    auto opened = nft::ConntrackTable::open();
    if (!opened) return tl::unexpected(opened.error());
    connections_ = std::move(*opened);
  }
  const auto neighbourhood = with_own_addresses(order.neighbourhood);
  if (!neighbourhood) return tl::unexpected(neighbourhood.error());
  const nft::Simulation rules(order.rules);
  std::size_t removed = 0;
  while (true) {
    const auto some = remove_some(order, *neighbourhood, rules);
    if (!some) return tl::unexpected(some.error());
    removed += some->removed;
    if (some->found < most_at_once || stop.stop_requested()) return removed;
  }
}

// Of those found some end by themselves before they are removed.
tl::expected<Cutter::Some, nft::Error> Cutter::remove_some(const CuttingOrder& order,
                                                           const Neighbourhood& neighbourhood,
                                                           const nft::Simulation& rules) {
  std::vector<nft::Connection> doomed;
  const auto look = [&](const nft::Connection& connection) {
    if (doomed.size() == most_at_once) return;
    if (has_lost_its_pod(order, connection) ||
        (is_in_doubt(order, connection) && is_forbidden(connection, neighbourhood, rules)))
      doomed.push_back(connection);
  };
  const auto read = connections_->each(look, only_address(order));
  if (!read) return tl::unexpected(read.error());
  const auto removed = connections_->remove(doomed);
  if (!removed) return tl::unexpected(removed.error());
  return Some{.found = doomed.size(), .removed = *removed};
}

}  // namespace selvedge::agent
