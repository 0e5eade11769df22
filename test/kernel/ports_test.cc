// Ports of a bridge with pods behind them, each a network namespace: what can be asked of them from outside, and what
// real frames meet that pods send with borrowed addresses, or past the rules of IP (semantics 92).
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <gtest/gtest.h>
#include <linux/if_packet.h>

#include "controller/port_table.h"
#include "nft/netlink_links.h"
#include "nft/programmed.h"
#include "test/kernel/tables.h"
#include "test/support/eventually.h"
#include "test/support/packet_frame.h"

namespace selvedge {
namespace {

using nft::Address;
using nft::BridgePort;
using test::Bytes;

Address address(const std::string& text) {
  return *nft::parse_address(text);
}

void must(const std::string& command) {
  const auto done = test::run(command);
  ASSERT_EQ(done.status, 0) << command << "\n" << done.output;
}

// A pod's network namespace, held by its file descriptor, with eth0 behind the port veth-NAME of cni0.
class Pod {
 public:
  Pod(const std::string& name, int number)
      : port_("veth-" + name),
        v4_("10.244.1." + std::to_string(number)),
        v6_("fd00:244:0:1::" + std::to_string(number)) {
    std::thread([this] {
      EXPECT_EQ(unshare(CLONE_NEWNET), 0);
      namespace_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    }).join();
    const std::string there = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(namespace_);
    must("ip link add " + port_ + " type veth peer name eth0 netns " + there);
    must("ip link set " + port_ + " master cni0 up");
    inside([this, number] {
      must("ip link set eth0 address 02:00:00:00:00:0" + std::to_string(number) + " up");
      must("ip address add " + v4_ + "/24 dev eth0");
      must("ip address add " + v6_ + "/64 dev eth0 nodad");
      open_socket();
    });
    mac_ = {2, 0, 0, 0, 0, static_cast<std::uint8_t>(number)};
  }
  ~Pod() {
    if (socket_ >= 0) close(socket_);
    if (namespace_ >= 0) close(namespace_);
  }
  Pod(const Pod&) = delete;
  Pod& operator=(const Pod&) = delete;

  void inside(const std::function<void()>& work) const {
    std::thread([&] {
      ASSERT_EQ(setns(namespace_, CLONE_NEWNET), 0);
      work();
    }).join();
  }

  const std::string& port() const { return port_; }
  const std::string& v4() const { return v4_; }
  const std::string& v6() const { return v6_; }
  std::vector<Address> addresses() const { return {address(v4_), address(v6_)}; }
  const test::Mac& mac() const { return mac_; }
  int socket() const { return socket_; }

 private:
  void open_socket() {
    socket_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
    sockaddr_ll eth0{};
    eth0.sll_family = AF_PACKET;
    eth0.sll_protocol = htons(ETH_P_ALL);
    eth0.sll_ifindex = static_cast<int>(if_nametoindex("eth0"));
    const int yes = 1;
    EXPECT_EQ(setsockopt(socket_, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes), 0);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&eth0), sizeof eth0), 0);
  }

  std::string port_, v4_, v6_;
  int namespace_ = -1, socket_ = -1;
  test::Mac mac_{};
};

// A node: cni0 with the pods a and b, and c of which nothing is known. The calling thread stays on its processor, so
// that frames are forwarded in the order in which they are sent.
struct Node {
  std::unique_ptr<Pod> a, b, c;
  nft::NetlinkBackend backend;
  nft::Programmed programmed;
  nft::Links links;
  std::uint32_t last_marker = 0;

  Node()
      : backend(*nft::NetlinkBackend::open({.own_table = true, .family = nft::TableFamily::bridge})),
        programmed(backend, "selvedge", nft::TableFamily::bridge),
        links(*nft::Links::open()) {
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(static_cast<unsigned>(sched_getcpu()), &here);
    EXPECT_EQ(sched_setaffinity(0, sizeof here, &here), 0);
    must("ip link add cni0 type bridge mcast_snooping 0 stp_state 0");
    must("ip link set cni0 up");
    a = std::make_unique<Pod>("a", 2);
    b = std::make_unique<Pod>("b", 3);
    c = std::make_unique<Pod>("c", 4);
    EXPECT_TRUE(test::eventually([&] { return carries(*a) && carries(*b) && carries(*c); }));
  }

