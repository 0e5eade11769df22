// `selvedge inspect`: reads, never writes.
#include "controller/cli/commands.h"
#include "controller/cli/console.h"
#include "controller/cli/inspection.h"
#include "controller/cli/kernel_table.h"
#include "nft/netlink_backend.h"

namespace selvedge::cli {

namespace {

int cannot(const std::string& why) {
  complain("inspect: " + why);
  return 3;
}

// The table against borrowed addresses; none, as where that is switched off.
tl::expected<std::optional<nft::Dump>, std::string> ports_dump() {
  auto backend = nft::NetlinkBackend::open({.own_table = false, .family = nft::TableFamily::bridge});
  if (!backend) return tl::unexpected(backend.error().message);
  auto dump = backend->dump("selvedge");
  if (dump) return *std::move(dump);
  if (dump.error().kind == nft::Error::Kind::unsupported) return std::nullopt;
  return tl::unexpected(dump.error().message);
}

// False: there is something to complain of.
bool complain_of_opaque(const nft::Dump& dump) {
  for (const auto& opaque : dump.opaque)
    complain("inspect: " + opaque.owner + ": holds something that selvedge did not write: " + opaque.what);
  return dump.opaque.empty();
}

}  // namespace

int inspect(const InspectCommand& command) {
  const auto dump = read_kernel_table();
  if (!dump) return cannot(dump.error());
  const auto ports = ports_dump();
  if (!ports) return cannot(ports.error());
  const bool understood = complain_of_opaque(*dump) && (!*ports || complain_of_opaque(**ports));
  const std::string of_ports = *ports ? '\n' + inspection_text(**ports) : "";
  if (!print(command.output == OutputForm::json ? inspection_json(*dump, *ports) : inspection_text(*dump) + of_ports))
    return 3;
  return understood ? 0 : 1;
}

}  // namespace selvedge::cli
