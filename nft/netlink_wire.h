// The numbers of nft's own that the kernel stores without reading them: data
// type numbers and userdata kinds. `nft list` prints our objects by these
// (nftables 1.0.6: include/datatype.h; libnftnl: udata.h).
//
// Only the oldest userdata kinds are written: older nft programs crash on newer ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "nft/ruleset.h"

namespace selvedge::nft::netlink {

inline constexpr std::uint8_t family_inet = 1;             // NFPROTO_INET
inline constexpr std::uint8_t family_bridge = 7;           // NFPROTO_BRIDGE
inline constexpr std::uint32_t type_verdict = 0xffffff00;  // NFT_DATA_VERDICT
inline constexpr std::uint32_t type_ether_type = 10;
inline constexpr std::uint32_t type_inet_service = 13;
inline constexpr std::uint32_t type_iface_index = 20;
inline constexpr std::uint32_t type_icmpv6_type = 29;
inline constexpr unsigned bits_per_type = 6;  // of a concatenation's type number

inline constexpr std::uint8_t userdata_comment = 0;  // of rules, chains and tables
inline constexpr std::uint8_t userdata_set_key_byteorder = 0;
inline constexpr std::uint8_t userdata_set_data_byteorder = 1;
inline constexpr std::uint8_t userdata_set_comment = 7;
inline constexpr std::uint8_t userdata_element_flags = 1;
inline constexpr std::uint32_t element_interval_open = 1;
inline constexpr std::uint32_t byteorder_none = 0;
inline constexpr std::uint32_t byteorder_host = 1;
inline constexpr std::uint32_t byteorder_big_endian = 2;

// Numbers that <linux/netfilter/nf_tables.h> of Debian 12 does not have yet.
inline constexpr std::uint32_t table_flag_owner = 2;
inline constexpr std::uint32_t table_flag_persist = 4;    // Linux 6.9
inline constexpr std::uint16_t set_count_attribute = 20;  // NFTA_SET_COUNT, Linux 6.16

inline constexpr std::size_t longest_name = 255;
inline constexpr std::size_t longest_comment = 127;
inline constexpr std::size_t longest_prefix = 127;  // NF_LOG_PREFIXLEN - 1
inline constexpr std::size_t longest_interface = 15;
inline constexpr std::size_t most_expressions = 128;  // NFT_RULE_MAXEXPRS

constexpr std::uint32_t type_number(Field field) {
  switch (field) {
    case Field::ipv4_addr:
      return 7;
    case Field::ipv6_addr:
      return 8;
    case Field::inet_proto:
      return 12;
    case Field::inet_service:
      return type_inet_service;
    case Field::iface_index:
      return type_iface_index;
  }
  return 0;
}

// A table by its name, in its family.
struct TableName {
  TableName(std::string called, TableFamily of = TableFamily::inet) : name(std::move(called)), family(of) {}
  TableName(const char* called) : name(called) {}

  std::uint8_t number() const { return family == TableFamily::inet ? family_inet : family_bridge; }
  std::string text() const { return std::string(to_string(family)) + ' ' + name; }

  std::string name;
  TableFamily family = TableFamily::inet;
};

inline std::uint32_t type_number(const KeyType& type) {
  std::uint32_t number = 0;
  for (const Field field : type) number = number << bits_per_type | type_number(field);
  return number;
}

// Bytes of a key in the kernel. Zero for what no match looks up: a lone protocol or port (which the
// kernel would not pad), or more than a Key holds.
inline std::size_t key_size(const KeyType& type) {
  if (type.size() == 1 && (type[0] == Field::inet_proto || type[0] == Field::inet_service)) return 0;
  const std::size_t size = register_size(type);
  return size <= sizeof(Key::bytes) ? size : 0;
}

// No value: a field that the model does not have.
inline std::optional<KeyType> key_type(std::uint32_t number) {
  KeyType type;
  for (; number != 0; number >>= bits_per_type) {
    const std::uint32_t last = number & ((1U << bits_per_type) - 1);
    switch (last) {
      case 7:
        type.insert(type.begin(), Field::ipv4_addr);
        break;
      case 8:
        type.insert(type.begin(), Field::ipv6_addr);
        break;
      case 12:
        type.insert(type.begin(), Field::inet_proto);
        break;
      case type_inet_service:
        type.insert(type.begin(), Field::inet_service);
        break;
      case type_iface_index:
        type.insert(type.begin(), Field::iface_index);
        break;
      default:
        return std::nullopt;
    }
  }
  if (type.empty()) return std::nullopt;
  return type;
}

}  // namespace selvedge::nft::netlink
