// Strict: a line with a word too many or too few is an error, for a flow that is not read is not judged.
#include "test/golden/flow.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

namespace selvedge::test {
namespace {

using Fault = tl::unexpected<std::string>;

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint8_t> protocol_of(const std::string& word, nft::Family family) {
  const std::uint8_t icmp = family == nft::Family::v4 ? 1 : 58;
  const std::map<std::string, std::uint8_t> names{{"tcp", 6}, {"udp", 17}, {"sctp", 132}, {"icmp", icmp}};
  const auto known = names.find(word);
  return known == names.end() ? number<std::uint8_t>(word) : known->second;
}

struct End {
  nft::Address address;
  std::optional<std::uint16_t> port;
};

// "10.244.1.5", "10.244.1.5:80", "fd00::5", "[fd00::5]:80".
std::optional<End> parse_end(std::string_view text) {
  const bool brackets = text.starts_with('[');
  const auto colon = brackets ? text.rfind("]:") + 1 : text.find(':') == text.rfind(':') ? text.find(':') : text.npos;
  if (brackets && colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (brackets) host = host.substr(1, host.size() - 2);
  const auto address = nft::parse_address(host);
  if (!address) return std::nullopt;
  if (colon == text.npos) return End{*address, std::nullopt};
  const auto port = number<std::uint16_t>(text.substr(colon + 1));
  if (!port) return std::nullopt;
  return End{*address, port};
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::set<std::string> reasons_of(std::string_view text) {
  std::set<std::string> reasons;
  for (std::size_t from = 0; from < text.size();) {
    const auto comma = std::min(text.find(',', from), text.size());
    std::string_view reason = text.substr(from, comma - from);
    reason.remove_prefix(std::min(reason.find_first_not_of(' '), reason.size()));
    if (!reason.empty()) reasons.emplace(reason);
    from = comma + 1;
  }
  return reasons;
}

bool has_ports(std::uint8_t protocol) {
  return protocol == 6 || protocol == 17 || protocol == 132;
}

tl::expected<Flow, std::string> parse_flow(const std::string& line) {
  const auto comment = line.find('#');
  const auto words = words_of(line.substr(0, comment));
  if (words.size() != 5 && !(words.size() == 7 && words[5] == "on"))
    return Fault("is not: PROTOCOL SOURCE -> DESTINATION allow|deny [on NODE] # REASONS");
  const auto source = parse_end(words[1]), destination = parse_end(words[3]);
  if (!source || source->port) return Fault(words[1] + " is not an address");
  if (words[2] != "->") return Fault(words[2] + " is not ->");
  if (!destination) return Fault(words[3] + " is neither an address nor one with a port");
  if (source->address.family != destination->address.family) return Fault("its addresses are of two families");
  const auto protocol = protocol_of(words[0], source->address.family);
  if (!protocol) return Fault(words[0] + " is not a protocol");
  if (has_ports(*protocol) != destination->port.has_value()) return Fault("tcp, udp and sctp alone have a port");
  if (words[4] != "allow" && words[4] != "deny") return Fault(words[4] + " is neither allow nor deny");
  Flow flow{.text = line, .protocol = *protocol, .source = source->address, .destination = destination->address};
  flow.port = destination->port.value_or(0);
  flow.allowed = words[4] == "allow";
  if (words.size() == 7) flow.node = words[6];
  if (comment != line.npos) flow.reasons = reasons_of(std::string_view(line).substr(comment + 1));
  if (flow.reasons.empty()) return Fault("does not say why");
  return flow;
}

}  // namespace

tl::expected<std::vector<Flow>, std::string> parse_flows(std::string_view text) {
  std::istringstream lines{std::string(text)};
  std::vector<Flow> flows;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    auto flow = parse_flow(line);
    if (!flow) return Fault("line " + std::to_string(number) + " \"" + line + "\": " + flow.error());
    flow->line = number;
    flows.push_back(*std::move(flow));
  }
  return flows;
}

}  // namespace selvedge::test
