#include "controller/agent/cutter.h"

#include <net/if.h>
#include <pthread.h>

#include <algorithm>
#include <utility>

#include "nft/netlink_links.h"

namespace selvedge::agent {
namespace {

using Time = Cutting::Time;

constexpr int rest = 2;  // times as long as the work
constexpr std::uint8_t tcp = 6;

Time now() {
  return std::chrono::steady_clock::now();
}

bool is_in_doubt(const CuttingOrder& order, const nft::Connection& connection) {
  if (order.about.narrowed.anyone) return concerns_pods(connection, order.neighbourhood);
  const auto& addresses = order.about.narrowed.addresses;
  return addresses.contains(connection.original.source) || addresses.contains(connection.reply.source);
}

// If it is about one alone: to ask for two would take longer than for all.
std::optional<nft::Address> only_address(const Doubt& about) {
  std::set<nft::Address> all = about.narrowed.addresses;
  all.insert(about.released.begin(), about.released.end());
  return about.narrowed.anyone || all.size() != 1 ? std::nullopt : std::optional(*all.begin());
}

bool has_lost_its_pod(const CuttingOrder& order, const nft::Connection& connection) {
  const auto& released = order.about.released;
  return connection.zone == 0 &&
         (released.contains(connection.original.source) || released.contains(connection.reply.source));
}

// At pods of this node, whether they are isolated or not: they may be when the connection is removed.
Suspects ends_at_pods(const nft::Connection& connection, const Neighbourhood& neighbourhood) {
  Suspects ends = ends_of(connection, neighbourhood);
  for (auto& addresses : ends.of)
    std::erase_if(addresses, [&](const nft::Address& address) { return !neighbourhood.pods.contains(address); });
  return ends;
}

}  // namespace

tl::expected<Neighbourhood, nft::Error> with_own_addresses(Neighbourhood neighbourhood) {
  auto links = nft::Links::open();
  if (!links) return tl::unexpected(std::move(links.error()));
  auto addresses = links->own_addresses();
  if (!addresses) return tl::unexpected(std::move(addresses.error()));
  neighbourhood.own = std::move(addresses->own);
  neighbourhood.shared = std::move(addresses->shared);
  neighbourhood.bridge_exists = if_nametoindex(neighbourhood.bridge.c_str()) != 0;
  return neighbourhood;
}

Cutter::Cutter(Log log, Metrics& metrics, std::function<void()> done)
    : log_(std::move(log)), metrics_(metrics), done_(std::move(done)) {
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
  return rested_at_;
}

void Cutter::begin(Step step) {
  {
    const std::lock_guard lock(mutex_);
    step_ = std::move(step);
  }
  changed_.notify_all();
}

std::optional<CuttingOutcome> Cutter::take_outcome() {
  const std::lock_guard lock(mutex_);
  return std::exchange(outcome_, std::nullopt);
}

std::string Cutter::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

void Cutter::note(const std::string& fault) {
  const std::lock_guard lock(mutex_);
  metrics_.cutting_fails.Set(fault.empty() ? 0 : 1);
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
  while (true) {
    std::optional<Step> step;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [this] { return step_.has_value(); });
      if (stop.stop_requested()) return;
      step = std::exchange(step_, std::nullopt);
    }
    const Time begun = now();
    if (!step->removal) found_from_ = begun;
    auto outcome = carry_out(*step);
    note(outcome ? "" : outcome.error().message);
    {
      const std::lock_guard lock(mutex_);
      outcome_ = outcome ? std::move(*outcome) : CuttingOutcome{.failed = true};
      rested_at_ = std::max(rested_at_, now()) + rest * (now() - begun);
    }
    done_();
  }
}

tl::expected<CuttingOutcome, nft::Error> Cutter::carry_out(const Step& step) {
  if (!connections_) {
    auto opened = nft::ConntrackTable::open();
    if (!opened) return tl::unexpected(opened.error());
    connections_ = std::move(*opened);
  }
  const auto neighbourhood = with_own_addresses(step.order.neighbourhood);
  if (!neighbourhood) return tl::unexpected(neighbourhood.error());
  return step.removal ? remove_found(step.order, *neighbourhood) : find_some(step.order, *neighbourhood);
}

bool Cutter::is_revival(const nft::Connection& connection, const Neighbourhood& neighbourhood,
                        const nft::Simulation& rules) const {
  const auto removed = removed_.find(connection.original);
  return removed != removed_.end() && removed->second.watched_until > now() &&
         is_forbidden(removed->second.connection, neighbourhood, rules);
}

// Not revivals among them: their time is that of the first.
void Cutter::remember(const std::vector<nft::Connection>& removed) {
  const Time at = now();
  std::erase_if(removed_, [&](const auto& one) { return one.second.watched_until <= at; });
  for (const nft::Connection& connection : removed) {
    if (connection.original.protocol == tcp || removed_.contains(connection.original)) continue;
    if (removed_.size() >= most_at_once) return;
    removed_.try_emplace(connection.reply, Removed{.connection = connection, .watched_until = at + watchfulness});
  }
}

tl::expected<CuttingOutcome, nft::Error> Cutter::find_some(const CuttingOrder& order,
                                                           const Neighbourhood& neighbourhood) {
  const nft::Simulation rules(order.rules);
  CuttingOutcome outcome;
  found_.clear();
  const auto look = [&](const nft::Connection& connection) {
    const bool lost = has_lost_its_pod(order, connection);
    if (!lost && !(is_in_doubt(order, connection) &&
                   (is_forbidden(connection, neighbourhood, rules) || is_revival(connection, neighbourhood, rules))))
      return;
    outcome.all = found_.size() < most_at_once;
    if (!outcome.all) return;
    found_.push_back(connection);
    if (!lost) outcome.ends.add(ends_at_pods(connection, neighbourhood));
  };
  const auto read = connections_->each(look, only_address(order.about));
  if (!read) return tl::unexpected(read.error());
  outcome.found = found_.size();
  return outcome;
}

tl::expected<CuttingOutcome, nft::Error> Cutter::remove_found(const CuttingOrder& order,
                                                              const Neighbourhood& neighbourhood) {
  const nft::Simulation rules(order.rules);
  auto doomed = std::exchange(found_, {});
  std::erase_if(doomed, [&](const nft::Connection& connection) {
    return !has_lost_its_pod(order, connection) && !is_forbidden(connection, neighbourhood, rules) &&
           !is_revival(connection, neighbourhood, rules);
  });
  const auto removed = connections_->remove(doomed);
  if (!removed) return tl::unexpected(removed.error());
  if (*removed == 0) return CuttingOutcome{};
  CuttingOutcome outcome;
  outcome.revived = std::ranges::any_of(
      doomed, [&](const nft::Connection& connection) { return is_revival(connection, neighbourhood, rules); });
  remember(doomed);
  metrics_.connections_cut.Increment(static_cast<double>(*removed));
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now() - found_from_);
  log_({LogLevel::info,
        "connections cut",
        {{"connections", std::to_string(*removed)}, {"ms", std::to_string(ms.count())}}});
  return outcome;
}

}  // namespace selvedge::agent
