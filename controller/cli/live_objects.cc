#include "controller/cli/live_objects.h"

#include <thread>
#include <utility>

#include "k8sclient/credentials.h"
#include "nft/overloaded.h"

namespace selvedge::cli {
namespace {

constexpr std::size_t most_complaints = 100;

}  // namespace

tl::expected<std::unique_ptr<LiveObjects>, std::string> LiveObjects::start(const Source& source) {
  std::unique_ptr<LiveObjects> live(new LiveObjects);
  std::vector<std::pair<k8s::Kind, std::unique_ptr<k8s::Transport>>> ways;  // all of them before any thread starts
  for (const auto kind :
       {k8s::Kind::ns, k8s::Kind::pod, k8s::Kind::network_policy, k8s::Kind::node, k8s::Kind::service}) {
    auto access = k8s::open_access({.kubeconfig = source.kubeconfig, .context = source.context, .server = ""});
    if (!access) return tl::unexpected(access.error());
    ways.emplace_back(kind, k8s::make_https_transport(std::move(*access), "selvedge/" SELVEDGE_VERSION));
  }
  for (auto& [kind, transport] : ways)
    live->reflectors_.push_back(
        std::make_unique<k8s::Reflector>(k8s::Collection{.kind = kind, .field_selector = ""}, std::move(transport),
                                         [target = live.get()](k8s::Event event) { target->take(std::move(event)); }));
  return live;
}

// All at the same time, since each may take up to a second.
LiveObjects::~LiveObjects() {
  std::vector<std::jthread> stopping;
  for (const auto& reflector : reflectors_) stopping.emplace_back([&reflector] { reflector->stop(); });
}

void LiveObjects::take(k8s::Event event) {
  const std::lock_guard lock(mutex_);
  const auto complain_of = [this](const std::string& text) {
    if (!text.empty() && complaints_.size() < most_complaints) complaints_.push_back(text);
  };
  std::visit(nft::Overloaded{
                 [&](k8s::Upserted& upserted) {
                   const Subject subject{k8s::kind_of(upserted.object), k8s::meta_of(upserted.object).key()};
                   objects_[subject] = std::move(upserted.object);
                   news_ = true;
                 },
                 [&](const k8s::Deleted& deleted) {
                   news_ = objects_.erase({deleted.kind, deleted.key}) > 0 || news_;
                 },
                 [&](const k8s::Synced& synced) {
                   listed_.insert(synced.kind);
                   news_ = true;
                 },
                 [&](const k8s::Unreadable& unreadable) { complain_of(unreadable.message); },
                 [&](const k8s::Trouble& trouble) {
                   if (trouble.kind == k8s::Kind::service && !trouble.message.empty()) services_known_ = false;
                   complain_of(trouble.message);
                 },
             },
             event);
  changed_.notify_all();
}

bool LiveObjects::is_listed() const {
  const std::size_t missing = listed_.contains(k8s::Kind::service) || services_known_ ? 5 : 4;
  return listed_.size() >= missing;
}

bool LiveObjects::wait_until_listed(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, longest, [this] { return is_listed(); });
}

std::optional<std::vector<k8s::Object>> LiveObjects::news() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(news_, false)) return std::nullopt;
  std::vector<k8s::Object> all;
  all.reserve(objects_.size());
  for (const auto& [subject, object] : objects_) all.push_back(object);
  return all;
}

std::vector<std::string> LiveObjects::complaints() {
  const std::lock_guard lock(mutex_);
  return std::exchange(complaints_, {});
}

}  // namespace selvedge::cli
