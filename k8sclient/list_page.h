// One page of a list while it arrives: its objects, one by one, and in the end
// what it says of itself. Only a whole answer of the right kind with a resource
// version is a list; an empty one is then the truth, anything else says nothing.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "k8sclient/events.h"
#include "k8sclient/json_items.h"
#include "k8sclient/types.h"

namespace selvedge::k8s {

class ListPage {
 public:
  using Entry = std::variant<Decoded, Unreadable>;
  struct End {
    std::string version;         // metadata.resourceVersion
    std::string continue_token;  // empty: this was the last page
  };

  explicit ListPage(Kind kind) : kind_(kind) {}

  // Entries come out once the answer has said that it is of the right kind; servers say it first.
  std::vector<Entry> feed(std::string_view chunk);
  // Why it is no list of the kind; empty: it is, so far. Once it is not, nothing more comes out.
  const std::string& wrong() const { return wrong_; }
  // To be called when the answer is over.
  tl::expected<End, std::string> end() const;

 private:
  std::string member(const JsonItems::Member& member);
  std::string member_kind(const std::string& resource);
  Entry item(const JsonItems::Item& item) const;

  Kind kind_;
  JsonItems items_;
  std::vector<Entry> waiting_;
  bool right_kind_ = false;
  std::string wrong_;
  bool null_items_ = false;  // an empty list, as Go prints it
  End end_;
};

}  // namespace selvedge::k8s
