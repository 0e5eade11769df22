// The far ends' namespace is held by its file descriptor alone: when the program ends, however it ends, the
// kernel takes both namespaces and all links away.
#include "test/support/packet_bed_wiring.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <linux/if_addr.h>
#include <linux/if_packet.h>

#include "test/support/eventually.h"

namespace selvedge::test {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("packet bed: " + what + ": " + std::strerror(errno));
}

// In a thread that is thrown away: a thread's namespace is its own.
void in_namespace(int fd, const std::function<void()>& work) {
  std::exception_ptr thrown;
  std::thread([&] {
    try {
      if (setns(fd, CLONE_NEWNET) != 0) fail("cannot enter the far namespace");
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
}

int new_namespace() {
  int fd = -1;
  std::thread([&] {
    if (unshare(CLONE_NEWNET) == 0) fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  }).join();
  if (fd < 0) fail("cannot make a network namespace");
  return fd;
}

void set_sysctl(const std::string& name, int value) {
  std::ofstream file("/proc/sys/net/" + name);
  file << value << std::flush;
  if (!file) throw std::runtime_error("packet bed: cannot set net/" + name);
}

void feed(const std::string& command, const std::string& text) {
  FILE* pipe = popen(command.c_str(), "w");
  if (pipe == nullptr) fail("cannot run " + command);
  fwrite(text.data(), 1, text.size(), pipe);
  if (pclose(pipe) != 0) throw std::runtime_error("packet bed: " + command + " fails; its input was\n" + text);
}

std::string text_of(const Mac& mac) {
  std::array<char, 18> text{};
  snprintf(text.data(), text.size(), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
  return text.data();
}

Mac mac(bool far, std::size_t number) {
  return {0x02, static_cast<std::uint8_t>(far ? 0xfa : 0x0d), 0, 0, 0, static_cast<std::uint8_t>(number)};
}

std::string far_name(std::size_t cable) {
  return "far" + std::to_string(cable);
}
std::string gateway(bool v6, std::size_t leg) {
  return (v6 ? "fe80::fa:" : "169.254.200.") + std::to_string(leg + 1);
}

void prepare_node() {
  // Where it is a module, nothing else may have asked for it yet; without it the sysctls below are missing.
  if (!std::filesystem::exists("/proc/sys/net/bridge")) feed("modprobe br_netfilter", "");
  for (const char* name :
       {"ipv4/ip_forward", "ipv6/conf/all/forwarding", "ipv4/conf/all/accept_local", "ipv4/conf/default/accept_local",
        "bridge/bridge-nf-call-iptables", "bridge/bridge-nf-call-ip6tables", "netfilter/nf_conntrack_tcp_loose"})
    set_sysctl(name, 1);
  for (const char* name :
       {"ipv4/conf/all/rp_filter", "ipv4/conf/default/rp_filter", "ipv4/conf/all/send_redirects",
        "ipv4/conf/default/send_redirects", "ipv6/conf/default/accept_dad", "ipv6/conf/default/accept_ra",
        "ipv6/conf/default/accept_redirects", "ipv4/conf/all/accept_redirects", "netfilter/nf_conntrack_checksum"})
    set_sysctl(name, 0);
}

// One command of a batch.
std::string line(std::initializer_list<std::string> words) {
  std::string text;
  for (const std::string& word : words) text.append(word).append(" ");
  text.back() = '\n';
  return text;
}

std::string link_commands(const std::vector<Leg>& legs, const std::vector<Cable>& cables, int far_namespace) {
  const std::string far = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(far_namespace);
  const std::string& bridge = legs[0].name;
  std::string batch = line({"link set lo up"});
  batch += line({"link add", bridge, "address", text_of(mac(false, 0)), "type bridge mcast_snooping 0 stp_state 0"});
  for (std::size_t i = 0; i < cables.size(); ++i) {
    const bool port = i < bridge_ports;
    const std::string name = port ? "port" + std::to_string(i) : legs[cables[i].leg].name;
    batch +=
        line({"link add", name, "type veth peer name", far_name(i), "address", text_of(cables[i].far), "netns", far});
    batch += port ? line({"link set", name, "master", bridge, "up"})
                  : line({"link set", name, "address", text_of(cables[i].node)});
  }
  for (const Leg& leg : legs) {
    batch += line({"link set", leg.name, "addrgenmode none"});
    batch += line({"link set", leg.name, "up"});
  }
  return batch;
}

bool is_v6(const std::string& address) {
  return address.find(':') != std::string::npos;
}

// A gateway that each leg's packets go to, so that no destination is ever looked for on the link.
std::string route_commands(const std::vector<Leg>& legs, const std::vector<Cable>& cables) {
  std::string batch;
  for (std::size_t leg = 0; leg < legs.size(); ++leg) {
    const std::string& name = legs[leg].name;
    const Mac far = cables[leg == 0 ? 1 : bridge_ports + leg - 1].far;
    for (const std::string& address : legs[leg].addresses) {
      const bool scoped = address.rfind("fe80:", 0) == 0;
      batch +=
          line({"address add", address, "dev", name, is_v6(address) ? "nodad" : "", scoped ? "" : "noprefixroute"});
    }
    for (const bool v6 : {false, true})
      batch += line({"neighbour add", gateway(v6, leg), "lladdr", text_of(far), "dev", name, "nud permanent"});
    for (const std::string& network : legs[leg].networks) {
      const bool v6 = is_v6(network);
      batch += line({"route add", network, "via", gateway(v6, leg), "dev", name, v6 ? "" : "onlink"});
    }
  }
  return batch;
}

constexpr const char* bed_table = R"(table inet packet-bed {
  chain untracked { type filter hook prerouting priority -300; ip dscp 1 notrack; ip6 dscp 1 notrack; }
  chain tracked { type filter hook forward priority 500; ct state new; }
  chain seen { type filter hook input priority 500; log group 7; }
  chain quiet { type filter hook output priority -500; policy drop; }
}
)";

// A link that was set up carries nothing until the kernel's link watch has had its turn, which it may take late.
void await_running(const std::vector<std::string>& interfaces) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool running = eventually([&] {
    return std::all_of(interfaces.begin(), interfaces.end(), [&](const std::string& name) {
      ifreq request{};
      name.copy(request.ifr_name, IFNAMSIZ - 1);
      return ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_RUNNING) != 0;
    });
  });
  close(fd);
  if (!running) throw std::runtime_error("packet bed: its links do not come up");
}

