// What the program in this folder prints: a line holds the objects of a cluster, questions about it, and what other
// engines answered.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "nft/ip.h"

namespace selvedge::test {

struct Question {
  nft::Address source;
  nft::Address destination;
  std::string protocol;  // TCP, UDP, SCTP or ICMP
  std::uint16_t port = 0;
};
std::string to_string(const Question& question);

struct Scenario {
  std::uint64_t seed = 0;
  std::uint64_t number = 0;
  nlohmann::json objects;  // kind List
  std::vector<Question> questions;
  std::map<std::string, std::string> answers;  // of each engine, '1' for allowed, one character a question
};

// The error says what is wrong with the line.
tl::expected<Scenario, std::string> parse_scenario(std::string_view line);

}  // namespace selvedge::test
