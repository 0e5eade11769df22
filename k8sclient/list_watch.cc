// What is common to lists and watches, and lists (list_watch_stream.cc has the
// events of a watch).
#include "k8sclient/list_watch.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace selvedge::k8s {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t longest_refusal = 16 << 10;
// A server that asks for more is not believed.
constexpr seconds longest_retry_after{300};
// 30 s for 150,000 pods: some 800 MB that each node of the cluster asks for.
constexpr std::chrono::microseconds spread_per_object{200};
constexpr milliseconds longest_spread{30'000};
// A stream that brings objects all the time, but not the word that they are all.
constexpr seconds longest_stream{120};

milliseconds retry_after(const ResponseHead& head) {
  const auto found = head.headers.find("retry-after");
  if (found == head.headers.end()) return {};
  long value = 0;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return longest_retry_after;
  // A date instead is legal, but no API server sends one.
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return {};
  return std::min<milliseconds>(longest_retry_after, seconds(std::min(value, 1000000L)));
}

// Five to ten minutes, so that watches do not all end together.
seconds server_timeout(double random) {
  return seconds(300 + static_cast<seconds::rep>(300 * random));
}

}  // namespace

ListWatch::ListWatch(Collection collection) : collection_(std::move(collection)) {
  begin_list();
}

ListWatch::Step ListWatch::next(double random) {
  if (const auto pause = std::exchange(pause_, std::nullopt)) {
    Backoff& backoff = pause->for_list ? list_backoff_ : watch_backoff_;
    const auto more = static_cast<milliseconds::rep>(static_cast<double>(pause->spread.count()) * random);
    return Wait{.length = std::max(backoff.next(random), pause->at_least) + milliseconds(more)};
  }
  exchange_ = Exchange{};
  if (phase_ == Phase::pages) exchange_.page.emplace(collection_.kind);
  return request(random);
}

Request ListWatch::request(double random) {
  const std::string version = newest_ ? "" : seen_;
  if (phase_ == Phase::watch) return watch_request(collection_, seen_, server_timeout(random));
  if (phase_ == Phase::stream) return stream_request(collection_, version, server_timeout(random));
  const bool first = version.empty() && !newest_;
  return page_request(collection_,
                      {.version = first ? "0" : version, .continue_token = page_token_, .limited = !whole_});
}

void ListWatch::head(const ResponseHead& head, Time now) {
  exchange_.status = head.status;
  exchange_.retry_after = retry_after(head);
  exchange_.started = exchange_.heard = now;
  if (head.status != 200 || phase_ != Phase::watch || short_lived_) return;
  watch_backoff_.reset();  // after an outage: a version that expired in it must not wait as long once more
  well();
}

bool ListWatch::data(std::string_view chunk, Time now) {
  exchange_.heard = now;
  if (exchange_.settled) return false;
  if (exchange_.status != 200) {
    exchange_.refusal += chunk.substr(0, longest_refusal - std::min(longest_refusal, exchange_.refusal.size()));
    return exchange_.refusal.size() < longest_refusal;
  }
  if (phase_ == Phase::pages) {
    read_page(chunk);
  } else {
    read_lines(chunk);
    if (initial() && now - exchange_.started > longest_stream && !exchange_.settled) stream_is_ignored();
  }
  return !exchange_.settled;
}

void ListWatch::end(const tl::expected<ResponseHead, TransportError>& result, Time now) {
  if (exchange_.settled) return;
  if (!result && result.error().kind == TransportError::Kind::stopped) return;
  const bool watching = phase_ == Phase::watch;
  if (exchange_.status != 200) short_lived_ = false;  // the trouble is another one now, and over with the next 200
  if (exchange_.status == 0) {
    const std::string why = asked() + ": " + (result ? "no answer" : result.error().message);
    trouble(why);
    return pause(!watching);
  }
  if (exchange_.status != 200) {
    const ApiStatus status = api_status(exchange_.status, exchange_.refusal);
    return watching ? watch_refused(status) : list_refused(status);
  }
  if (watching) return watch_ended(result, now);
  if (initial()) return end_stream(result, now);
  if (!result) return list_failed("the answer was cut off: " + result.error().message);
  end_page();
}

std::vector<Event> ListWatch::take_events() {
  return std::exchange(events_, {});
}

// ---- lists --------------------------------------------------------------------------------------------------

