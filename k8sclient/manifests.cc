// Files and directories into objects. A file of a directory that cannot be read
// is an error like any other: half the policies are not an answer.
#include "k8sclient/manifests.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "k8sclient/decode.h"

namespace selvedge::k8s {

namespace {

namespace fs = std::filesystem;
using Text = tl::expected<std::string, std::string>;
using Objects = tl::expected<std::vector<Decoded>, std::string>;

// All objects of a large cluster are some tens of megabytes.
constexpr std::size_t largest_text = 256 << 20;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Text read_all(std::FILE* file) {
  std::string text;
  std::array<char, 65536> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file)) {
    text.append(buffer.data(), size);
    if (text.size() > largest_text) {
      return tl::unexpected("is larger than " + std::to_string(largest_text >> 20) + " MiB");
    }
  }
  if (std::ferror(file) != 0) return tl::unexpected(std::string(std::strerror(errno)));
  return text;
}

Text read_file(const std::string& path) {
  if (path == "-") return read_all(stdin);
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (!file) return tl::unexpected(std::string(std::strerror(errno)));
  return read_all(file.get());
}

std::string hint(const std::string& text) {
  return text.find("{{") == std::string::npos
             ? ""
             : "; it looks like a template: give what it makes, as `helm template` prints it";
}

Objects read_one(const std::string& path) {
  const std::string name = path == "-" ? "standard input" : path;
  const Text text = read_file(path);
  if (!text) return tl::unexpected(name + ": " + text.error());
  auto objects = decode_manifest(*text);
  if (!objects) return tl::unexpected(name + ": " + objects.error().message + hint(*text));
  if (path != "-")
    for (Decoded& one : *objects) one.file = path;
  return *std::move(objects);
}

bool is_manifest(const fs::path& path) {
  const fs::path extension = path.extension();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

// Links to directories are not followed: they may lead round in circles.
tl::expected<std::vector<std::string>, std::string> files_below(const std::string& path) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator at(path, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    std::error_code unknown;  // a pipe would block for ever
    if (is_manifest(at->path()) && at->is_regular_file(unknown)) files.push_back(at->path().string());
  }
  if (error) return tl::unexpected(path + ": " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

tl::expected<std::vector<Decoded>, std::string> read_manifests(const std::string& path) {
  std::error_code error;
  if (path == "-" || !fs::is_directory(path, error)) return read_one(path);
  const auto files = files_below(path);
  if (!files) return tl::unexpected(files.error());
  std::vector<Decoded> all;
  for (const std::string& file : *files) {
    auto objects = read_one(file);
    if (!objects) return objects;
    std::move(objects->begin(), objects->end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace selvedge::k8s
