#include "controller/monitor/filter.h"

#include <algorithm>

#include "controller/meaning/address.h"

namespace selvedge::monitor {
namespace {

// "Deployment/api" and "api" of "production/api-0".
bool is_of_workload(const Party& party, const std::string& name) {
  const std::size_t slash = party.workload.find('/');
  if (slash == std::string::npos) return false;
  return name == party.ns + '/' + party.workload || name == party.ns + '/' + party.workload.substr(slash + 1);
}

bool is(const Party& party, const std::string& name) {
  switch (party.kind) {
    case Party::Kind::pod:
      return party.name == name || is_of_workload(party, name) ||
             std::ranges::find(party.services, name) != party.services.end();
    case Party::Kind::service:
      return party.name == name;
    case Party::Kind::node:
      return "node/" + party.name == name;
    case Party::Kind::external:
      break;
  }
  return false;
}

bool fits(const EndFilter& filter, const Party& party) {
  if (const auto* name = std::get_if<std::string>(&filter.what)) return is(party, *name);
  return meaning::lies_in(party.address, std::get<nft::Interval>(filter.what));
}

bool is_in(const std::string& ns, const Denied& denied) {
  return denied.source.ns == ns || denied.destination.ns == ns || (denied.pod && denied.pod->ns == ns);
}

bool is_about(const EndFilter& pod, const Denied& denied) {
  if (fits(pod, denied.source) || fits(pod, denied.destination)) return true;
  const auto* name = std::get_if<std::string>(&pod.what);
  return name != nullptr && denied.pod && k8s::to_string(*denied.pod) == *name;
}

}  // namespace

tl::expected<EndFilter, std::string> read_end_filter(const std::string& text) {
  if (const auto address = meaning::read_address(text)) return EndFilter{nft::Interval{*address, *address}};
  if (const auto block = meaning::read_block(text)) return EndFilter{*block};
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size())
    return tl::unexpected(std::string("is not NAMESPACE/NAME, node/NAME, an address or a block such as 10.0.0.0/8"));
  return EndFilter{text};
}

bool fits(const Filter& filter, const Denied& denied) {
  if (filter.ns && !is_in(*filter.ns, denied)) return false;
  if (filter.pod && !is_about(*filter.pod, denied)) return false;
  if (filter.direction && denied.seen.prefix.direction != filter.direction) return false;
  const auto is_policy = [&](const k8s::ObjectKey& key) { return k8s::to_string(key) == *filter.policy; };
  if (filter.policy && std::ranges::none_of(denied.isolated_by, is_policy)) return false;
  if (filter.from && !fits(*filter.from, denied.source)) return false;
  return !filter.to || fits(*filter.to, denied.destination);
}

}  // namespace selvedge::monitor
