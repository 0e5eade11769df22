#include "controller/cli/viewpoint.h"

#include <algorithm>
#include <set>

#include "controller/cli/first_names.h"
#include "controller/cli/sample_pods.h"
#include "controller/text/nearest.h"

namespace selvedge::cli {
namespace {

struct Seen {
  bool pods = false;
  std::set<std::string> nodes;  // that pods name
  std::set<std::string> known;  // and those that there are objects of
  std::vector<k8s::Workload> workloads;
};

Seen survey(const std::vector<k8s::Decoded>& objects) {
  Seen seen;
  for (const auto& decoded : objects) {
    if (const auto* pod = std::get_if<k8s::Pod>(&decoded.object)) {
      seen.pods = true;
      if (!pod->node.empty()) seen.nodes.insert(pod->node);
    } else if (const auto* node = std::get_if<k8s::Node>(&decoded.object)) {
      seen.known.insert(node->meta.name);
    } else if (const auto* workload = std::get_if<k8s::Workload>(&decoded.object)) {
      seen.workloads.push_back(*workload);
    }
  }
  seen.known.insert(seen.nodes.begin(), seen.nodes.end());
  return seen;
}

Viewpoint from_node(const std::string& node, const Seen& seen) {
  Viewpoint view{.node = node, .unreached = false, .comments = {}, .notes = {}, .added = {}};
  if (seen.known.count(node) == 0 && !seen.known.empty())
    view.notes.push_back("--node: no pod is on node \"" + node +
                         "\", and there is no Node of that name; did you mean \"" +
                         nearest(node, {seen.known.begin(), seen.known.end()}) + "\"?");
  return view;
}

Viewpoint from_everywhere(const Seen& seen) {
  Viewpoint view{.node = std::nullopt, .unreached = true, .comments = {}, .notes = {}, .added = {}};
  view.comments.push_back(seen.nodes.empty()
                              ? "No pod names a node: all pods are rendered as if they were local."
                              : "The pods are on several nodes (" + first_names(seen.nodes, 8) +
                                    "): all pods are rendered as if they were local. --node NAME renders one node.");
  return view;
}

Viewpoint from_samples(const Seen& seen) {
  Viewpoint view{.node = std::nullopt, .unreached = true, .comments = {}, .notes = {}, .added = {}};
  const auto samples = sample_pods(seen.workloads);
  if (samples.empty()) {
    view.comments.emplace_back("There are no pods and no workloads in the input: policies without anyone to protect.");
    return view;
  }
  view.comments.emplace_back(
      "There are no pods in the input: a sample pod with made-up addresses stands for each workload.");
  for (const auto& sample : samples) {
    std::string at;
    for (const auto& address : sample.pod.addresses) at += ' ' + address;
    view.comments.push_back("  " + sample.workload + ": pod " + k8s::to_string(sample.pod.meta.key()) +
                            (at.empty() ? " on the host's network, which policies do not reach" : at));
    view.added.emplace_back(sample.pod);
  }
  return view;
}

}  // namespace

Viewpoint viewpoint_of(const std::vector<k8s::Decoded>& objects, const std::string& node) {
  const Seen seen = survey(objects);
  if (!node.empty()) return from_node(node, seen);
  if (!seen.pods) return from_samples(seen);
  if (seen.nodes.size() == 1) return from_node(*seen.nodes.begin(), seen);
  return from_everywhere(seen);
}

}  // namespace selvedge::cli
