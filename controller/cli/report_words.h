// What `report` prints: a page, text, JSON.
#pragma once

#include <string>

#include "controller/report/report.h"

namespace selvedge::cli {

struct Page {
  report::Report report;
  std::string title;  // what it is about: paths, or a context
  std::string time;   // RFC 3339
};

// One HTML document that loads nothing, with its data in it.
std::string report_html(const Page& page);
std::string report_text(const Page& page);
std::string report_json(const Page& page);  // docs/report.md

// What the page's scripts read, as JSON in ASCII; not for anybody else. Names are printable().
std::string page_data(const Page& page);
// The same, fit to stand in a <script> element: no text in it ends that, or opens a comment.
std::string inert(const std::string& json);

}  // namespace selvedge::cli
