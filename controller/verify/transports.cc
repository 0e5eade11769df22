#include "controller/verify/transports.h"

#include <algorithm>
#include <limits>
#include <set>

namespace selvedge::verify {
namespace {

constexpr std::uint8_t icmp = 1, tcp = 6, udp = 17, gre = 47, icmpv6 = 58, sctp = 132;

// The lowest value of each class that the ranges cut.
template <typename T>
std::vector<T> representatives(const std::vector<nft::Range<T>>& ranges) {
  std::set<T> starts{0};
  for (const auto& [first, last] : ranges) {
    starts.insert(first);
    if (last < std::numeric_limits<T>::max()) starts.insert(static_cast<T>(last + 1));
  }
  std::vector<T> values;
  std::set<std::vector<bool>> seen;
  for (const T start : starts) {
    std::vector<bool> answers;
    for (const auto& [first, last] : ranges) answers.push_back(first <= start && start <= last);
    if (seen.insert(std::move(answers)).second) values.push_back(start);
  }
  return values;
}

// Those that are named, and one that stands for all others.
std::vector<std::uint8_t> protocols_of(nft::Family family, const TransportQuestions& questions) {
  std::set<std::uint8_t> named{tcp, udp, sctp};
  if (family == nft::Family::v6) named.insert(icmpv6);
  named.insert(questions.protocols.begin(), questions.protocols.end());
  for (const auto& [protocol, range] : questions.ports) named.insert(protocol);
  for (const auto& [protocol, limit] : questions.hops) {
    if (protocol) named.insert(*protocol);
  }
  std::uint8_t other = family == nft::Family::v4 ? icmp : gre;
  for (int tries = 0; named.contains(other) && tries < 256; ++tries) ++other;
  named.insert(other);
  return {named.begin(), named.end()};
}

std::vector<std::uint8_t> hop_limits(std::uint8_t protocol, const TransportQuestions& questions) {
  std::set<std::uint8_t> limits;
  for (const auto& [of, limit] : questions.hops) {
    if (!of || *of == protocol) limits.insert(limit);
  }
  if (protocol == icmpv6) {
    for (const auto& question : questions.icmpv6) {
      if (question.hop_limit) limits.insert(*question.hop_limit);
    }
  }
  std::uint8_t other = 64;
  for (int tries = 0; limits.contains(other) && tries < 256; ++tries) --other;
  limits.insert(other);
  return {limits.begin(), limits.end()};
}

// A type and a hop limit of each class that the questions make together.
std::vector<Transport> icmpv6_classes(const TransportQuestions& questions) {
  std::vector<nft::Range<std::uint8_t>> ranges;
  for (const auto& question : questions.icmpv6) ranges.push_back(question.types);
  std::vector<Transport> classes;
  std::set<std::vector<bool>> seen;
  for (const std::uint8_t type : representatives(ranges)) {
    for (const std::uint8_t hop_limit : hop_limits(icmpv6, questions)) {
      std::vector<bool> answers;
      for (const auto& [types, limit] : questions.icmpv6) {
        answers.push_back(types.first <= type && type <= types.last && (!limit || *limit == hop_limit));
      }
      for (const auto& [of, limit] : questions.hops) answers.push_back(limit == hop_limit);
      if (seen.insert(std::move(answers)).second)
        classes.push_back({.protocol = icmpv6, .icmpv6_type = type, .hop_limit = hop_limit});
    }
  }
  return classes;
}

std::vector<std::uint16_t> ports_of(std::uint8_t protocol, const TransportQuestions& questions) {
  std::vector<nft::Range<std::uint16_t>> ranges;
  for (const auto& [of, range] : questions.ports) {
    if (of == protocol) ranges.push_back(range);
  }
  return representatives(ranges);
}

}  // namespace

std::vector<Transport> transports(nft::Family family, const TransportQuestions& questions) {
  std::vector<Transport> all;
  for (const std::uint8_t protocol : protocols_of(family, questions)) {
    std::vector<Transport> kinds;
    if (protocol == icmpv6) {
      kinds = icmpv6_classes(questions);
    } else {
      for (const std::uint8_t hop_limit : hop_limits(protocol, questions))
        kinds.push_back({.protocol = protocol, .hop_limit = hop_limit});
    }
    if (protocol == tcp && questions.midstream) {
      for (std::size_t i = kinds.size(); i-- > 0;) {
        kinds.push_back(kinds[i]);
        kinds.back().midstream = true;
      }
    }
    for (Transport kind : kinds) {
      for (const std::uint16_t port : ports_of(protocol, questions)) {
        kind.port = port;
        all.push_back(kind);
      }
    }
  }
  return all;
}

}  // namespace selvedge::verify
