// The kernel's table of connections (ctnetlink), read and thinned out, over a netlink socket of its own.
//
// Reading takes about 2 us an entry, and the kernel walks all of them even where it is asked for few: 0.4 s for
// 200,000. So what is read is handed on at once and never held, and whoever has another thing to do
// reads in another thread.
//
// libnetfilter_conntrack 1.0.9 cannot say CTA_ID or CTA_FILTER, nor name a connection of a protocol without ports:
// the messages are made with libmnl.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <tl/expected.hpp>

#include "nft/backend.h"
#include "nft/connection.h"

struct mnl_socket;

namespace selvedge::nft {

// Not thread-safe. Works in the network namespace of the thread that opened it. Needs CAP_NET_ADMIN there. Errors as
// in backend.h: Kind::denied, no privilege; Kind::unsupported, no netlink conntrack in this kernel (module
// nf_conntrack_netlink); else Kind::transient, the same may succeed later.
class ConntrackTable {
 public:
  static tl::expected<ConntrackTable, Error> open();
  ConntrackTable(ConntrackTable&&) noexcept;
  ConntrackTable& operator=(ConntrackTable&&) noexcept;
  ~ConntrackTable();

  tl::expected<std::size_t, Error> count();

  // Hands all connections to `take`, one by one, or with `source` those alone of which it is the source of
  // either direction: of IPv4 asked of the kernel twice (CTA_FILTER, Linux 5.8), else picked here. Some that begin or
  // end meanwhile come, some do not; some may come twice.
  using Take = std::function<void(const Connection&)>;
  tl::expected<void, Error> each(const Take& take, const std::optional<Address>& source = std::nullopt);

  // Removes exactly these, if they are still there; how many were. Another connection that has got the tuple of one
  // stays, as it has another id.
  tl::expected<std::size_t, Error> remove(std::span<const Connection> connections);

 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  explicit ConntrackTable(std::unique_ptr<mnl_socket, Close> socket);

  tl::expected<std::size_t, Error> receive(bool wait);
  tl::expected<void, Error> ask(std::span<const std::uint8_t> question, const Take& take);
  tl::expected<std::size_t, Error> remove_some(std::span<const Connection> connections);

  std::unique_ptr<mnl_socket, Close> socket_;
  std::vector<std::uint8_t> buffer_;  // of a datagram
  std::uint32_t sequence_ = 1;
};

}  // namespace selvedge::nft
