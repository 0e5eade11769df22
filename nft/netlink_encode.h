// Operations become netlink messages, one function per operation.
//
// What the kernel's attributes cannot carry (names and comments that are too
// long, keys of a size that no set has) is refused here, with the operation's
// index, so that no length ever wraps.
#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

#include "nft/backend.h"
#include "nft/netlink_expression.h"
#include "nft/netlink_stream.h"
#include "nft/netlink_wire.h"
#include "nft/transaction.h"

namespace selvedge::nft::netlink {

// `batch` between its brackets, numbered from `first_sequence`. `table_flags` (NFT_TABLE_F_…) are
// those that AddTable asks for. The error is of Kind::refused.
tl::expected<Stream, Error> encode(const TableName& table, const Batch& batch, std::uint32_t table_flags,
                                   std::uint32_t first_sequence);

// One operation's part of that, split by subject. `set_id` numbers sets within a batch.
void encode_set(Stream& stream, std::size_t op, const TableName& table, const AddSet& set, std::uint32_t set_id);
void encode_map(Stream& stream, std::size_t op, const TableName& table, const AddMap& map, std::uint32_t set_id);
void encode_elements(Stream& stream, std::size_t op, const TableName& table, const AddElements& added);
void encode_elements(Stream& stream, std::size_t op, const TableName& table, const DeleteElements& removed);
void encode_elements(Stream& stream, std::size_t op, const TableName& table, const AddMapElements& added);
void encode_elements(Stream& stream, std::size_t op, const TableName& table, const DeleteMapElements& removed);
void encode_anonymous_set(Stream& stream, std::size_t op, const TableName& table, const AnonymousSet& set,
                          std::uint32_t set_id);
// Returns the number of set ids that the rule's anonymous sets took, counted from `set_id`.
std::uint32_t encode_rule(Stream& stream, std::size_t op, const TableName& table, const AddRule& added,
                          const Expressions& expressions, std::uint32_t set_id);

// The name of a set that the kernel is to name.
inline constexpr const char* anonymous_name = "__set%d";

}  // namespace selvedge::nft::netlink
