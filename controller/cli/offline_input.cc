#include "controller/cli/offline_input.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "controller/cli/waiting.h"
#include "k8sclient/credentials.h"
#include "k8sclient/manifests.h"
#include "k8sclient/reflector.h"

namespace selvedge::cli {
namespace {

using Subject = std::pair<k8s::Kind, k8s::ObjectKey>;

std::string name_of(const Subject& subject) {
  return std::string(k8s::to_string(subject.first)) + ' ' + k8s::to_string(subject.second);
}

// As when the files are applied one after the other: the last one counts.
OfflineInput last_of_each(std::vector<k8s::Decoded> objects) {
  OfflineInput input;
  std::map<Subject, std::size_t> known;
  for (auto& decoded : objects) {
    const Subject subject{k8s::kind_of(decoded.object), k8s::meta_of(decoded.object).key()};
    if (subject.first == k8s::Kind::workload) {  // a Deployment and a Job may share a name
      input.objects.push_back(std::move(decoded));
      continue;
    }
    const auto [at, fresh] = known.emplace(subject, input.objects.size());
    if (fresh) {
      input.objects.push_back(std::move(decoded));
    } else {
      input.notes.push_back(name_of(subject) + ": is given more than once; the last one counts");
      input.objects[at->second] = std::move(decoded);
    }
  }
  return input;
}

}  // namespace

void assume_namespaces(OfflineInput& input) {
  std::set<std::string> given, named;
  for (const auto& decoded : input.objects) {
    const auto& meta = k8s::meta_of(decoded.object);
    if (k8s::kind_of(decoded.object) == k8s::Kind::ns) given.insert(meta.name);
    if (!meta.ns.empty()) named.insert(meta.ns);
  }
  for (const auto& name : named) {
    if (given.count(name) != 0) continue;
    k8s::Namespace ns;
    ns.meta.name = name;
    ns.meta.labels["kubernetes.io/metadata.name"] = name;
    input.objects.push_back({ns, {}});
    input.assumed.insert(name);
    input.notes.push_back("Namespace " + name + ": is not in the input; it is taken to have no labels but its name");
  }
}

tl::expected<OfflineInput, std::string> read_files(const std::vector<std::string>& paths) {
  std::vector<k8s::Decoded> objects;
  for (const auto& path : paths) {
    auto read = k8s::read_manifests(path);
    if (!read) return tl::unexpected(read.error());
    for (auto& decoded : *read) objects.push_back(std::move(decoded));
  }
  OfflineInput input = last_of_each(std::move(objects));
  assume_namespaces(input);
  return input;
}

tl::expected<OfflineInput, std::string> read_objects(const Source& source, Kinds kinds) {
  const Waiting waiting(source.files.empty() ? "listing the cluster" : "reading " + source.files.front());
  if (!source.files.empty()) return read_files(source.files);
  auto access = k8s::open_access({.kubeconfig = source.kubeconfig, .context = source.context, .server = ""});
  if (!access) return tl::unexpected(access.error());
  const auto transport = k8s::make_https_transport(std::move(*access), "selvedge/" SELVEDGE_VERSION);
  OfflineInput input;
  for (const auto kind : {k8s::Kind::pod, k8s::Kind::ns, k8s::Kind::network_policy, k8s::Kind::node}) {
    auto listed = k8s::list_once({.kind = kind, .field_selector = ""}, *transport);
    if (!listed) return tl::unexpected(listed.error());
    for (auto& decoded : *listed) input.objects.push_back(std::move(decoded));
  }
  if (kinds == Kinds::that_decide) return input;
  auto services = k8s::list_once({.kind = k8s::Kind::service, .field_selector = ""}, *transport);
  if (!services) input.notes.push_back(services.error() + "; Services are not known by name");
  if (services) std::ranges::move(*services, std::back_inserter(input.objects));
  return input;
}

}  // namespace selvedge::cli
