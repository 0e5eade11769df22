#include "controller/cli/explanation_json.h"

#include <nlohmann/json.hpp>

namespace selvedge::cli {
namespace {

using Json = nlohmann::ordered_json;

Json someone(const explain::Someone& one) {
  Json json = {{"name", one.name}, {"addresses", Json::array()}};
  for (const auto& address : one.addresses) json["addresses"].push_back(nft::to_string(address));
  if (one.pod != nullptr) {
    json["pod"] = k8s::to_string(one.pod->meta.key());
    json["workload"] = explain::workload_of(*one.pod);
  }
  return json;
}

Json side(const explain::Side& side) {
  Json json = {{"allowed", meaning::allows(side.reason.kind)}, {"reason", meaning::to_string(side.reason)}};
  json["audited"] = side.reason.kind == meaning::Reason::Kind::audited;
  if (side.reason.direction) json["direction"] = to_string(*side.reason.direction);
  if (side.reason.pod) json["pod"] = k8s::to_string(*side.reason.pod);
  json["isolatedBy"] = Json::array();
  for (const auto& policy : side.reason.isolated_by) json["isolatedBy"].push_back(k8s::to_string(policy));
  json["allowedBy"] = Json::array();
  for (const auto& fit : side.fits) json["allowedBy"].push_back({{"rule", fit.at}, {"means", fit.means}});
  json["nearest"] = Json::array();
  for (const auto& miss : side.misses)
    json["nearest"].push_back({{"rule", miss.at}, {"means", miss.means}, {"lacks", miss.lacks}});
  return json;
}

Json answer(const explain::Answer& answer) {
  Json json = {{"verdict", answer.allowed ? "allowed" : "denied"},
               {"source", someone(answer.source)},
               {"destination", someone(answer.destination)},
               {"port", explain::to_string(answer.port)},
               {"alike", answer.alike},
               {"sides", Json::array()}};
  if (!answer.rules.empty()) json["rules"] = answer.rules;
  if (!answer.note.empty()) json["note"] = answer.note;
  for (const auto& one : answer.sides) json["sides"].push_back(side(one));
  return json;
}

}  // namespace

std::string explanation_json(const explain::Explanation& explanation) {
  Json json = {{"verdict", explanation.allowed() ? "allowed" : "denied"},
               {"agreed", explanation.agreed()},
               {"source", explanation.source.meant},
               {"destination", explanation.destination.meant},
               {"port", explain::to_string(explanation.port)},
               {"notes", explanation.notes},
               {"answers", Json::array()}};
  for (const auto& one : explanation.answers) json["answers"].push_back(answer(one));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace selvedge::cli
