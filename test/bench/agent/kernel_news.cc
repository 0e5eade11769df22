#include "test/bench/agent/kernel_news.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <vector>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

namespace selvedge::bench {
namespace {

constexpr int group = 7;  // NFNLGRP_NFTABLES

// libmnl's own loops are macros for C. `size` bytes of attributes begin at `first`.
template <class Tell>
void each(const void* first, int size, const Tell& tell) {
  for (auto* one = static_cast<const nlattr*>(first); mnl_attr_ok(one, size);) {
    tell(*one);
    const auto step = static_cast<int>(MNL_ALIGN(one->nla_len));
    one = reinterpret_cast<const nlattr*>(reinterpret_cast<const char*>(one) + step);
    size -= step;
  }
}

template <class Tell>
void each_inside(const nlattr& outer, std::uint16_t type, const Tell& tell) {
  each(mnl_attr_get_payload(&outer), mnl_attr_get_payload_len(&outer), [&](const nlattr& one) {
    if (mnl_attr_get_type(&one) == type) tell(one);
  });
}

// The keys of four bytes in a message about elements.
void each_key(const nlmsghdr* message, const std::function<void(std::uint32_t)>& tell) {
  const auto size = static_cast<int>(mnl_nlmsg_get_payload_len(message) - sizeof(nfgenmsg));
  each(mnl_nlmsg_get_payload_offset(message, sizeof(nfgenmsg)), size, [&](const nlattr& list) {
    if (mnl_attr_get_type(&list) != NFTA_SET_ELEM_LIST_ELEMENTS) return;
    each_inside(list, NFTA_LIST_ELEM, [&](const nlattr& element) {
      each_inside(element, NFTA_SET_ELEM_KEY, [&](const nlattr& key) {
        each_inside(key, NFTA_DATA_VALUE, [&](const nlattr& value) {
          if (mnl_attr_get_payload_len(&value) == 4) tell(mnl_attr_get_u32(&value));
        });
      });
    });
  });
}

}  // namespace

KernelNews::KernelNews() : socket_(mnl_socket_open(NETLINK_NETFILTER)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  if (socket_ == nullptr || mnl_socket_bind(socket_, 0, MNL_SOCKET_AUTOPID) < 0) {
    throw std::runtime_error("no netlink socket");
  }
  int size = 256 << 20, joined = group;
  ::setsockopt(mnl_socket_get_fd(socket_), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  if (mnl_socket_setsockopt(socket_, NETLINK_ADD_MEMBERSHIP, &joined, sizeof joined) < 0) {
    throw std::runtime_error("cannot listen to nf_tables");
  }
  thread_ = std::thread([this] { listen(); });
}

KernelNews::~KernelNews() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_, &one, sizeof one);
  thread_.join();
  ::close(stop_);
  mnl_socket_close(socket_);
}

void KernelNews::listen() {
  std::vector<char> buffer(1 << 20);
  std::array<pollfd, 2> waited{{{mnl_socket_get_fd(socket_), POLLIN, 0}, {stop_, POLLIN, 0}}};
  for (;;) {
    ::poll(waited.data(), waited.size(), -1);
    if (waited[1].revents != 0) return;
    const auto size = mnl_socket_recvfrom(socket_, buffer.data(), buffer.size());
    const auto now = std::chrono::steady_clock::now();
    if (size <= 0) continue;
    int left = static_cast<int>(size);
    for (auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      const int type = message->nlmsg_type & 0xff;
      if (type != NFT_MSG_NEWSETELEM && type != NFT_MSG_DELSETELEM) continue;
      each_key(message, [&](std::uint32_t key) { note(key, type == NFT_MSG_NEWSETELEM, now); });
    }
  }
}

void KernelNews::note(std::uint32_t key, bool entered, Time now) {
  const std::scoped_lock lock(mutex_);
  seen_.insert_or_assign({key, entered}, now);
  changed_.notify_all();
}

std::optional<KernelNews::Time> KernelNews::when(const std::string& address, bool entered,
                                                 std::chrono::milliseconds patience) {
  std::uint32_t key = 0;
  if (::inet_pton(AF_INET, address.c_str(), &key) != 1) throw std::invalid_argument(address);
  std::unique_lock lock(mutex_);
  const auto found = [&] { return seen_.find({key, entered}); };
  changed_.wait_for(lock, patience, [&] { return found() != seen_.end(); });
  return found() == seen_.end() ? std::nullopt : std::optional(found()->second);
}

void KernelNews::forget() {
  const std::scoped_lock lock(mutex_);
  seen_.clear();
}

}  // namespace selvedge::bench
