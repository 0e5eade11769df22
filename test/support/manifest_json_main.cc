// selvedge-test-json FILE…: the objects of YAML manifests as one JSON List on stdout, for scripts
// whose language reads only JSON. As they are: nothing is checked and no default applied.
#include <cstddef>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include "k8sclient/decode_tree.h"
#include "k8sclient/decode_yaml.h"

using selvedge::k8s::ParseError;
using selvedge::k8s::Tree;

int main(int argc, char** argv) {
  Tree list = {{"apiVersion", "v1"}, {"kind", "List"}, {"items", Tree::array()}};
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto wrong = selvedge::k8s::parse_yaml(text, [&](Tree document, std::size_t) -> std::optional<ParseError> {
      if (!document.is_null()) list["items"].push_back(std::move(document));
      return std::nullopt;
    });
    if (!file || wrong) {
      std::cerr << argv[i] << ": " << (wrong ? selvedge::k8s::to_string(*wrong) : "cannot be read") << '\n';
      return 3;
    }
  }
  std::cout << list.dump(2) << '\n';
}
