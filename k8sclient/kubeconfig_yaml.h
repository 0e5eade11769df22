// One mapping of a kubeconfig, read field by field. What is wrong is thrown as
// a WrongField, whose words start with the file and the mapping's place in it;
// read_kubeconfig() catches it, so that the reading code has no other path.
#pragma once

#include <string>
#include <vector>

#include <yaml-cpp/yaml.h>

namespace selvedge::k8s {

struct WrongField {
  std::string message;
};

class Section {
 public:
  // `place` for messages: "/etc/kube/config: user \"admin\"".
  Section(std::string file, std::string place, const YAML::Node& node);
  static Section parse(const std::string& file);  // the root of a file

  const std::string& file() const { return file_; }
  const YAML::Node& node() const { return node_; }
  bool has(const std::string& field) const;          // and it is not null
  bool present(const std::string& field) const;      // and it is neither an empty text nor an empty list or mapping
  std::string text(const std::string& field) const;  // empty: none
  bool flag(const std::string& field) const;         // false: none
  std::vector<std::string> texts(const std::string& field) const;
  Section section(const std::string& field) const;  // an empty one: none
  std::vector<Section> sections(const std::string& field) const;
  std::string json() const;  // this mapping and all below, as JSON

  std::string path(const std::string& field) const;     // a text, relative to the file's directory
  std::string decoded(const std::string& field) const;  // a text in base64

  // Throws "PLACE: FIELD: WHAT".
  [[noreturn]] void refuse(const std::string& field, const std::string& what) const;

 private:
  YAML::Node at(const std::string& field) const;
  std::vector<YAML::Node> items(const std::string& field) const;

  std::string file_;
  std::string place_;
  YAML::Node node_;
};

}  // namespace selvedge::k8s
