#include "controller/agent/plugin_keeper.h"

#include <pthread.h>

#include <chrono>

#include "controller/agent/whole_file.h"

namespace selvedge::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds interval{5};
constexpr std::size_t largest_program = std::size_t{64} << 20;

bool is_installed(const std::string& program, const fs::path& place) {
  std::error_code error;
  if ((fs::status(place, error).permissions() & fs::perms::owner_exec) == fs::perms::none || error) return false;
  return fs::file_size(place, error) == program.size() && !error && read_whole_file(place, largest_program) == program;
}

// The former program may be running: the runtime sees the old one or the new one.
tl::expected<bool, std::string> install_program(const PluginPlaces& places) {
  if (places.bin_directory.empty()) return false;
  const fs::path place = places.bin_directory / places.program.filename();
  const auto bytes = read_whole_file(places.program, largest_program);
  if (!bytes) return tl::unexpected(bytes.error());
  if (is_installed(*bytes, place)) return false;
  const auto written = write_whole_file(place, *bytes, 0755);
  if (!written) return tl::unexpected(written.error());
  return true;
}

}  // namespace

tl::expected<std::string, std::string> install_plugin(const PluginPlaces& places) {
  const auto installed = install_program(places);
  if (!installed) return tl::unexpected(installed.error());
  std::string done = *installed ? "installed " + (places.bin_directory / places.program.filename()).string() : "";
  if (places.conf_directory.empty()) return done;
  const auto changed = add_plugin(places.conf_directory, places.entry);
  if (!changed) return tl::unexpected(changed.error());
  for (const fs::path& file : *changed) done += (done.empty() ? "entered in " : ", entered in ") + file.string();
  return done;
}

PluginKeeper::PluginKeeper(PluginPlaces places, Log log)
    : places_(std::move(places)), log_(std::move(log)), thread_([this](const std::stop_token& stop) { keep(stop); }) {}

std::string PluginKeeper::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

void PluginKeeper::keep(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "conflist");
  while (!stop.stop_requested()) {
    const auto done = install_plugin(places_);
    if (done && !done->empty()) log_({LogLevel::info, "the CNI plugin is in place", {{"detail", *done}}});
    if (!done && done.error() != fault())
      log_({LogLevel::warning, "the CNI plugin is not in place; the guard alone holds", {{"detail", done.error()}}});
    std::unique_lock lock(mutex_);
    fault_ = done ? "" : done.error();
    stopped_.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); });
  }
}

}  // namespace selvedge::agent
