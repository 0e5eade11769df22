#include "controller/cli/lint_matter.h"

#include <algorithm>
#include <iterator>

#include "controller/cli/first_names.h"
#include "controller/cli/viewpoint.h"
#include "k8sclient/credentials.h"
#include "k8sclient/reflector.h"

namespace selvedge::cli {
namespace {

// Lists what it may, one kind after the other.
class Listing {
 public:
  explicit Listing(k8s::Transport& transport) : transport_(transport) {}

  // All namespaces are known once they are listed; else there are those that somebody named, and maybe others.
  void name(const std::vector<std::string>& namespaces) {
    namespaces_.insert(namespaces.begin(), namespaces.end());
    complete_ = false;
  }

  // Of all namespaces, else of each that is known; the error is why there is nothing at all.
  tl::expected<lint::Unseen, std::string> list(k8s::Kind kind) {
    auto everywhere = k8s::list_once({.kind = kind, .field_selector = "", .ns = ""}, transport_);
    if (everywhere) {
      take(*std::move(everywhere));
      return lint::Unseen{};
    }
    lint::Unseen unseen;
    for (const std::string& ns : namespaces_) {
      auto here = k8s::list_once({.kind = kind, .field_selector = "", .ns = ns}, transport_);
      if (!here) unseen.namespaces.insert(ns);
      if (here) take(*std::move(here));
    }
    if (unseen.namespaces.size() == namespaces_.size()) return tl::unexpected(everywhere.error());
    unseen.all = !complete_;
    std::ranges::set_difference(namespaces_, unseen.namespaces, std::inserter(unseen.seen, unseen.seen.end()));
    return unseen;
  }
  tl::expected<void, std::string> list_cluster_wide(k8s::Kind kind) {
    auto all = k8s::list_once({.kind = kind, .field_selector = "", .ns = ""}, transport_);
    if (!all) return tl::unexpected(all.error());
    take(*std::move(all));
    return {};
  }
  OfflineInput take_input() { return std::move(input_); }

 private:
  void take(std::vector<k8s::Decoded> objects) {
    for (const auto& decoded : objects) {
      if (const auto* ns = std::get_if<k8s::Namespace>(&decoded.object)) namespaces_.insert(ns->meta.name);
    }
    std::ranges::move(objects, std::back_inserter(input_.objects));
  }

  k8s::Transport& transport_;
  OfflineInput input_;
  std::set<std::string> namespaces_;
  bool complete_ = true;
};

std::string which(const lint::Unseen& unseen) {
  return unseen.all ? "other namespaces than " + first_names(unseen.seen, 8)
                    : "namespaces " + first_names(unseen.namespaces, 8);
}

tl::expected<LintMatter, std::string> live_matter(k8s::Transport& transport,
                                                  const std::vector<std::string>& namespaces) {
  LintMatter matter;
  Listing listing(transport);
  if (const auto listed = listing.list_cluster_wide(k8s::Kind::ns); !listed) {
    matter.missing.push_back(listed.error() + "; nothing is said that rests on the labels of namespaces");
    listing.name(namespaces);
  }
  auto policies = listing.list(k8s::Kind::network_policy);
  if (!policies) return tl::unexpected(policies.error());
  matter.unknown.policies = *std::move(policies);
  if (matter.unknown.policies.any())
    matter.missing.push_back("NetworkPolicies of " + which(matter.unknown.policies) +
                             " may not be listed; nothing is said of those namespaces");
  auto pods = listing.list(k8s::Kind::pod);
  matter.unknown.pods = pods.value_or(lint::Unseen{.all = true, .namespaces = {}, .seen = {}});
  if (!pods) matter.missing.push_back(pods.error() + "; nothing is said that rests on pods");
  if (pods && matter.unknown.pods.any())
    matter.missing.push_back("Pods of " + which(matter.unknown.pods) +
                             " may not be listed; nothing is said that rests on them");
  if (const auto listed = listing.list_cluster_wide(k8s::Kind::node); !listed)
    matter.missing.push_back(listed.error() + "; nothing is said of the addresses of nodes");
  if (const auto services = listing.list(k8s::Kind::service); !services)
    matter.missing.push_back(services.error() + "; nothing is said of Services");
  matter.input = listing.take_input();
  assume_namespaces(matter.input);
  return matter;
}

tl::expected<LintMatter, std::string> read(const Source& source, const std::vector<std::string>& namespaces) {
  if (source.files.empty()) {
    auto access = k8s::open_access({.kubeconfig = source.kubeconfig, .context = source.context, .server = ""});
    if (!access) return tl::unexpected(access.error());
    const auto transport = k8s::make_https_transport(std::move(*access), "selvedge/" SELVEDGE_VERSION);
    return live_matter(*transport, namespaces);
  }
  auto input = read_files(source.files);
  if (!input) return tl::unexpected(input.error());
  LintMatter matter;
  matter.input = *std::move(input);
  return matter;
}

bool has_pods(const OfflineInput& input) {
  return std::ranges::any_of(input.objects, [](const auto& one) { return k8s::kind_of(one.object) == k8s::Kind::pod; });
}

// In files: policies alone say nothing about pods.
void add_samples(LintMatter& matter) {
  if (has_pods(matter.input)) return;
  matter.samples = viewpoint_of(matter.input.objects, "").added;
  for (auto& sample : matter.samples) std::get<k8s::Pod>(sample).addresses.clear();
  if (!matter.samples.empty()) return;
  matter.unknown.pods.all = true;
  matter.missing.emplace_back("there are no pods and no workloads in the input; nothing is said that rests on pods");
}

}  // namespace

tl::expected<LintMatter, std::string> read_lint_matter(const Source& source,
                                                       const std::vector<std::string>& namespaces) {
  auto matter = read(source, namespaces);
  if (!matter) return matter;
  if (!source.files.empty()) add_samples(*matter);
  matter->unknown.assumed = matter->input.assumed;
  return matter;
}

lint::Review review_of(const LintMatter& matter) {
  lint::Matter all{.objects = {}, .problems = {}, .unknown = matter.unknown};
  all.objects.reserve(matter.input.objects.size() + matter.samples.size());
  for (const auto& decoded : matter.input.objects) {
    all.objects.push_back(&decoded.object);
    all.problems.insert(all.problems.end(), decoded.problems.begin(), decoded.problems.end());
  }
  for (const auto& sample : matter.samples) all.objects.push_back(&sample);
  return lint::review(all);
}

}  // namespace selvedge::cli
