// Names, labels and values of any bytes, in a small cluster: they reach chain
// names, comments and the printed text, and must never become syntax there.
//
// The input: a byte that lengthens the names, then a line for each text of the cluster, in the order in which `texts`
// asks.
#include <nlohmann/json.hpp>

#include "k8sclient/decode.h"
#include "test/fuzz/fuzz.h"
#include "test/fuzz/objects.h"
#include "test/fuzz/rendered.h"

namespace {

using nlohmann::json;
using selvedge::fuzz::Input;
namespace k8s = selvedge::k8s;

class Cluster {
 public:
  explicit Cluster(Input& input) : input_(input), padding_(input.below(260)) {}

  std::vector<k8s::Object> objects() {
    const std::string ns = name();
    const std::string app = text();
    add(k8s::Kind::ns, {{"metadata", {{"name", ns}, {"labels", {{text(), text()}}}}}});
    for (const char* address : {"10.244.1.5", "fd00:244:1::6"}) add(k8s::Kind::pod, pod(ns, app, address));
    add(k8s::Kind::network_policy, policy(ns, app));
    add(k8s::Kind::network_policy, {{"metadata", {{"name", name()}, {"namespace", ns}}}, {"spec", json::object()}});
    return std::move(objects_);
  }

 private:
  std::string text() { return input_.line(); }
  std::string name() {
    std::string line = text();
    if (padding_ > 0) line.resize(std::max(line.size(), padding_ % 254), 'x');
    return line;
  }
  json pod(const std::string& ns, const std::string& app, const std::string& address) {
    return {
        {"metadata", {{"name", name()}, {"namespace", ns}, {"uid", text()}, {"labels", {{"app", app}}}}},
        {"spec", {{"nodeName", "node-a"}, {"containers", {{{"ports", {{{"name", text()}, {"containerPort", 80}}}}}}}}},
        {"status", {{"phase", "Running"}, {"podIP", address}}}};
  }
  json policy(const std::string& ns, const std::string& app) {
    const json peers = {{{"podSelector", {{"matchLabels", {{text(), text()}}}}}},
                        {{"namespaceSelector",
                          {{"matchExpressions", {{{"key", text()}, {"operator", "In"}, {"values", {text(), app}}}}}}}},
                        {{"ipBlock", {{"cidr", text()}, {"except", {text()}}}}}};
    return {{"metadata", {{"name", name()}, {"namespace", ns}}},
            {"spec",
             {{"podSelector", {{"matchLabels", {{"app", app}}}}},
              {"ingress", {{{"from", peers}, {"ports", {{{"port", text()}}}}}, json::object()}},
              {"egress", {{{"to", peers}}}}}}};
  }
  // What has no usable name is refused in decoding, and only there.
  void add(k8s::Kind kind, const json& object) {
    const auto decoded = decode(kind, object.dump(-1, ' ', false, json::error_handler_t::replace));
    if (!decoded) return;
    selvedge::fuzz::expect_honest(*decoded);
    objects_.push_back(decoded->object);
  }

  Input& input_;
  std::size_t padding_;
  std::vector<k8s::Object> objects_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  selvedge::fuzz::expect_sound_table(Cluster(input).objects(), "node-a");
  return 0;
}
