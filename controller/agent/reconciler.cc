#include "controller/agent/reconciler.h"

#include <algorithm>
#include <cstdio>

namespace selvedge::agent {
namespace {

constexpr std::chrono::seconds problems_interval{1};  // core_.problems() costs more than most events do

constexpr const char* no_log = "denials are counted, but not told: the kernel takes no rule that logs (has it NFLOG?)";

std::string milliseconds(Time from, Time to) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", std::chrono::duration<double, std::milli>(to - from).count());
  return text;
}

}  // namespace

Reconciler::Reconciler(const Settings& settings, nft::Backend& backend, Glance glance, Clock clock, Log log,
                       Metrics& metrics, Cutting* cutting)
    : settings_(settings),
      core_(settings),
      programmed_(backend, settings.table),
      glance_(std::move(glance)),
      clock_(std::move(clock)),
      log_(std::move(log)),
      metrics_(metrics),
      drift_(static_cast<std::uint32_t>(std::hash<std::string>{}(settings.node.value_or("")))),
      narrowings_(cutting, settings.bridge),
      logs_(settings.deny_log.has_value()),
      backoff_(static_cast<std::uint32_t>(std::hash<std::string>{}(settings.node.value_or("")))) {}

// ---- events -----------------------------------------------------------------------

void Reconciler::take(k8s::Event event) {
  std::visit([this](auto& alternative) { apply(std::move(alternative)); }, event);
}

void Reconciler::apply(k8s::Upserted event) {
  const k8s::Kind kind = k8s::kind_of(event.object);
  const k8s::ObjectKey key = k8s::meta_of(event.object).key();
  if (kind == k8s::Kind::pod) ++pod_events_;
  core_.upsert(event.object);
  problems_.decoded(kind, key, std::move(event.problems));
  problems_due_ = true;
  if (auto* policy = std::get_if<k8s::NetworkPolicy>(&event.object)) note(*policy);
}

// A list that is fetched anew repeats every policy.
void Reconciler::note(const k8s::NetworkPolicy& policy) {
  const k8s::ObjectKey key = policy.meta.key();
  const std::uint64_t digest = digest_of(policy);
  const auto [known, is_new] = policies_.try_emplace(key, digest);
  if (!is_new && known->second == digest) return;
  known->second = digest;
  if (refusals_.forget(key)) core_.readmit(key);
  news_[key] = true;
}

void Reconciler::apply(const k8s::Deleted& event) {
  if (event.kind == k8s::Kind::pod) ++pod_events_;
  core_.erase(event.kind, event.key);
  problems_.decoded(event.kind, event.key, {});
  problems_due_ = true;
  if (event.kind == k8s::Kind::network_policy && policies_.erase(event.key) > 0) {
    if (refusals_.forget(event.key)) core_.readmit(event.key);
    news_[event.key] = false;
  }
  if (event.kind == k8s::Kind::node && event.key.name == *settings_.node)
    log_({LogLevel::error,
          "our Node is gone; the rules stay as they are until it is back",
          {{"node", *settings_.node}}});
}

void Reconciler::apply(const k8s::Synced& event) {
  log_if(watches_.take(event));
  if (event.kind == k8s::Kind::node && !core_.knows_node())
    log_({LogLevel::error, "there is no Node of our name; the rules stay as they are", {{"node", *settings_.node}}});
}

void Reconciler::apply(const k8s::Unreadable& event) {
  log_if(watches_.take(event));
}

void Reconciler::apply(const k8s::Trouble& event) {
  log_if(watches_.take(event, clock_()));
}

