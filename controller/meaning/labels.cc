// A surprise of the API: NotIn and DoesNotExist match where the label is missing.
#include "controller/meaning/labels.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace selvedge::meaning {
namespace {

using k8s::Requirement;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_letter_or_digit(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

// Letters and digits at both ends; `-`, `_` and `.` between; 1 to 63 of them.
bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  if (!is_letter_or_digit(text.front()) || !is_letter_or_digit(text.back())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; });
}

// One word between the dots of a DNS name.
bool is_dns_word(std::string_view text) {
  if (text.empty() || !is_lower_or_digit(text.front()) || !is_lower_or_digit(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_dns_name(std::string_view text) {
  if (text.size() > 253) return false;
  for (std::size_t dot = text.find('.'); dot != text.npos; dot = text.find('.')) {
    if (!is_dns_word(text.substr(0, dot))) return false;
    text.remove_prefix(dot + 1);
  }
  return is_dns_word(text);
}

// `app` or `example.com/app`
bool is_label_key(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return is_name(text);
  return is_dns_name(text.substr(0, slash)) && is_name(text.substr(slash + 1));
}

bool is_label_value(std::string_view text) {
  return text.empty() || is_name(text);
}

bool is_valid(const Requirement& requirement) {
  const bool takes_values =
      requirement.op == Requirement::Operator::in || requirement.op == Requirement::Operator::not_in;
  return is_label_key(requirement.key) && takes_values == !requirement.values.empty() &&
         std::all_of(requirement.values.begin(), requirement.values.end(),
                     [](const std::string& value) { return is_label_value(value); });
}

bool holds(const Requirement& requirement, const k8s::Labels& labels) {
  const auto label = labels.find(requirement.key);
  const bool exists = label != labels.end();
  const bool listed = exists && std::find(requirement.values.begin(), requirement.values.end(), label->second) !=
                                    requirement.values.end();
  switch (requirement.op) {
    case Requirement::Operator::in:
      return listed;
    case Requirement::Operator::not_in:
      return !listed;
    case Requirement::Operator::exists:
      return exists;
    case Requirement::Operator::does_not_exist:
      return !exists;
  }
  return false;
}

}  // namespace

bool is_valid(const k8s::LabelSelector& selector) {
  return selector.understood &&
         std::all_of(selector.match_labels.begin(), selector.match_labels.end(),
                     [](const auto& entry) { return is_label_key(entry.first) && is_label_value(entry.second); }) &&
         std::all_of(selector.match_expressions.begin(), selector.match_expressions.end(),
                     [](const Requirement& requirement) { return is_valid(requirement); });
}

bool matches(const k8s::LabelSelector& selector, const k8s::Labels& labels) {
  for (const auto& [key, value] : selector.match_labels) {
    const auto label = labels.find(key);
    if (label == labels.end() || label->second != value) return false;
  }
  return std::all_of(selector.match_expressions.begin(), selector.match_expressions.end(),
                     [&](const Requirement& requirement) { return holds(requirement, labels); });
}

}  // namespace selvedge::meaning
