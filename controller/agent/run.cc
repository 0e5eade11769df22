#include "controller/agent/run.h"

#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <condition_variable>
#include <thread>

#include "controller/agent/cni_side.h"
#include "controller/agent/cutter.h"
#include "controller/agent/health.h"
#include "controller/agent/http_server.h"
#include "controller/agent/instance_lock.h"
#include "controller/agent/port_side.h"
#include "controller/agent/preconditions.h"
#include "controller/agent/reconcile_loop.h"
#include "controller/agent/signals.h"
#include "controller/agent/watching.h"
#include "nft/netlink_backend.h"

namespace selvedge::agent {
namespace {

Time now() {
  return std::chrono::steady_clock::now();
}

// Ends the process after a while, unless it is destroyed before: a kernel write that takes long must not
// hold up the stop. Each of its batches is safe alone.
class StopLimit {
 public:
  explicit StopLimit(const Log& log)
      : thread_([this, log](const std::stop_token& done) {
          std::unique_lock lock(mutex_);
          if (finished_.wait_for(lock, done, limit, [&] { return done.stop_requested(); })) return;
          log({LogLevel::warning, "ended without waiting for a write or a connection; the rules stay", {}});
          _exit(0);
        }) {}

 private:
  static constexpr std::chrono::milliseconds limit{900};
  std::mutex mutex_;
  std::condition_variable_any finished_;
  std::jthread thread_;
};

void log_unchanged(const RunOptions& before, const RunOptions& after, const Log& log) {
  for (const auto& setting : settings()) {
    if (setting.at_run_time || setting.same(before, after)) continue;
    log({LogLevel::warning, "this setting changes with a restart only", {{"setting", setting.name}}});
  }
}

RunOptions reloaded(const RunOptions& before, const Reload& reload, StderrLog& output, const Log& log) {
  auto options = reload();
  if (!options) {
    log({LogLevel::error, "the configuration is not usable; the former one stays", {{"detail", options.error()}}});
    return before;
  }
  output.change(options->log_format, options->log_level);
  log({LogLevel::info, "configuration read again", {}});
  log_unchanged(before, *options, log);
  return *options;
}

void wait_for_stop(const Signals& signals, RunOptions options, const Reload& reload, StderrLog& output,
                   const Log& log) {
  for (;;) {
    const int signal = signals.next();
    if (signal != SIGHUP) {
      log({LogLevel::info, "stopping; the rules stay", {{"signal", signal == SIGINT ? "INT" : "TERM"}}});
      return;
    }
    options = reloaded(options, reload, output, log);
  }
}

HttpServer::Routes routes(const Health& health, const Metrics& metrics) {
  return {{"/healthz", [&health] { return health.alive(now()); }},
          {"/readyz", [&health] { return health.ready(now()); }},
          {"/metrics", [&metrics] {
             return HttpAnswer{200, metrics.text(), "text/plain; version=0.0.4; charset=utf-8"};
           }}};
}

// The C library gives each thread a heap of its own and keeps in each what is free: a megabyte for 10,000 pods, three
// for 100,000. What these threads do they do by turns, so they hardly ever meet at the lock of the one.
void share_one_heap() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
#endif
}

using Ports = tl::expected<std::unique_ptr<PortSide>, std::string>;

// For a probe's reader: the rules of policies hold all the same.
std::vector<std::string> warnings(const CniSide* cni, const RunOptions& options, const Ports& ports) {
  std::vector<std::string> all;
  if (const std::string fault = cni ? cni->fault() : ""; !fault.empty())
    all.push_back("pods that start are held by the guard alone: " + fault);
  if (!ports && options.bind_ports)
    all.push_back("a pod with CAP_NET_RAW may borrow another's address: " + ports.error());
  return all;
}

// Whether pods hang on the bridge matters to the guard alone, until the rules are there.
Surroundings survey(const RunOptions& options, const Reconciler& reconciler) {
  auto ranges = flannel_subnets(options.subnet_env);
  const bool ipvs = options.ipvs.value_or(has_interface("/proc", "kube-ipvs0"));
  auto unmet = unmet_preconditions(reconciler.has_local_pods() ? options.bridge : "", ipvs);
  if (auto elsewhere = pods_elsewhere(options.bridge, reconciler.pod_addresses()))
    unmet.push_back(std::move(*elsewhere));
  return {.unmet = std::move(unmet),
          .pod_ranges = ranges.value_or(std::vector<nft::Prefix>{}),
          .pod_ranges_fault = ranges ? "" : ranges.error(),
          .pods_attached = reconciler.in_force() || has_pods(options.bridge),
          .ipvs = ipvs};
}

}  // namespace

tl::expected<void, std::string> run(const RunOptions& options, const Environment& environment, const Reload& reload) {
  share_one_heap();
  const Signals signals;
  const auto node = node_name(options.node, environment, host_name());
  if (!node) return tl::unexpected(node.error());
  const auto lock = InstanceLock::acquire();
  if (!lock) return tl::unexpected(lock.error());

  StderrLog output(options.log_format, options.log_level);
  const Log log = [&output](const LogLine& line) { output.write(line); };
  Settings settings;
  settings.node = *node;
  settings.bridge = options.bridge;
  settings.vxlan_port = options.vxlan_port;
  settings.guard = options.guard;
  settings.own_node_open = options.own_node_open;
  settings.audited = options.audited;
  settings.deny_log = options.deny_log;
  auto backend = nft::NetlinkBackend::open({.own_table = options.own_table});
  if (!backend) return tl::unexpected(backend.error().message);

  Health health(now());
  Metrics metrics;
  const auto server = HttpServer::open(options.listen, routes(health, metrics));
  if (!server) return tl::unexpected(server.error());
  EventQueue queue;
  auto watching = Watching::start({options.kubeconfig, options.context, options.server}, *node,
                                  [&queue](k8s::Event event) { queue.push(std::move(event)); });
  if (!watching) return tl::unexpected(watching.error());
  log({LogLevel::info,
       "started",
       {{"version", SELVEDGE_VERSION},
        {"node", *node},
        {"listen", to_string(ListenAddress{options.listen.host, server->port()})}}});

  std::optional<StopLimit> limit;  // before all that may take long to end
  std::optional<Cutter> cutter;
  if (options.cut) cutter.emplace(log, metrics, [&queue] { queue.nudge(); });
  Reconciler reconciler(
      settings, *backend, [&] { return glimpse_of(*backend, settings.table); }, now, log, metrics,
      cutter ? &*cutter : nullptr);
  auto cni = CniSide::start(options, reconciler, queue, log);
  if (!cni) return tl::unexpected(cni.error());
  Admissions* const admissions = *cni ? &(*cni)->admissions() : nullptr;
  const Ports ports = PortSide::start(options, settings.table, queue, metrics, log);
  const auto look_around = [&] {
    Surroundings seen = survey(options, reconciler);
    seen.warnings = warnings(cni->get(), options, ports);
    return seen;
  };
  std::thread loop([&] {
    pthread_setname_np(pthread_self(), "rules");
    reconcile_until_closed(queue, reconciler, health, look_around, now, admissions,
                           ports && *ports ? &(*ports)->rules() : nullptr);
  });
  wait_for_stop(signals, options, reload, output, log);
  limit.emplace(log);
  queue.close();
  watching->stop();
  loop.join();
  cni->reset();
  return {};
}

}  // namespace selvedge::agent
