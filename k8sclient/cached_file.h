// A file whose text rotates under us: service account tokens, certificates. It
// is read again after a minute at the earliest (the kubelet renews tokens long
// before they end), or when told that the text has stopped working.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace selvedge::k8s {

// The whole file; an error names the file and the cause. At most 4 MiB.
tl::expected<std::string, std::string> read_file(const std::string& path);

// The token in a text: without white space around it. An error when nothing is left, or something that cannot be
// part of an HTTP header; it does not quote the text.
tl::expected<std::string, std::string> token_in(std::string_view text);

using Now = std::function<std::chrono::steady_clock::time_point()>;

class CachedFile {
 public:
  CachedFile(std::string path, Now now) : path_(std::move(path)), now_(std::move(now)) {}

  const std::string& path() const { return path_; }
  tl::expected<std::string, std::string> text();
  void expire() { text_.reset(); }

 private:
  std::string path_;
  Now now_;
  std::optional<std::string> text_;
  std::chrono::steady_clock::time_point read_at_;
};

}  // namespace selvedge::k8s
