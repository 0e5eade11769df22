#include "controller/agent/port_rules.h"

#include <algorithm>
#include <utility>

#include "controller/port_table.h"

namespace selvedge::agent {
namespace {

constexpr std::chrono::seconds heartbeat{1};
constexpr std::chrono::milliseconds least_pause{50};    // between looks, however much news there is
constexpr std::chrono::milliseconds haste{100};         // while a new port's pod has no address yet
constexpr std::chrono::seconds longest_wiring{10};      // that a CNI plugin takes from the port to the address
constexpr std::chrono::seconds unsupported_pause{300};  // a kernel module may be loaded later

}  // namespace

PortRules::PortRules(std::string table, nft::Backend& backend, Glance glance, PortSight sight, Clock clock, Log log,
                     Metrics& metrics)
    : table_(std::move(table)),
      programmed_(backend, table_, nft::TableFamily::bridge),
      glance_(std::move(glance)),
      sight_(std::move(sight)),
      clock_(std::move(clock)),
      log_(std::move(log)),
      metrics_(metrics) {}

void PortRules::observe() {
  const Time now = clock_();
  if (news_.exchange(false)) {
    look_at_ = std::min(look_at_, looked_at_ + least_pause);
    eager_until_ = now + longest_wiring;
  }
  if (now >= compare_at_) {
    compare_at_ = now + heartbeat;
    looked_ = true;
    compare();
  }
  if (now < look_at_) return;
  looked_at_ = now;
  look_at_ = now + heartbeat;  // if it cannot be done
  looked_ = true;
  if (adopt()) look();
}

// Before the ports are looked at for the first time: the predecessor saw them sooner.
bool PortRules::adopt() {
  if (adopted_) return true;
  if (clock_() < retry_at_) return false;
  if (const auto read = programmed_.adopt(); !read) {
    failed(read.error(), "the table of ports could not be read");
    return false;
  }
  bindings_.held(bound_addresses(programmed_.outline()));
  return adopted_ = true;
}

void PortRules::look() {
  auto ports = sight_.ports();
  if (!ports) return failed(ports.error(), "the ports of the pod bridge could not be read");
  seen_ = true;
  due_ = due_ || *ports != ports_;
  ports_ = std::move(*ports);
  bindings_.there_are(ports_.ports);
  bool waiting = false;
  for (const nft::BridgePort& port : ports_.ports) {
    if (!port.of_a_pod || !bindings_.ports().at(port.index).first_held.empty()) continue;
    auto addresses = sight_.addresses(port);  // an error: the pod is gone, or not there yet
    if (addresses && !addresses->empty()) {
      bindings_.holds(port.index, std::move(*addresses));
      due_ = true;
    } else {
      waiting = true;
    }
  }
  look_at_ = looked_at_ + (!waiting ? sight_.round : looked_at_ < eager_until_ ? Time::duration(haste) : heartbeat);
}

void PortRules::compare() {
  if (!in_step_) return;
  const auto glimpse = glance_();
  if (!glimpse) return;
  const Time begun = clock_();
  bool same = !glimpse->shape.empty() && glimpse->shape == left_as_;
  if (const auto depth = same ? drift_.due(*glimpse, begun) : std::nullopt) {
    same = programmed_.check(*depth).value_or(true);
    drift_.compared(*depth, begun, clock_());
  }
  if (same) return;
  in_step_ = false;
  metrics_.repairs.Increment();
  log_(
      {LogLevel::warning, "somebody else has changed the table; it will be restored", {{"table", "bridge " + table_}}});
}

bool PortRules::is_due(std::size_t pod_events) {
  const bool events = std::exchange(pod_events_, pod_events) != pod_events;
  return std::exchange(looked_, false) || events;
}

void PortRules::settle(const PodAddresses& pods, const std::vector<nft::Prefix>& ranges) {
  if (!seen_ || clock_() < retry_at_) return;
  due_ = due_ || pods != pods_ || ranges != ranges_;
  if (in_step_ && !due_) return;
  pods_ = pods;
  ranges_ = ranges;
  bindings_.bind(pods_);
  write(port_table({.table = table_, .bindings = bindings_, .ports = ports_, .pods = pods_, .ranges = ranges_}));
}

void PortRules::write(nft::Table table) {
  if (!programmed_.known() || !in_step_) {
    if (const auto read = programmed_.adopt(); !read)
      return failed(read.error(), "the table of ports could not be read");
  }
  if (const auto written = programmed_.reconcile(std::move(table)); !written) {
    in_step_ = false;
    return failed(written.error(), "the table of ports could not be written");
  }
  const auto glimpse = glance_();
  left_as_ = glimpse ? std::optional(glimpse->shape) : std::nullopt;
  if (glimpse) drift_.written(*glimpse, clock_());
  in_step_ = true;
  due_ = false;
  backoff_.reset();
  const auto bound =
      std::ranges::count_if(bindings_.ports(), [](const auto& port) { return port.second.pod.has_value(); });
  metrics_.unbound_ports.Set(static_cast<double>(bindings_.ports().size()) - static_cast<double>(bound));
  if (!std::exchange(fault_, "").empty())
    log_({LogLevel::info, "addresses of pods are bound to their ports again", {}});
}

void PortRules::failed(const nft::Error& error, const char* what) {
  const bool unsupported = error.kind == nft::Error::Kind::unsupported;
  retry_at_ = clock_() + (unsupported ? Time::duration(unsupported_pause) : Time::duration(backoff_.next()));
  const std::string fault = std::string(what) + ": " + error.message;
  if (std::exchange(fault_, fault) == fault) return;
  log_({LogLevel::warning,
        "addresses of pods are not bound to their ports: a pod with CAP_NET_RAW may borrow another's",
        {{"detail", fault}}});
}

Time PortRules::wake() const {
  return std::min(compare_at_, news_ ? looked_at_ + least_pause : look_at_);
}

}  // namespace selvedge::agent
