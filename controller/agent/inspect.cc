// `selvedge inspect`: reads, never writes.
#include "controller/agent/commands.h"
#include "controller/agent/console.h"
#include "controller/agent/inspection.h"
#include "nft/netlink_backend.h"

namespace selvedge::agent {

namespace {

int cannot(const std::string& why) {
  complain("inspect: " + why);
  return 3;
}

}  // namespace

int inspect(const InspectCommand& command) {
  auto backend = nft::NetlinkBackend::open({.own_table = false});
  if (!backend) return cannot(backend.error().message);
  const auto dump = backend->dump("selvedge");
  if (!dump) return cannot(dump.error().message);
  if (!*dump) return cannot("the kernel holds no table inet selvedge in this network namespace");
  for (const auto& opaque : (*dump)->opaque)
    complain("inspect: " + opaque.owner + ": holds something that selvedge did not write: " + opaque.what);
  if (!print(command.output == OutputForm::json ? inspection_json(**dump) : inspection_text(**dump))) return 3;
  return (*dump)->opaque.empty() ? 0 : 1;
}

}  // namespace selvedge::agent
