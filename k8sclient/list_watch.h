// List, then watch, then list again when the watch is lost: what to ask the API
// server next, and what its answers mean. No thread, no clock, no socket.
//
//   stream ──refused or ignored──► pages          (for the rest of the process)
//     │ bookmark "initial events end"  │ last page
//     └──────────► Synced ◄────────────┘
//                    │
//                  watch ◄─┐ ended, cut off, silent: again at the last version
//                    │─────┘
//                    └─ 410 Gone, not understood: list again
//
// Versions are the upstream reflector's: the first list may come from the
// server's cache (stream: newest; pages: resourceVersion=0); a later one must not
// be older than what was seen; after a 410, or when the server does not know that
// version (its data was set back), the newest is asked for.
//
// What makes one daemon list again makes all of them do it: a server that has
// forgotten the past, say. So each waits for a time at random, the longer the
// more there is to list; its rules stay in force meanwhile.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "k8sclient/backoff.h"
#include "k8sclient/collection.h"
#include "k8sclient/events.h"
#include "k8sclient/known_keys.h"
#include "k8sclient/line_splitter.h"
#include "k8sclient/list_page.h"
#include "k8sclient/transport.h"
#include "k8sclient/watch_event.h"

namespace selvedge::k8s {

// One request is under way at a time: next() gives it, then head(), data() and end() tell how it went, in the
// order in which a Transport calls. After each of them take_events() may hold something.
class ListWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Wait {
    std::chrono::milliseconds length{};
  };
  using Step = std::variant<Request, Wait>;

  explicit ListWatch(Collection collection);

  Step next(double random);  // `random` is in [0, 1)
  void head(const ResponseHead& head, Time now);
  bool data(std::string_view chunk, Time now);  // false: give the request up
  void end(const tl::expected<ResponseHead, TransportError>& result, Time now);

  std::vector<Event> take_events();

 private:
  enum class Phase { stream, pages, watch };

  // What is known of the request under way.
  struct Exchange {
    int status = 0;  // 0: no answer yet
    std::chrono::milliseconds retry_after{};
    std::string refusal;  // the body's beginning, when the status is not 200
    LineSplitter lines;
    std::optional<ListPage> page;
    Time started;
    Time heard;             // the last sign of life
    bool fruitful = false;  // a whole event came
    bool settled = false;   // what follows is decided; the rest of the answer does not matter
  };
  struct Pause {
    bool for_list = false;
    std::chrono::milliseconds at_least{};
    std::chrono::milliseconds spread{};  // up to so much more, at random
  };

  Request request(double random);
  bool initial() const { return phase_ == Phase::stream; }  // of a stream: before its bookmark

  // ---- lists
  void begin_list();
  void read_page(std::string_view chunk);
  void end_page();
  void list_complete(const std::string& version);
  void list_failed(const std::string& message);
  void list_refused(const ApiStatus& status);
  void end_stream(const tl::expected<ResponseHead, TransportError>& result, Time now);
  void stream_is_ignored();
  bool fell_silent(Time now) const;

  // ---- watches
  void read_lines(std::string_view chunk);
  void watch_refused(const ApiStatus& status);
  void watch_ended(const tl::expected<ResponseHead, TransportError>& result, Time now);
  void watch_lost(const std::string& message);  // list again; an empty message: no trouble
  void apply(ObjectSeen event);
  void apply(const ObjectGone& event);
  void apply(const Bookmark& event);
  void apply(const WatchFailed& event);
  void apply(const Unreadable& event);
  void apply(const NotAnEvent& event);

  void upsert(Decoded decoded);
  void unreadable(const Unreadable& event);
  void saw(const std::string& version);
  void pause(bool for_list);
  void trouble(const std::string& what);
  void well();
  std::string asked() const;  // "cannot list pods (GET /api/v1/pods)"

  Collection collection_;
  Phase phase_ = Phase::stream;
  bool stream_works_ = true;
  std::string seen_;          // the last resource version; empty: none
  bool newest_ = false;       // the next list must not name a version
  bool whole_ = false;        // the next list must not come in pages
  bool readable_ = true;      // all objects of this list so far
  std::string page_token_;    // of the page before
  std::string list_version_;  // of the list's first page
  Exchange exchange_;
  std::optional<Pause> pause_;
  Backoff list_backoff_;
  Backoff watch_backoff_;
  bool short_lived_ = false;  // the last watch came to nothing
  int silent_ = 0;            // watches in a row that said nothing until patience ran out
  KnownKeys known_;
  std::string told_;  // the trouble that the listener knows of
  std::vector<Event> events_;
};

}  // namespace selvedge::k8s