void Reconciler::observe(Surroundings surroundings) {
  const auto lacks = [](const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) == all.end();
  };
  for (const auto& one : surroundings.unmet)
    if (lacks(surroundings_.unmet, one)) log_({LogLevel::error, "a precondition does not hold", {{"detail", one}}});
  for (const auto& one : surroundings_.unmet)
    if (lacks(surroundings.unmet, one)) log_({LogLevel::info, "a precondition holds again", {{"detail", one}}});
  const std::string& fault = surroundings.pod_ranges_fault;
  if (!fault.empty() && fault != surroundings_.pod_ranges_fault)
    log_({LogLevel::warning, "Flannel's file tells no pod ranges to guard", {{"detail", fault}}});
  // A file that is gone or broken is no reason to open what it closed.
  if (surroundings.pod_ranges.empty()) surroundings.pod_ranges = std::move(surroundings_.pod_ranges);
  if (surroundings.ipvs != surroundings_.ipvs)
    log_({LogLevel::info,
          surroundings.ipvs ? "Services go by IPVS here; the rules for it are put in place"
                            : "Services go by IPVS no longer; its rules go",
          {{"device", "kube-ipvs0"}}});
  problems_due_ = problems_due_ || surroundings.pod_ranges != surroundings_.pod_ranges;
  surroundings_ = std::move(surroundings);
  settings_.ipvs = surroundings_.ipvs;
  core_.services_by_ipvs(surroundings_.ipvs);
  core_.pod_ranges(surroundings_.pod_ranges);
}

void Reconciler::look() {
  if (!in_step_) return;
  const auto glimpse = glance_();
  if (!glimpse || is_as_it_was_left(*glimpse)) return;
  in_step_ = false;
  meddled_ = true;
  log_({LogLevel::warning,
        "somebody else has changed the table; it will be restored",
        {{"table", "inet " + settings_.table}}});
}

bool Reconciler::is_as_it_was_left(const Glimpse& glimpse) {
  if (glimpse.shape.empty() || glimpse.shape != left_as_) return false;
  const Time begun = clock_();
  const auto depth = drift_.due(glimpse, begun);
  if (!depth) return true;
  const auto same = programmed_.check(*depth);
  drift_.compared(*depth, begun, clock_());
  if (!same) log_({LogLevel::debug, "the table could not be compared", {{"detail", same.error().message}}});
  return same.value_or(true);
}

void Reconciler::left() {
  const auto glimpse = glance_();
  left_as_ = glimpse ? std::optional(glimpse->shape) : std::nullopt;
}

void Reconciler::log_if(const std::optional<LogLine>& line) const {
  if (line) log_(*line);
}

// ---- writing ----------------------------------------------------------------------

bool Reconciler::may_write() const {
  return watches_.synced() && watches_.readable() && core_.knows_node();
}

// Some problems come out with the rules that are to be written.
void Reconciler::settle() {
  write();
  if (watches_.synced()) report_problems();
}

void Reconciler::write() {
  if (clock_() < retry_at_) return;
  if (!may_write() && !guard_alone_is_due()) return;
  for (const auto& policy : refusals_.due(clock_())) {
    core_.readmit(policy);
    log_({LogLevel::info, "a policy that the kernel refused is tried again", {{"policy", k8s::to_string(policy)}}});
  }
  auto result = !may_write() ? write_guard_alone() : in_step_ ? write_changes() : write_everything();
  if (result && in_step_) result = write_suspects();
  if (result) {
    succeeded();
  } else {
    failed(result.error());
  }
  metrics_.refused_policies.Set(static_cast<double>(refusals_.size()));
  metrics_.audited_pods.Set(static_cast<double>(core_.audited_pods()));
  if (in_step_) narrowings_.settle(programmed_, core_, clock_());
}

// Not beside pods that run: they would be cut off until the first lists are complete.
bool Reconciler::guard_alone_is_due() const {
  if (begun_ || core_.guarded().empty() || (surroundings_.pods_attached && !guarding_)) return false;
  if (guarding_ && guarding_ != Guarding{core_.guarded(), settings_.ipvs}) return true;
  const auto glimpse = glance_();
  return glimpse && glimpse->shape.empty();
}

tl::expected<void, nft::Error> Reconciler::write_guard_alone() {
  if (auto read = programmed_.adopt(); !read) return read;
  Core alone(settings_);
  alone.pod_ranges(core_.guarded());
  if (auto result = programmed_.reconcile(alone.table()); !result) return result;
  if (!std::exchange(guarding_, Guarding{core_.guarded(), settings_.ipvs}))
    log_({LogLevel::info, "no pod may talk before the API server has told of it", {{"node", *settings_.node}}});
  return {};
}

