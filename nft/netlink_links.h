// Links, addresses and routes (rtnetlink): which ports the bridges have, which addresses a pod's end of a port holds,
// and which addresses are the node's own.
//
// The surprise is that those of a pod can be asked from outside, without entering the pod's namespace:
// IFA_TARGET_NETNSID (Linux 4.20), by the number that the kernel shows of the other end's namespace. It takes
// CAP_NET_ADMIN and no mount, no process id and no word from the container runtime.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "nft/backend.h"
#include "nft/bridge_ports.h"

struct mnl_socket;

namespace selvedge::nft {

struct CloseSocket {
  void operator()(mnl_socket* socket) const;
};
using LinkSocket = std::unique_ptr<mnl_socket, CloseSocket>;

// As unite() gives them.
struct OwnAddresses {
  std::vector<Interval> own;     // the node takes packets to these itself
  std::vector<Interval> shared;  // it is one of several: broadcast and anycast addresses
};

// Not thread-safe. Works in the network namespace of the thread that opened it. Errors as in backend.h: Kind::denied,
// no privilege; else Kind::transient.
class Links {
 public:
  static tl::expected<Links, Error> open();

  // `pod_bridge` is a name; there may be no such bridge.
  tl::expected<BridgePorts, Error> bridge_ports(const std::string& pod_bridge);

  // Of global scope, that the other end of a port of a pod holds; sorted. The pod may be gone meanwhile: an error.
  tl::expected<std::vector<Address>, Error> addresses_behind(const BridgePort& port);

  // What the table `local` has routes for: more than the interfaces' addresses (AnyIP: `ip route add local
  // 198.51.100.0/24 dev lo`). And those of interfaces, since the routes of a VRF's are in a table of its own.
  tl::expected<OwnAddresses, Error> own_addresses();

  // The interface by which the node's own packets to `address` leave; none: it has no route there, or holds the address
  // itself, or it cannot be told.
  std::optional<std::string> device_towards(const Address& address);

 private:
  explicit Links(LinkSocket socket);
  template <typename Look>
  tl::expected<void, Error> ask(std::vector<std::uint8_t> question, const char* what, const Look& look);

  LinkSocket socket_;
  std::vector<std::uint8_t> buffer_;
  std::uint32_t sequence_ = 0;
};

// Waits for links to come, go or change.
class LinkNews {
 public:
  static tl::expected<LinkNews, Error> open();

  // True: something has changed. False: `stop`, a file descriptor, has become readable, or nothing more can be heard.
  bool wait(int stop);

 private:
  explicit LinkNews(LinkSocket socket) : socket_(std::move(socket)) {}

  LinkSocket socket_;
};

}  // namespace selvedge::nft
