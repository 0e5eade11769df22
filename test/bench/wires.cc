// The base table keeps conntrack and NAT at work whatever else is loaded, as kube-proxy does on a node.
#include "test/bench/wires.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "test/bench/namespaces.h"

namespace selvedge::bench {
namespace {

constexpr const char* base_table = R"(table inet bench-base {
  chain before-routing { type nat hook prerouting priority dstnat; }
  chain after-routing { type nat hook postrouting priority srcnat; }
}
)";

void prepare_node() {
  run("nft -f -", base_table);  // brings conntrack, and with it its sysctls
  if (!std::filesystem::exists("/proc/sys/net/bridge")) run("modprobe br_netfilter");
  set_sysctl("ipv4/ip_forward", 1);
  set_sysctl("bridge/bridge-nf-call-iptables", 1);
  set_sysctl("ipv4/conf/all/rp_filter", 0);
  set_sysctl("ipv4/conf/default/rp_filter", 0);
  set_sysctl("ipv4/conf/all/send_redirects", 0);
  set_sysctl("ipv4/conf/default/send_redirects", 0);
}

std::string far(const k8s::Fd& ns) {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(ns.get());
}

// One veth pair, its far end eth0.
std::string cable(const std::string& name, const k8s::Fd& ns) {
  return "link add " + name + " type veth peer name eth0 netns " + far(ns) + "\nlink set " + name + " up\n";
}

// Every address is known to be on the link: no packet waits for another's answer.
void set_up_end(const std::vector<std::string>& addresses, const std::string& gateway) {
  std::string batch = "link set lo up\nlink set eth0 up\n";
  for (const auto& address : addresses) batch += "address add " + address + "/32 dev eth0\n";
  batch += "route add default via " + gateway + " dev eth0 onlink src " + addresses.front() + "\n";
  run("ip -batch -", batch);
}

}  // namespace

Wires::Wires(const Addresses& addresses)
    : node_(new_namespace()), server_(new_namespace()), remote_(new_namespace()), neighbour_(new_namespace()) {
  in_namespace(node_, [&] {
    prepare_node();
    run("ip -batch -", "link set lo up\nlink add cni0 type bridge mcast_snooping 0 stp_state 0\nlink set cni0 up\n" +
                           cable("server", server_) + cable("neighbour", neighbour_) + cable("uplink", remote_) +
                           "link set server master cni0\nlink set neighbour master cni0\n"
                           "address add 10.244.1.1/24 dev cni0\naddress add 172.31.0.1/24 dev uplink\n"
                           "route add 10.244.0.0/16 dev uplink\n");
  });
  in_namespace(remote_, [&] { set_up_end(addresses.remote, "172.31.0.1"); });
  const auto on_bridge = [](const std::vector<std::string>& ends) {
    set_up_end(ends, "10.244.1.1");
    run("ip route add 10.244.1.0/24 dev eth0 src " + ends.front());
  };
  in_namespace(neighbour_, [&] { on_bridge(addresses.neighbour); });
  in_namespace(server_, [&] { on_bridge({addresses.server}); });
}

void set_segmentation_offload(bool on) {
  const k8s::Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  for (const std::uint32_t command : {std::uint32_t{ETHTOOL_STSO}, std::uint32_t{ETHTOOL_SGSO}}) {
    ethtool_value value{command, on ? 1U : 0U};
    ifreq request{};
    std::strcpy(request.ifr_name, "eth0");
    request.ifr_data = reinterpret_cast<char*>(&value);
    if (ioctl(any.get(), SIOCETHTOOL, &request) != 0)
      throw std::runtime_error(std::string("cannot set eth0's segmentation: ") + std::strerror(errno));
  }
}

}  // namespace selvedge::bench
