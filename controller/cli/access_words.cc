#include "controller/cli/access_words.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "controller/cli/first_names.h"
#include "controller/text/printable.h"

namespace selvedge::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string isolation(const reach::Access& access) {
  if (!access.isolated) return "no policy isolates it";
  if (access.isolating.empty()) return "isolated, because its object was not understood";
  std::string text = "isolated by ";
  for (std::size_t i = 0; i < access.isolating.size(); ++i)
    text += (i == 0 ? "" : ", ") + k8s::to_string(access.isolating[i]);
  if (access.audited) text += ", but its namespace is audited: what they deny is told, and passes";
  return text;
}

std::string side(const reach::Access& access, const std::string& what, const std::string& way) {
  std::string text = "  " + what + ": " + isolation(access) + '\n';
  for (const reach::Way& one : access.ways)
    text += "    " + one.ports + way + printable(first_names(one.others, 12)) + '\n';
  if (access.ways.empty()) text += "    nobody\n";
  return text;
}

Json side_json(const reach::Access& access) {
  Json json = {{"isolated", access.isolated},
               {"audited", access.audited},
               {"isolatedBy", Json::array()},
               {"ways", Json::array()}};
  for (const auto& policy : access.isolating) json["isolatedBy"].push_back(k8s::to_string(policy));
  for (const auto& way : access.ways) json["ways"].push_back({{"ports", way.ports}, {"others", way.others}});
  return json;
}

}  // namespace

std::string access_text(const AccessReport& report) {
  std::string text = report.about + '\n';
  for (std::size_t i = 0; i < report.ingress.size(); ++i) {
    const reach::Access& access = report.ingress[i];
    if (report.ingress.size() > 1)
      text +=
          access.name + ", " + std::to_string(access.pods) + (access.pods == 1 ? " pod\n" : " pods that are alike\n");
    text += side(access, "in", " from ") + side(report.egress[i], "out", " to ");
  }
  return text + "  its own node always reaches it, and answers always pass\n";
}

std::string access_json(const AccessReport& report) {
  Json json = {{"about", report.about}, {"parties", Json::array()}};
  for (std::size_t i = 0; i < report.ingress.size(); ++i) {
    json["parties"].push_back({{"name", report.ingress[i].name},
                               {"pods", report.ingress[i].pods},
                               {"ingress", side_json(report.ingress[i])},
                               {"egress", side_json(report.egress[i])}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace selvedge::cli
