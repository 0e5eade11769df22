#include "controller/cli/settings_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <yaml-cpp/yaml.h>

#include "controller/text/nearest.h"

namespace selvedge::cli {
namespace {

constexpr std::size_t largest_file = 1 << 20;  // bytes; ten settings need no more

std::string place(const std::string& name, const YAML::Mark& mark) {
  return name + ": line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1) + ": ";
}

tl::unexpected<SettingsError> wrong(const std::string& message) {
  return tl::unexpected(SettingsError{false, message});
}
tl::unexpected<SettingsError> unreadable(const std::string& message) {
  return tl::unexpected(SettingsError{true, message});
}

tl::expected<agent::Layer, SettingsError> layer_of(const YAML::Node& root, const std::string& name) {
  if (root.IsNull()) return agent::Layer{};
  if (!root.IsMap()) return wrong(place(name, root.Mark()) + "the file is not a list of `key: value` lines");
  const auto names = agent::setting_names();
  agent::Layer layer;
  for (const auto& entry : root) {
    std::string where = place(name, entry.first.Mark());
    if (!entry.first.IsScalar()) return wrong(where + "a key is not a plain word");
    const std::string key = entry.first.Scalar();
    if (std::find(names.begin(), names.end(), key) == names.end())
      return wrong(where.append("there is no setting \"" + key + "\"; did you mean \"" + nearest(key, names) + "\"?"));
    where += key;
    if (!entry.second.IsScalar()) return wrong(where + ": the value is not a single word or number");
    if (!layer.emplace(key, agent::Given{entry.second.Scalar(), where}).second)
      return wrong(where + ": is given twice");
  }
  return layer;
}

}  // namespace

tl::expected<agent::Layer, SettingsError> parse_settings(const std::string& text, const std::string& name) {
  try {
    const auto documents = YAML::LoadAll(text);
    if (documents.size() > 1) return wrong(place(name, documents[1].Mark()) + "there is more than one document");
    return documents.empty() ? agent::Layer{} : layer_of(documents[0], name);
  } catch (const YAML::Exception& error) {
    return unreadable(place(name, error.mark) + error.msg);
  }
}

tl::expected<agent::Layer, SettingsError> read_settings_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(largest_file + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) return unreadable("cannot read " + path + ": " + std::strerror(errno));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > largest_file) return unreadable("cannot read " + path + ": it is larger than 1 MiB");
  return parse_settings(text, path);
}

}  // namespace selvedge::cli
