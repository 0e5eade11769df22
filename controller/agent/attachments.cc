#include "controller/agent/attachments.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "controller/agent/whole_file.h"

namespace selvedge::agent {
namespace {

constexpr std::size_t largest_file = std::size_t{4} << 20;  // `most` of a kilobyte each

cni::Request addition_of(const Attachment& attachment) {
  cni::Request request{.command = cni::Command::add,
                       .id = attachment.id,
                       .ns = attachment.pod.ns,
                       .name = attachment.pod.name,
                       .uid = attachment.uid};
  for (const nft::Address& address : attachment.addresses) request.addresses.push_back(nft::to_string(address));
  return request;
}

tl::expected<Attachment, std::string> read_line(const std::string& line) {
  const auto request = cni::request_of(line);
  if (!request) return tl::unexpected(request.error());
  if (request->command != cni::Command::add) return tl::unexpected(std::string("it is no attachment"));
  return attachment_of(*request);
}

bool share_an_address(const Attachment& a, const Attachment& b) {
  return std::ranges::any_of(a.addresses,
                             [&](const nft::Address& address) { return std::ranges::count(b.addresses, address) > 0; });
}

}  // namespace

tl::expected<Attachment, std::string> attachment_of(const cni::Request& addition) {
  Attachment attachment{.id = addition.id, .pod = {addition.ns, addition.name}, .uid = addition.uid, .addresses = {}};
  for (const std::string& text : addition.addresses) {
    const auto address = nft::parse_address(text);
    if (!address) return tl::unexpected("addresses: \"" + text + "\" is not an IP address");
    attachment.addresses.push_back(*address);
  }
  return attachment;
}

std::vector<std::string> Attachments::load() {
  if (file_.empty()) return {};
  const auto text = read_own_file(file_, largest_file);
  if (!text) return {text.error()};
  std::vector<std::string> faults;
  std::istringstream lines(*text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto attachment = read_line(line);
    const auto ended = attachment ? put(*attachment) : tl::unexpected(attachment.error());
    if (!ended) faults.push_back(file_.string() + ": line " + std::to_string(number) + ": " + ended.error());
  }
  return faults;
}

tl::expected<void, std::string> Attachments::save() const {
  if (file_.empty()) return {};
  std::string text;
  for (const auto& [id, attachment] : all_) text += cni::line_of(addition_of(attachment));
  return write_whole_file(file_, text, 0600);
}

template <typename Ends>
std::vector<Attachment> Attachments::take(Ends ends) {
  std::vector<Attachment> ended;
  for (auto at = all_.begin(); at != all_.end();) {
    if (!ends(at->second)) {
      ++at;
      continue;
    }
    ended.push_back(std::move(at->second));
    at = all_.erase(at);
  }
  return ended;
}

tl::expected<std::vector<Attachment>, std::string> Attachments::put(const Attachment& attachment) {
  auto ended =
      take([&](const Attachment& other) { return other.id == attachment.id || share_an_address(other, attachment); });
  if (all_.size() >= most)
    return tl::unexpected("there are " + std::to_string(most) +
                          " sandboxes already; does the runtime send DEL and GC?");
  all_.emplace(attachment.id, attachment);
  return ended;
}

std::vector<Attachment> Attachments::remove(const std::string& id) {
  return take([&](const Attachment& attachment) { return attachment.id == id; });
}

std::vector<Attachment> Attachments::keep_only(const std::string& prefix, const std::vector<std::string>& valid) {
  return take([&](const Attachment& attachment) {
    return attachment.id.starts_with(prefix) && std::ranges::count(valid, attachment.id) == 0;
  });
}

}  // namespace selvedge::agent
