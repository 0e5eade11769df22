// EBUSY has two meanings: a deletion of what is in use (the same batch fails
// again), and a hash table in the middle of its growth (it succeeds later).
#include "nft/netlink_error.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <linux/netfilter/nf_tables.h>

#include "nft/netlink_describe.h"

namespace selvedge::nft::netlink {
namespace {

bool deletes(const Op& op) {
  return std::holds_alternative<DeleteTable>(op) || std::holds_alternative<DeleteCounter>(op) ||
         std::holds_alternative<DeleteSet>(op) || std::holds_alternative<DeleteElements>(op) ||
         std::holds_alternative<DeleteMapElements>(op) || std::holds_alternative<DeleteChain>(op) ||
         std::holds_alternative<FlushChain>(op);
}

Error::Kind kind_of(int code, const Op* op) {
  switch (code) {
    case EPERM:
    case EACCES:
      return Error::Kind::denied;
    case EBUSY:
      return op != nullptr && deletes(*op) ? Error::Kind::refused : Error::Kind::transient;
    case EINTR:
    case EAGAIN:
    case ENOMEM:
      return Error::Kind::transient;
    case ENOBUFS:
      return Error::Kind::unknown;
    case EOPNOTSUPP:
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
    case ECONNREFUSED:
      return Error::Kind::unsupported;
    default:
      return Error::Kind::refused;
  }
}

std::string words(const Complaint& complaint) {
  std::string words = std::generic_category().message(complaint.code);
  if (!complaint.text.empty()) words += " (the kernel says: " + complaint.text + ")";
  return words;
}

std::string advice(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::denied:
      return "; this needs CAP_NET_ADMIN, and a table that no other process owns";
    case Error::Kind::unsupported:
      return "; this kernel lacks nf_tables or a feature of it";
    default:
      return "";
  }
}

// The element that the complaint points into, if it is one.
std::string element_at(const Stream& stream, const Complaint& complaint) {
  const Span message = stream.message(complaint.sequence.value_or(0));
  const std::size_t offset = complaint.offset.value_or(0);
  if (offset == 0 || offset >= message.size()) return "";
  const auto rest = Attributes::parse(message.subspan(offset));  // the element, those after it in the list, padding
  if (!rest || rest->all().empty()) return "";
  const auto element = Attributes::parse(rest->all().front().payload);
  const auto data = element ? element->nested(NFTA_SET_ELEM_KEY) : std::nullopt;
  const auto bytes = data ? data->bytes(NFTA_DATA_VALUE) : std::nullopt;
  Key key;
  if (!bytes || bytes->size() > key.bytes.size()) return "";
  std::copy(bytes->begin(), bytes->end(), key.bytes.begin());
  key.size = static_cast<std::uint8_t>(bytes->size());
  return ", element " + describe(key);
}

bool has_elements(const Op& op) {
  return std::holds_alternative<AddElements>(op) || std::holds_alternative<DeleteElements>(op) ||
         std::holds_alternative<AddMapElements>(op) || std::holds_alternative<DeleteMapElements>(op);
}

}  // namespace

Error error_of(const TableName& table, const std::string& what, const Complaint& complaint) {
  Error::Kind kind = kind_of(complaint.code, nullptr);
  const bool cut_off = complaint.code == EMSGSIZE || complaint.code == EAGAIN || complaint.code == EBADMSG;
  if (cut_off) kind = Error::Kind::unknown;
  return {.kind = kind,
          .code = complaint.code,
          .op = {},
          .message = "table " + table.text() + ": " + what + ": " + words(complaint) + advice(kind)};
}

Error error_of(const TableName& table, const Batch& batch, const Stream& stream, const Complaints& complaints) {
  const std::string where = "table " + table.text() + ": ";
  if (complaints.all.empty())
    return {.kind = Error::Kind::unknown,
            .code = ENOBUFS,
            .op = {},
            .message = where + "the kernel's answer to a batch of " + std::to_string(batch.size()) +
                       " operations was lost; it may or may not have been committed"};
  const auto op_of = [&](const Complaint& complaint) {
    return complaint.sequence ? stream.op_of(*complaint.sequence) : std::nullopt;
  };
  const auto blamed = std::find_if(complaints.all.begin(), complaints.all.end(),
                                   [&](const Complaint& complaint) { return op_of(complaint).has_value(); });
  const Complaint& first = blamed != complaints.all.end() ? *blamed : complaints.all.front();
  const auto index = op_of(first);
  const Op* op = index && *index < batch.size() ? &batch[*index] : nullptr;
  const Error::Kind kind = kind_of(first.code, op);
  std::string what = op != nullptr ? describe(*op) : "a batch of " + std::to_string(batch.size()) + " operations";
  if (op != nullptr && has_elements(*op)) what += element_at(stream, first);
  const bool known = kind != Error::Kind::unknown;
  return {.kind = kind,
          .code = first.code,
          .op = index,
          .message = where + what + ": " + words(first) + advice(kind) +
                     (known ? "; nothing of the batch was committed" : "; it may or may not have been committed")};
}

}  // namespace selvedge::nft::netlink