// An IPv6 address is not the node's before a worker of the kernel has said so, with "nodad" too.
void await_addresses() {
  const auto is_tentative = [](const std::string& row) {  // address, index, length, scope, flags, name
    std::istringstream words(row);
    std::string word;
    for (int column = 0; column < 5; ++column) words >> word;
    return (std::stoul(word, nullptr, 16) & IFA_F_TENTATIVE) != 0;
  };
  const bool settled = eventually([&] {
    std::ifstream rows("/proc/thread-self/net/if_inet6");
    for (std::string row; std::getline(rows, row);)
      if (is_tentative(row)) return false;
    return true;
  });
  if (!settled) throw std::runtime_error("packet bed: its addresses stay tentative");
}

int open_socket() {
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
  if (fd < 0) fail("cannot open a packet socket");
  const int yes = 1, room = 32 << 20;
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) != 0) fail("cannot ignore what is sent");
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0) fail("cannot have a large buffer");
  return fd;
}

sockaddr_ll link_address(int interface, const Bytes& frame) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = interface;
  address.sll_protocol = htons(ethertype_of(frame));
  return address;
}

}  // namespace

Wiring::Wiring(const std::vector<Leg>& legs) : far_namespace_(new_namespace()) {
  if (legs.empty()) throw std::invalid_argument("packet bed: there must be a bridge");
  for (std::size_t i = 0; i < bridge_ports; ++i) cables_.push_back({0, mac(true, i), mac(false, 0)});
  for (std::size_t leg = 1; leg < legs.size(); ++leg)
    cables_.push_back({leg, mac(true, cables_.size()), mac(false, leg)});

  feed("nft -f -", bed_table);  // brings conntrack, and with it its sysctls
  prepare_node();
  in_namespace(far_namespace_, [] { set_sysctl("ipv6/conf/default/disable_ipv6", 1); });
  feed("ip -batch -", link_commands(legs, cables_, far_namespace_));
  in_namespace(far_namespace_, [this] { find_interfaces(); });
  std::string fdb;
  for (std::size_t i = 0; i < bridge_ports; ++i)
    fdb += line({"fdb replace", text_of(cables_[i].far), "dev", "port" + std::to_string(i), "master static"});
  feed("bridge -batch -", fdb);
  feed("ip -batch -", route_commands(legs, cables_));
  std::vector<std::string> interfaces;
  for (std::size_t i = 0; i < bridge_ports; ++i) interfaces.push_back("port" + std::to_string(i));
  for (const Leg& leg : legs) interfaces.push_back(leg.name);
  await_running(interfaces);
  await_addresses();
}

