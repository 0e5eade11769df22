#include "test/foreign/scenario.h"

#include <optional>

namespace selvedge::test {
namespace {

using nlohmann::json;

std::vector<Question> questions_of(const std::vector<nft::Address>& addresses, const json& probes) {
  std::vector<Question> questions;
  for (const auto& source : addresses) {
    for (const auto& destination : addresses) {
      if (source.family != destination.family) continue;
      for (const auto& probe : probes)
        questions.push_back({source, destination, probe.at("protocol"), probe.at("port").get<std::uint16_t>()});
    }
  }
  return questions;
}

tl::expected<Scenario, std::string> read(const json& line) {
  std::vector<nft::Address> addresses;
  for (const std::string text : line.at("addresses")) {
    const auto address = nft::parse_address(text);
    if (!address) return tl::unexpected("addresses: \"" + text + "\" is not an address");
    addresses.push_back(*address);
  }
  Scenario scenario{.seed = line.at("seed"),
                    .number = line.at("scenario"),
                    .objects = line.at("objects"),
                    .questions = questions_of(addresses, line.at("probes")),
                    .answers = line.at("answers")};
  for (const auto& [engine, answers] : scenario.answers) {
    if (answers.size() != scenario.questions.size())
      return tl::unexpected("answers: " + engine + " has " + std::to_string(answers.size()) + " for " +
                            std::to_string(scenario.questions.size()) + " questions");
  }
  return scenario;
}

}  // namespace

tl::expected<Scenario, std::string> parse_scenario(std::string_view line) {
  try {
    return read(json::parse(line));
  } catch (const json::exception& error) {
    return tl::unexpected(std::string(error.what()));
  }
}

std::string to_string(const Question& question) {
  return question.protocol + " " + nft::to_string(question.source) + " -> " + nft::to_string(question.destination) +
         ":" + std::to_string(question.port);
}

}  // namespace selvedge::test
