// The members beside the items are small and decoded as trees.
#include "k8sclient/list_page.h"

#include <utility>

#include "k8sclient/decode_objects.h"
#include "k8sclient/decode_plain_pod.h"
#include "k8sclient/first_name.h"

namespace selvedge::k8s {

namespace {

// Both go into the next request's address.
constexpr std::size_t longest_version = 128;
constexpr std::size_t longest_token = 16 << 10;

}  // namespace

std::vector<ListPage::Entry> ListPage::feed(std::string_view chunk) {
  if (!wrong_.empty()) return {};
  for (const JsonItems::Piece& piece : items_.feed(chunk)) {
    if (const auto* found = std::get_if<JsonItems::Item>(&piece)) {
      waiting_.push_back(item(*found));
    } else {
      wrong_ = member(std::get<JsonItems::Member>(piece));
    }
    if (!wrong_.empty()) break;
  }
  if (wrong_.empty()) wrong_ = items_.wrong();
  if (!right_kind_) return {};
  return std::exchange(waiting_, {});
}

tl::expected<ListPage::End, std::string> ListPage::end() const {
  if (!wrong_.empty()) return tl::unexpected(wrong_);
  if (!items_.complete()) return tl::unexpected(std::string("ended early"));
  if (!right_kind_) return tl::unexpected("does not say that it is a " + std::string(to_string(kind_)) + "List");
  if (!items_.items_seen() && !null_items_) return tl::unexpected(std::string("has no items"));
  if (end_.version.empty()) return tl::unexpected(std::string("has no metadata.resourceVersion"));
  if (end_.version.size() > longest_version || end_.continue_token.size() > longest_token) {
    return tl::unexpected(std::string("has a huge resource version or continue token"));
  }
  return end_;
}

// What is wrong with it; empty: nothing.
std::string ListPage::member(const JsonItems::Member& member) {
  if (member.name != "kind" && member.name != "metadata" && member.name != "items") return {};
  const auto value = parse_json(member.value);
  if (!value) return "is not the JSON of a list: " + to_string(value.error());
  if (member.name == "items") {
    null_items_ = value->is_null();
    return null_items_ ? "" : "has items that are not an array";
  }
  if (member.name == "kind") return member_kind(value->is_string() ? value->get<std::string>() : "");
  if (!value->is_object()) return "has metadata that is not an object";
  end_ = {.version = text_field(*value, "resourceVersion"), .continue_token = text_field(*value, "continue")};
  return {};
}

std::string ListPage::member_kind(const std::string& resource) {
  const std::string wanted = std::string(to_string(kind_)) + "List";
  right_kind_ = resource == wanted;
  return right_kind_ ? "" : "is a " + shown(resource) + ", not a " + wanted;
}

ListPage::Entry ListPage::item(const JsonItems::Item& item) const {
  if (item.cut)
    return unreadable(kind_, first_name(item.text), "is larger than " + std::to_string(largest_object >> 20) + " MiB");
  if (kind_ == Kind::pod) {
    if (auto plain = decode_plain_pod(item.text)) return Decoded{.object = std::move(plain->pod), .problems = {}};
  }
  const auto tree = parse_json(item.text);
  if (!tree) return unreadable(kind_, first_name(item.text), to_string(tree.error()));
  auto decoded = decode_item(kind_, *tree);
  if (!decoded) return unreadable(kind_, first_name(item.text), decoded.error().message);
  return *std::move(decoded);
}

}  // namespace selvedge::k8s
