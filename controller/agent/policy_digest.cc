// The content is written down with each text and each list after its length, so that no two contents read alike.
#include "controller/agent/policy_digest.h"

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace selvedge::agent {
namespace {

class Writing {
 public:
  std::uint64_t digest() const { return std::hash<std::string>{}(text_); }

  void add(std::string_view text) {
    add(text.size());
    text_ += text;
  }
  void add(const std::string& text) { add(std::string_view(text)); }
  void add(std::integral auto number) { text_ += std::to_string(number) + ' '; }
  void add(std::monostate) {}

  template <class T>
  void add(const std::optional<T>& value) {
    add(value.has_value());
    if (value) add(*value);
  }
  template <class T>
  void add(const std::vector<T>& list) {
    add(list.size());
    for (const T& one : list) add(one);
  }
  void add(const k8s::Labels& labels) {
    add(labels.size());
    for (const auto& [key, value] : labels) all(key, value);
  }
  void add(const k8s::Requirement& one) { all(one.key, static_cast<int>(one.op), one.values); }
  void add(const k8s::LabelSelector& one) { all(one.match_labels, one.match_expressions, one.understood); }
  void add(const k8s::IpBlock& one) { all(one.cidr, one.except); }
  void add(const k8s::Peer& one) { all(one.pod_selector, one.namespace_selector, one.ip_block, one.understood); }
  void add(const k8s::PolicyPort& one) {
    all(static_cast<int>(one.protocol), one.port.index(), one.end_port, one.understood);
    std::visit([this](const auto& port) { add(port); }, one.port);
  }
  void add(const k8s::PolicyRule& one) { all(one.peers, one.ports, one.understood); }
  void add(const k8s::Meta& one) { all(one.ns, one.name, one.uid, one.labels, one.created); }
  void add(const k8s::NetworkPolicy& one) {
    all(one.meta, one.pod_selector, one.ingress_isolates, one.egress_isolates, one.ingress, one.egress, one.understood);
  }

 private:
  void all(const auto&... parts) { (add(parts), ...); }

  std::string text_;
};

}  // namespace

std::uint64_t digest_of(const k8s::NetworkPolicy& policy) {
  Writing writing;
  writing.add(policy);
  return writing.digest();
}

}  // namespace selvedge::agent
