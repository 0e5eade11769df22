#include "test/foreign/misreadings.h"

#include <set>
#include <string>

namespace selvedge::test {
namespace {

using nlohmann::json;

// Calls `rewrite` with every label selector in `value`.
template <typename Rewrite>
void each_selector(json& value, const Rewrite& rewrite) {
  if (value.is_object()) {
    for (auto& [name, member] : value.items()) {
      if (name == "podSelector" || name == "namespaceSelector") rewrite(member);
      each_selector(member, rewrite);
    }
  } else if (value.is_array()) {
    for (auto& element : value) each_selector(element, rewrite);
  }
}

// cyclonus v0.5.6, IsMatchExpressionMatchForLabels: NotIn is false where the key is absent, so it means NotIn and
// Exists.
void not_in_wants_the_key(json& items) {
  each_selector(items, [](json& selector) {
    if (!selector.contains("matchExpressions")) return;
    const json expressions = selector.at("matchExpressions");
    for (const auto& expression : expressions) {
      if (expression.at("operator") != "NotIn") continue;
      selector["matchExpressions"].push_back({{"key", expression.at("key")}, {"operator", "Exists"}});
    }
  });
}

std::set<std::string> values_of(const json& items, const std::string& key) {
  std::set<std::string> values;
  for (const auto& item : items) {
    const json labels = item.at("metadata").value("labels", json::object());
    if (labels.contains(key)) values.insert(labels.at(key).get<std::string>());
  }
  return values;
}

// cyclonus v0.5.6, IsLabelsMatchLabelSelector: an absent label is the same as an empty one, so `key: ""` means that the
// key has none of the other values that there are.
void empty_value_takes_absent_keys(json& items) {
  const json before = items;
  each_selector(items, [&before](json& selector) {
    if (!selector.contains("matchLabels")) return;
    const json labels = selector.at("matchLabels");
    for (const auto& [key, value] : labels.items()) {
      if (!value.get_ref<const std::string&>().empty()) continue;
      selector["matchLabels"].erase(key);
      auto others = values_of(before, key);
      others.erase("");
      if (others.empty()) continue;
      selector["matchExpressions"].push_back({{"key", key}, {"operator", "NotIn"}, {"values", others}});
    }
  });
}

// kube-network-policies v1.1.1, InformerResolver: finished pods keep their addresses, unless a running pod has them
// (semantics 61).
void finished_pods_still_run(json& items) {
  std::set<std::string> running;
  for (const auto& item : items) {
    if (item.at("kind") == "Pod" && item.at("status").at("phase") == "Running")
      running.insert(item.at("status").value("podIP", ""));
    if (item.at("kind") == "Pod" && item.at("status").at("phase") == "Running")
      for (const auto& ip : item.at("status").value("podIPs", json::array())) running.insert(ip.at("ip"));
  }
  for (auto& item : items) {
    if (item.at("kind") != "Pod") continue;
    auto& status = item.at("status");
    const bool finished = status.at("phase") == "Succeeded" || status.at("phase") == "Failed";
    if (finished && !running.contains(status.value("podIP", ""))) status["phase"] = "Running";
  }
}

// kube-network-policies v1.1.1, NewPodInfo: ports of restartable init containers do not count (semantics 34).
void sidecars_have_no_ports(json& items) {
  for (auto& item : items) {
    if (item.at("kind") != "Pod" || !item.at("spec").contains("initContainers")) continue;
    for (auto& container : item.at("spec").at("initContainers")) {
      if (container.value("restartPolicy", "") == "Always") container.erase("ports");
    }
  }
}

}  // namespace

const std::vector<Misreading>& misreadings() {
  static const std::vector<Misreading> all{
      // NotIn first: the rewritten empty value is a NotIn that does take absent keys.
      {"cyclonus", "NotIn does not match an absent key", not_in_wants_the_key},
      {"cyclonus", "an empty value in matchLabels matches an absent key", empty_value_takes_absent_keys},
      {"kube-network-policies", "a finished pod keeps its address", finished_pods_still_run},
      {"kube-network-policies", "a sidecar's named ports do not count", sidecars_have_no_ports},
  };
  return all;
}

}  // namespace selvedge::test