  // As the daemon does: ports and what they hold, a and b known.
  void protect() {
    auto ports = links.bridge_ports("cni0");
    ASSERT_TRUE(ports) << ports.error().message;
    PortBindings bindings;
    bindings.there_are(ports->ports);
    for (const BridgePort& port : ports->ports) bindings.holds(port.index, links.addresses_behind(port).value());
    const PodAddresses pods{{{"shop", "a"}, a->addresses()}, {{"shop", "b"}, b->addresses()}};
    bindings.bind(pods);
    const std::vector<nft::Prefix> ranges{*nft::parse_prefix("10.244.1.0/24"), *nft::parse_prefix("fd00:244:0:1::/64")};
    ASSERT_TRUE(programmed.adopt());
    ASSERT_TRUE(programmed.reconcile(
        port_table({.table = "selvedge", .bindings = bindings, .ports = *ports, .pods = pods, .ranges = ranges})));
  }

  using Wrap = std::function<Bytes(Bytes)>;
  // Whether UDP from `source` to b comes out at b, sent by `sender` in a frame that `wrap` may alter.
  bool arrives(
      const Pod& sender, const std::string& source, const Wrap& wrap = [](Bytes frame) { return frame; }) {
    const std::uint32_t marker = ++last_marker;
    put(sender, wrap(frame_of(sender, source, marker)));
    return has_come(marker, ++last_marker);
  }

  std::uint64_t denied() { return test::dump_of(backend).counters["deny-spoof"].packets; }

 private:
  Bytes frame_of(const Pod& sender, const std::string& source, std::uint32_t marker) const {
    nft::Packet packet;
    packet.source = address(source);
    packet.destination = address(packet.source.family == nft::Family::v4 ? b->v4() : b->v6());
    packet.protocol = 17;
    packet.port = 3000;
    return test::frames_of(packet, {.from = sender.mac(), .to = b->mac(), .marker = marker}).at(0);
  }

