#include "test/soak/traffic.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>

#include <linux/filter.h>
#include <linux/if_packet.h>

#include "test/support/packet_frame.h"

namespace selvedge::soak {
namespace {

using test::Bytes;
using test::Cable;

constexpr std::size_t rounds = 2;  // of all flows, in one system call

// As the bed's plan has it: pods are behind the bridge's ports, all else behind the next cable.
bool is_pod(const nft::Address& address) {
  static const nft::Prefix v4 = *nft::parse_prefix("10.244.1.0/24"), v6 = *nft::parse_prefix("fd00:244:0:1::/64");
  return nft::contains(v4, address) || nft::contains(v6, address);
}

struct Frame {
  Bytes bytes;
  int interface = -1;
  std::size_t port_at = 0;  // where the source port is, or an echo's identifier; 0: it stays as it is
};

Frame frame_of(const Flow& flow, const std::vector<Cable>& cables) {
  const nft::Packet& packet = flow.packet;
  const Cable& from = is_pod(packet.source) ? cables[0] : cables[test::bridge_ports];
  const bool bridged = is_pod(packet.source) && is_pod(packet.destination) && packet.hook == nft::Hook::forward;
  const auto frames = test::frames_of(packet, {.from = from.far,
                                               .to = bridged ? cables[1].far : from.node,
                                               .routed = !bridged && packet.hook == nft::Hook::forward,
                                               .options = false,
                                               .fragments = false,
                                               .reply = false,
                                               .source_port = established_port,
                                               .marker = 0});
  const std::size_t transport = test::ethernet_size + (test::is_v6(packet) ? 40 : 20);
  const bool echo = packet.protocol == 1;
  return {frames.at(0), from.interface, flow.established ? 0 : transport + (echo ? 4 : 0)};
}

}  // namespace

// What one sendmmsg() takes. Not moved: the headers point into it.
struct Traffic::Frames {
  std::vector<Frame> frames;
  std::vector<sockaddr_ll> addresses;
  std::vector<iovec> pieces;
  std::vector<mmsghdr> messages;
  std::uint16_t next_port = 1024;
  int socket = -1;

  Frames(test::Wiring& wiring, const std::vector<Flow>& flows) : socket(wiring.socket()) {
    for (std::size_t round = 0; round < rounds; ++round)
      for (const Flow& flow : flows)
        for (int packet = 0; packet < flow.weight; ++packet) frames.push_back(frame_of(flow, wiring.cables()));
    addresses.resize(frames.size());
    pieces.resize(frames.size());
    messages.resize(frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      addresses[i].sll_family = AF_PACKET;
      addresses[i].sll_ifindex = frames[i].interface;
      addresses[i].sll_protocol = htons(test::ethertype_of(frames[i].bytes));
      pieces[i] = {frames[i].bytes.data(), frames[i].bytes.size()};
      messages[i].msg_hdr = {&addresses[i], sizeof(sockaddr_ll), &pieces[i], 1, nullptr, 0, 0};
    }
  }

  void renumber() {
    for (Frame& frame : frames) {
      if (frame.port_at == 0) continue;
      if (++next_port < 1024) next_port = 1024;
      frame.bytes[frame.port_at] = static_cast<std::uint8_t>(next_port >> 8);
      frame.bytes[frame.port_at + 1] = static_cast<std::uint8_t>(next_port & 0xff);
    }
  }

  void send() {
    for (std::size_t done = 0; done < messages.size();) {
      const int count =
          sendmmsg(socket, messages.data() + done, static_cast<unsigned>(messages.size() - done), MSG_DONTWAIT);
      if (count > 0) done += static_cast<std::size_t>(count);
      if (count < 0 && errno != EINTR && errno != ENOBUFS && errno != EAGAIN)
        throw std::runtime_error(std::string("soak: cannot send: ") + std::strerror(errno));
    }
  }
};

Traffic::Traffic(test::Wiring& wiring, const std::vector<Flow>& flows, std::uint64_t rate)
    : frames_(std::make_unique<Frames>(wiring, flows)) {
  // What comes out at the far ends is nobody's business: counted is in the node.
  sock_filter nothing{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
  const sock_fprog filter{.len = 1, .filter = &nothing};
  const int yes = 1;
  if (setsockopt(wiring.socket(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0 ||
      setsockopt(wiring.socket(), SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes) != 0)
    throw std::runtime_error(std::string("soak: cannot prepare the packet socket: ") + std::strerror(errno));
  thread_ = std::jthread([this, rate](const std::stop_token& stopped) { send(stopped, rate); });
}

Traffic::~Traffic() {
  stop();
}

void Traffic::send(const std::stop_token& stopped, std::uint64_t rate) {
  using Clock = std::chrono::steady_clock;
  const std::chrono::nanoseconds period(1'000'000'000ULL * frames_->frames.size() / std::max<std::uint64_t>(rate, 1));
  auto next = Clock::now();
  while (!stopped.stop_requested()) {
    frames_->renumber();
    frames_->send();
    sent_ += frames_->frames.size();
    next = std::max(next + period, Clock::now() - 10 * period);  // what was missed long ago is not made up for
    std::this_thread::sleep_until(next);
  }
}

std::uint64_t Traffic::sent() const {
  return sent_;
}

void Traffic::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace selvedge::soak