void Wiring::find_interfaces() {
  std::string up;
  for (std::size_t i = 0; i < cables_.size(); ++i) up += line({"link set", far_name(i), "up"});
  feed("ip -batch -", up);
  for (std::size_t i = 0; i < cables_.size(); ++i) {
    cables_[i].interface = static_cast<int>(if_nametoindex(far_name(i).c_str()));
    if (cables_[i].interface == 0) fail("there is no " + far_name(i));
  }
  std::vector<std::string> interfaces;
  for (std::size_t i = 0; i < cables_.size(); ++i) interfaces.push_back(far_name(i));
  await_running(interfaces);
  socket_ = open_socket();
}

Wiring::~Wiring() {
  if (socket_ >= 0) close(socket_);
  if (far_namespace_ >= 0) close(far_namespace_);
}

const Cable& Wiring::first_of(std::size_t leg) const {
  return cables_[leg == 0 ? 0 : bridge_ports + leg - 1];
}

void Wiring::send(std::span<const Outgoing> frames) {
  std::vector<sockaddr_ll> addresses(frames.size());
  std::vector<iovec> pieces(frames.size());
  std::vector<mmsghdr> messages(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    addresses[i] = link_address(frames[i].interface, frames[i].frame);
    pieces[i] = {const_cast<std::uint8_t*>(frames[i].frame.data()), frames[i].frame.size()};
    messages[i].msg_hdr = {&addresses[i], sizeof(sockaddr_ll), &pieces[i], 1, nullptr, 0, 0};
  }
  for (std::size_t sent = 0; sent < frames.size();) {
    const int count = sendmmsg(socket_, messages.data() + sent, static_cast<unsigned>(frames.size() - sent), 0);
    if (count < 0 && errno != EINTR && errno != ENOBUFS && errno != EAGAIN) fail("cannot send");
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
}

std::vector<Wiring::Incoming> Wiring::receive() {
  constexpr std::size_t at_once = 64, longest = 512;
  std::array<std::array<std::uint8_t, longest>, at_once> buffers{};
  std::array<sockaddr_ll, at_once> addresses{};
  std::array<iovec, at_once> pieces{};
  std::array<mmsghdr, at_once> messages{};
  for (std::size_t i = 0; i < at_once; ++i) {
    pieces[i] = {buffers[i].data(), longest};
    messages[i].msg_hdr = {&addresses[i], sizeof(sockaddr_ll), &pieces[i], 1, nullptr, 0, 0};
  }
  const int count = recvmmsg(socket_, messages.data(), at_once, MSG_DONTWAIT, nullptr);
  if (count < 0 && errno != EAGAIN && errno != EINTR) fail("cannot receive");
  std::vector<Incoming> frames;
  for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
    const auto begin = buffers[i].begin();
    frames.push_back({addresses[i].sll_ifindex, {begin, begin + messages[i].msg_len}});
  }
  return frames;
}

}  // namespace selvedge::test
