// JUnit's XML as pipelines read it. Control characters cannot be in XML at all, not
// even escaped, so that texts are made printable first.
#include "controller/cli/findings.h"
#include "controller/text/printable.h"

namespace selvedge::cli {
namespace {

// U+FFFE and U+FFFF are no characters to XML.
bool is_no_character(std::string_view text) {
  return text.starts_with("\xef\xbf\xbe") || text.starts_with("\xef\xbf\xbf");
}

std::string xml(const std::string& from_outside) {
  const std::string text = printable(from_outside);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      default:
        if (is_no_character(std::string_view(text).substr(i))) {
          out += '?';
          i += 2;
        } else {
          out += text[i];
        }
    }
  }
  return out;
}

bool fails(const lint::Told& told, std::optional<lint::Severity> fail_on) {
  return fail_on && told.rule->severity >= *fail_on;
}

std::string place_of(const Findings& findings, const lint::Told& told) {
  const Place* place = findings.place(told);
  if (place == nullptr) return "";
  return " file=\"" + xml(place->file) + "\" line=\"" + std::to_string(place->line) + '"';
}

std::string test_case(const Findings& findings, const lint::Told& told, std::optional<lint::Severity> fail_on) {
  const std::string id(told.rule->id), severity(lint::to_string(told.rule->severity));
  std::string text = "    <testcase classname=\"" + xml(object_name(told)) + "\" name=\"" +
                     xml(id + (told.field.empty() ? "" : " " + told.field)) + '"' + place_of(findings, told) + ">\n";
  const std::string words = xml(sentence(told)) + "\nfix: " + xml(std::string(told.rule->fix));
  if (fails(told, fail_on))
    text +=
        "      <failure type=\"" + severity + "\" message=\"" + xml(sentence(told)) + "\">" + words + "</failure>\n";
  else
    text += "      <system-out>" + severity + ": " + words + "</system-out>\n";
  return text + "    </testcase>\n";
}

}  // namespace

std::string findings_junit(const Findings& findings, std::optional<lint::Severity> fail_on) {
  std::string cases;
  std::size_t count = findings.review.findings.size(), failures = 0;
  for (const auto& told : findings.review.findings) {
    cases += test_case(findings, told, fail_on);
    if (fails(told, fail_on)) ++failures;
  }
  if (count == 0) {  // a report without cases is an error to some pipelines
    count = 1;
    cases = "    <testcase classname=\"selvedge lint\" name=\"nothing found\"/>\n";
  }
  const std::string counts =
      "tests=\"" + std::to_string(count) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"0\"";
  std::string unknown;
  for (const auto& one : findings.unknown) unknown += "unknown: " + xml(one) + '\n';
  if (!unknown.empty()) unknown = "    <system-out>" + unknown + "</system-out>\n";
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites " + counts +
         ">\n  <testsuite name=\"selvedge lint\" " + counts + ">\n" + cases + unknown +
         "  </testsuite>\n</testsuites>\n";
}

}  // namespace selvedge::cli
