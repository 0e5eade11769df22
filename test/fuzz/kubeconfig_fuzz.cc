// Kubeconfigs: a context that can be used, or an error that names the file.
#include <sys/mman.h>
#include <unistd.h>

#include "k8sclient/kubeconfig.h"
#include "k8sclient/server_address.h"
#include "test/fuzz/fuzz.h"

namespace {

using selvedge::fuzz::require;

// A file that never touches a disk; one for the whole process.
std::string file_with(const std::uint8_t* data, std::size_t size) {
  static const int file = memfd_create("kubeconfig", MFD_CLOEXEC);
  require(file >= 0 && ftruncate(file, 0) == 0, "no file in memory");
  require(pwrite(file, data, size, 0) == static_cast<ssize_t>(size), "the file in memory is full");
  return "/proc/self/fd/" + std::to_string(file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string path = file_with(data, size);
  for (const std::string context : {"", "bed"}) {
    const auto read = selvedge::k8s::read_kubeconfig({path}, context);
    if (read) {
      require(selvedge::k8s::parse_server(read->server).has_value(), "a server that is none: " + read->server);
      require(read->origin.starts_with(path), "a context of no file");
      require(!read->exec || !read->exec->command.empty(), "a plugin without a command");
    } else {
      require(read.error().starts_with(path), "an error without the file: " + read.error());
    }
  }
  return 0;
}
