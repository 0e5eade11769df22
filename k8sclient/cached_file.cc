#include "k8sclient/cached_file.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "k8sclient/fd.h"

namespace selvedge::k8s {
namespace {

constexpr std::size_t largest_file = std::size_t{4} * 1024 * 1024;
constexpr std::chrono::minutes shelf_life{1};

}  // namespace

tl::expected<std::string, std::string> read_file(const std::string& path) {
  const auto failed = [&](const std::string& cause) { return tl::unexpected(path + ": " + cause); };
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return failed(std::generic_category().message(errno));
  std::string text;
  std::array<char, std::size_t{16} * 1024> piece{};
  for (;;) {
    const auto count = ::read(file.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(std::generic_category().message(errno));
    if (count == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
    if (text.size() > largest_file) return failed("is larger than 4 MiB");
  }
}

tl::expected<std::string, std::string> token_in(std::string_view text) {
  constexpr std::string_view white = " \t\r\n";
  const auto first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return tl::unexpected<std::string>("is empty");
  text = text.substr(first, text.find_last_not_of(white) - first + 1);
  const bool sendable = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 127; });
  if (!sendable) return tl::unexpected<std::string>("holds a character that a bearer token cannot have");
  return std::string(text);
}

tl::expected<std::string, std::string> CachedFile::text() {
  if (text_ && now_() - read_at_ < shelf_life) return *text_;
  auto read = read_file(path_);
  if (!read) return read;
  read_at_ = now_();
  return text_.emplace(std::move(*read));
}

}  // namespace selvedge::k8s
