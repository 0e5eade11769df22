// What lint has found, in the forms in which people and pipelines want it. Names and
// values come from outside: each form escapes them in its own way.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/lint/review.h"

namespace selvedge::cli {

struct Place {
  std::string file;
  std::size_t line = 0;  // where the object's document begins
};

struct Findings {
  lint::Review review;
  std::map<std::pair<k8s::Kind, k8s::ObjectKey>, Place> places;  // of objects that came from files

  const Place* place(const lint::Told& told) const;  // null: from no file
  std::vector<std::string> unknown;                  // what could not be looked at
};

struct TextWishes {
  bool explain = false;  // why, and what to do, beside each
  bool all = false;      // else at most a hundred of a rule that is no error's, and a word on how many more
};

std::string findings_text(const Findings& findings, const TextWishes& wishes);
std::string findings_json(const Findings& findings);   // docs/lint.md
std::string findings_sarif(const Findings& findings);  // SARIF 2.1.0
// A case for each finding; those from `fail_on` upwards are failures.
std::string findings_junit(const Findings& findings, std::optional<lint::Severity> fail_on);

// The table of rules; `explain`: with why and fix. It stands in docs/lint.md.
std::string rules_text(bool explain);
std::string rules_json();

std::string object_name(const lint::Told& told);  // "NetworkPolicy shop/api"
std::string sentence(const lint::Told& told);     // field, message, and how often

}  // namespace selvedge::cli
