#include "controller/explain/words.h"

#include <algorithm>
#include <string_view>

namespace selvedge::explain {
namespace {

using Kind = meaning::Reason::Kind;

constexpr std::size_t most_misses = 5;

bool is_allowed(const Side& side) {
  return meaning::allows(side.reason.kind);
}

std::string with_address(const Someone& one) {
  std::string addresses;
  for (const auto& address : one.addresses) addresses += (addresses.empty() ? "" : ", ") + nft::to_string(address);
  return one.name == addresses ? addresses : one.name + " (" + addresses + ')';
}

std::string list(const std::vector<k8s::ObjectKey>& keys) {
  std::string text;
  for (const auto& key : keys) text += (text.empty() ? "" : ", ") + k8s::to_string(key);
  return text;
}

std::string isolation(const Side& side) {
  if (side.reason.isolated_by.empty()) return "isolated, because its object was not understood";
  return "isolated by " + list(side.reason.isolated_by);
}

std::string words(const Fit& fit) {
  return "    by " + fit.at + ": " + fit.means + '\n';
}

std::string words(const Miss& miss) {
  std::string text = "    not by " + miss.at + (miss.means.empty() ? "" : " (" + miss.means + ')') + ": ";
  for (std::size_t i = 0; i < miss.lacks.size(); ++i) text += (i == 0 ? "" : "; ") + miss.lacks[i];
  return text + '\n';
}

std::string nearest(const Side& side) {
  std::string text;
  const std::size_t shown = std::min(side.misses.size(), most_misses);
  for (std::size_t i = 0; i < shown; ++i) text += words(side.misses[i]);
  if (side.misses.empty()) text += "    no rule allows anything\n";
  if (side.misses.size() > shown) text += "    nor by " + std::to_string(side.misses.size() - shown) + " more\n";
  return text;
}

std::string audited(const Side& side) {
  const k8s::ObjectKey& pod = *side.reason.pod;
  return "  " + std::string(to_string(*side.reason.direction)) + " of " + k8s::to_string(pod) +
         ": allowed, because namespace " + pod.ns + " is audited only: it would be denied, " + isolation(side) + '\n' +
         nearest(side);
}

// What settles a packet before or besides the rules is told by the reading itself.
std::string words(const Side& side) {
  const meaning::Reason& reason = side.reason;
  if (reason.kind == Kind::audited) return audited(side);
  if (reason.kind != Kind::granted && reason.kind != Kind::denied) {
    if (reason.kind == Kind::not_isolated && reason.pod)
      return "  " + std::string(to_string(*reason.direction)) + " of " + k8s::to_string(*reason.pod) +
             ": allowed, no policy isolates it\n";
    if (reason.kind == Kind::not_isolated) return "";  // no pod at that end
    return "  " + meaning::to_string(reason) + '\n';
  }
  std::string text = "  " + std::string(to_string(*reason.direction)) + " of " + k8s::to_string(*reason.pod) + ": " +
                     (is_allowed(side) ? "allowed, " : "denied, ") + isolation(side) + '\n';
  for (const Fit& fit : side.fits) text += words(fit);
  if (reason.kind == Kind::denied) text += nearest(side);
  return text;
}

std::string words(const Answer& answer) {
  std::string text = std::string(answer.allowed ? "allowed: " : "denied: ") + with_address(answer.source) + " -> " +
                     with_address(answer.destination) + ' ' + to_string(answer.port);
  if (answer.alike > 1) text += ", and " + std::to_string(answer.alike - 1) + " alike";
  text += '\n';
  if (!answer.note.empty()) text += "  " + answer.note + '\n';
  std::string sides;
  for (const Side& side : answer.sides) sides += words(side);
  text += sides.empty() ? "  no pod's isolation is asked\n" : sides;
  if (!answer.rules.empty()) text += "  rules that it meets:\n";
  for (const std::string& rule : answer.rules) text += "    " + rule + '\n';
  return text;
}

std::string summary(const Explanation& explanation) {
  std::size_t denied = 0;
  for (const Answer& answer : explanation.answers) denied += answer.allowed ? 0 : 1;
  const std::string about =
      explanation.source.meant + " -> " + explanation.destination.meant + ' ' + to_string(explanation.port) + '\n';
  if (explanation.agreed()) return (denied == 0 ? "allowed: " : "denied: ") + about;
  return "denied in " + std::to_string(denied) + " of " + std::to_string(explanation.answers.size()) +
         " cases: " + about;
}

}  // namespace

std::string words(const Explanation& explanation) {
  std::string text;
  if (explanation.answers.size() > 1) text += summary(explanation);
  for (const std::string& note : explanation.notes) text += "  " + note + '\n';
  for (const Answer& answer : explanation.answers) text += (text.empty() ? "" : "\n") + words(answer);
  return text;
}

}  // namespace selvedge::explain
