// A cluster of any size as the JSON that an API server would send: pods as large and as varied as real ones, with
// managedFields, sidecars, probes, volumes and conditions. All text is a function of its number, so that two runs
// measure the same bytes; identifiers look random, so that gzip gains what it gains on real ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace selvedge::bench {

struct Scale {
  std::size_t pods = 10'000;
  std::size_t namespaces = 500;
  std::size_t policies = 500;
  std::size_t local = 103;  // of the pods, on `node`; the others are 100 to a node
};

inline constexpr std::string_view node = "n1";

struct Text {
  std::string ns;  // empty for what has none
  std::string name;
  std::string json;  // without kind and apiVersion, as a list's item
};

// What of a pod an event may change; the rest follows from its number.
struct PodState {
  std::string address;  // empty: none yet
  std::string tier;     // its label `tier`, which half of the egress rules ask for
  std::uint64_t version = 1;
};

PodState first_state(const Scale& scale, std::size_t number);
std::string spare_address(std::size_t number);  // no pod of any scale has it; for up to 65,000 numbers

Text pod_text(const Scale& scale, std::size_t number, const PodState& state);
Text namespace_text(std::size_t number, std::uint64_t version);
Text policy_text(const Scale& scale, std::size_t number, std::uint64_t version);
Text node_text(std::uint64_t version);

}  // namespace selvedge::bench
