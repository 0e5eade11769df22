// What comes over the daemon's socket and out of a runtime: requests, answers, configurations, environments. What is
// read prints as it was read, and what is refused is refused with a word.
#include "cni/config.h"
#include "cni/protocol.h"
#include "test/fuzz/fuzz.h"

namespace {

using namespace selvedge::cni;  // NOLINT: all of it is about its types
using selvedge::fuzz::Input;
using selvedge::fuzz::require;

template <typename Value, typename Read>
void expect_line_to_return(const tl::expected<Value, std::string>& value, Read read) {
  if (!value) return require(!value.error().empty(), "refused without a word");
  const std::string line = line_of(*value);
  require(line.find('\n') == line.size() - 1, "more than one line: " + line);
  require(read(line) == *value, "another value comes back of " + line);
}

void expect_sound(const tl::expected<Config, Error>& config) {
  if (!config) return require(!config.error().message.empty() && config.error().code != 0, "refused without a word");
  require(config->patience > std::chrono::milliseconds(0) && config->patience <= longest_patience,
          "waits too long, or not at all");
  require(!config->network.empty() && !config->socket.empty(), "a name is missing");
  if (!config->previous) return;
  const auto addresses = addresses_in(*config->previous);
  require(addresses || !addresses.error().message.empty(), "refused without a word");
}

void expect_whole(const std::string& arguments) {
  const auto pod = pod_of([&](const char*) { return std::optional<std::string>(arguments); });
  if (!pod) return require(!pod.error().message.empty(), "refused without a word");
  require(!pod->ns.empty() && !pod->name.empty() && !pod->uid.empty(), "a pod without a name");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  switch (input.below(4)) {
    case 0:
      expect_line_to_return(request_of(input.rest()), [](const std::string& line) { return request_of(line); });
      break;
    case 1:
      expect_line_to_return(answer_of(input.rest()), [](const std::string& line) { return answer_of(line); });
      break;
    case 2:
      expect_sound(config_of(input.rest()));
      break;
    default:
      expect_whole(std::string(input.rest()));
  }
  return 0;
}
