// A Table in the syntax of `nft -f`: canonical, sorted, loadable into an empty
// kernel as it is. Two equal tables give the same bytes.
#pragma once

#include <string>

#include "nft/ruleset.h"

namespace selvedge::nft {

// Ends with a newline. Counters, sets, maps and chains in this order, each sorted by name,
// but regular chains before base chains.
std::string to_text(const Table& table);

// One rule as it stands in to_text, without indentation: `ip saddr @peers-v4 tcp dport 80 accept`.
std::string to_text(const Rule& rule);

// A set's element as it stands in to_text: "10.0.0.0/24", "10.0.0.5-10.0.0.9", "10.0.0.5 . tcp . 80".
std::string to_text(const KeyType& type, const Element& element);

}  // namespace selvedge::nft
