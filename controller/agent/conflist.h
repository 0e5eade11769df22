// Flannel's list of CNI plugins, and the entry of ours at its end. The list is Flannel's: nothing else of it is
// changed, and one that is not as expected is left alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

namespace selvedge::agent {

// What the plugin finds in its entry; what is the plugin's own default is left out.
struct PluginEntry {
  std::string socket;
  unsigned timeout_seconds = 10;
  bool refuses = false;  // without the daemon's word no pod starts

  bool operator==(const PluginEntry&) const = default;
};

// The list as it is to be; none: it is so already. An entry of ours that says something else is replaced where it
// stands. The error says what is not as expected.
tl::expected<std::optional<std::string>, std::string> with_plugin(const std::string& list, const PluginEntry& entry);
tl::expected<std::optional<std::string>, std::string> without_plugin(const std::string& list);

// The files that were changed, of those called *.conflist in `directory`: each as a whole or not at all. It changes
// those that name Flannel's plugin, and it is an error if there is none; the error names each file that is not as
// expected.
tl::expected<std::vector<std::filesystem::path>, std::string> add_plugin(const std::filesystem::path& directory,
                                                                         const PluginEntry& entry);

struct Removal {
  std::vector<std::filesystem::path> changed;
  std::string faults;  // where the entry may be still, and why; empty: nowhere
};
// As above, of all lists that name our plugin. No directory: nothing to remove.
Removal remove_plugin(const std::filesystem::path& directory);

}  // namespace selvedge::agent
