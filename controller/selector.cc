// The syntax rules are those of apimachinery's validation: a key is an optional
// DNS-subdomain prefix and a name of 63 characters, a value is such a name or empty.
#include "controller/selector.h"

#include <algorithm>
#include <cctype>

namespace selvedge {
namespace {

using k8s::Requirement;
using Operator = k8s::Requirement::Operator;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_prefix(std::string_view text) {  // a DNS subdomain
  const auto allowed = [](char c) { return (is_alphanumeric(c) && !(c >= 'A' && c <= 'Z')) || c == '-' || c == '.'; };
  if (text.empty() || text.size() > 253 || !std::ranges::all_of(text, allowed)) return false;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('.', start), text.size());
    if (end == start || text[start] == '-' || text[end - 1] == '-') return false;
    start = end + 1;
  }
  return true;
}

bool is_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return is_name(key);
  return is_prefix(key.substr(0, slash)) && is_name(key.substr(slash + 1));
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

std::string fault_of(const Requirement& r) {
  if (!is_key(r.key)) return "key " + quoted(r.key) + " is not a label key";
  const bool wants_values = r.op == Operator::in || r.op == Operator::not_in;
  if (wants_values && r.values.empty()) return "key " + quoted(r.key) + ": In and NotIn need at least one value";
  if (!wants_values && !r.values.empty()) return "key " + quoted(r.key) + ": Exists and DoesNotExist take no values";
  for (const std::string& value : r.values) {
    if (!value.empty() && !is_name(value)) return "value " + quoted(value) + " is not a label value";
  }
  return {};
}

// `value`: of the label that the requirement is about; none: there is no such label.
bool holds(const Requirement& r, std::optional<std::string_view> value) {
  const auto listed = [&] { return value && std::ranges::binary_search(r.values, *value); };
  switch (r.op) {
    case Operator::in:
      return listed();
    case Operator::not_in:
      return !listed();
    case Operator::exists:
      return value.has_value();
    case Operator::does_not_exist:
      return !value;
  }
  return false;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : ",") + (value.empty() ? "''" : value);
  return text;
}

std::string to_string(const Requirement& r) {
  switch (r.op) {
    case Operator::in:
      return r.values.size() == 1 ? r.key + "=" + r.values[0] : r.key + " in (" + joined(r.values) + ")";
    case Operator::not_in:
      return r.key + " notin (" + joined(r.values) + ")";
    case Operator::exists:
      return r.key;
    case Operator::does_not_exist:
      return "!" + r.key;
  }
  return {};
}

}  // namespace

tl::expected<Selector, std::string> compile(const k8s::LabelSelector& selector) {
  if (!selector.understood) return tl::unexpected(std::string("is malformed"));
  Selector result;
  for (const auto& [key, value] : selector.match_labels) {
    result.requirements.push_back({.key = key, .op = Operator::in, .values = {value}});
  }
  result.requirements.insert(result.requirements.end(), selector.match_expressions.begin(),
                             selector.match_expressions.end());
  for (Requirement& r : result.requirements) {
    if (std::string fault = fault_of(r); !fault.empty()) return tl::unexpected(std::move(fault));
    std::ranges::sort(r.values);
    r.values.erase(std::unique(r.values.begin(), r.values.end()), r.values.end());
  }
  std::ranges::sort(result.requirements);
  result.requirements.erase(std::unique(result.requirements.begin(), result.requirements.end()),
                            result.requirements.end());
  return result;
}

bool matches(const Selector& selector, const k8s::Labels& labels) {
  return std::ranges::all_of(selector.requirements, [&](const Requirement& r) {
    const auto label = labels.find(r.key);
    return holds(r, label == labels.end() ? std::nullopt : std::optional<std::string_view>(label->second));
  });
}

bool matches(const Selector& selector, const LabelsView& labels) {
  return std::ranges::all_of(selector.requirements, [&](const Requirement& r) { return holds(r, labels.find(r.key)); });
}

std::string to_string(const Selector& selector) {
  if (selector.requirements.empty()) return "(all)";
  std::string text;
  for (const Requirement& r : selector.requirements) text += (text.empty() ? "" : ",") + to_string(r);
  return text;
}

}  // namespace selvedge
