#include "controller/explain/cast.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>

namespace selvedge::explain {
namespace {

template <typename Kind>
std::vector<const Kind*> last_of_each(const std::vector<k8s::Object>& objects) {
  std::map<k8s::ObjectKey, const Kind*> last;
  for (const k8s::Object& object : objects) {
    if (const auto* one = std::get_if<Kind>(&object)) last[one->meta.key()] = one;
  }
  std::vector<const Kind*> all;
  all.reserve(last.size());
  for (const auto& [key, one] : last) all.push_back(one);
  return all;
}

bool ends_with_digits(std::string_view text, std::size_t at_least) {
  const std::size_t last_other = text.find_last_not_of("0123456789");
  const std::size_t digits = text.size() - (last_other == text.npos ? 0 : last_other + 1);
  return digits >= at_least && last_other != text.npos && last_other > 0 && text[last_other] == '-';
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// deploy, deployment, deployments, Deployment
bool names_kind(std::string_view word, std::string_view kind) {
  static const std::map<std::string, std::string, std::less<>> short_names = {
      {"deploy", "deployment"}, {"sts", "statefulset"}, {"ds", "daemonset"}, {"rs", "replicaset"},
      {"cj", "cronjob"},        {"po", "pod"},          {"svc", "service"},  {"rc", "replicationcontroller"}};
  std::string wanted = lower(word);
  if (const auto full = short_names.find(wanted); full != short_names.end()) wanted = full->second;
  const std::string known = lower(kind);
  return wanted == known || wanted == known + 's';
}

std::vector<nft::Address> addresses_of(const std::vector<std::string>& texts) {
  std::vector<nft::Address> addresses;
  for (const std::string& text : texts) {
    const auto address = nft::parse_address(text);
    if (address && std::ranges::find(addresses, *address) == addresses.end()) addresses.push_back(*address);
  }
  return addresses;
}

std::string counted(std::size_t pods) {
  return pods == 1 ? " (1 pod)" : " (" + std::to_string(pods) + " pods)";
}

struct Words {
  std::string ns = "default";
  std::string kind;  // empty: any
  std::string name;
};

Words taken_apart(const std::string& word) {
  const std::size_t first = word.find('/');
  if (first == word.npos) return {.kind = "", .name = word};
  const std::size_t second = word.find('/', first + 1);
  if (second == word.npos) return {.ns = word.substr(0, first), .kind = "", .name = word.substr(first + 1)};
  return {
      .ns = word.substr(0, first), .kind = word.substr(first + 1, second - first - 1), .name = word.substr(second + 1)};
}

}  // namespace

bool takes_part(const k8s::Pod& pod) {
  return !pod.host_network && pod.phase != k8s::Pod::Phase::succeeded && pod.phase != k8s::Pod::Phase::failed;
}

std::string workload_of(const k8s::Pod& pod) {
  if (pod.maker.empty()) return "Pod/" + pod.meta.name;
  const std::size_t slash = pod.maker.find('/');
  const std::string kind = pod.maker.substr(0, slash);
  const std::string name = pod.maker.substr(slash + 1);
  const std::size_t dash = name.rfind('-');
  if (dash == name.npos || dash == 0) return pod.maker;
  const auto hash = pod.meta.labels.find("pod-template-hash");
  if (kind == "ReplicaSet" && hash != pod.meta.labels.end() && name.substr(dash + 1) == hash->second)
    return "Deployment/" + name.substr(0, dash);
  // A CronJob names its Jobs by the minute of their time.
  if (kind == "Job" && ends_with_digits(name, 8)) return "CronJob/" + name.substr(0, dash);
  return pod.maker;
}

Cast::Cast(const std::vector<k8s::Object>& objects)
    : services_(last_of_each<k8s::Service>(objects)), nodes_(last_of_each<k8s::Node>(objects)) {
  for (const k8s::Pod* pod : last_of_each<k8s::Pod>(objects)) {
    if (takes_part(*pod)) pods_.push_back(pod);
    if (pod->host_network) on_host_network_[pod->meta.key()] = pod;
  }
}

Someone Cast::someone(const k8s::Pod& pod) const {
  return {.name = k8s::to_string(pod.meta.key()), .pod = &pod, .addresses = addresses_of(pod.addresses)};
}

Someone Cast::someone(const nft::Address& address) const {
  for (const k8s::Pod* pod : pods_) {
    const auto own = addresses_of(pod->addresses);
    if (std::ranges::find(own, address) != own.end()) {
      Someone one = someone(*pod);
      one.addresses = {address};
      return one;
    }
  }
  for (const k8s::Node* node : nodes_) {
    const auto own = addresses_of(node->addresses);
    if (std::ranges::find(own, address) != own.end())
      return {.name = "node " + node->meta.name, .node = node, .addresses = {address}};
  }
  return {.name = nft::to_string(address), .addresses = {address}};
}

std::vector<Someone> Cast::of_workload(const std::string& ns, const std::string& kind, const std::string& name) const {
  std::vector<Someone> all;
  for (const k8s::Pod* pod : pods_) {
    if (pod->meta.ns != ns) continue;
    const std::string workload = workload_of(*pod);
    const std::size_t slash = workload.find('/');
    const bool fits =
        workload.substr(slash + 1) == name && (kind.empty() || names_kind(kind, workload.substr(0, slash)));
    if (fits || (!kind.empty() && pod->maker.substr(pod->maker.find('/') + 1) == name &&
                 names_kind(kind, pod->maker.substr(0, pod->maker.find('/')))))
      all.push_back(someone(*pod));
  }
  return all;
}

std::vector<Someone> Cast::behind(const k8s::Service& service) const {
  std::vector<Someone> all;
  if (service.selector.empty()) return all;
  for (const k8s::Pod* pod : pods_) {
    const auto has = [&](const auto& wanted) {
      const auto label = pod->meta.labels.find(wanted.first);
      return label != pod->meta.labels.end() && label->second == wanted.second;
    };
    if (pod->meta.ns == service.meta.ns && std::ranges::all_of(service.selector, has)) all.push_back(someone(*pod));
  }
  return all;
}

tl::expected<End, std::string> Cast::find(const std::string& word) const {
  if (const auto address = nft::parse_address(word)) {
    if (const k8s::Service* service = service_at(*address)) return find_service(word, *service);
    Someone one = someone(*address);
    const std::string whose = one.pod != nullptr ? " of pod " + one.name : one.node != nullptr ? " of " + one.name : "";
    return End{.asked = word, .meant = nft::to_string(*address) + whose, .all = {std::move(one)}};
  }
  for (const std::string_view prefix : {"node/", "nodes/", "no/"}) {
    if (word.starts_with(prefix)) return find_node(word, word.substr(prefix.size()));
  }
  return find_named(word);
}

tl::expected<End, std::string> Cast::find_node(const std::string& word, const std::string& name) const {
  for (const k8s::Node* node : nodes_) {
    if (node->meta.name != name) continue;
    auto own = addresses_of(node->addresses);
    if (own.empty()) return tl::unexpected("node \"" + name + "\": its object tells no address");
    const std::string meant = "node " + name;
    return End{.asked = word, .meant = meant, .all = {{.name = meant, .node = node, .addresses = std::move(own)}}};
  }
  return tl::unexpected("there is no node \"" + name + "\"");
}

tl::expected<End, std::string> Cast::find_named(const std::string& word) const {
  const auto [ns, kind, name] = taken_apart(word);
  const std::string full = ns + '/' + name;
  const auto pod = std::ranges::find(pods_, k8s::ObjectKey{ns, name}, [](const auto* one) { return one->meta.key(); });
  if (pod != pods_.end() && (kind.empty() || names_kind(kind, "Pod")))
    return End{.asked = word, .meant = "pod " + full, .all = {someone(**pod)}};
  if (on_host_network_.contains({ns, name}) && (kind.empty() || names_kind(kind, "Pod")))
    return tl::unexpected("pod " + full +
                          " is on the host's network, where policies take it for the node; ask for node/" +
                          on_host_network_.at({ns, name})->node);
  if (kind.empty() || !names_kind(kind, "Service")) {
    if (auto all = of_workload(ns, kind, name); !all.empty()) {
      const std::string workload = workload_of(*all.front().pod);
      const std::string meant = workload.substr(0, workload.find('/')) + ' ' + full + counted(all.size());
      return End{.asked = word, .meant = meant, .all = std::move(all)};
    }
  }
  const auto key_of = [](const k8s::Service* one) { return one->meta.key(); };
  const auto service = std::ranges::find(services_, k8s::ObjectKey{ns, name}, key_of);
  if (service != services_.end() && (kind.empty() || names_kind(kind, "Service"))) return find_service(word, **service);
  if (auto labelled = kind.empty() ? find_labelled(word, ns, name) : std::nullopt) return *std::move(labelled);
  return tl::unexpected(unknown(word, ns));
}

std::optional<End> Cast::find_labelled(const std::string& word, const std::string& ns, const std::string& name) const {
  for (const char* key : {"app", "app.kubernetes.io/name", "k8s-app"}) {
    std::vector<Someone> all;
    for (const k8s::Pod* pod : pods_) {
      const auto label = pod->meta.labels.find(key);
      if (pod->meta.ns == ns && label != pod->meta.labels.end() && label->second == name) all.push_back(someone(*pod));
    }
    if (all.empty()) continue;
    const std::string meant = std::string(key) + '=' + name + " in " + ns + counted(all.size());
    return End{.asked = word, .meant = meant, .all = std::move(all)};
  }
  return std::nullopt;
}

tl::expected<End, std::string> Cast::find_service(const std::string& word, const k8s::Service& service) const {
  const std::string name = "Service " + k8s::to_string(service.meta.key());
  if (service.external_name) return tl::unexpected(name + " is but a name for another (ExternalName)");
  if (service.selector.empty())
    return tl::unexpected(name + " has no selector: who is behind it is not known; ask for an address");
  auto all = behind(service);
  if (all.empty()) return tl::unexpected(name + ": its selector matches no pod");
  return End{.asked = word, .meant = name + counted(all.size()), .all = std::move(all), .service = &service};
}

// Packets to its address go to its pods, which is where policies see them.
const k8s::Service* Cast::service_at(const nft::Address& address) const {
  const auto found = std::ranges::find_if(services_, [&](const k8s::Service* service) {
    const auto own = addresses_of(service->addresses);
    return std::ranges::find(own, address) != own.end();
  });
  return found == services_.end() ? nullptr : *found;
}

std::string Cast::unknown(const std::string& word, const std::string& ns) const {
  std::set<std::string> there;
  for (const k8s::Pod* pod : pods_) {
    if (pod->meta.ns != ns) continue;
    const std::string workload = workload_of(*pod);
    there.insert(ns + '/' + workload.substr(workload.find('/') + 1));
  }
  for (const k8s::Service* service : services_) {
    if (service->meta.ns == ns) there.insert(k8s::to_string(service->meta.key()));
  }
  std::string text = "\"" + word + "\" is no pod, workload or Service, and no address";
  if (there.empty()) return text + "; namespace \"" + ns + "\" has no pods here";
  std::string some;
  std::size_t count = 0;
  for (const std::string& one : there) {
    if (++count > 6) break;
    some += (some.empty() ? "" : ", ") + one;
  }
  return text + "; in namespace \"" + ns + "\" there is " + some + (there.size() > 6 ? ", …" : "");
}

}  // namespace selvedge::explain