  static void put(const Pod& sender, const Bytes& frame) {
    EXPECT_EQ(send(sender.socket(), frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
  }

  // A last one, which always may, ends the wait.
  bool has_come(std::uint32_t marker, std::uint32_t end) {
    put(*a, frame_of(*a, a->v4(), end));
    bool found = false;
    const bool ended = test::eventually([&] {
      std::array<std::uint8_t, 2048> buffer{};
      for (ssize_t size; (size = recv(b->socket(), buffer.data(), buffer.size(), 0)) > 0;) {
        for (const std::size_t head : {test::ethernet_size, test::ethernet_size + 8}) {  // plain, PPPoE
          if (static_cast<std::size_t>(size) <= head) continue;
          const auto seen = test::arrival_of(std::span(buffer).first(static_cast<std::size_t>(size)).subspan(head));
          found = found || (seen && seen->marker == marker);
          if (seen && seen->marker == end) return true;
        }
      }
      return false;
    });
    EXPECT_TRUE(ended) << "the last frame does not arrive";
    return found;
  }

  // A link that was set up carries nothing until the kernel's link watch has had its turn.
  bool carries(const Pod& pod) {
    const auto shown = test::run("bridge link show dev " + pod.port()).output;
    return shown.find("state forwarding") != std::string::npos;
  }
};

Bytes tagged(Bytes frame, std::uint16_t type) {
  const std::array<std::uint8_t, 4> tag{static_cast<std::uint8_t>(type >> 8), static_cast<std::uint8_t>(type & 0xff)};
  frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  return frame;
}

// A session's packet: RFC 2516, with the type of RFC 1661's for the family.
Bytes in_pppoe(Bytes frame) {
  const bool v6 = test::ethertype_of(frame) == 0x86dd;
  const std::size_t size = frame.size() - test::ethernet_size + 2;
  const std::array<std::uint8_t, 8> head{0x11,
                                         0,
                                         0,
                                         1,
                                         static_cast<std::uint8_t>(size >> 8),
                                         static_cast<std::uint8_t>(size & 0xff),
                                         0,
                                         static_cast<std::uint8_t>(v6 ? 0x57 : 0x21)};
  frame[12] = 0x88;
  frame[13] = 0x64;
  frame.insert(frame.begin() + test::ethernet_size, head.begin(), head.end());
  return frame;
}

class Ports : public test::KernelTest {};

TEST_F(Ports, AndWhatTheirPodsHold_AreToldFromOutside) {
  test::in_fresh_namespace([] {
    Node node;
    must("ip link add docker0 type bridge");
    must("ip link add inner type veth peer name outer");
    must("ip link set inner master cni0");
    must("ip link set outer master docker0");
    auto found = node.links.bridge_ports("cni0");
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_TRUE(found->other_bridges);
    ASSERT_EQ(found->ports.size(), 5U);
    for (const Pod* pod : {node.a.get(), node.b.get(), node.c.get()}) {
      const auto port = std::ranges::find(found->ports, pod->port(), &BridgePort::name);
      ASSERT_NE(port, found->ports.end());
      EXPECT_TRUE(port->of_a_pod);
      EXPECT_EQ(port->index, if_nametoindex(pod->port().c_str()));
      EXPECT_EQ(node.links.addresses_behind(*port).value(), pod->addresses()) << "and no link-local ones";
    }
    for (const char* name : {"inner", "outer"})
      EXPECT_FALSE(std::ranges::find(found->ports, name, &BridgePort::name)->of_a_pod) << name;
    must("ip link del docker0");
    EXPECT_FALSE(node.links.bridge_ports("cni0")->other_bridges);
    EXPECT_TRUE(node.links.bridge_ports("cni9")->other_bridges) << "cni0 is another then";
  });
}

TEST_F(Ports, OfPodsThatAreGone_HoldNothing) {
  test::in_fresh_namespace([] {
    Node node;
    const auto before = node.links.bridge_ports("cni0").value().ports;
    node.c.reset();
    ASSERT_TRUE(test::eventually([&] { return node.links.bridge_ports("cni0").value().ports.size() == 2; }));
    const auto gone = std::ranges::find(before, "veth-c", &BridgePort::name);
    EXPECT_FALSE(node.links.addresses_behind(*gone));
  });
}

TEST_F(Ports, AreHeardOfWhenTheyCome) {
  test::in_fresh_namespace([] {
    auto news = nft::LinkNews::open();
    ASSERT_TRUE(news) << news.error().message;
    const int stop = eventfd(0, EFD_CLOEXEC);
    must("ip link add cni0 type bridge");
    EXPECT_TRUE(news->wait(stop));
    eventfd_write(stop, 1);
    EXPECT_FALSE(news->wait(stop));
    close(stop);
  });
}

// Each of them arrives without the table, and is dropped with it.
TEST_F(Ports, LetNoPodBorrowAnAddress_OfEitherFamily) {  // semantics 92
  test::in_fresh_namespace([] {
    Node node;
    const std::vector<std::string> borrowed{node.b->v4(), "10.244.1.99",      "10.244.2.7",     "172.31.0.12",
                                            node.b->v6(), "fd00:244:0:1::99", "fd00:244:0:2::7"};
    const std::vector<std::string> doors{node.a->v4(), node.b->v4(), "10.244.2.7",     "172.31.0.12",
                                         node.a->v6(), node.b->v6(), "fd00:244:0:2::7"};
    for (const bool rules : {false, true}) {
      if (rules) node.protect();
      for (const std::string& source : borrowed) EXPECT_EQ(node.arrives(*node.a, source), !rules) << source;
      for (const std::string& source : doors) EXPECT_EQ(node.arrives(*node.c, source), !rules) << source;
      EXPECT_TRUE(node.arrives(*node.a, node.a->v4()));
      EXPECT_TRUE(node.arrives(*node.a, node.a->v6()));
      EXPECT_TRUE(node.arrives(*node.c, node.c->v4())) << "the guard judges it";
      EXPECT_TRUE(node.arrives(*node.c, node.c->v6()));
    }
    EXPECT_EQ(node.denied(), borrowed.size() + doors.size());
  });
}

TEST_F(Ports, LetNoFramePastTheRulesOfIP) {  // semantics 92
  test::in_fresh_namespace([] {
    Node node;
    const std::vector<Node::Wrap> wraps{[](Bytes frame) { return tagged(std::move(frame), 0x8100); },
                                        [](Bytes frame) { return tagged(std::move(frame), 0x88a8); },
                                        [](Bytes frame) { return in_pppoe(std::move(frame)); }};
    for (const bool rules : {false, true}) {
      if (rules) node.protect();
      for (const Pod* pod : {node.a.get(), node.c.get()}) {
        for (const auto& source : {pod->v4(), pod->v6()}) {
          for (const auto& wrap : wraps) EXPECT_EQ(node.arrives(*pod, source, wrap), !rules) << source;
        }
      }
    }
  });
}

// The bridge forwards tagged and PPPoE frames without showing them to the rules that policies become.
TEST_F(Ports, WithoutTheirTable_TaggedFramesPassARuleThatDropsTheirPackets) {
  test::in_fresh_namespace([] {
    Node node;
    must("sysctl -qw net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1");
    test::nft_load("table inet policies { chain forward { type filter hook forward priority 0; ip saddr " +
                   node.c->v4() + " drop; }; }");
    EXPECT_FALSE(node.arrives(*node.c, node.c->v4()));
    EXPECT_TRUE(node.arrives(*node.c, node.c->v4(), [](Bytes frame) { return tagged(std::move(frame), 0x8100); }));
    EXPECT_TRUE(node.arrives(*node.c, node.c->v4(), [](Bytes frame) { return in_pppoe(std::move(frame)); }));
  });
}

}  // namespace
}  // namespace selvedge
