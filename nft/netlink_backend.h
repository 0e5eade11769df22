// The kernel's nf_tables behind the Backend seam, over one netlink socket.
//
// Ownership is decided when the table is first created and cannot be changed
// after (EOPNOTSUPP): an existing plain table stays plain; a table whose owner is gone
// is adopted with the flags it has. An owned table takes writes from the
// owner's socket only, so one backend does all writes as long as it lives.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "nft/backend.h"

namespace selvedge::nft {

namespace netlink {
class Socket;
struct TableHead;
struct TableName;
}  // namespace netlink

// Works in the network namespace of the thread that opened it. Needs CAP_NET_ADMIN there, also to
// read. Errors as in backend.h; an EBUSY for a deletion is Kind::refused (the object is in use),
// any other EBUSY is Kind::transient.
class NetlinkBackend final : public Backend {
 public:
  struct Options {
    // Create the table as ours alone (NFT_TABLE_F_OWNER|PERSIST, Linux 6.9), so that `nft flush
    // ruleset` spares it while we live. Where the kernel lacks that, the table is plain.
    bool own_table = true;
    TableFamily family = TableFamily::inet;  // of all tables that it is asked about
  };

  // Kind::denied: no CAP_NET_ADMIN. Kind::unsupported: no nf_tables in this kernel.
  static tl::expected<NetlinkBackend, Error> open(Options options);
  NetlinkBackend(NetlinkBackend&&) noexcept;
  NetlinkBackend& operator=(NetlinkBackend&&) noexcept;
  ~NetlinkBackend() override;

  tl::expected<void, Error> commit(const std::string& table, const Batch& batch) override;
  tl::expected<std::optional<Dump>, Error> dump(const std::string& table) override;
  tl::expected<std::optional<PackedDump>, Error> packed_dump(const std::string& table) override;
  tl::expected<std::optional<Counts>, Error> counts(const std::string& table) override;
  tl::expected<std::optional<Tally>, Error> tally(const std::string& table) override;

  // A look that costs microseconds: was the table touched by others? Its handle changes when it is
  // made anew, `use` when chains, sets or objects come or go. `generation` moves with every commit
  // in the namespace, also to other tables; less `own`, this backend's own commits, it moves with others' alone
  // (and once if an answer to a commit was lost). While the table is `held`, by this backend's socket
  // (Options::own_table), nobody else can change it: then nothing needs to be looked for.
  struct Glance {
    std::uint32_t generation = 0;
    std::uint32_t own = 0;
    bool held = false;
    bool exists = false;
    std::uint64_t handle = 0;
    std::uint32_t use = 0;
    bool operator==(const Glance&) const = default;
  };
  tl::expected<Glance, Error> glance(const std::string& table);

 private:
  NetlinkBackend(Options options, netlink::Socket socket);

  tl::expected<std::uint32_t, Error> generation();
  tl::expected<std::optional<netlink::TableHead>, Error> head(const netlink::TableName& table);
  tl::expected<void, Error> commit_with_flags(const netlink::TableName& table, const Batch& batch, std::uint32_t flags);

  Options options_;
  std::unique_ptr<netlink::Socket> socket_;
  std::uint32_t own_commits_ = 0;
};

}  // namespace selvedge::nft
