#include "controller/agent/preconditions.h"

#include <fstream>
#include <optional>

namespace selvedge::agent {
namespace {

// An interface's line in /proc/net/dev is "  name: counters".
bool has_interface(const std::filesystem::path& proc, const std::string& name) {
  std::ifstream devices(proc / "net/dev");
  for (std::string line; std::getline(devices, line);) {
    const auto start = line.find_first_not_of(' ');
    if (start != std::string::npos && line.compare(start, name.size() + 1, name + ':') == 0) return true;
  }
  return false;
}

std::optional<std::string> bridge_bypass(const std::filesystem::path& proc, const std::string& setting) {
  std::ifstream file(proc / "sys/net/bridge" / setting);
  std::string value;
  const bool present = static_cast<bool>(file >> value);
  if (value == "1") return std::nullopt;
  const std::string sysctl = "net.bridge." + setting;
  return sysctl + (present ? " is " + value : " is missing") +
         ": packets between pods of this node bypass the rules; mend it with `" +
         (present ? "" : "modprobe br_netfilter && ") + "sysctl -w " + sysctl + "=1`";
}

}  // namespace

std::vector<std::string> unmet_preconditions(const std::string& bridge, const std::filesystem::path& proc) {
  std::vector<std::string> unmet;
  if (!bridge.empty() && !has_interface(proc, bridge))
    unmet.push_back("there are pods on this node, but no interface " + bridge +
                    ": what pods send to the node is not policed; is --bridge right?");
  if (const auto bypass = bridge_bypass(proc, "bridge-nf-call-iptables")) unmet.push_back(*bypass);
  std::error_code ignored;
  const bool ipv6 = std::filesystem::exists(proc / "net/if_inet6", ignored);
  const auto bypass6 = bridge_bypass(proc, "bridge-nf-call-ip6tables");
  if (ipv6 && bypass6) unmet.push_back(*bypass6);
  if (has_interface(proc, "kube-ipvs0"))
    unmet.push_back(
        "interface kube-ipvs0 exists: kube-proxy runs in IPVS mode, and traffic to Services bypasses the rules; "
        "set `mode: nftables` or `mode: iptables` in kube-proxy's configuration and delete the interface");
  return unmet;
}

}  // namespace selvedge::agent
