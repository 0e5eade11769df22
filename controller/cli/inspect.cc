// `selvedge inspect`: reads, never writes.
#include <chrono>
#include <thread>

#include "controller/cli/commands.h"
#include "controller/cli/console.h"
#include "controller/cli/inspection.h"
#include "controller/cli/kernel_table.h"
#include "controller/cli/review.h"
#include "controller/explain/cast.h"
#include "controller/revivals.h"
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

std::map<std::string, std::string> names_in(const std::vector<k8s::Object>& objects) {
  std::map<std::string, std::string> names;
  const explain::Cast cast(objects);
  for (const auto& object : objects) {
    const auto* pod = std::get_if<k8s::Pod>(&object);
    if (pod == nullptr || !explain::takes_part(*pod)) continue;
    for (const nft::Address& address : cast.someone(*pod).addresses)
      names[nft::to_string(address)] = k8s::to_string(pod->meta.key());
  }
  return names;
}

// Rules against the revival of cut connections come and go for reasons that lie in the past: they are no drift.
std::vector<ObjectChange> drift_of(const nft::Dump& dump, const InspectCommand& command,
                                   const std::vector<k8s::Object>& objects) {
  return table_difference(without_suspects(dump.table).table, table_of(command.shape, command.node, objects));
}

tl::expected<Inspection, std::string> inspection(const InspectCommand& command) {
  auto dump = read_kernel_table();
  if (!dump) return tl::unexpected(dump.error());
  auto ports = ports_dump();
  if (!ports) return tl::unexpected(ports.error());
  Inspection made{.dump = *std::move(dump), .ports = *std::move(ports), .names = {}, .drift = std::nullopt};
  if (!command.from) return made;
  const auto reviewed = read_for_review(*command.from, Kinds::that_decide);
  if (!reviewed) return tl::unexpected(reviewed.error());
  for (const std::string& note : reviewed->notes) complain(note);
  made.names = names_in(reviewed->objects);
  made.drift = drift_of(made.dump, command, reviewed->objects);
  return made;
}

tl::expected<std::string, std::string> text_of(const InspectCommand& command, const Inspection& now,
                                               const Inspection* before) {
  if (command.output == OutputForm::json) return inspection_json(now, command.watch.has_value());
  if (command.raw) return raw_text(now);
  if (!command.pod.empty()) return pod_text(now, command.pod, before);
  if (!command.policy.empty()) return policy_text(now, command.policy, before);
  return overview_text(now, before);
}

// 0, or 1: there is something to look at.
int status_of(const Inspection& inspection) {
  const bool understood = inspection.dump.opaque.empty() && (!inspection.ports || inspection.ports->opaque.empty());
  const bool in_step = !inspection.drift || inspection.drift->empty();
  return understood && in_step ? 0 : 1;
}

// Until somebody ends it, or it cannot go on.
int watch(const InspectCommand& command) {
  std::optional<Inspection> before;
  for (;;) {
    auto now = inspection(command);
    if (!now) return cannot(now.error());
    const auto text = text_of(command, *now, before ? &*before : nullptr);
    if (!text) return cannot(text.error());
    if (!print_anew(*text)) return 3;
    before = std::move(*now);
    std::this_thread::sleep_for(*command.watch);
  }
}

}  // namespace

int inspect(const InspectCommand& command) {
  if (command.watch) return watch(command);
  const auto now = inspection(command);
  if (!now) return cannot(now.error());
  const auto text = text_of(command, *now, nullptr);
  if (!text) return cannot(text.error());
  if (!print(*text)) return 3;
  return status_of(*now);
}

}  // namespace selvedge::cli
