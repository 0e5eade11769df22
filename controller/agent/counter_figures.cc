// A counter is called role-direction-HASH-namespace/name (controller/names.h).
#include "controller/agent/counter_figures.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace selvedge::agent {
namespace {

struct Figure {
  std::string_view role;  // of the counters
  const char* name;
  const char* help;
  const char* object;  // the label for what it is about
};

constexpr std::array<Figure, 3> figures{{
    {"deny", "selvedge_denied_packets_total", "Packets that the isolation of a pod denied.", "pod"},
    {"audit", "selvedge_audited_packets_total", "Packets that it would have denied if the namespace were not audited.",
     "pod"},
    {"allow", "selvedge_allowed_packets_total", "First packets of connections that a policy allowed.", "policy"},
}};

using Subject = std::tuple<std::string, std::string, std::string>;  // direction, namespace, name

std::optional<Subject> subject_of(std::string_view counter, std::string_view role) {
  constexpr std::size_t hash_length = 16;
  for (const std::string_view direction : {"ingress", "egress"}) {
    const std::string begin = std::string(role) + '-' + std::string(direction) + '-';
    if (!counter.starts_with(begin)) continue;
    const std::string_view rest = counter.substr(begin.size());
    if (rest.size() < hash_length + 2 || rest[hash_length] != '-') continue;
    const std::string_view key = rest.substr(hash_length + 1);
    const std::size_t slash = key.find('/');
    if (slash == std::string_view::npos) continue;
    return Subject{direction, key.substr(0, slash), key.substr(slash + 1)};
  }
  return std::nullopt;
}

prometheus::ClientMetric metric(const Figure& figure, const Subject& subject, double value) {
  prometheus::ClientMetric one;
  one.label = {
      {"direction", std::get<0>(subject)}, {"namespace", std::get<1>(subject)}, {figure.object, std::get<2>(subject)}};
  one.counter.value = value;
  return one;
}

}  // namespace

std::vector<prometheus::MetricFamily> counter_figures(const nft::Counts& counts) {
  std::vector<prometheus::MetricFamily> families;
  for (const Figure& figure : figures) {
    std::map<Subject, double> sums;
    for (const auto& [name, value] : counts)
      if (const auto subject = subject_of(name, figure.role)) sums[*subject] += static_cast<double>(value.packets);
    prometheus::MetricFamily family{figure.name, figure.help, prometheus::MetricType::Counter, {}};
    for (const auto& [subject, sum] : sums) family.metric.push_back(metric(figure, subject, sum));
    families.push_back(std::move(family));
  }
  return families;
}

}  // namespace selvedge::agent
