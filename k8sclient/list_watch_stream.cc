// The events of a watch, and how it ends. A watch that is cut off is no trouble
// yet: only when the next one fails, too, does anybody hear of it.
#include <utility>

#include "k8sclient/list_watch.h"

namespace selvedge::k8s {

namespace {

using std::chrono::seconds;

// A watch that lived this long was a good one, even if nothing happened.
constexpr seconds good_life{30};
// A server whose data was set back keeps a watch at a version that it has not reached yet open, and silent, for good.
// Only a list shows it. (A server that knows no bookmarks is silent, too: not every silence is worth a list.)
constexpr int suspicious_silences = 3;

}  // namespace

void ListWatch::read_lines(std::string_view chunk) {
  while (const auto line = exchange_.lines.next(chunk)) {
    std::visit([this](auto&& event) { apply(std::forward<decltype(event)>(event)); },
               watch_event(collection_.kind, *line));
    if (exchange_.settled) return;
  }
}

void ListWatch::apply(ObjectSeen event) {
  upsert(std::move(event.decoded));
  saw(event.version);
}

void ListWatch::apply(const ObjectGone& event) {
  known_.erase(event.key);
  events_.push_back(Deleted{.kind = collection_.kind, .key = event.key});
  saw(event.version);
}

void ListWatch::apply(const Bookmark& event) {
  if (!initial()) return saw(event.version);
  if (!event.initial_events_end) return;
  if (event.version.empty()) return list_failed("the bookmark at the end of the list has no resource version");
  list_complete(event.version);
}

void ListWatch::apply(const WatchFailed& event) {
  if (event.status.code == 410 || event.status.version_unknown) {
    const bool again = newest_;
    newest_ = true;
    return watch_lost(again ? to_string(event.status) : "");
  }
  watch_lost(to_string(event.status));
}

// It stays unreadable in the next list, if it is still there: that one tells.
void ListWatch::apply(const Unreadable& event) {
  unreadable(event);
  if (initial()) return;
  newest_ = true;  // a list from a cache that lags might bring back what the object said before
  exchange_.settled = true;
  begin_list();
  pause(false);
}

void ListWatch::apply(const NotAnEvent& event) {
  if (initial() && event.json) return stream_is_ignored();
  watch_lost(event.message);
}

// The objects of an initial list come in no order of versions; only its bookmark counts.
void ListWatch::saw(const std::string& version) {
  if (initial()) return;
  if (!version.empty()) seen_ = version;
  exchange_.fruitful = true;
  short_lived_ = false;
  silent_ = 0;
  watch_backoff_.reset();
  well();
}

void ListWatch::watch_refused(const ApiStatus& status) {
  if (status.code == 410 || status.code == 400 || status.code == 422 || status.version_unknown) {
    newest_ = true;
    return watch_lost(status.code == 410 ? "" : to_string(status));
  }
  trouble(asked() + ": " + to_string(status) + advice(status));
  pause(false);
}

void ListWatch::watch_ended(const tl::expected<ResponseHead, TransportError>& result, Time now) {
  short_lived_ = !exchange_.fruitful && now - exchange_.started < good_life;
  if (!short_lived_) watch_backoff_.reset();
  const bool silent = !result && fell_silent(now);
  if (silent && ++silent_ >= suspicious_silences) return watch_lost("");
  if (!short_lived_ && (result || silent)) return;
  if (watch_backoff_.failures() > 0) {
    trouble(asked() + ": " + (result ? "it ends at once" : "it was cut off: " + result.error().message));
  }
  pause(false);
}

// With a wait even if it is everyday life (410): all nodes of a cluster may be in the same case.
void ListWatch::watch_lost(const std::string& message) {
  if (!message.empty()) trouble(asked() + ": " + message);
  const bool listing = initial();
  short_lived_ = true;
  silent_ = 0;
  exchange_.settled = true;
  begin_list();
  pause(listing);
}

}  // namespace selvedge::k8s
