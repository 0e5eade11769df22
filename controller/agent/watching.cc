#include "controller/agent/watching.h"

#include <thread>
#include <utility>

namespace selvedge::agent {

tl::expected<Watching, std::string> Watching::start(const k8s::AccessOptions& access, const std::string& node,
                                                    const k8s::Listener& listener) {
  const std::vector<k8s::Collection> collections = {{k8s::Kind::ns, ""},
                                                    {k8s::Kind::pod, ""},
                                                    {k8s::Kind::network_policy, ""},
                                                    {k8s::Kind::node, "metadata.name=" + node}};
  std::vector<std::unique_ptr<k8s::Transport>> transports;  // all of them before any thread starts
  for (std::size_t i = 0; i < collections.size(); ++i) {
    auto opened = k8s::open_access(access);
    if (!opened) return tl::unexpected(opened.error());
    transports.push_back(k8s::make_https_transport(std::move(*opened), "selvedge/" SELVEDGE_VERSION));
  }
  Watching watching;
  for (std::size_t i = 0; i < collections.size(); ++i)
    watching.reflectors_.push_back(
        std::make_unique<k8s::Reflector>(collections[i], std::move(transports[i]), listener));
  return watching;
}

void Watching::stop() {
  std::vector<std::jthread> stopping;
  for (const auto& reflector : reflectors_) stopping.emplace_back([&reflector] { reflector->stop(); });
}

}  // namespace selvedge::agent
