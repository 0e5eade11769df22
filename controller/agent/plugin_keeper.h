// Keeps the CNI plugin where the container runtime looks for it: the program in one directory, its entry at the end of
// Flannel's list in another. Flannel writes its list anew whenever it starts, so this looks again every few seconds.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include <tl/expected.hpp>

#include "controller/agent/conflist.h"
#include "controller/agent/log.h"

namespace selvedge::agent {

struct PluginPlaces {
  std::filesystem::path program;         // what is installed
  std::filesystem::path bin_directory;   // where to; empty: it is there, or somebody else sees to it
  std::filesystem::path conf_directory;  // empty: nobody's list is touched
  PluginEntry entry;
};

// One look. Returns what it did, in words; empty: all was well. The error says what it could not do, and what it
// left alone: without the program no list names it.
tl::expected<std::string, std::string> install_plugin(const PluginPlaces& places);

// Looks from its own thread until it is destroyed, and leaves everything where it is. Logs what changes.
class PluginKeeper {
 public:
  PluginKeeper(PluginPlaces places, Log log);

  std::string fault() const;  // why the plugin is not in its place; empty: it is. From any thread

 private:
  void keep(const std::stop_token& stop);

  PluginPlaces places_;
  Log log_;
  mutable std::mutex mutex_;
  std::string fault_;
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

}  // namespace selvedge::agent
