#include "controller/agent/preconditions.h"

#include <fstream>
#include <optional>

#include "controller/agent/surroundings.h"

namespace selvedge::agent {
namespace {

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
  return unmet;
}

}  // namespace selvedge::agent
