#include "controller/guard.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace selvedge {
namespace {

// The node's address that lies in the range; empty: none does.
std::string own_address_in(const nft::Prefix& range, const k8s::Node& node) {
  for (const std::string& text : node.addresses) {
    const auto address = nft::parse_address(text);
    if (address && nft::contains(range, *address)) return text;
  }
  return "";
}

std::string fault_of(const std::string& text, const k8s::Node& node) {
  const auto range = nft::parse_prefix(text);
  if (!range) return "is not a range of addresses";
  if (const char* fault = too_wide_for_pods(*range); *fault != '\0') return fault;
  const std::string own = own_address_in(*range, node);
  return own.empty() ? "" : "holds the node's own address " + own;
}

k8s::Problem problem_of(const std::string& node, std::string message) {
  return {.kind = k8s::Kind::node,
          .object = {"", node},
          .field = "spec.podCIDRs",
          .message = std::move(message),
          .closed = false};
}

std::vector<nft::Prefix> sorted(std::vector<nft::Prefix> ranges) {
  std::ranges::sort(ranges);
  ranges.erase(std::unique(ranges.begin(), ranges.end()), ranges.end());
  return ranges;
}

std::vector<nft::Prefix> of_family(const std::vector<nft::Prefix>& ranges, nft::Family family) {
  std::vector<nft::Prefix> some;
  std::ranges::copy_if(ranges, std::back_inserter(some),
                       [&](const nft::Prefix& range) { return range.address.family == family; });
  return some;
}

std::string listed(const std::vector<nft::Prefix>& ranges) {
  std::string text;
  for (const nft::Prefix& range : ranges) text += (text.empty() ? "\"" : ", \"") + to_string(range) + '"';
  return text;
}

const std::vector<nft::Prefix> none;

}  // namespace

const char* too_wide_for_pods(const nft::Prefix& range) {
  const int least_bits = range.address.family == nft::Family::v4 ? 8 : 32;
  return range.bits < least_bits ? "is too wide for the pods of one node" : "";
}

void Guard::upsert(const k8s::Node& node) {
  if (node.meta.name != node_) return;
  known_ = true;
  problems_.clear();
  std::vector<nft::Prefix> ranges;
  for (const std::string& text : node.pod_cidrs) {
    const std::string fault = fault_of(text, node);
    if (fault.empty()) {
      ranges.push_back(*nft::parse_prefix(text));
      continue;
    }
    problems_.push_back(problem_of(node.meta.name, "\"" + text + "\" " + fault + "; addresses in it are not guarded"));
  }
  named_ = sorted(std::move(ranges));
  choose();
}

void Guard::erase_node(const std::string& name) {
  if (name != node_) return;
  known_ = false;
  named_.clear();
  problems_.clear();
  choose();
}

void Guard::told(std::vector<nft::Prefix> ranges) {
  told_ = sorted(std::move(ranges));
  choose();
}

void Guard::choose() {
  ranges_ = named_;
  ranges_.insert(ranges_.end(), told_.begin(), told_.end());
  ranges_ = sorted(std::move(ranges_));
}

const std::vector<nft::Prefix>& Guard::ranges() const {
  return on_ && node_ ? ranges_ : none;
}

const std::vector<nft::Prefix>& Guard::told() const {
  return on_ && node_ ? told_ : none;
}

// Of a family that only one of them speaks of there is nothing to disagree about.
std::optional<k8s::Problem> Guard::disagreement() const {
  for (const nft::Family family : {nft::Family::v4, nft::Family::v6}) {
    const auto named = of_family(named_, family), told = of_family(told_, family);
    if (named.empty() || told.empty() || named == told) continue;
    return problem_of(*node_, listed(named) + " is not what Flannel's file tells, " + listed(told) +
                                  "; both are guarded. Pods get addresses of the latter: is the Node's range right, "
                                  "and was flanneld started since it has it?");
  }
  return std::nullopt;
}

std::vector<k8s::Problem> Guard::problems(const std::set<nft::Address>& pods) const {
  std::vector<k8s::Problem> all = problems_;
  if (ranges().empty()) return all;
  if (auto fault = disagreement()) all.push_back(std::move(*fault));
  const auto stranger = std::ranges::find_if(pods, [this](const nft::Address& address) { return !holds(address); });
  if (stranger == pods.end()) return all;
  all.push_back(
      problem_of(*node_, "no pod range of the node holds " + to_string(*stranger) +
                             ", which a pod of it has; such an address is not guarded before its pod is known"));
  return all;
}

bool Guard::holds(const nft::Address& address) const {
  return std::ranges::any_of(ranges(), [&](const nft::Prefix& range) { return nft::contains(range, address); });
}

}  // namespace selvedge
