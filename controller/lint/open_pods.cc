// Pods that no policy selects, which are open both ways: one finding for each
// namespace, since there may be thousands.
#include <set>

#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

constexpr std::size_t most_named = 5;

std::set<const k8s::Pod*> selected_pods(const Scene& scene) {
  std::set<const k8s::Pod*> selected;
  for (const Subject& subject : scene.policies()) {
    scene.find(subject.selects(), [&](const k8s::Pod& pod) {
      selected.insert(&pod);
      return false;  // see them all
    });
  }
  return selected;
}

std::string listed(const std::vector<const k8s::Pod*>& pods) {
  std::string names;
  for (std::size_t i = 0; i < pods.size() && i < most_named; ++i) names += (i == 0 ? "" : ", ") + pods[i]->meta.name;
  if (pods.size() > most_named) names += " and " + std::to_string(pods.size() - most_named) + " more";
  return names;
}

}  // namespace

std::vector<Finding> open_pods(const Scene& scene) {
  const auto selected = selected_pods(scene);
  std::map<std::string, std::vector<const k8s::Pod*>> open;
  for (const k8s::Pod* pod : scene.pods()) {
    if (!selected.contains(pod) && !scene.unknown().policies.contains(pod->meta.ns)) open[pod->meta.ns].push_back(pod);
  }
  std::vector<Finding> findings;
  for (const auto& [ns, pods] : open) {
    findings.push_back({"pods-not-isolated",
                        {"", ns},
                        "",
                        "has " + counted(pods.size(), "pod") + " that no policy selects (" + listed(pods) +
                            "); anyone may reach them, and they anyone",
                        "",
                        k8s::Kind::ns});
  }
  return findings;
}

}  // namespace selvedge::lint
