// Files that others read while we write them, and that decide what we do: written as a whole or not at all, and read
// only up to a limit.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>

#include <tl/expected.hpp>

namespace selvedge::agent {

// What is no regular file or longer than `most` is an error, which names the file.
tl::expected<std::string, std::string> read_whole_file(const std::filesystem::path& file, std::size_t most);

// The same, but no file is an empty one, and one that others than our own user could have written is an error.
tl::expected<std::string, std::string> read_own_file(const std::filesystem::path& file, std::size_t most);

// By another file beside it, whose name begins with a dot, and a rename.
tl::expected<void, std::string> write_whole_file(const std::filesystem::path& file, const std::string& text,
                                                 mode_t mode);

}  // namespace selvedge::agent
