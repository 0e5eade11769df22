// Who takes part: the pods whose flows are judged, by the bed's address plan (test/support/packet_bed.h).
#pragma once

namespace selvedge::soak {

struct Part {
  const char* name;
  const char* v4;
  const char* v6;
};

inline constexpr Part client{"client", "10.244.1.10", "fd00:244:0:1::10"};
inline constexpr Part stranger{"stranger", "10.244.1.11", "fd00:244:0:1::11"};
inline constexpr Part roamer{"roamer", "10.244.1.12", ""};    // allowed by one of two sets, by turns
inline constexpr Part swinger{"swinger", "10.244.1.13", ""};  // allowed in, but captive; or neither
inline constexpr Part hinge_from{"hinge-from", "10.244.1.14", ""};
inline constexpr Part free_from{"free-from", "10.244.1.15", ""};
inline constexpr Part victim{"victim", "10.244.1.20", "fd00:244:0:1::20"};  // always isolated for ingress
inline constexpr Part captive{"captive", "10.244.1.21", ""};                // always isolated for egress
inline constexpr Part shifty{"shifty", "10.244.1.22", ""};                  // isolated for ingress now and then
inline constexpr Part turncoat{"turncoat", "10.244.1.23", ""};              // isolated for egress now and then
inline constexpr Part gate{"gate", "10.244.1.24", ""};
inline constexpr Part hinge_to{"hinge-to", "10.244.1.25", ""};
inline constexpr Part free_to{"free-to", "10.244.1.26", ""};
inline constexpr Part server{"server", "10.244.1.30", ""};  // never isolated
inline constexpr Part remote_client{"remote-client", "10.244.2.10", ""};
inline constexpr Part remote_stranger{"remote-stranger", "10.244.2.11", ""};

inline constexpr const char* reused_address = "10.244.1.40";  // of one isolated pod after another
inline constexpr const char* outsider_within = "203.0.113.10";
inline constexpr const char* outsider_excepted = "203.0.113.200";

}  // namespace selvedge::soak
