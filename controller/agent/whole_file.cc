#include "controller/agent/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "k8sclient/fd.h"

namespace selvedge::agent {
namespace {

using k8s::Fd;

tl::unexpected<std::string> failed(const std::filesystem::path& file, const std::string& why) {
  return tl::unexpected(file.string() + ": " + why);
}
tl::unexpected<std::string> failed(const std::filesystem::path& file) {
  return failed(file, std::strerror(errno));
}

// A FIFO must not hold up who opens it.
tl::expected<std::string, std::string> read_all(const std::filesystem::path& file, std::size_t most, bool own) {
  const Fd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && own && errno == ENOENT) return "";
  struct stat is {};
  if (!fd || fstat(fd.get(), &is) != 0) return failed(file);
  if (!S_ISREG(is.st_mode)) return failed(file, "is not a regular file");
  if (own && (is.st_uid != geteuid() || (is.st_mode & (S_IWGRP | S_IWOTH)) != 0))
    return failed(file, "others than user " + std::to_string(geteuid()) + " can write it");
  std::string text;
  char buffer[1 << 16];
  for (ssize_t got = 1; got > 0;) {
    got = read(fd.get(), buffer, sizeof buffer);
    if (got < 0) return failed(file);
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > most) return failed(file, "is longer than " + std::to_string(most) + " bytes");
  }
  return text;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

tl::expected<std::string, std::string> read_whole_file(const std::filesystem::path& file, std::size_t most) {
  return read_all(file, most, false);
}

tl::expected<std::string, std::string> read_own_file(const std::filesystem::path& file, std::size_t most) {
  return read_all(file, most, true);
}

tl::expected<void, std::string> write_whole_file(const std::filesystem::path& file, const std::string& text,
                                                 mode_t mode) {
  std::string beside = (file.parent_path() / ("." + file.filename().string() + ".XXXXXX")).string();
  const Fd fd(mkostemp(beside.data(), O_CLOEXEC));
  if (!fd) return failed(file);
  // Else the name may outlive a power failure, and what was written may not.
  const bool safe = write_all(fd.get(), text) && fchmod(fd.get(), mode) == 0 && fsync(fd.get()) == 0;
  if (safe && rename(beside.c_str(), file.c_str()) == 0) return {};
  const auto failure = failed(file);
  unlink(beside.c_str());
  return failure;
}

}  // namespace selvedge::agent
