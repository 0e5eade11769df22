// `selvedge monitor`: one thread waits for the kernel's log, for signals and for the clock; names come from objects
// that other threads keep up to date.
#include <poll.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <variant>

#include "controller/cli/commands.h"
#include "controller/cli/console.h"
#include "controller/cli/denial_json.h"
#include "controller/cli/kernel_table.h"
#include "controller/cli/live_objects.h"
#include "controller/cli/review.h"
#include "controller/monitor/witness.h"
#include "controller/monitor/words.h"
#include "controller/text/printable.h"
#include "k8sclient/fd.h"
#include "nft/nflog_listener.h"

namespace selvedge::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_kinds = 10'000;    // that a summary tells apart: a few megabytes
constexpr std::size_t most_shown = 20;        // of them
constexpr std::chrono::seconds patience{30};  // for the first lists
constexpr std::chrono::seconds freshness{1};  // names are of objects as they were then, or of now

// INT and TERM as a descriptor: to be made before any other thread runs.
k8s::Fd open_signals() {
  sigset_t awaited;
  sigemptyset(&awaited);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&awaited, signal);
  pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return k8s::Fd(signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK));
}

bool is_readable(const k8s::Fd& fd) {
  pollfd ready{.fd = fd.get(), .events = POLLIN, .revents = 0};
  return poll(&ready, 1, 0) > 0;
}

// Where the names come from: files, read once, or a live cluster.
class Names {
 public:
  // Waits for the first lists, for a while, and not once a signal has come.
  static tl::expected<Names, std::string> open(const Source& source, const k8s::Fd& signals) {
    Names names;
    if (!source.files.empty()) {
      auto reviewed = read_for_review(source);
      if (!reviewed) return tl::unexpected(reviewed.error());
      for (const std::string& note : reviewed->notes) complain(note);
      names.witness_ = std::make_unique<monitor::Witness>(meaning::Viewpoint{}, std::move(reviewed->objects));
      return names;
    }
    auto live = LiveObjects::start(source);
    if (!live) return tl::unexpected(live.error());
    names.live_ = *std::move(live);
    bool listed = false;
    for (const auto until = Clock::now() + patience; !listed && !is_readable(signals) && Clock::now() < until;)
      listed = names.live_->wait_until_listed(std::chrono::milliseconds(200));
    names.complain_of_trouble();
    if (!listed) complain("monitor: not all objects are listed yet; some names will be missing");
    return names;
  }

  monitor::Witness& now() {
    if (live_ && (!witness_ || Clock::now() >= fresh_until_)) {
      complain_of_trouble();
      if (auto objects = live_->news(); objects || !witness_)
        witness_ = std::make_unique<monitor::Witness>(meaning::Viewpoint{},
                                                      std::move(objects).value_or(std::vector<k8s::Object>{}));
      fresh_until_ = Clock::now() + freshness;
    }
    return *witness_;
  }

 private:
  void complain_of_trouble() {
    for (const std::string& text : live_->complaints()) complain("monitor: " + text);
  }

  std::unique_ptr<LiveObjects> live_;
  std::unique_ptr<monitor::Witness> witness_;
  Clock::time_point fresh_until_{};
};

// What the kernel has counted of denied packets, by counter; empty: there is no table of ours.
std::map<std::string, std::uint64_t> counted() {
  std::map<std::string, std::uint64_t> packets;
  const auto dump = read_kernel_table();
  if (!dump) return packets;
  for (const auto& [name, value] : dump->counters)
    if (name.starts_with("deny-") || name.starts_with("audit-")) packets[name] = value.packets;
  return packets;
}

class Monitor {
 public:
  Monitor(const MonitorCommand& command, nft::NflogListener listener, Names names)
      : command_(command), listener_(std::move(listener)), names_(std::move(names)), before_(counted()) {}

  int run(const k8s::Fd& signals);

 private:
  bool take();  // false: it cannot go on
  bool show(const nft::LoggedPacket& logged);
  bool print_summary();
  bool is_over() const { return command_.count && shown_ >= *command_.count; }
  bool sums_up() const { return command_.summary || command_.every; }
  void complain_of_loss();
  void complain_of_the_rest() const;

  const MonitorCommand& command_;
  nft::NflogListener listener_;
  Names names_;
  std::map<std::string, std::uint64_t> before_;
  monitor::Tally<monitor::Talk> talks_{most_kinds};
  std::uint64_t shown_ = 0;
  std::uint64_t of_pods_ = 0;  // heard of, whether they fit the filter or not
  std::uint64_t lost_ = 0, foreign_ = 0, unreadable_ = 0;
  std::string first_foreign_;
  Clock::time_point loss_told_{};
};

