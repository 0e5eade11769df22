// A small cluster whose denials are named, and packets as the kernel's log tells of them.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "controller/monitor/witness.h"
#include "controller/monitor/words.h"
#include "k8sclient/decode.h"
#include "test/explain/shop.h"

namespace selvedge::test {

inline std::vector<k8s::Object> objects_of(const std::string& manifests) {
  std::vector<k8s::Object> objects;
  const auto decoded = k8s::decode_manifest(manifests);
  EXPECT_TRUE(decoded) << decoded.error().message;
  if (decoded)
    for (const auto& one : *decoded) objects.push_back(one.object);
  return objects;
}

inline nft::PacketHead packet(const char* source, const char* destination, std::uint8_t protocol, std::uint16_t port) {
  nft::PacketHead head{.source = *nft::parse_address(source), .destination = *nft::parse_address(destination)};
  head.protocol = protocol;
  if (nft::has_ports(protocol)) head.source_port = 40000, head.destination_port = port;
  if (!nft::has_ports(protocol)) head.icmp_type = static_cast<std::uint8_t>(port), head.icmp_code = 0;
  return head;
}

// At 2026-11-24T01:15:37.123Z.
inline monitor::Sighting sighting(const std::string& prefix, const nft::PacketHead& head) {
  const auto parsed = parse_denial_prefix(prefix);
  EXPECT_TRUE(parsed) << prefix;
  return {.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1795482937123)),
          .prefix = parsed.value_or(DenialPrefix{}),
          .packet = head,
          .in = "cni0",
          .out = "eth0"};
}

inline const std::string to_api = "selvedge deny ingress abcdefghijklmnop-production/api-7d4f-x";
inline const std::string from_api = "selvedge deny egress abcdefghijklmnop-production/api-7d4f-x";

inline monitor::Denied denied(const std::string& prefix, const nft::PacketHead& head,
                              const std::string& manifests = shop) {
  return monitor::Witness({}, objects_of(manifests)).tell(sighting(prefix, head));
}

}  // namespace selvedge::test
