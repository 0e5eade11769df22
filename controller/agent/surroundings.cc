#include "controller/agent/surroundings.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

#include "controller/guard.h"
#include "nft/netlink_links.h"

namespace selvedge::agent {
namespace {

constexpr std::size_t longest_file = 4096;  // flanneld's has some hundred bytes

// The value of the variable that `line` sets, if that tells pod ranges.
std::optional<std::string> value_in(const std::string& line) {
  for (const std::string_view name : {"FLANNEL_SUBNET=", "FLANNEL_IPV6_SUBNET="}) {
    if (line.starts_with(name)) return line.substr(name.size());
  }
  return std::nullopt;
}

}  // namespace

tl::expected<std::vector<nft::Prefix>, std::string> flannel_subnets(const std::filesystem::path& file) {
  std::vector<nft::Prefix> ranges;
  errno = 0;
  std::ifstream stream(file);
  if (!stream) {
    if (errno == ENOENT || errno == ENOTDIR) return ranges;
    return tl::unexpected(file.string() + ": " + std::strerror(errno));
  }
  std::string text(longest_file, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto value = value_in(line);
    if (!value) continue;
    const auto range = nft::parse_prefix(*value);
    const std::string fault = range ? too_wide_for_pods(*range) : "is not a range of addresses";
    if (!fault.empty())
      return tl::unexpected(file.string() + ": line " + std::to_string(number) + ": \"" + *value + "\" " + fault);
    ranges.push_back(*range);
  }
  return ranges;
}

// An interface's line in /proc/net/dev is "  name: counters".
bool has_interface(const std::filesystem::path& proc, const std::string& name) {
  std::ifstream devices(proc / "net/dev");
  for (std::string line; std::getline(devices, line);) {
    const auto start = line.find_first_not_of(' ');
    if (start != std::string::npos && line.compare(start, name.size() + 1, name + ':') == 0) return true;
  }
  return false;
}

bool has_pods(const std::string& bridge) {
  auto links = nft::Links::open();
  if (!links) return true;
  const auto seen = links->bridge_ports(bridge);
  return !seen || std::ranges::any_of(seen->ports, &nft::BridgePort::of_a_pod);
}

}  // namespace selvedge::agent
