// `selvedge cleanup`: removes table inet selvedge, and nothing else. It holds the
// instance lock meanwhile, so that no daemon starts under its hands.
#include "controller/agent/commands.h"
#include "controller/agent/console.h"
#include "controller/agent/instance_lock.h"
#include "nft/netlink_backend.h"

namespace selvedge::agent {
namespace {

constexpr const char* table = "selvedge";

int cannot(const std::string& why) {
  complain("cleanup: " + why);
  return 3;
}

}  // namespace

int cleanup(const CleanupCommand&) {
  const auto lock = InstanceLock::acquire();
  if (!lock) return cannot(lock.error() + "; stop it first");
  auto backend = nft::NetlinkBackend::open({.own_table = false});
  if (!backend) return cannot(backend.error().message);
  const auto dump = backend->dump(table);
  if (!dump) return cannot(dump.error().message);
  if (!*dump) {
    complain("cleanup: there is no table inet selvedge in this network namespace; nothing to remove");
    return 0;
  }
  if (const auto removed = backend->commit(table, {nft::DeleteTable{}}); !removed)
    return cannot(removed.error().message);
  complain("cleanup: removed table inet selvedge");
  return 0;
}

}  // namespace selvedge::agent
