#include "controller/cli/kernel_table.h"

#include "nft/netlink_backend.h"

namespace selvedge::cli {

tl::expected<nft::Dump, std::string> read_kernel_table() {
  auto backend = nft::NetlinkBackend::open({.own_table = false});
  if (!backend) return tl::unexpected(backend.error().message);
  auto dump = backend->dump("selvedge");
  if (!dump) return tl::unexpected(dump.error().message);
  if (!*dump) return tl::unexpected(std::string("the kernel holds no table inet selvedge in this network namespace"));
  return **std::move(dump);
}

}  // namespace selvedge::cli
