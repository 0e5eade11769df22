// What the CNI plugin has asserted of this node's sandboxes and not taken back. It outlives the daemon in a file, one
// line per attachment in the words of cni/protocol.h, since nobody asserts it a second time.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "cni/protocol.h"
#include "controller/attachment.h"

namespace selvedge::agent {

// The error names what is no address.
tl::expected<Attachment, std::string> attachment_of(const cni::Request& addition);

// Not thread-safe.
class Attachments {
 public:
  // Far more than a node has pods, far less than memory.
  static constexpr std::size_t most = 4096;

  // An empty path: nothing is kept.
  explicit Attachments(std::filesystem::path file) : file_(std::move(file)) {}

  // What a predecessor left. Returns what of it is of no use and is left out, and why. Nobody but the owner of this
  // process may be able to write the file.
  std::vector<std::string> load();
  // The error says why it could not be written; the former file is then still whole.
  tl::expected<void, std::string> save() const;

  // An address has one sandbox: returns those attachments that end by this one, its own former ones among them. The
  // error says that there are too many.
  tl::expected<std::vector<Attachment>, std::string> put(const Attachment& attachment);
  // Those that end: of `id`; of the ids that begin with `prefix`, all that are not `valid`.
  std::vector<Attachment> remove(const std::string& id);
  std::vector<Attachment> keep_only(const std::string& prefix, const std::vector<std::string>& valid);

  const std::map<std::string, Attachment>& all() const { return all_; }  // by id

 private:
  template <typename Ends>
  std::vector<Attachment> take(Ends ends);

  std::filesystem::path file_;
  std::map<std::string, Attachment> all_;
};

}  // namespace selvedge::agent
