#include "controller/cli/verification_words.h"

#include <array>
#include <cstdio>
#include <ctime>

#include <nlohmann/json.hpp>
#include <openssl/sha.h>

#include "controller/text/printable.h"
#include "nft/text.h"

namespace selvedge::cli {
namespace {

using Json = nlohmann::ordered_json;

// 38412 as 38,412
std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string trace(const nft::Outcome& outcome) {
  std::string text;
  for (const nft::Step& step : outcome.trace)
    text += (text.empty() ? "" : ", ") + step.chain + " rule " + std::to_string(step.rule);
  return text.empty() ? "no rule" : text;
}

std::string difference_words(const verify::Difference& difference) {
  std::string text = nft::to_string(difference.packet) + '\n';
  text += std::string("  the table ") + (difference.table.accepted ? "accepts" : "drops") + ": " +
          printable(trace(difference.table)) + '\n';
  text += std::string("  the objects ") + (difference.state.allowed ? "allow" : "deny") + " it\n";
  for (const auto& reason : difference.state.reasons) text += "    " + printable(meaning::to_string(reason)) + '\n';
  return text;
}

Json difference_json(const verify::Difference& difference) {
  Json json = {{"packet", nft::to_string(difference.packet)},
               {"tableAccepts", difference.table.accepted},
               {"objectsAllow", difference.state.allowed},
               {"trace", Json::array()},
               {"reasons", Json::array()}};
  for (const auto& step : difference.table.trace) json["trace"].push_back({{"chain", step.chain}, {"rule", step.rule}});
  for (const auto& reason : difference.state.reasons) json["reasons"].push_back(meaning::to_string(reason));
  return json;
}

std::string rfc3339(std::chrono::system_clock::time_point at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

std::string digest_of(const nft::Table& table) {
  const std::string text = nft::to_text(table);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex;
  for (const unsigned char byte : digest) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", byte);
    hex += two;
  }
  return hex;
}

std::string verification_text(const VerificationReport& report) {
  const auto& verification = report.verification;
  std::string text;
  if (!verification.faults.empty()) {
    text = "not verified: the table is not understood in full\n";
    for (const auto& fault : verification.faults) text += "  " + printable(fault) + '\n';
    return text;
  }
  text = std::string(verification.verified() ? "verified: " : "not verified: ") + grouped(report.pods) +
         " addresses of pods, " + grouped(verification.classes) + " packet classes, " +
         grouped(verification.different) + " differences\n";
  for (const auto& difference : verification.differences) text += difference_words(difference);
  if (verification.different > verification.differences.size())
    text += "and " + grouped(verification.different - verification.differences.size()) + " more\n";
  if (report.had_suspects) text += "rules against the revival of cut connections were left out\n";
  return text;
}

std::string verification_json(const VerificationReport& report) {
  const auto& verification = report.verification;
  Json json = {{"verified", verification.verified()},
               {"time", rfc3339(report.at)},
               {"node", report.node},
               {"table", report.rendered ? "rendered" : "kernel"},
               {"handle", report.handle},
               {"digest", "sha256:" + report.digest},
               {"addresses", report.pods},
               {"classes", verification.classes},
               {"different", verification.different},
               {"revivalRulesLeftOut", report.had_suspects},
               {"faults", verification.faults},
               {"differences", Json::array()}};
  for (const auto& difference : verification.differences) json["differences"].push_back(difference_json(difference));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace selvedge::cli
