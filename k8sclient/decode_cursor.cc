// Reading a tree with a path in every complaint.
#include "k8sclient/decode_cursor.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace selvedge::k8s {

namespace {

constexpr std::size_t most_problems = 100;

std::string with_article(const Tree& value) {
  if (value.is_string()) return "a string";
  if (value.is_boolean()) return "a boolean";
  if (value.is_number()) return "a number";
  if (value.is_array()) return "a list";
  if (value.is_object()) return "a mapping";
  if (value.is_binary()) return "a text in base64";
  return "null";
}

// A label's key may be anything in hostile input; in a path it stays on one line.
std::string bracketed(const std::string& key) {
  const std::string json = shown(key);
  const bool plain = json.size() == key.size() + 2;
  return "[" + (plain ? key : json) + "]";
}

}  // namespace

void Report::add(std::string field, std::string message, bool closed) {
  if (problems_.size() < most_problems) {
    problems_.push_back(Problem{{}, {}, std::move(field), std::move(message), closed});
    return;
  }
  ++left_out_;
  left_out_closed_ = left_out_closed_ || closed;
}

std::vector<Problem> Report::take(Kind kind, const ObjectKey& object) {
  if (left_out_ > 0) {
    problems_.push_back(Problem{{}, {}, {}, "has " + std::to_string(left_out_) + " more faults", left_out_closed_});
  }
  for (Problem& problem : problems_) {
    problem.kind = kind;
    problem.object = object;
  }
  return std::exchange(problems_, {});
}

Cursor::Cursor(const Tree& value, Report& report, Scope& scope, std::string path)
    : value_(&value), report_(&report), scope_(&scope), path_(std::move(path)) {}

Cursor Cursor::within(Scope& scope) const {
  return {*value_, *report_, scope, path_};
}

Scope Cursor::fresh_scope() const {
  return {.consequence = scope_->consequence, .closed = scope_->closed};
}

std::optional<Cursor> Cursor::child(std::string_view name) const {
  if (!value_->is_object()) return std::nullopt;
  const auto found = value_->find(name);
  if (found == value_->end() || found->is_null()) return std::nullopt;
  std::string path = path_.empty() ? std::string(name) : path_ + "." + std::string(name);
  return Cursor(*found, *report_, *scope_, std::move(path));
}

std::vector<Cursor> Cursor::elements() const {
  std::vector<Cursor> all;
  if (value_->is_null()) return all;
  if (!value_->is_array()) {
    wrong_type("a list");
    return all;
  }
  all.reserve(value_->size());
  for (const Tree& element : *value_) {
    all.push_back({element, *report_, *scope_, path_ + "[" + std::to_string(all.size()) + "]"});
  }
  return all;
}

bool Cursor::expect_object() const {
  if (value_->is_object() || value_->is_null()) return true;
  wrong_type("a mapping");
  return false;
}

bool Cursor::expect_fields(std::initializer_list<std::string_view> known) const {
  if (!expect_object()) return false;
  for (const auto& item : value_->items()) {
    if (std::find(known.begin(), known.end(), item.key()) != known.end()) continue;
    malformed("has an unknown field " + shown(item.key()));
  }
  return true;
}

std::string Cursor::text() const {
  if (value_->is_string()) return value_->get<std::string>();
  if (!value_->is_null()) wrong_type("a string");
  return {};
}

bool is_time(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00Z";
  return std::ranges::equal(text, form, [](char c, char f) { return f == '0' ? c >= '0' && c <= '9' : c == f; });
}

std::string Cursor::time() const {
  std::string written = text();
  if (written.empty() || is_time(written)) return written;
  malformed(shown(*value_) + " is not a time as the API server writes it");
  return {};
}

std::optional<std::int64_t> Cursor::integer() const {
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value_->is_number_unsigned() && value_->get<std::uint64_t>() > largest) {
    malformed(shown(*value_) + " is too large a number");
    return std::nullopt;
  }
  if (value_->is_number_integer()) return value_->get<std::int64_t>();
  if (value_->is_number_float()) {
    malformed(shown(*value_) + " is not a whole number");
  } else if (!value_->is_null()) {
    wrong_type("a number");
  }
  return std::nullopt;
}

bool Cursor::boolean() const {
  if (value_->is_boolean()) return value_->get<bool>();
  if (!value_->is_null()) wrong_type("a boolean");
  return false;
}

std::vector<std::string> Cursor::texts() const {
  std::vector<std::string> all;
  for (const Cursor& element : elements()) all.push_back(element.text());
  return all;
}

Labels Cursor::labels() const {
  Labels all;
  expect_object();
  if (!value_->is_object()) return all;
  for (const auto& [key, value] : value_->items()) {
    const Cursor at(value, *report_, *scope_, path_ + bracketed(key));
    const std::string label = at.text();
    if (value.is_string() || value.is_null()) all.emplace(key, label);
  }
  return all;
}

void Cursor::malformed(std::string message) const {
  scope_->understood = false;
  report_->add(path_, std::move(message) + "; " + std::string(scope_->consequence), scope_->closed);
}

void Cursor::wrong_type(std::string_view wanted) const {
  const bool quotable = wanted == "a string" && (value_->is_boolean() || value_->is_number());
  malformed(shown(*value_) + " is " + with_article(*value_) + ", not " + std::string(wanted) +
            (quotable ? " (quote it)" : ""));
}

}  // namespace selvedge::k8s
