#include "controller/agent/conflist.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <utility>

#include "cni/json.h"
#include "cni/protocol.h"
#include "controller/agent/whole_file.h"

namespace selvedge::agent {
namespace {

using cni::Json;
namespace fs = std::filesystem;

constexpr const char* plugin_type = "selvedge-cni";
constexpr std::size_t largest_list = std::size_t{1} << 20;

using Edited = tl::expected<std::optional<std::string>, std::string>;

bool is_of_type(const Json& plugin, const char* type) {
  return cni::text_in(plugin, "type").value_or("") == type;
}

bool names(const Json& list, const char* type) {
  return std::ranges::any_of(list.at("plugins"), [&](const Json& plugin) { return is_of_type(plugin, type); });
}

// A network configuration list: an object with "plugins", a list of objects.
tl::expected<Json, std::string> list_of(const std::string& text) {
  auto list = cni::parse(text);
  if (!list) return list;
  const auto plugins = list->is_object() ? list->find("plugins") : list->end();
  const auto is_object = [](const Json& plugin) { return plugin.is_object(); };
  if (!list->is_object() || plugins == list->end() || !plugins->is_array() || !std::ranges::all_of(*plugins, is_object))
    return tl::unexpected("is no list of CNI plugins: " + cni::shown(*list));
  return list;
}

std::string printed(const Json& list) {
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

Json json_of(const PluginEntry& entry) {
  Json json = Json::object();
  json["type"] = plugin_type;
  if (entry.socket != cni::default_socket) json["socket"] = entry.socket;
  if (std::chrono::seconds(entry.timeout_seconds) != cni::default_patience)
    json["timeoutSeconds"] = entry.timeout_seconds;
  if (entry.refuses) json["whenUnavailable"] = "refuse";
  return json;
}

// What was done to the lists that name a plugin of some type.
struct Walk {
  std::vector<fs::path> changed;
  std::size_t meant = 0;
  std::string faults;   // of the lists that were meant
  std::string unknown;  // what may have been such a list
};

void add_to(std::string& faults, const std::string& fault) {
  faults += (faults.empty() ? "" : "; ") + fault;
}

// What is no list of plugins is none of ours where it does not even have the word.
bool may_name(const std::string& text, const char* type) {
  return type != std::string(plugin_type) || text.find(type) != std::string::npos;
}

void edit(const fs::path& file, const char* meant_by, const std::function<Edited(const std::string&)>& change,
          Walk& walk) {
  const auto text = read_whole_file(file, largest_list);
  if (!text) return add_to(walk.unknown, text.error());
  const auto list = list_of(*text);
  if (!list && !may_name(*text, meant_by)) return;
  if (!list) return add_to(walk.unknown, file.string() + ": " + list.error());
  if (!names(*list, meant_by)) return;
  ++walk.meant;
  const auto edited = change(*text);
  if (!edited) return add_to(walk.faults, file.string() + ": " + edited.error());
  if (!*edited) return;
  if (fs::is_symlink(file)) return add_to(walk.faults, file.string() + ": is a symbolic link");
  const auto mode = static_cast<mode_t>(fs::status(file).permissions() & fs::perms::all);
  if (read_whole_file(file, largest_list) != text)
    return add_to(walk.faults, file.string() + ": is being written by somebody else");
  const auto written = write_whole_file(file, **edited, mode);
  if (!written) return add_to(walk.faults, written.error());
  walk.changed.push_back(file);
}

Walk walk_over(const fs::path& directory, const char* meant_by,
               const std::function<Edited(const std::string&)>& change) {
  Walk walk;
  std::set<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".conflist") && !name.starts_with('.')) files.insert(entry.path());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    add_to(walk.unknown, directory.string() + ": " + error.message());
  for (const fs::path& file : files) edit(file, meant_by, change, walk);
  return walk;
}

}  // namespace

Edited with_plugin(const std::string& text, const PluginEntry& entry) {
  auto list = list_of(text);
  if (!list) return tl::unexpected(list.error());
  if (!names(*list, "flannel")) return tl::unexpected(std::string("does not name Flannel's plugin"));
  const Json ours = json_of(entry);
  Json plugins = Json::array();
  bool placed = false;
  for (const Json& plugin : list->at("plugins")) {
    if (!is_of_type(plugin, plugin_type)) {
      plugins.push_back(plugin);
    } else if (!std::exchange(placed, true)) {
      plugins.push_back(ours);
    }
  }
  if (!placed) plugins.push_back(ours);
  if (plugins == list->at("plugins")) return std::nullopt;
  list->at("plugins") = std::move(plugins);
  return printed(*list);
}

Edited without_plugin(const std::string& text) {
  auto list = list_of(text);
  if (!list) return tl::unexpected(list.error());
  if (!names(*list, plugin_type)) return std::nullopt;
  Json others = Json::array();
  for (Json& plugin : list->at("plugins")) {
    if (!is_of_type(plugin, plugin_type)) others.push_back(std::move(plugin));
  }
  list->at("plugins") = std::move(others);
  return printed(*list);
}

tl::expected<std::vector<fs::path>, std::string> add_plugin(const fs::path& directory, const PluginEntry& entry) {
  Walk walk = walk_over(directory, "flannel", [&](const std::string& text) { return with_plugin(text, entry); });
  if (!walk.faults.empty()) return tl::unexpected(walk.faults);
  if (walk.meant > 0) return std::move(walk.changed);
  return tl::unexpected(directory.string() + ": no *.conflist names Flannel's plugin" +
                        (walk.unknown.empty() ? "" : "; left alone: " + walk.unknown));
}

Removal remove_plugin(const fs::path& directory) {
  Walk walk = walk_over(directory, plugin_type, without_plugin);
  if (!walk.unknown.empty()) add_to(walk.faults, walk.unknown);
  return {.changed = std::move(walk.changed), .faults = std::move(walk.faults)};
}

}  // namespace selvedge::agent
