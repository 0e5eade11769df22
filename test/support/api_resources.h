// The API's names: resources and their paths, field selectors, error bodies.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "test/support/object_store.h"

namespace selvedge::test {

struct ResourceType {
  std::string_view resource;       // "networkpolicies"
  std::string_view group_version;  // "networking.k8s.io/v1"
  std::string_view kind;           // "NetworkPolicy"
  bool namespaced = true;
};

const ResourceType* type_of_kind(std::string_view kind);  // null: not served

// What a request's path names: a collection when `name` is empty.
struct Target {
  const ResourceType* type = nullptr;
  std::string ns;
  std::string name;

  StoreKey key() const { return {std::string(type->resource), ns + '/' + name}; }
  bool holds(const Json& object) const;  // is it in the collection
};
std::optional<Target> parse_path(std::string_view path);

// "metadata.name=node-a,spec.nodeName!=": a conjunction over the fields that the API server supports.
class FieldSelector {
 public:
  static tl::expected<FieldSelector, std::string> parse(std::string_view text);
  bool matches(const Json& object) const;
  bool empty() const { return terms_.empty(); }

 private:
  struct Term {
    Json::json_pointer field;
    bool equal = true;
    std::string value;
  };
  std::vector<Term> terms_;
};

// The text of a meta/v1 Status of failure.
std::string status_text(int code, std::string_view reason, const std::string& message);
Json status_object(int code, std::string_view reason, const std::string& message);

}  // namespace selvedge::test
