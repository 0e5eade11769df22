// A dump takes several questions, and between two of them anyone may commit.
// The generation id tells; but it moves with other tables too (kube-proxy's),
// so two readings in a row that are equal also count as one that was undisturbed.
#include "nft/netlink_backend.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <initializer_list>
#include <thread>

#include <libnftnl/common.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/netlink_decode.h"
#include "nft/netlink_encode.h"
#include "nft/netlink_error.h"
#include "nft/netlink_socket.h"
#include "nft/netlink_wire.h"

namespace selvedge::nft {
namespace {

using namespace netlink;

constexpr int reading_attempts = 10;

// One question. `fill` puts the attributes that narrow it.
Stream question(Socket& socket, std::uint8_t family, std::uint16_t type, std::uint16_t flags,
                const std::function<void(nlmsghdr*)>& fill) {
  Stream stream(socket.reserve(1), family);
  stream.add(type, flags, std::nullopt, fill);
  return stream;
}

Stream dump_of(Socket& socket, std::uint16_t type, std::uint16_t table_attribute, const TableName& table) {
  return question(socket, table.number(), type, NLM_F_DUMP,
                  [&](nlmsghdr* message) { mnl_attr_put_strz(message, table_attribute, table.name.c_str()); });
}

Stream elements_of(Socket& socket, const TableName& table, const std::string& set) {
  return question(socket, table.number(), NFT_MSG_GETSETELEM, NLM_F_DUMP, [&](nlmsghdr* message) {
    mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, table.name.c_str());
    mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set.c_str());
  });
}

bool same(const Opaque& a, const Opaque& b) {
  return a.where == b.where && a.owner == b.owner && a.raw == b.raw;
}

// The same rules; counters count on.
bool same(const PackedDump& one, const PackedDump& other) {
  const Dump& a = one.dump;
  const Dump& b = other.dump;
  return a.handle == b.handle && a.table == b.table && one.elements == other.elements &&
         std::equal(a.opaque.begin(), a.opaque.end(), b.opaque.begin(), b.opaque.end(),
                    [](const Opaque& x, const Opaque& y) { return same(x, y); });
}

Stream table_named(Socket& socket, const TableName& table) {
  return question(socket, table.number(), NFT_MSG_GETTABLE, NLM_F_ACK,
                  [&](nlmsghdr* message) { mnl_attr_put_strz(message, NFTA_TABLE_NAME, table.name.c_str()); });
}

// The table and those of its parts that are asked for, one after another, in one stream; no value: there is no such
// table. ENOENT: something went away meanwhile.
struct Part {
  std::uint16_t message;
  std::uint16_t table_attribute;
};
constexpr Part objects{NFT_MSG_GETOBJ, NFTA_OBJ_TABLE}, chains{NFT_MSG_GETCHAIN, NFTA_CHAIN_TABLE},
    rules{NFT_MSG_GETRULE, NFTA_RULE_TABLE}, sets{NFT_MSG_GETSET, NFTA_SET_TABLE};

tl::expected<std::optional<Answer>, Complaint> read_parts(Socket& socket, const TableName& table,
                                                          std::initializer_list<Part> parts) {
  auto all = socket.ask(table_named(socket, table));
  if (!all && all.error().code == ENOENT) return std::nullopt;
  if (!all) return tl::unexpected(all.error());
  for (const Part& part : parts) {
    const auto answer = socket.ask(dump_of(socket, part.message, part.table_attribute, table), table.name);
    if (!answer) return tl::unexpected(answer.error());
    all->stream.insert(all->stream.end(), answer->stream.begin(), answer->stream.end());
    all->interrupted = all->interrupted || answer->interrupted;
  }
  return *std::move(all);
}

// All of the table, the elements set by set.
tl::expected<std::optional<Decoded>, Complaint> read_table(Socket& socket, const TableName& table) {
  const auto parts = read_parts(socket, table, {objects, chains, rules, sets});
  if (!parts) return tl::unexpected(parts.error());
  if (!*parts) return std::nullopt;
  const Answer& all = **parts;
  TableReading reading(table);
  reading.add(all.stream);
  for (const std::string& set : reading.sets_worth_reading()) {
    const auto elements = socket.ask(elements_of(socket, table, set), table.name);
    if (!elements) return tl::unexpected(elements.error());
    reading.add_elements(set, elements->stream);
  }
  Decoded decoded = reading.finish();
  decoded.torn = decoded.torn || (all.interrupted && !has_all_parts(table, all.stream));
  return decoded;
}

