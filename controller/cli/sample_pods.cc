#include "controller/cli/sample_pods.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <set>
#include <tuple>

namespace selvedge::cli {
namespace {

std::vector<std::string> addresses(std::size_t number) {
  static constexpr const char* blocks[] = {"192.0.2.", "198.51.100.", "203.0.113."};
  static constexpr std::size_t hosts = 254;
  std::vector<std::string> both;
  if (number / hosts < std::size(blocks)) both.push_back(blocks[number / hosts] + std::to_string(number % hosts + 1));
  char v6[32];
  const auto n = static_cast<unsigned>(number + 1);
  if (n > 0xffff)
    std::snprintf(v6, sizeof v6, "2001:db8::%x:%x", n >> 16, n & 0xffff);
  else
    std::snprintf(v6, sizeof v6, "2001:db8::%x", n);
  both.emplace_back(v6);
  return both;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::vector<SamplePod> sample_pods(const std::vector<k8s::Workload>& workloads) {
  std::vector<const k8s::Workload*> sorted;
  sorted.reserve(workloads.size());
  for (const auto& workload : workloads) sorted.push_back(&workload);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
    return std::tie(a->meta.ns, a->meta.name, a->resource) < std::tie(b->meta.ns, b->meta.name, b->resource);
  });
  std::vector<SamplePod> samples;
  std::set<k8s::ObjectKey> taken;
  std::size_t number = 0;
  for (const auto* workload : sorted) {
    SamplePod sample{workload->pod, workload->resource + ' ' + k8s::to_string(workload->meta.key())};
    k8s::Pod& pod = sample.pod;
    pod.meta.name = workload->meta.name;
    if (!taken.insert(pod.meta.key()).second) pod.meta.name = lower(workload->resource) + '.' + pod.meta.name;
    if (!taken.insert(pod.meta.key()).second && pod.meta.name != workload->meta.name) continue;  // given twice
    pod.maker = workload->resource + '/' + workload->meta.name;
    pod.phase = k8s::Pod::Phase::running;
    pod.node.clear();
    pod.addresses = pod.host_network ? std::vector<std::string>{} : addresses(number++);
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace selvedge::cli