void Reconciler::succeeded() {
  news_.clear();
  failure_.clear();
  backoff_.reset();
  refusals_.passed();
}

tl::expected<void, nft::Error> Reconciler::write_changes() {
  const auto started = clock_();
  const nft::Changes changes = narrowings_.with_suspects(core_.changes());
  if (std::exchange(followed_events_, pod_events_) != pod_events_ && changes.empty()) narrowings_.follow(core_);
  if (!changes.empty()) {
    if (auto result = programmed_.write(changes); !result) return result;
    left();
    narrowings_.wrote(changes, programmed_, core_);
    log_written(changes, started);
  }
  return {};
}

tl::expected<void, nft::Error> Reconciler::write_suspects() {
  const nft::Changes changes = narrowings_.changes_for_suspects(programmed_, clock_());
  if (changes.empty()) return {};
  if (auto result = programmed_.write(changes); !result) return result;
  left();
  narrowings_.wrote_suspects();
  return {};
}

// At first, after a failure, and when somebody else was at the table: nothing is assumed of what it holds.
tl::expected<void, nft::Error> Reconciler::write_everything() {
  const auto started = clock_();
  if (auto read = programmed_.adopt(); !read) return read;
  narrowings_.adopted(programmed_, clock_());
  nft::Table table = narrowings_.with_suspects(core_.table());
  const std::size_t chains = table.chains.size(), sets = table.sets.size(), maps = table.maps.size();
  if (auto result = programmed_.reconcile(std::move(table)); !result) return result;
  if (const auto glimpse = glance_()) {
    left_as_ = glimpse->shape;
    drift_.written(*glimpse, clock_());
  }
  log_({LogLevel::info,
        begun_ ? "rules are in step with the policies again" : "rules are in force",
        {{"node", *settings_.node},
         {"local_pods", std::to_string(core_.local_pods())},
         {"isolated_pods", std::to_string(core_.isolated_pods())},
         {"policies", std::to_string(core_.policies())},
         {"chains", std::to_string(chains)},
         {"sets", std::to_string(sets)},
         {"maps", std::to_string(maps)},
         {"ms", milliseconds(started, clock_())}}});
  if (std::exchange(meddled_, false)) metrics_.repairs.Increment();
  narrowings_.wrote_everything(core_);
  begun_ = in_step_ = problems_due_ = true;
  return {};
}

void Reconciler::log_written(const nft::Changes& changes, Time started) const {
  const std::string ms = milliseconds(started, clock_());
  for (const auto& [key, there] : news_)
    log_({LogLevel::info, there ? "policy applied" : "policy removed", {{"policy", k8s::to_string(key)}, {"ms", ms}}});
  log_({LogLevel::debug,
        "rules changed",
        {{"chains", std::to_string(changes.chains.size())},
         {"sets", std::to_string(changes.sets.size())},
         {"maps", std::to_string(changes.maps.size())},
         {"ms", ms}}});
}

// What is refused of a change may have been taken away by somebody else: the table is read back before anybody is
// blamed.
void Reconciler::failed(const nft::Error& error) {
  const bool assumed = in_step_;
  in_step_ = false;
  metrics_.failed_writes.Increment();
  if (assumed && error.kind == nft::Error::Kind::refused)
    return log_({LogLevel::info, "the kernel refuses a change; the table is read back", {{"detail", error.message}}});
  if (error.no_log && settings_.deny_log) return stop_logging(error);
  if (const auto policies = to_blame(error); !policies.empty()) return close(policies, error);
  failure_ = error.message;
  const auto wait = backoff_.next();
  retry_at_ = clock_() + wait;
  log_({LogLevel::error,
        "the kernel's table could not be written; it will be read back and written again",
        {{"detail", error.message}, {"retry_ms", std::to_string(wait.count())}}});
}

// Those whose rules the refused object is made of; else those on trial or new, if it can only be one of them.
// Rather no word of what is denied than no rules.
void Reconciler::stop_logging(const nft::Error& error) {
  settings_.deny_log.reset();
  core_.stop_logging();
  log_({LogLevel::error, no_log, {{"detail", error.message}}});
}

