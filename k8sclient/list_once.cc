// The whole collection once, page by page, as it is now (no version is named, so
// that the server reads consistently). Whatever is wrong ends it: half a cluster
// is not an answer.
#include <iterator>
#include <utility>

#include "k8sclient/api_status.h"
#include "k8sclient/list_page.h"
#include "k8sclient/reflector.h"

namespace selvedge::k8s {

namespace {

struct PageRead {
  std::vector<Decoded> objects;
  ListPage::End end;
};

// One response as it comes in.
class Reading {
 public:
  explicit Reading(Kind kind) : page_(kind) {}

  void head(const ResponseHead& head) { status_ = head.status; }
  bool data(std::string_view chunk) {
    if (status_ == 200) {
      read(chunk);
    } else {
      refusal_ += chunk;
    }
    return wrong_.empty() && refusal_.size() < longest_refusal;
  }
  tl::expected<PageRead, std::string> end(const tl::expected<ResponseHead, TransportError>& result) {
    if (status_ != 0 && status_ != 200) {
      const ApiStatus status = api_status(status_, refusal_);
      return tl::unexpected(to_string(status) + advice(status));
    }
    if (!wrong_.empty()) return tl::unexpected(wrong_);
    if (!result) return tl::unexpected(result.error().message);
    auto end = page_.end();
    if (!end) return tl::unexpected("the answer " + end.error());
    return PageRead{.objects = std::move(objects_), .end = *std::move(end)};
  }

 private:
  static constexpr std::size_t longest_refusal = 16 << 10;

  void read(std::string_view chunk) {
    for (ListPage::Entry& entry : page_.feed(chunk)) {
      if (auto* decoded = std::get_if<Decoded>(&entry)) {
        objects_.push_back(std::move(*decoded));
      } else if (wrong_.empty()) {
        wrong_ = std::get<Unreadable>(entry).message;
      }
    }
    if (wrong_.empty() && !page_.wrong().empty()) wrong_ = "the answer " + page_.wrong();
  }

  ListPage page_;
  int status_ = 0;
  std::string refusal_;
  std::string wrong_;
  std::vector<Decoded> objects_;
};

tl::expected<PageRead, std::string> read_page(const Collection& collection, Transport& transport, const Page& page) {
  Reading reading(collection.kind);
  const auto result = transport.get(
      page_request(collection, page), [&](const ResponseHead& head) { reading.head(head); },
      [&](std::string_view chunk) { return reading.data(chunk); });
  return reading.end(result);
}

}  // namespace

tl::expected<std::vector<Decoded>, std::string> list_once(const Collection& collection, Transport& transport) {
  const std::string asked = "cannot list " + plural_of(collection.kind) + " (GET " + path_of(collection) + "): ";
  std::vector<Decoded> all;
  Page page;
  do {
    auto read = read_page(collection, transport, page);
    if (!read) return tl::unexpected(asked + read.error());
    std::move(read->objects.begin(), read->objects.end(), std::back_inserter(all));
    if (!page.continue_token.empty() && read->end.continue_token == page.continue_token) {
      return tl::unexpected(asked + "the answer continues with itself");
    }
    page.continue_token = read->end.continue_token;
  } while (!page.continue_token.empty());
  return all;
}

}  // namespace selvedge::k8s
