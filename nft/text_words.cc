// Protocols have names only where nft's grammar has them as words: any other name
// would be looked up in /etc/protocols, which a minimal image does not have.
#include "nft/text_words.h"

#include <algorithm>
#include <array>

#include "nft/overloaded.h"

namespace selvedge::nft::text {
namespace {

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/-_.").find(c) != std::string_view::npos;
}

std::string_view field_name(Field field) {
  switch (field) {
    case Field::ipv4_addr:
      return "ipv4_addr";
    case Field::ipv6_addr:
      return "ipv6_addr";
    case Field::inet_proto:
      return "inet_proto";
    case Field::inet_service:
      return "inet_service";
    case Field::iface_index:
      return "iface_index";
  }
  return "?";
}

std::string field_value(Field field, const std::uint8_t* bytes) {
  switch (field) {
    case Field::ipv4_addr:
    case Field::ipv6_addr: {
      Address address{.family = field == Field::ipv4_addr ? Family::v4 : Family::v6};
      std::copy_n(bytes, width(field), address.bytes.begin());
      return to_string(address);
    }
    case Field::inet_proto:
      return protocol(*bytes);
    case Field::inet_service:
      return std::to_string(bytes[0] << 8 | bytes[1]);
    case Field::iface_index: {
      Key key{.size = 4};
      std::copy_n(bytes, key.size, key.bytes.begin());
      return std::to_string(interface_of(key));
    }
  }
  return "?";
}

}  // namespace

std::string name(std::string_view text) {
  std::string safe(text);
  std::replace_if(
      safe.begin(), safe.end(), [](char c) { return !is_name_byte(c); }, '_');
  return safe.empty() ? "_" : safe;
}

std::string quoted(std::string_view text) {
  std::string safe(text);
  for (char& c : safe) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"') c = '\'';
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return '"' + safe + '"';
}

std::string family(Family family) {
  return family == Family::v4 ? "ip" : "ip6";
}

std::string side(Side side) {
  return side == Side::source ? "saddr" : "daddr";
}

std::string hook(Hook hook) {
  switch (hook) {
    case Hook::forward:
      return "forward";
    case Hook::input:
      return "input";
    case Hook::output:
      return "output";
    case Hook::prerouting:
      return "prerouting";
  }
  return "?";
}

std::string protocol(std::uint8_t number) {
  switch (number) {
    case 1:
      return "icmp";
    case 6:
      return "tcp";
    case 17:
      return "udp";
    case 58:
      return "icmpv6";
    case 132:
      return "sctp";
    default:
      return std::to_string(number);
  }
}

std::string prefix(const Prefix& prefix) {
  return prefix == host_prefix(prefix.address) ? to_string(prefix.address) : to_string(prefix);
}

std::string verdict(const Verdict& verdict) {
  return std::visit(
      Overloaded{
          [](const Accept&) -> std::string { return "accept"; },
          [](const Drop&) -> std::string { return "drop"; },
          [](const Return&) -> std::string { return "return"; },
          [](const Jump& v) { return "jump " + name(v.chain); },
          [](const Goto& v) { return "goto " + name(v.chain); },
          [](const Log& v) {
            return "limit rate " + std::to_string(v.rate) + "/second burst " + std::to_string(v.burst) +
                   " packets log prefix " + quoted(v.prefix) + " group " + std::to_string(v.group);
          },
          [](const DispatchInterface& v) { return "iif vmap @" + name(v.map); },
          [](const Dispatch& v) { return family(v.family) + ' ' + side(v.side) + " vmap @" + name(v.map); },
      },
      verdict);
}

std::string key(const KeyType& type, const Key& key) {
  std::string text;
  std::size_t at = 0;
  for (const Field field : type) {
    const auto end = at + register_size({field});
    if (end > key.bytes.size()) break;
    if (!text.empty()) text += " . ";
    text += field_value(field, key.bytes.data() + at);
    at = end;
  }
  return text;
}

std::string key_type(const KeyType& type) {
  std::string text;
  for (const Field field : type) {
    if (!text.empty()) text += " . ";
    text += field_name(field);
  }
  return text;
}

}  // namespace selvedge::nft::text
