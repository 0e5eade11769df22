// An operation in words, for messages: adding the rule `ip saddr @peers-v4 accept` to chain pod-x.
#pragma once

#include <string>

#include "nft/transaction.h"

namespace selvedge::nft::netlink {

std::string describe(const Op& op);

// A key as nft prints it, by its size alone; its bytes in hex if it is of no type that sets have.
std::string describe(const Key& key);

}  // namespace selvedge::nft::netlink