void ListWatch::begin_list() {
  phase_ = stream_works_ ? Phase::stream : Phase::pages;
  known_.begin_list();
  readable_ = true;
  page_token_.clear();
  list_version_.clear();
}

void ListWatch::read_page(std::string_view chunk) {
  for (ListPage::Entry& entry : exchange_.page->feed(chunk)) {
    if (auto* decoded = std::get_if<Decoded>(&entry)) {
      upsert(std::move(*decoded));
    } else {
      unreadable(std::get<Unreadable>(entry));
    }
  }
  if (const std::string& wrong = exchange_.page->wrong(); !wrong.empty()) list_failed("the answer " + wrong);
}

void ListWatch::end_page() {
  const auto end = exchange_.page->end();
  if (!end) return list_failed("the answer " + end.error());
  if (!end->continue_token.empty() && end->continue_token == page_token_) {
    return list_failed("the answer continues with itself");
  }
  if (list_version_.empty()) list_version_ = end->version;
  page_token_ = end->continue_token;
  if (page_token_.empty()) list_complete(list_version_);
}

void ListWatch::list_complete(const std::string& version) {
  if (!readable_) {
    // One that cannot be named might be any of those that seem to be missing: nothing is deleted.
    exchange_.settled = true;
    begin_list();
    return pause(true);
  }
  for (ObjectKey& key : known_.sweep()) events_.push_back(Deleted{.kind = collection_.kind, .key = std::move(key)});
  events_.push_back(Synced{.kind = collection_.kind, .objects = known_.size()});
  seen_ = version;
  newest_ = whole_ = false;
  list_backoff_.reset();
  well();
  phase_ = Phase::watch;
}

void ListWatch::list_failed(const std::string& message) {
  trouble(asked() + ": " + message);
  exchange_.settled = true;
  begin_list();
  pause(true);
}

void ListWatch::list_refused(const ApiStatus& status) {
  const bool malformed = status.code == 400 || status.code == 422;
  if (malformed && initial()) return stream_is_ignored();
  if (status.code == 410 || malformed || status.version_unknown) {
    // A page token that has expired: a list that takes that long in pages must come in one.
    whole_ = !page_token_.empty();
    const bool again = newest_ && !whole_;
    newest_ = true;
    if (status.code == 410 && !again) {
      begin_list();
      return pause(true);
    }
  }
  list_failed(to_string(status) + advice(status));
}

// ---- lists that arrive as a watch ----------------------------------------------------------------------------

void ListWatch::end_stream(const tl::expected<ResponseHead, TransportError>& result, Time now) {
  if (!result && fell_silent(now)) return stream_is_ignored();
  list_failed(result ? "the answer ended early" : "the answer was cut off: " + result.error().message);
}

// The transport's patience with a stream is 30 s.
bool ListWatch::fell_silent(Time now) const {
  return now - exchange_.heard >= seconds(25);
}

// Not understood, or the end of the list never came: from now on in pages.
void ListWatch::stream_is_ignored() {
  stream_works_ = false;
  exchange_.settled = true;
  begin_list();
}

// ---- common ---------------------------------------------------------------------------------------------------

void ListWatch::upsert(Decoded decoded) {
  known_.insert(meta_of(decoded.object).key());
  events_.push_back(Upserted{.object = std::move(decoded.object), .problems = std::move(decoded.problems)});
}

void ListWatch::unreadable(const Unreadable& event) {
  readable_ = false;
  events_.push_back(event);
}

void ListWatch::pause(bool for_list) {
  const bool lists_again = phase_ != Phase::watch && !seen_.empty();
  const auto spread = std::chrono::duration_cast<milliseconds>(spread_per_object * (lists_again ? known_.size() : 0));
  pause_ = Pause{.for_list = for_list,
                 .at_least = exchange_.retry_after,
                 .spread = std::min<milliseconds>(spread, longest_spread)};
}

void ListWatch::trouble(const std::string& what) {
  if (what == told_) return;
  told_ = what;
  events_.push_back(Trouble{.kind = collection_.kind, .message = what});
}

void ListWatch::well() {
  if (!std::exchange(told_, {}).empty()) events_.push_back(Trouble{.kind = collection_.kind, .message = {}});
}

std::string ListWatch::asked() const {
  const std::string verb = phase_ == Phase::watch ? "watch" : "list";
  return "cannot " + verb + " " + plural_of(collection_.kind) + " (GET " + path_of(collection_.kind) + ")";
}

}  // namespace selvedge::k8s
