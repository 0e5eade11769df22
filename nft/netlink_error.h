// The kernel's complaints as Errors: which operation, which element, in whose
// words, and what the caller should do about it.
#pragma once

#include <string>

#include "nft/backend.h"
#include "nft/netlink_socket.h"
#include "nft/netlink_stream.h"
#include "nft/netlink_wire.h"
#include "nft/transaction.h"

namespace selvedge::nft::netlink {

// About a question; `what` was being done ("reading its chains").
Error error_of(const TableName& table, const std::string& what, const Complaint& complaint);

// About a batch: the first operation that was blamed. One complaint is enough to know that nothing
// was committed; none, and some lost, is Kind::unknown.
Error error_of(const TableName& table, const Batch& batch, const Stream& stream, const Complaints& complaints);

}  // namespace selvedge::nft::netlink
