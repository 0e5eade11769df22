// Watches: the changes since a version, as they come.
#include <charconv>
#include <thread>

#include "test/support/api_reads.h"

namespace selvedge::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds glance{20};  // how soon a watch notices that its client or its time is gone

// One open watch. Every function returns false once nothing can be sent any more.
class Watch {
 public:
  Watch(ApiState& api, const Target& target, const HttpRequest& request, FieldSelector fields,
        HttpsConnection& connection)
      : api_(api), target_(target), request_(request), fields_(std::move(fields)), connection_(connection) {}

  void run() {
    if (!connection_.begin(200, json_content)) return;
    if (!start()) return;
    ++api_.watches;
    const bool ended = follow();
    --api_.watches;
    if (ended) connection_.end();
  }

 private:
  bool flag(const std::string& name) const {
    const auto value = request_.parameter(name);
    return value == "true" || value == "1";
  }
  bool say(std::string_view type, const Json& object) {
    return connection_.send(R"({"type":")" + std::string(type) + R"(","object":)" + object.dump() + "}\n");
  }
  bool bookmark(bool end_of_initial_events) {
    Json object{{"kind", target_.type->kind},
                {"apiVersion", target_.type->group_version},
                {"metadata", {{"resourceVersion", std::to_string(version_)}, {"creationTimestamp", nullptr}}}};
    if (end_of_initial_events) object["metadata"]["annotations"]["k8s.io/initial-events-end"] = "true";
    bookmarked_ = Clock::now();
    return say("BOOKMARK", object);
  }
  // As the real one with its cache on: what is wrong with the version is said in an event, not in the status.
  bool start() {
    announced_ = api_.announcements.count();
    const auto text = request_.parameter("resourceVersion");
    const bool streaming = flag("sendInitialEvents") && api_.streaming_lists == StreamingLists::served;
    if (streaming || text.empty() || text == "0") return initial_events(streaming);
    std::from_chars(text.data(), text.data() + text.size(), version_);
    if (version_ < api_.store.compacted()) {
      const auto message = "too old resource version: " + text + " (" + std::to_string(api_.store.compacted()) + ")";
      say("ERROR", status_object(410, "Expired", message)) && connection_.end();
      return false;
    }
    return true;
  }
  bool initial_events(bool streaming) {
    const auto view = api_.store.view(std::string(target_.type->resource));
    for (const auto& object : view.objects) {
      if (selected(object) && !say("ADDED", *object)) return false;
    }
    version_ = view.version;
    return !streaming || !flag("allowWatchBookmarks") || bookmark(true);
  }
  std::chrono::seconds timeout() const {
    const auto text = request_.parameter("timeoutSeconds");
    int seconds = 3600;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return std::chrono::seconds(seconds);
  }
  // True: the time is over, the watch ends as it should.
  bool follow() {
    const auto ends = api_.end_of_watches.load();
    auto bookmark_calls = api_.bookmark_calls.load();
    const auto deadline = Clock::now() + timeout();
    bookmarked_ = Clock::now();
    while (Clock::now() < deadline && api_.end_of_watches == ends) {
      if (connection_.gone()) return false;
      if (api_.silent) {
        std::this_thread::sleep_for(glance);
        continue;
      }
      if (!say_changes() || !say_announcements()) return false;
      const auto calls = api_.bookmark_calls.load();
      const bool due = calls != bookmark_calls || Clock::now() - bookmarked_ >= api_.bookmark_interval.load();
      bookmark_calls = calls;
      if (due && flag("allowWatchBookmarks") && !bookmark(false)) return false;
    }
    return true;
  }
  bool say_changes() {
    const auto news = api_.store.changes_after(std::string(target_.type->resource), version_, glance);
    for (const auto& change : news.changes) {
      if (!say_change(change)) return false;
    }
    version_ = news.up_to;
    return true;
  }
  // An object that leaves the selection is deleted for this watch, and one that enters it is new.
  bool say_change(const Change& change) {
    const bool was = selected(change.before);
    const bool is = selected(change.after);
    if (is) return say(was ? "MODIFIED" : "ADDED", *change.after);
    if (!was) return true;
    Json last = *change.before;
    last["metadata"]["resourceVersion"] = std::to_string(change.version);
    return say("DELETED", last);
  }
  bool say_announcements() {
    for (const auto& line : api_.announcements.after(announced_)) {
      ++announced_;
      if (!connection_.send(line + '\n')) return false;
    }
    return true;
  }
  bool selected(const Shared& object) const { return object && target_.holds(*object) && fields_.matches(*object); }

  ApiState& api_;
  const Target& target_;
  const HttpRequest& request_;
  FieldSelector fields_;
  HttpsConnection& connection_;
  std::uint64_t version_ = 0;  // everything up to it was said
  std::size_t announced_ = 0;
  Clock::time_point bookmarked_;
};

std::optional<std::string> streaming_list_refusal(const ApiState& api, const HttpRequest& request) {
  if (request.query.count("sendInitialEvents") == 0) return std::nullopt;
  if (api.streaming_lists == StreamingLists::refused) {
    return "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate "
           "is enabled";
  }
  const bool served = api.streaming_lists == StreamingLists::served;
  if (served && request.parameter("resourceVersionMatch") != "NotOlderThan") {
    return "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
  }
  return std::nullopt;
}

}  // namespace

void watch(ApiState& api, const Target& target, const HttpRequest& request, HttpsConnection& connection) {
  if (const auto refusal = streaming_list_refusal(api, request)) {
    fail(connection, 422, "Invalid", "ListOptions.meta.k8s.io \"\" is invalid: " + *refusal);
    return;
  }
  auto fields = FieldSelector::parse(request.parameter("fieldSelector"));
  if (!fields) {
    fail(connection, 400, "BadRequest", fields.error());
    return;
  }
  Watch(api, target, request, std::move(*fields), connection).run();
}

}  // namespace selvedge::test
