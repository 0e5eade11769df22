// core/v1: what kubectl has always shown. The name is made of what the Event is about and of when this daemon began: a
// request that is sent twice makes one Event, and a successor's count does not fall back.
#include "controller/agent/event_writer.h"

#include <algorithm>
#include <ctime>

#include <nlohmann/json.hpp>

#include "controller/names.h"
#include "k8sclient/api_status.h"

namespace selvedge::agent {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::seconds silence{5};
constexpr std::chrono::hours lifetime{1};
constexpr std::size_t longest_reply = 16 << 10;

std::string text_of(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string path_of(const k8s::ObjectKey& pod) {
  return "/api/v1/namespaces/" + pod.ns + "/events";
}

// "ingress from shop/web-0 tcp/3000 denied: isolated by shop/db, and no rule allows it"; at most 1 KiB, as the API has
// it.
std::string message_of(const DenialCase& one) {
  const bool ingress = one.kind.direction == Direction::ingress;
  const std::string peer = one.peer.empty() ? nft::to_string(one.kind.peer) : one.peer;
  std::string text = std::string(ingress ? "ingress from " : "egress to ") + peer + ' ' + port_of(one.kind) +
                     (one.kind.denial == Denial::audit ? " would be denied" : " denied");
  std::string policies;
  for (const auto& policy : one.isolated_by) policies += (policies.empty() ? "" : ", ") + k8s::to_string(policy);
  if (!policies.empty()) text += ": isolated by " + policies + ", and no rule allows it";
  return shortened(text, 1000);
}

const char* reason_of(Denial denial) {
  return denial == Denial::audit ? "NetworkPolicyWouldDeny" : "NetworkPolicyDenied";
}

}  // namespace

EventWriter::EventWriter(std::unique_ptr<k8s::Transport> transport, std::string node, Now now, Log log)
    : transport_(std::move(transport)),
      node_(std::move(node)),
      now_(std::move(now)),
      log_(std::move(log)),
      began_(now_()) {}

void EventWriter::write(const DenialBatch& batch) {
  forget_old();
  for (const DenialCase& one : batch.cases)
    if (one.pod && !one.uid.empty() && one.kind.direction) write(one);
}

void EventWriter::write(const DenialCase& one) {
  const std::string peer = one.peer.empty() ? nft::to_string(one.kind.peer) : one.peer;
  const Subject subject{one.uid, *one.kind.direction, one.kind.denial, peer};
  auto known = written_.find(subject);
  if (known == written_.end()) {
    if (written_.size() >= most_kept) return;
    const std::string identity = text_of(began_) + '/' + one.uid + '/' + std::string(to_string(*one.kind.direction)) +
                                 '/' + std::string(to_string(one.kind.denial)) + '/' + peer;
    known = written_.emplace(subject, Written{.name = one.pod->name + '.' + hash_of(identity), .first = now_()}).first;
  }
  Written& event = known->second;
  event.count += one.count;
  event.last = now_();
  event.message = message_of(one);
  if (!may_ask()) return;  // counted, and told of with the next that comes
  if (event.there ? grow(one, event) : create(one, event)) complaint_.clear();
}

std::string EventWriter::body_of(const DenialCase& one, const Written& event) const {
  const Json about = {
      {"apiVersion", "v1"}, {"kind", "Pod"}, {"namespace", one.pod->ns}, {"name", one.pod->name}, {"uid", one.uid}};
  const Json json = {{"apiVersion", "v1"},
                     {"kind", "Event"},
                     {"metadata", {{"name", event.name}, {"namespace", one.pod->ns}}},
                     {"involvedObject", about},
                     {"reason", reason_of(one.kind.denial)},
                     {"message", event.message},
                     {"type", "Warning"},
                     {"count", event.count},
                     {"firstTimestamp", text_of(event.first)},
                     {"lastTimestamp", text_of(event.last)},
                     {"source", {{"component", "selvedge"}, {"host", node_}}},
                     {"reportingComponent", "selvedge"},
                     {"reportingInstance", node_}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A name that is taken is ours: the answer to an earlier request did not come.
bool EventWriter::create(const DenialCase& one, Written& event) {
  const Reply reply = ask({.target = path_of(*one.pod),
                           .silence = silence,
                           .method = "POST",
                           .body = body_of(one, event),
                           .body_type = "application/json"});
  event.there = reply.status == 201 || reply.status == 200 || reply.status == 409;
  if (reply.status == 409) return grow(one, event);
  if (!event.there) complain("create", reply);
  return event.there;
}

bool EventWriter::grow(const DenialCase& one, Written& event) {
  const Json patch = {{"count", event.count}, {"lastTimestamp", text_of(event.last)}, {"message", event.message}};
  const Reply reply = ask({.target = path_of(*one.pod) + '/' + event.name,
                           .silence = silence,
                           .method = "PATCH",
                           .body = patch.dump(-1, ' ', false, Json::error_handler_t::replace),
                           .body_type = "application/merge-patch+json"});
  if (reply.status == 404) event.there = false;  // its hour is over; the next one makes it anew
  if (reply.status != 200 && reply.status != 404) complain("patch", reply);
  return reply.status == 200;
}

EventWriter::Reply EventWriter::ask(k8s::Request request) {
  Reply reply;
  const auto head = transport_->get(
      request, [&](const k8s::ResponseHead& told) { reply.status = told.status; },
      [&](std::string_view piece) {
        reply.text += piece.substr(0, longest_reply - std::min(longest_reply, reply.text.size()));
        return reply.text.size() < longest_reply;
      });
  if (!head) return {.status = 0, .text = head.error().message};
  return reply;
}

void EventWriter::complain(const char* verb, const Reply& reply) {
  if (reply.text.find("being terminated") != std::string::npos) return;  // the namespace, and the pod with it
  const std::string cause = reply.status == 0 ? reply.text : k8s::to_string(k8s::api_status(reply.status, reply.text));
  std::string complaint = reply.status == 403 ? std::string(verb) + " on events is not granted" : cause;
  if (complaint_ == complaint) return;
  complaint_ = std::move(complaint);
  LogLine line{LogLevel::warning, "an Event could not be written", {{"detail", cause}}};
  if (reply.status == 403)
    line.fields.emplace_back("advice", "grant the verb " + std::string(verb) +
                                           " on events to the service account, as manifests/events does, or leave "
                                           "--events off");
  log_(line);
}

bool EventWriter::may_ask() {
  const Time now = now_();
  if (now - minute_ >= std::chrono::minutes(1) || now < minute_) {
    if (held_back_ > 0)
      log_({LogLevel::info,
            "Events were held back: so many are written in a minute and no more",
            {{"held_back", std::to_string(held_back_)}, {"a_minute", std::to_string(most_a_minute)}}});
    minute_ = now;
    asked_ = held_back_ = 0;
  }
  if (asked_ < most_a_minute) return ++asked_ > 0;
  ++held_back_;
  return false;
}

void EventWriter::forget_old() {
  const Time now = now_();
  std::erase_if(written_, [&](const auto& event) { return now - event.second.last > lifetime; });
}

}  // namespace selvedge::agent
