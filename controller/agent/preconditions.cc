#include "controller/agent/preconditions.h"

#include <net/if.h>

#include <fstream>

#include "controller/agent/surroundings.h"
#include "nft/netlink_links.h"

namespace selvedge::agent {
namespace {

// Of a sysctl; none: there is no such file, or it is empty.
std::optional<std::string> value_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string value;
  return stream >> value ? std::optional(value) : std::nullopt;
}

std::optional<std::string> bridge_bypass(const std::filesystem::path& proc, const std::string& setting) {
  const auto value = value_of(proc / "sys/net/bridge" / setting);
  if (value == "1") return std::nullopt;
  const std::string sysctl = "net.bridge." + setting;
  return sysctl + " is " + value.value_or("missing") +
         ": packets between pods of this node bypass the rules; mend it with `" +
         (value ? "" : "modprobe br_netfilter && ") + "sysctl -w " + sysctl + "=1`";
}

std::optional<std::string> untracked_services(const std::filesystem::path& proc) {
  std::error_code ignored;
  const std::filesystem::path place = proc / "sys/net/ipv4/vs";
  if (!std::filesystem::exists(place, ignored)) return std::nullopt;
  const auto value = value_of(place / "conntrack");
  if (value && *value != "0") return std::nullopt;
  return "Services go by IPVS, and net.ipv4.vs.conntrack is " + value.value_or("missing") +
         ": connections through Services are not tracked, so answers of isolated pods are dropped; mend it with "
         "`sysctl -w net.ipv4.vs.conntrack=1`";
}

}  // namespace

std::vector<std::string> unmet_preconditions(const std::string& bridge, bool ipvs, const std::filesystem::path& proc) {
  std::vector<std::string> unmet;
  if (!bridge.empty() && !has_interface(proc, bridge))
    unmet.push_back("there are pods on this node, but no interface " + bridge +
                    ": what pods send to the node is not policed; is --bridge right?");
  if (const auto bypass = bridge_bypass(proc, "bridge-nf-call-iptables")) unmet.push_back(*bypass);
  std::error_code ignored;
  const bool ipv6 = std::filesystem::exists(proc / "net/if_inet6", ignored);
  const auto bypass6 = bridge_bypass(proc, "bridge-nf-call-ip6tables");
  if (ipv6 && bypass6) unmet.push_back(*bypass6);
  if (const auto untracked = ipvs ? untracked_services(proc) : std::nullopt) unmet.push_back(*untracked);
  return unmet;
}

std::optional<std::string> pods_elsewhere(const std::string& bridge, const PodAddresses& pods) {
  auto links = nft::Links::open();
  if (!links || if_nametoindex(bridge.c_str()) == 0) return std::nullopt;
  std::optional<std::string> found;
  for (const auto& [pod, addresses] : pods) {
    for (const nft::Address& address : addresses) {
      const auto device = links->device_towards(address);
      if (device == bridge) return std::nullopt;
      if (device && !found)
        found = "the node reaches pod " + k8s::to_string(pod) + " at " + to_string(address) + " by " + *device +
                ", and no pod by " + bridge +
                ": what pods send to the node is not policed, and pods that start are not guarded; is --bridge right?";
    }
  }
  return found;
}

}  // namespace selvedge::agent