std::vector<k8s::ObjectKey> Reconciler::to_blame(const nft::Error& error) const {
  if (error.kind != nft::Error::Kind::refused) return {};
  std::vector<k8s::ObjectKey> policies;
  if (!error.object.empty()) std::ranges::copy(core_.policies_behind(error.object), std::back_inserter(policies));
  for (const auto& [policy, there] : news_) {
    if (begun_ && error.object.empty() && there) policies.push_back(policy);
  }
  if (policies.empty()) policies = refusals_.on_trial();
  std::erase_if(policies, [this](const auto& policy) { return refusals_.holds(policy); });
  return policies;
}

// Closed policies are fewer each time, so this ends; what is left is then written at once.
void Reconciler::close(const std::vector<k8s::ObjectKey>& policies, const nft::Error& error) {
  const bool certain = !error.object.empty() || policies.size() == 1;
  if (!certain) refusals_.suspected(policies, clock_());
  for (const auto& policy : policies) {
    if (certain) refusals_.refused(policy, clock_());
    core_.refuse(policy, error.message);
    log_({LogLevel::error,
          certain ? "the kernel refuses a policy; it allows nothing until it is changed or taken later"
                  : "the kernel refuses one of several policies; each allows nothing until it is tried by itself",
          {{"policy", k8s::to_string(policy)}, {"detail", error.message}}});
  }
  problems_due_ = true;
}

void Reconciler::report_problems() {
  const Time now = clock_();
  if (!problems_due_ || now < problems_at_) return;
  for (const auto& line : problems_.news(core_.problems())) log_(line);
  problems_due_ = false;
  problems_at_ = now + problems_interval;
}

// ---- what others ask ----------------------------------------------------------------

bool Reconciler::holds(const std::string& ns, const PolicyDigests& policies) const {
  const auto begin = policies_.lower_bound({ns, ""});
  const auto end = std::find_if(begin, policies_.end(), [&](const auto& policy) { return policy.first.ns != ns; });
  return std::equal(begin, end, policies.begin(), policies.end());
}

std::optional<Time> Reconciler::wake() const {
  std::optional<Time> earliest;
  const auto at = [&](Time time) { earliest = earliest ? std::min(*earliest, time) : time; };
  if (may_write() && !in_step_) at(retry_at_);
  if (watches_.synced() && problems_due_) at(problems_at_);
  if (const auto due = refusals_.wake(); may_write() && due) at(std::max(*due, retry_at_));
  if (const auto due = narrowings_.wake(clock_()); may_write() && in_step_ && due) at(*due);
  return earliest;
}

Readiness Reconciler::readiness() const {
  Readiness readiness;
  watches_.add_to(readiness, clock_());
  if (watches_.synced(k8s::Kind::node) && !core_.knows_node())
    readiness.reasons.push_back(
        "there is no Node \"" + *settings_.node +
        "\" in the cluster, and no rule is changed until there is: is --node (or NODE_NAME) right?");
  if (!failure_.empty())
    readiness.reasons.push_back("the kernel's table could not be written, and is tried again: " + failure_);
  else if (may_write() && !in_step_)
    readiness.reasons.push_back(begun_ ? "somebody else has changed the table, and it is not restored yet"
                                       : "the rules are not written yet");
  if (guarding_ && !begun_)
    readiness.reasons.push_back(
        "the guard alone is in force: no pod of this node may talk before the API server has told of it; to let them "
        "talk without rules, stop the daemon and run `selvedge cleanup`");
  if (logs_ && !settings_.deny_log) readiness.warnings.emplace_back(no_log);
  if (const std::string fault = narrowings_.fault(); !fault.empty())
    readiness.warnings.push_back("connections that a change forbids are not cut: " + fault);
  // The guard goes by the Node's ranges.
  std::ranges::move(problems_.of(k8s::Kind::node), std::back_inserter(readiness.warnings));
  std::ranges::copy(surroundings_.warnings, std::back_inserter(readiness.warnings));
  const auto& unmet = surroundings_.unmet;
  readiness.reasons.insert(readiness.reasons.end(), unmet.begin(), unmet.end());
  return readiness;
}

}  // namespace selvedge::agent
