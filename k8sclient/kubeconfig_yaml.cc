#include "k8sclient/kubeconfig_yaml.h"

#include <filesystem>
#include <optional>

#include <nlohmann/json.hpp>

#include "k8sclient/base64.h"
#include "k8sclient/cached_file.h"
#include "k8sclient/decode_yaml.h"

namespace selvedge::k8s {
namespace {

std::string_view kind_of(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return "a single value";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Map:
      return "a mapping";
    default:
      return "nothing";
  }
}

// What the library itself lets through: aliases within what they refer to (a circle), or that stand for gigabytes, keys
// that occur twice.
std::optional<ParseError> hostile(std::string_view text) {
  return parse_yaml(text, [](const Tree&, std::size_t) { return std::nullopt; });
}

nlohmann::json to_json(const YAML::Node& node) {
  if (node.IsSequence()) {
    auto list = nlohmann::json::array();
    for (const auto& item : node) list.push_back(to_json(item));
    return list;
  }
  if (node.IsMap()) {
    auto map = nlohmann::json::object();
    for (const auto& entry : node) map[entry.first.Scalar()] = to_json(entry.second);
    return map;
  }
  if (!node.IsScalar()) return nullptr;
  // A scalar with quotes ("!" is their tag) is text; one without may be written like another JSON value.
  const auto plain = node.Tag() == "!" ? nlohmann::json() : nlohmann::json::parse(node.Scalar(), nullptr, false);
  return plain.is_number() || plain.is_boolean() ? plain : nlohmann::json(node.Scalar());
}

}  // namespace

Section::Section(std::string file, std::string place, const YAML::Node& node)
    : file_(std::move(file)), place_(std::move(place)), node_(node) {}

Section Section::parse(const std::string& file) {
  const auto text = read_file(file);
  if (!text) throw WrongField{text.error()};
  if (const auto wrong = hostile(*text)) throw WrongField{file + ": " + to_string(*wrong)};
  try {
    YAML::Node root = YAML::Load(*text);
    if (!root.IsMap() && !root.IsNull())
      throw WrongField{file + ": is not a kubeconfig but " + std::string(kind_of(root))};
    return {file, file, root};
  } catch (const YAML::Exception& error) {
    throw WrongField{file + ": line " + std::to_string(error.mark.line + 1) + ", column " +
                     std::to_string(error.mark.column + 1) + ": " + error.msg};
  }
}

void Section::refuse(const std::string& field, const std::string& what) const {
  throw WrongField{place_ + ": " + field + ": " + what};
}

YAML::Node Section::at(const std::string& field) const {
  // The const operator[] does not add the field; what it gives for a missing one may only be asked whether it is.
  const YAML::Node& node = node_;
  const YAML::Node found = node.IsMap() ? node[field] : YAML::Node();
  return found.IsDefined() ? found : YAML::Node();
}

bool Section::has(const std::string& field) const {
  return !at(field).IsNull();
}

bool Section::present(const std::string& field) const {
  const auto node = at(field);
  return node.IsScalar() ? !node.Scalar().empty() : node.size() != 0;
}

std::string Section::text(const std::string& field) const {
  const auto node = at(field);
  if (node.IsNull()) return {};
  if (!node.IsScalar()) refuse(field, "must be text, but is " + std::string(kind_of(node)));
  return node.Scalar();
}

bool Section::flag(const std::string& field) const {
  const auto value = text(field);
  if (value.empty() || value == "false") return false;
  if (value != "true") refuse(field, "must be true or false");
  return true;
}

std::vector<YAML::Node> Section::items(const std::string& field) const {
  const auto node = at(field);
  if (!node.IsNull() && !node.IsSequence()) refuse(field, "must be a list, but is " + std::string(kind_of(node)));
  return {node.begin(), node.end()};
}

std::vector<std::string> Section::texts(const std::string& field) const {
  std::vector<std::string> values;
  for (const auto& item : items(field)) {
    if (!item.IsScalar()) refuse(field, "must be a list of texts, but holds " + std::string(kind_of(item)));
    values.push_back(item.Scalar());
  }
  return values;
}

Section Section::section(const std::string& field) const {
  const auto node = at(field);
  if (!node.IsNull() && !node.IsMap()) refuse(field, "must be a mapping, but is " + std::string(kind_of(node)));
  return {file_, place_ + ": " + field, node};
}

std::vector<Section> Section::sections(const std::string& field) const {
  std::vector<Section> sections;
  for (const auto& item : items(field)) {
    if (!item.IsMap()) refuse(field, "must be a list of mappings, but holds " + std::string(kind_of(item)));
    sections.push_back({file_, place_ + ": " + field + "[" + std::to_string(sections.size()) + "]", item});
  }
  return sections;
}

std::string Section::json() const {
  return to_json(node_).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string Section::path(const std::string& field) const {
  const auto value = text(field);
  if (value.empty()) return {};
  return (std::filesystem::path(file_).parent_path() / value).string();
}

std::string Section::decoded(const std::string& field) const {
  auto bytes = base64_decode(text(field));
  if (!bytes) refuse(field, "is not base64");
  return std::move(*bytes);
}

}  // namespace selvedge::k8s