bool Monitor::show(const nft::LoggedPacket& logged) {
  auto prefix = parse_denial_prefix(logged.prefix);
  if (!prefix) {
    if (foreign_++ == 0) first_foreign_ = logged.prefix;
    return true;
  }
  if (prefix->denial == Denial::policy || prefix->denial == Denial::audit) ++of_pods_;
  auto head = nft::read_packet_head(logged.bytes);
  if (!head) {
    if (unreadable_++ == 0) complain("monitor: a logged packet is not to be read: " + head.error());
    return true;
  }
  const monitor::Denied denied = names_.now().tell(
      {.time = logged.time, .prefix = *std::move(prefix), .packet = *head, .in = logged.in, .out = logged.out});
  if (!monitor::fits(command_.filter, denied)) return true;
  ++shown_;
  if (sums_up()) {
    talks_.add(monitor::talk_of(denied));
    return true;
  }
  return print(command_.output == OutputForm::json ? denial_json(denied) : printable(sentence(denied)) + '\n');
}

bool Monitor::take() {
  const auto heard = listener_.take();
  if (!heard) {
    complain("monitor: " + heard.error().message);
    return false;
  }
  lost_ += heard->lost;
  complain_of_loss();
  return std::ranges::all_of(heard->packets, [this](const auto& logged) { return is_over() || show(logged); });
}

void Monitor::complain_of_loss() {
  if (lost_ == 0 || Clock::now() < loss_told_ + std::chrono::seconds(5)) return;
  complain("monitor: " + std::to_string(lost_) + " packets came faster than they could be read, and are missing here");
  lost_ = 0;
  loss_told_ = Clock::now();
}

bool Monitor::print_summary() {
  const std::string text = command_.output == OutputForm::json ? summary_json(talks_, most_shown) : [this] {
    std::string lines, all = monitor::summary(talks_, most_shown);
    for (std::size_t at = 0; at < all.size();) {
      const std::size_t end = all.find('\n', at);
      lines += printable(all.substr(at, end - at)) + '\n';
      at = end + 1;
    }
    return lines;
  }();
  talks_.clear();
  return print(text);
}

// What the rules denied and the log did not tell: their limit of so many packets a second.
void Monitor::complain_of_the_rest() const {
  std::uint64_t denied = 0;
  for (const auto& [name, packets] : counted()) {
    const auto before = before_.find(name);
    const std::uint64_t then = before == before_.end() ? 0 : before->second;
    denied += packets > then ? packets - then : 0;
  }
  if (denied > of_pods_)
    complain("monitor: " + std::to_string(denied - of_pods_) +
             " more packets were denied than the kernel logged, which it does so many times a second; "
             "selvedge inspect shows the counters");
  if (foreign_ > 0)
    complain("monitor: " + std::to_string(foreign_) + " packets of log rules that are not ours came by group " +
             std::to_string(command_.group) + ", the first with prefix \"" + first_foreign_ + '"');
}

int Monitor::run(const k8s::Fd& signals) {
  const auto begin = Clock::now();
  auto summary_at = begin + command_.every.value_or(std::chrono::hours(24 * 365));
  const auto end_at = begin + command_.duration.value_or(std::chrono::hours(24 * 365 * 10));
  bool well = true, over = false;
  while (well && !over && !is_over()) {
    const auto left = std::min(summary_at, end_at) - Clock::now();
    const auto wait = std::clamp<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(left).count(), 0, 60'000);
    pollfd ready[] = {{.fd = listener_.fd(), .events = POLLIN, .revents = 0},
                      {.fd = signals.get(), .events = POLLIN, .revents = 0}};
    poll(ready, 2, static_cast<int>(wait));
    if (ready[0].revents != 0) well = take();
    over = ready[1].revents != 0 || Clock::now() >= end_at;
    if (well && command_.every && Clock::now() >= summary_at) {
      well = print_summary();
      summary_at += *command_.every;
    }
  }
  if (well && !is_over()) well = take();  // what came last
  loss_told_ = {};
  complain_of_loss();
  complain_of_the_rest();
  if (well && sums_up()) well = print_summary();
  return well ? 0 : 3;
}

}  // namespace

int monitor(const MonitorCommand& command) {
  const k8s::Fd signals = open_signals();
  auto listener = nft::NflogListener::open({.group = command.group});
  if (!listener) {
    complain("monitor: " + listener.error().message);
    return 3;
  }
  auto names = Names::open(command.from, signals);
  if (!names) {
    complain("monitor: " + names.error());
    return 3;
  }
  return Monitor(command, *std::move(listener), *std::move(names)).run(signals);
}

}  // namespace selvedge::cli
