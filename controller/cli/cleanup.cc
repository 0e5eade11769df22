// `selvedge cleanup`: removes what `run` wrote, and nothing else. It holds the instance lock meanwhile, so that no
// daemon starts under its hands. The CNI plugin's entry goes first: without it and the daemon, pods that start are
// plain Flannel's.
#include <filesystem>

#include "controller/agent/cni_side.h"
#include "controller/agent/conflist.h"
#include "controller/agent/instance_lock.h"
#include "controller/cli/commands.h"
#include "controller/cli/console.h"
#include "nft/netlink_backend.h"

namespace selvedge::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* table = "selvedge";

int cannot(const std::string& why) {
  complain("cleanup: " + why);
  return 3;
}

// The error names where it may be still.
tl::expected<void, std::string> clean_lists(const CleanupCommand& command) {
  const agent::Removal removal = agent::remove_plugin(command.cni_conf_dir);
  for (const fs::path& file : removal.changed) complain("cleanup: removed the CNI plugin from " + file.string());
  if (removal.faults.empty()) return {};
  return tl::unexpected("the CNI plugin's entry may be there still, take it out by hand: " + removal.faults);
}

// The error names what could not be removed.
tl::expected<void, std::string> clean_files(const CleanupCommand& command) {
  std::error_code error;
  const auto kind = fs::symlink_status(command.cni_socket, error).type();
  if (kind != fs::file_type::socket && kind != fs::file_type::not_found)
    return tl::unexpected(command.cni_socket + ": is no socket; it and what is beside it are left alone");
  for (const fs::path& file : {fs::path(command.cni_socket), fs::path(agent::attachments_file(command.cni_socket))}) {
    if (fs::remove(file, error)) complain("cleanup: removed " + file.string());
    if (error) return tl::unexpected(file.string() + ": " + error.message());
  }
  return {};
}

// Whether there was one.
tl::expected<bool, std::string> remove_table(nft::TableFamily family) {
  auto backend = nft::NetlinkBackend::open({.own_table = false, .family = family});
  if (!backend) return tl::unexpected(backend.error().message);
  const auto glance = backend->glance(table);
  if (!glance && glance.error().kind == nft::Error::Kind::unsupported) return false;
  if (!glance) return tl::unexpected(glance.error().message);
  if (!glance->exists) return false;
  if (const auto removed = backend->commit(table, {nft::DeleteTable{}}); !removed)
    return tl::unexpected(removed.error().message);
  complain(std::string("cleanup: removed table ") + nft::to_string(family) + ' ' + table);
  return true;
}

tl::expected<void, std::string> clean_kernel() {
  const auto ports = remove_table(nft::TableFamily::bridge);
  const auto rules = remove_table(nft::TableFamily::inet);
  if (!ports) return tl::unexpected(ports.error());
  if (!rules) return tl::unexpected(rules.error());
  if (!*ports && !*rules)
    complain("cleanup: there is no table inet selvedge in this network namespace; nothing to remove");
  return {};
}

}  // namespace

int cleanup(const CleanupCommand& command) {
  const auto lock = agent::InstanceLock::acquire();
  if (!lock) return cannot(lock.error() + "; stop it first");
  int status = 0;
  for (const auto& part : {clean_lists(command), clean_files(command), clean_kernel()})
    if (!part) status = cannot(part.error());
  return status;
}

}  // namespace selvedge::cli