// What AddTable has to ask for: a table that is there keeps its flags, but an orphan may be adopted,
// and one that someone put to sleep is woken.
std::uint32_t flags_for(const std::optional<TableHead>& existing, bool own) {
  if (!existing) return own ? table_flag_owner | table_flag_persist : 0;
  const bool owned = (existing->flags & table_flag_owner) != 0;
  const bool orphan = !owned && (existing->flags & table_flag_persist) != 0;
  return (existing->flags & ~std::uint32_t{NFT_TABLE_F_DORMANT}) | (orphan && own ? table_flag_owner : 0);
}

bool adds_table(const Batch& batch) {
  return std::any_of(batch.begin(), batch.end(), [](const Op& op) { return std::holds_alternative<AddTable>(op); });
}

// The kernel has no OWNER (before 5.12) or no PERSIST (before 6.9).
bool flags_unknown(const Batch& batch, const Error& error) {
  const bool blamed = error.op && *error.op < batch.size() && std::holds_alternative<AddTable>(batch[*error.op]);
  return blamed && (error.code == EOPNOTSUPP || error.code == EINVAL);
}

}  // namespace

NetlinkBackend::NetlinkBackend(Options options, Socket socket)
    : options_(options), socket_(std::make_unique<Socket>(std::move(socket))) {}
NetlinkBackend::NetlinkBackend(NetlinkBackend&&) noexcept = default;
NetlinkBackend& NetlinkBackend::operator=(NetlinkBackend&&) noexcept = default;
NetlinkBackend::~NetlinkBackend() = default;

tl::expected<NetlinkBackend, Error> NetlinkBackend::open(Options options) {
  const auto failed = [](const Complaint& complaint) {
    Error error = error_of("", "opening a netlink socket to nf_tables", complaint);
    error.message = error.message.substr(error.message.find(" : ") + 3);
    return error;
  };
  auto socket = Socket::open();
  if (!socket) return tl::unexpected(failed(socket.error()));
  NetlinkBackend backend(options, std::move(*socket));
  if (auto generation = backend.generation(); !generation) {
    Error error = std::move(generation.error());
    if (error.kind == Error::Kind::refused) error.kind = Error::Kind::unsupported;  // EINVAL: no such subsystem
    return tl::unexpected(std::move(error));
  }
  return backend;
}

tl::expected<std::uint32_t, Error> NetlinkBackend::generation() {
  const auto answer = socket_->ask(question(*socket_, AF_UNSPEC, NFT_MSG_GETGEN, NLM_F_ACK, [](nlmsghdr*) {}));
  if (!answer) return tl::unexpected(error_of("*", "reading the generation id", answer.error()));
  for (const Message& message : messages_of(answer->stream)) {
    const auto attributes = Attributes::parse(message.attributes);
    const auto id = attributes ? attributes->u32(NFTA_GEN_ID) : std::nullopt;
    if (message.type == NFT_MSG_NEWGEN && id) return *id;
  }
  return tl::unexpected(error_of("*", "reading the generation id", Complaint{.code = EBADMSG}));
}

tl::expected<std::optional<TableHead>, Error> NetlinkBackend::head(const TableName& table) {
  const auto answer = socket_->ask(table_named(*socket_, table));
  if (answer) return table_head(table, answer->stream);
  if (answer.error().code == ENOENT) return std::optional<TableHead>();
  return tl::unexpected(error_of(table, "looking for the table", answer.error()));
}

tl::expected<NetlinkBackend::Glance, Error> NetlinkBackend::glance(const std::string& name) {
  const TableName table(name, options_.family);
  const auto now = generation();
  if (!now) return tl::unexpected(now.error());
  const auto found = head(table);
  if (!found) return tl::unexpected(found.error());
  Glance glance{.generation = *now, .own = own_commits_};
  if (!*found) return glance;
  const TableHead& head = **found;
  glance.held = (head.flags & table_flag_owner) != 0 && head.owner == socket_->port();
  glance.exists = true;
  glance.handle = head.handle;
  glance.use = head.use;
  return glance;
}

