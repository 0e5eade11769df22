#include "controller/agent/cni_side.h"

#include "k8sclient/credentials.h"

namespace selvedge::agent {
namespace {

// selvedge-cni is shipped beside this program.
std::filesystem::path plugin_program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "selvedge-cni";
}

}  // namespace

std::string attachments_file(const std::string& socket) {
  return (std::filesystem::path(socket).parent_path() / "attachments").string();
}

CniSide::CniSide(Reconciler& reconciler, Attachments attachments, std::unique_ptr<k8s::Transport> transport,
                 EventQueue& queue, const Log& log)
    : admissions_(reconciler, std::move(attachments), std::chrono::steady_clock::now, log, [&queue] { queue.nudge(); }),
      policies_(std::move(transport)) {}

tl::expected<std::unique_ptr<CniSide>, std::string> CniSide::start(const RunOptions& options, Reconciler& reconciler,
                                                                   EventQueue& queue, const Log& log) {
  const bool keeps = !options.cni_conf_dir.empty() || !options.cni_bin_dir.empty();
  if (options.cni_socket.empty() && keeps)
    return tl::unexpected(std::string("the CNI plugin is of no use without --cni-socket"));
  if (options.cni_socket.empty()) return nullptr;
  auto access = k8s::open_access({options.kubeconfig, options.context, options.server});
  if (!access) return tl::unexpected(access.error());
  Attachments attachments(attachments_file(options.cni_socket));
  for (const std::string& fault : attachments.load())
    log({LogLevel::warning, "something that the CNI plugin told before is lost", {{"detail", fault}}});
  std::unique_ptr<CniSide> side(new CniSide(reconciler, std::move(attachments),
                                            k8s::make_https_transport(std::move(*access), "selvedge/" SELVEDGE_VERSION),
                                            queue, log));
  auto server = CniServer::open(options.cni_socket, side->admissions_, side->policies_);
  if (!server) {
    log({LogLevel::error, "the CNI plugin cannot be heard; the guard alone holds", {{"detail", server.error()}}});
    side->deafness_ = server.error();
    return side;
  }
  side->server_ = std::move(*server);
  if (keeps)
    side->keeper_.emplace(PluginPlaces{plugin_program(),
                                       options.cni_bin_dir,
                                       options.cni_conf_dir,
                                       {options.cni_socket, options.cni_timeout, options.cni_refuses}},
                          log);
  return side;
}

std::string CniSide::fault() const {
  if (!server_) return "the CNI plugin cannot be heard: " + deafness_;
  const std::string fault = keeper_ ? keeper_->fault() : "";
  return fault.empty() ? "" : "the CNI plugin is not in place: " + fault;
}

}  // namespace selvedge::agent
