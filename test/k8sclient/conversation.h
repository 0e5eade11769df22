// A talk between ListWatch and an API server that the test plays, in virtual time.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "k8sclient/list_watch.h"

namespace selvedge::k8s {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

// "+shop/api", "-shop/api", "synced", "unreadable: …", "trouble: …"; an object that was not understood ends in "?".
inline std::string text_of(const Event& event) {
  if (const auto* upserted = std::get_if<Upserted>(&event)) {
    const auto* pod = std::get_if<Pod>(&upserted->object);
    return "+" + to_string(meta_of(upserted->object).key()) + (pod != nullptr && !pod->understood ? "?" : "");
  }
  if (const auto* deleted = std::get_if<Deleted>(&event)) return "-" + to_string(deleted->key);
  if (std::holds_alternative<Synced>(event)) return "synced";
  if (const auto* unreadable = std::get_if<Unreadable>(&event)) return "unreadable: " + unreadable->message;
  return "trouble: " + std::get<Trouble>(event).message;
}

// ---- what the server says ---------------------------------------------------------------------------------------

inline std::string pod_json(const std::string& name, const std::string& version) {
  return R"({"metadata":{"name":")" + name + R"(","namespace":"x","resourceVersion":")" + version + R"("}})";
}
inline std::string event_line(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}
inline std::string added(const std::string& name, const std::string& version) {
  return event_line("ADDED", pod_json(name, version));
}
inline std::string deleted(const std::string& name, const std::string& version) {
  return event_line("DELETED", pod_json(name, version));
}
inline std::string bookmark(const std::string& version) {
  return event_line("BOOKMARK", R"({"kind":"Pod","metadata":{"resourceVersion":")" + version + R"("}})");
}
inline std::string list_end(const std::string& version) {
  return event_line("BOOKMARK", R"({"kind":"Pod","metadata":{"resourceVersion":")" + version +
                                    R"(","annotations":{"k8s.io/initial-events-end":"true"}}})");
}
inline std::string error_event(int code, const std::string& message) {
  return event_line("ERROR",
                    R"({"kind":"Status","code":)" + std::to_string(code) + R"(,"message":")" + message + R"("})");
}
inline std::string status_json(int code, const std::string& message) {
  return R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":")" + message +
         R"(","code":)" + std::to_string(code) + "}";
}
inline std::string pod_list(const std::string& version, const Lines& items, const std::string& more = "") {
  std::string joined;
  for (const std::string& item : items) joined += (joined.empty() ? "" : ",") + item;
  return R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":")" + version + R"(","continue":")" +
         more + R"("},"items":[)" + joined + "]}\n";
}

// ---- the talk ----------------------------------------------------------------------------------------------------

class Conversation {
 public:
  explicit Conversation(Collection collection = {.kind = Kind::pod, .field_selector = {}}) : machine_(collection) {}

  // The machine asks; what, without the parameters that are always there.
  std::string asks() {
    const auto step = machine_.next(random_);
    if (const auto* request = std::get_if<Request>(&step)) {
      request_ = *request;
      return short_form(request->target);
    }
    return "waits";
  }
  // The machine waits; that long. Time passes.
  milliseconds waits() {
    const auto step = machine_.next(random_);
    const auto* wait = std::get_if<ListWatch::Wait>(&step);
    if (wait == nullptr) {
      ADD_FAILURE() << "it asks: " << std::get<Request>(step).target;
      return {};
    }
    now_ += wait->length;
    return wait->length;
  }
  const Request& request() const { return request_; }

  void head(int status = 200, std::map<std::string, std::string> headers = {}) {
    head_ = {.status = status, .headers = std::move(headers)};
    machine_.head(head_, now_);
  }
  bool says(std::string_view text) { return machine_.data(text, now_); }
  void ends() { machine_.end(head_, now_); }
  void breaks(const std::string& message = "connection reset") {
    machine_.end(tl::unexpected(TransportError{.kind = TransportError::Kind::unreachable, .message = message}), now_);
  }
  void falls_silent() {
    passes(request_.silence);
    breaks("nothing was heard");
  }
  // A whole answer.
  void answers(std::string_view body, int status = 200, std::map<std::string, std::string> headers = {}) {
    head(status, std::move(headers));
    if (!says(body)) return machine_.end(head_, now_);
    ends();
  }
  void passes(std::chrono::milliseconds time) { now_ += time; }
  void random(double value) { random_ = value; }

  Lines told() {
    Lines lines;
    for (const Event& event : machine_.take_events()) lines.push_back(text_of(event));
    return lines;
  }

  // To a watch that follows version 10 of an empty list, by a server that streams.
  void reaches_watch() {
    asks();
    head();
    says(list_end("10"));
    told();
  }

 private:
  static std::string short_form(const std::string& target) {
    const auto has = [&](std::string_view part) { return target.find(part) != std::string::npos; };
    const auto value = [&](const std::string& name) {
      const std::size_t at = target.find(name + "=");
      if (at == std::string::npos) return std::string("-");
      const std::size_t begin = at + name.size() + 1;
      return target.substr(begin, target.find('&', begin) - begin);
    };
    if (has("sendInitialEvents=true")) return "stream " + value("resourceVersion");
    if (has("watch=1")) return "watch " + value("resourceVersion");
    if (has("continue=")) return "page " + value("continue");
    const std::string form = has("limit=") ? "list " : "whole list ";
    return form + value("resourceVersion") + (has("resourceVersionMatch=NotOlderThan") ? " or later" : "");
  }

  ListWatch machine_;
  ListWatch::Time now_{};
  double random_ = 0;
  Request request_;
  ResponseHead head_;
};

}  // namespace selvedge::k8s
