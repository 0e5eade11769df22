// `selvedge report`: the whole matrix, as a page, text or JSON. What may not be listed is part of the result.
#include "controller/report/report.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iterator>
#include <optional>

#include "controller/cli/commands.h"
#include "controller/cli/console.h"
#include "controller/cli/lint_matter.h"
#include "controller/cli/report_words.h"
#include "controller/cli/waiting.h"
#include "controller/explain/answer.h"

namespace selvedge::cli {
namespace {

std::string now() {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm time{};
  gmtime_r(&seconds, &time);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &time)};
}

std::string title_of(const Source& source) {
  if (source.files.empty()) return source.context.empty() ? "the live cluster" : "cluster " + source.context;
  std::string title;
  for (const std::string& path : source.files) title += (title.empty() ? "" : ", ") + path;
  return title;
}

// Leaves nothing in the matter, so that a large cluster is in memory once.
std::vector<k8s::Object> objects_of(LintMatter matter) {
  std::vector<k8s::Object> objects;
  objects.reserve(matter.input.objects.size() + matter.samples.size());
  for (auto& decoded : matter.input.objects) objects.push_back(std::move(decoded.object));
  std::ranges::move(matter.samples, std::back_inserter(objects));
  return explain::with_addresses(std::move(objects));
}

std::vector<std::string> notes_of(const LintMatter& matter) {
  std::vector<std::string> notes = matter.input.notes;
  if (!matter.samples.empty())
    notes.emplace_back("there are no pods in the input: a sample pod stands for each workload");
  for (const auto& decoded : matter.input.objects) {
    for (const k8s::Problem& problem : decoded.problems) notes.push_back(k8s::to_string(problem));
  }
  return notes;
}

// What decoding or compiling did not understand, whether or not an annotation wants to hear of it.
bool has_closed(const lint::Review& review) {
  const auto closes = [](const lint::Told& told) {
    return told.rule->id == "not-understood" || told.rule->id == "end-port-invalid";
  };
  return std::ranges::any_of(review.findings, closes) || std::ranges::any_of(review.suppressed, closes);
}

std::string in_form(const Page& page, OverviewForm form) {
  if (form == OverviewForm::html) return report_html(page);
  return form == OverviewForm::json ? report_json(page) : report_text(page);
}

}  // namespace

int report(const ReportCommand& command) {
  std::optional<Waiting> waiting("reading who reaches whom");
  auto matter = read_lint_matter(command.from, command.namespaces);
  if (!matter) {
    waiting.reset();
    complain("report: " + matter.error());
    return 3;
  }
  lint::Review review = review_of(*matter);
  const bool closed = has_closed(review);
  std::vector<std::string> notes = notes_of(*matter), unknown = matter->missing;
  const lint::Unseen unseen = matter->unknown.policies;
  const auto objects = objects_of(*std::move(matter));
  Page page{.report = report::report_of(objects, unseen, command.shape.audited),
            .title = title_of(command.from),
            .time = now()};
  page.report.review = std::move(review);
  page.report.unknown = std::move(unknown);
  page.report.notes = std::move(notes);
  const std::string text = in_form(page, command.output);
  waiting.reset();
  for (const std::string& note : page.report.notes) complain(note);
  if (!print(text)) return 3;
  return closed ? 1 : 0;
}

}  // namespace selvedge::cli
