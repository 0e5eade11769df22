#include "test/foreign/judges.h"

#include <algorithm>

#include "controller/core.h"
#include "k8sclient/decode.h"
#include "nft/simulate.h"
#include "nft/validate.h"

namespace selvedge::test {
namespace {

constexpr std::uint8_t icmpv6_echo_request = 128;

std::uint8_t number_of(const Question& question) {
  if (question.protocol == "TCP") return 6;
  if (question.protocol == "UDP") return 17;
  if (question.protocol == "SCTP") return 132;
  return question.source.family == nft::Family::v4 ? 1 : 58;
}

nft::Table table_of(const std::optional<std::string>& node, const std::vector<k8s::Object>& objects) {
  Settings settings;
  settings.node = node;
  Core core(settings);
  for (const auto& object : objects) core.upsert(object);
  return core.table();
}

}  // namespace

tl::expected<std::vector<k8s::Object>, std::string> objects_of(const nlohmann::json& list) {
  const auto decoded = k8s::decode_manifest(list.dump());
  if (!decoded) return tl::unexpected(decoded.error().message);
  std::vector<k8s::Object> objects;
  for (const auto& each : *decoded) {
    if (!each.problems.empty()) return tl::unexpected(k8s::to_string(each.problems.front()));
    objects.push_back(each.object);
  }
  return objects;
}

Judge::Judge(const std::optional<std::string>& node, const std::vector<k8s::Object>& objects)
    : meaning_({.node = node}, objects), local_(meaning_.local_addresses()), table_(table_of(node, objects)) {}

bool Judge::holds(const nft::Address& address) const {
  return std::binary_search(local_.begin(), local_.end(), address);
}

nft::Packet Judge::packet_of(const Question& question) const {
  return {.hook = nft::Hook::forward,
          .in = holds(question.source) ? "cni0" : "eth0",
          .out = holds(question.destination) ? "cni0" : "eth0",
          .source = question.source,
          .destination = question.destination,
          .protocol = number_of(question),
          .port = question.port,
          .icmpv6_type = icmpv6_echo_request};
}

bool Judge::reading_allows(const Question& question) const {
  return meaning_.evaluate(packet_of(question)).allowed;
}

bool Judge::table_allows(const Question& question) const {
  return nft::simulate(table_, packet_of(question)).accepted;
}

bool Judge::granted(Direction direction, const nft::Address& pod, const nft::Address& other,
                    const Question& question) const {
  if (!holds(pod)) return true;
  const auto grants = meaning_.grants(pod, direction, other);
  if (!grants) return true;
  return std::any_of(grants->begin(), grants->end(), [&](const meaning::Grant& grant) {
    if (!grant.protocol) return true;
    return *grant.protocol == number_of(question) && grant.ports.first <= question.port &&
           question.port <= grant.ports.last;
  });
}

bool Judge::grants_allow(const Question& question) const {
  return granted(Direction::egress, question.source, question.destination, question) &&
         granted(Direction::ingress, question.destination, question.source, question);
}

}  // namespace selvedge::test
