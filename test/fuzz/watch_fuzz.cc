// A talk with an API server that answers anything: refusals, lists, watches, in
// chunks cut anywhere. The events do not depend on the cuts, and no Synced comes without a list that ended well.
//
// The input: two bytes that choose the cuts, then answers. An answer is a line "STATUS" and a body up to a line that
// holds a single point.
#include <chrono>
#include <set>

#include "k8sclient/list_watch.h"
#include "test/fuzz/fuzz.h"
#include "test/fuzz/objects.h"

namespace {

using namespace selvedge::k8s;  // NOLINT: all of it is about its types
using selvedge::fuzz::Input;
using selvedge::fuzz::require;

struct Answer {
  int status = 200;
  std::string body;
  bool cut_off = false;
};

std::vector<Answer> answers_in(Input& input) {
  std::vector<Answer> answers;
  while (!input.empty() && answers.size() < 12) {
    Answer answer;
    const std::string status = input.line();
    answer.cut_off = status.ends_with('!');
    answer.status = 0;
    for (const char c : status) {
      if (c >= '0' && c <= '9' && answer.status < 100) answer.status = answer.status * 10 + (c - '0');
    }
    while (!input.empty()) {
      const std::string line = input.line();
      if (line == ".") break;
      answer.body += line + "\n";
    }
    answers.push_back(std::move(answer));
  }
  return answers;
}

std::string description(const Event& event) {
  if (const auto* upserted = std::get_if<Upserted>(&event)) {
    selvedge::fuzz::expect_honest({.object = upserted->object, .problems = upserted->problems});
    std::string all = "+" + to_string(meta_of(upserted->object).key());
    for (const Problem& problem : upserted->problems) all += "\n  " + to_string(problem);
    return all;
  }
  if (const auto* deleted = std::get_if<Deleted>(&event)) return "-" + to_string(deleted->key);
  if (std::holds_alternative<Synced>(event)) return "synced";
  if (const auto* unreadable = std::get_if<Unreadable>(&event)) return "unreadable: " + unreadable->message;
  return "trouble: " + std::get<Trouble>(event).message;
}

// What the listener has, by the events alone.
struct Heard {
  std::vector<std::string> told;
  std::set<ObjectKey> present;

  void hear(const std::vector<Event>& events) {
    for (const Event& event : events) {
      told.push_back(description(event));
      if (const auto* upserted = std::get_if<Upserted>(&event)) present.insert(meta_of(upserted->object).key());
      if (const auto* deleted = std::get_if<Deleted>(&event)) present.erase(deleted->key);
    }
  }
};

// Waits are waited out. The talk ends with the answers.
class Talk {
 public:
  Talk(Kind kind, std::size_t step) : machine_({.kind = kind, .field_selector = {}}), step_(step) {}

  void answer(const Answer& answer) {
    ask();
    const ResponseHead head{.status = answer.status, .headers = {{"retry-after", answer.status == 429 ? "1" : ""}}};
    machine_.head(head, now_);
    std::string_view body = answer.body;
    bool wanted = true;
    while (wanted && !body.empty()) {
      wanted = machine_.data(body.substr(0, step_), now_);
      body.remove_prefix(std::min(step_, body.size()));
    }
    const TransportError broken{.kind = TransportError::Kind::unreachable, .message = "reset"};
    if (answer.cut_off && wanted) {
      machine_.end(tl::unexpected(broken), now_);
    } else {
      machine_.end(head, now_);
    }
    heard_.hear(machine_.take_events());
  }
  Heard heard() {
    ask();
    heard_.told.push_back(target_);
    return heard_;
  }

 private:
  void ask() {
    for (int waits = 0; waits < 3; ++waits) {
      const auto step = machine_.next(0.5);
      if (const auto* wait = std::get_if<ListWatch::Wait>(&step)) {
        now_ += wait->length;
        continue;
      }
      target_ = std::get<Request>(step).target;
      require(std::all_of(target_.begin(), target_.end(), [](char c) { return c > ' ' && c <= '~'; }),
              "a request's address has other bytes: " + target_);
      return;
    }
    require(false, "it waits and waits");
  }

  ListWatch machine_;
  std::size_t step_;
  ListWatch::Time now_{};
  std::string target_;
  Heard heard_;
};

Heard all_heard_of(const std::vector<Answer>& answers, Kind kind, std::size_t step) {
  Talk talk(kind, step);
  for (const Answer& answer : answers) talk.answer(answer);
  return talk.heard();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Kind kind = static_cast<Kind>(input.below(4));
  const std::size_t step = 1 + input.below(60);
  const std::vector<Answer> answers = answers_in(input);
  const Heard whole = all_heard_of(answers, kind, size + 1);
  for (const std::size_t other : {step, std::size_t{1}}) {
    const Heard parts = all_heard_of(answers, kind, other);
    require(parts.told == whole.told && parts.present == whole.present, "chunks change the events");
  }
  const auto good = [](const Answer& answer) { return answer.status == 200; };
  const bool synced = std::find(whole.told.begin(), whole.told.end(), "synced") != whole.told.end();
  require(!synced || std::any_of(answers.begin(), answers.end(), good), "synced without a list");
  return 0;
}