tl::expected<void, Error> NetlinkBackend::commit_with_flags(const TableName& table, const Batch& batch,
                                                            std::uint32_t flags) {
  const auto stream = encode(table, batch, flags, socket_->reserve(0));
  if (!stream) return tl::unexpected(stream.error());
  socket_->reserve(stream->messages());
  const auto sent = socket_->send_batch(*stream);
  if (!sent) return tl::unexpected(error_of(table, batch, *stream, sent.error()));
  ++own_commits_;
  return {};
}

tl::expected<void, Error> NetlinkBackend::commit(const std::string& name, const Batch& batch) {
  const TableName table(name, options_.family);
  if (!adds_table(batch)) return commit_with_flags(table, batch, 0);
  const auto existing = head(table);
  if (!existing) return tl::unexpected(existing.error());
  const std::uint32_t flags = flags_for(*existing, options_.own_table);
  // A table whose flags change takes no base chain in the same batch: EINVAL (nf_tables_addchain; seen on Linux 6.18).
  if (*existing && (*existing)->flags != flags && batch.size() > 1) {
    if (auto changed = commit_with_flags(table, {AddTable{}}, flags); !changed) return changed;
  }
  auto done = commit_with_flags(table, batch, flags);
  if (!done && !*existing && flags != 0 && flags_unknown(batch, done.error()))
    return commit_with_flags(table, batch, 0);
  return done;
}

tl::expected<std::optional<PackedDump>, Error> NetlinkBackend::packed_dump(const std::string& name) {
  const TableName table(name, options_.family);
  std::optional<PackedDump> previous;
  for (int attempt = 0; attempt < reading_attempts; ++attempt) {
    const auto before = generation();
    if (!before) return tl::unexpected(before.error());
    auto read = read_table(*socket_, table);
    if (!read && read.error().code == ENOENT) continue;
    if (!read && read.error().code == EINTR) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1 << attempt));  // another writes without pause
      continue;
    }
    if (!read) return tl::unexpected(error_of(table, "reading it back", read.error()));
    if (!*read) return std::optional<PackedDump>();
    const auto after = generation();
    if (!after) return tl::unexpected(after.error());

    auto [dump, elements, torn] = *std::move(*read);
    if (torn) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1 << attempt));  // the kernel, or another, is at work
      continue;
    }
    dump.generation = *before;
    PackedDump packed{std::move(dump), std::move(elements)};
    if (*before == *after || (previous && same(*previous, packed))) return packed;
    previous = std::move(packed);
  }
  return tl::unexpected(error_of(table, "reading it back, while it changed each time", Complaint{.code = EINTR}));
}

tl::expected<std::optional<Dump>, Error> NetlinkBackend::dump(const std::string& table) {
  auto packed = packed_dump(table);
  if (!packed) return tl::unexpected(std::move(packed.error()));
  if (!*packed) return std::optional<Dump>();
  Dump dump = std::move((*packed)->dump);
  for (auto& [name, set] : dump.table.sets) set.elements = (*packed)->elements.at(name).list();
  return dump;
}

tl::expected<std::optional<Counts>, Error> NetlinkBackend::counts(const std::string& name) {
  const TableName table(name, options_.family);
  for (int attempt = 0; attempt < reading_attempts; ++attempt) {
    const auto read = read_parts(*socket_, table, {objects});
    if (!read && (read.error().code == ENOENT || read.error().code == EINTR)) continue;
    if (!read) return tl::unexpected(error_of(table, "reading its counters", read.error()));
    if (!*read) return std::optional<Counts>();
    if (!(*read)->interrupted) return decode(table, (*read)->stream).dump.counters;
  }
  return tl::unexpected(error_of(table, "reading its counters, while others write", Complaint{.code = EINTR}));
}

tl::expected<std::optional<Tally>, Error> NetlinkBackend::tally(const std::string& name) {
  const TableName table(name, options_.family);
  for (int attempt = 0; attempt < reading_attempts; ++attempt) {
    const auto read = read_parts(*socket_, table, {objects, chains, sets});
    if (!read && (read.error().code == ENOENT || read.error().code == EINTR)) continue;
    if (!read) return tl::unexpected(error_of(table, "counting its parts", read.error()));
    if (!*read) return std::optional<Tally>();
    const Answer& all = **read;
    if (!all.interrupted || has_all_parts(table, all.stream)) return tally_of(table, all.stream);
  }
  return tl::unexpected(error_of(table, "counting its parts, while others write", Complaint{.code = EINTR}));
}

}  // namespace selvedge::nft
