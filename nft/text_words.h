// The words of nft's syntax that more than one printer needs. nft knows no escape
// within quotes and none in names: what could end either is replaced, so that hostile
// text cannot become syntax. validate() tells about such text; here it is made harmless.
#pragma once

#include <string>
#include <string_view>

#include "nft/ruleset.h"

namespace selvedge::nft::text {

std::string name(std::string_view text);    // unquoted: anything but letters, digits, "/-_." becomes '_'
std::string quoted(std::string_view text);  // '"' becomes '\'', a control byte '?'
std::string family(Family family);          // "ip", "ip6"
std::string side(Side side);                // "saddr", "daddr"
std::string hook(Hook hook);                // "forward", …
std::string protocol(std::uint8_t number);  // by name where nft's grammar has it as a word
std::string prefix(const Prefix& prefix);   // a host without its /32 or /128
std::string verdict(const Verdict& verdict);
std::string key(const KeyType& type, const Key& key);
std::string key_type(const KeyType& type);

}  // namespace selvedge::nft::text
