#include "controller/explain/answer.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "controller/meaning/ports.h"

namespace selvedge::explain {
namespace {

using nft::Address;
using nft::Family;

constexpr std::size_t most_answers = 200;

// For pods that have no address yet: from the ranges for tests of network devices (RFC 2544, RFC 5180), which no policy
// has a reason to name.
std::vector<std::string> stand_ins(std::size_t number) {
  const auto part = [&](unsigned shift) { return std::to_string((number >> shift) & 0xff); };
  char v6[32];
  std::snprintf(v6, sizeof v6, "2001:2::%zx:%zx", (number >> 16) & 0xffff, number & 0xffff);
  return {"198." + std::to_string(18 + ((number >> 16) & 1)) + '.' + part(8) + '.' + part(0), v6};
}

std::optional<Address> address_in(const Someone& one, Family family) {
  const auto found = std::ranges::find(one.addresses, family, &Address::family);
  return found == one.addresses.end() ? std::nullopt : std::optional(*found);
}

Someone with_address(Someone one, const Address& address) {
  one.addresses = {address};
  return one;
}

bool is_node_of(const Someone& node, const Someone& pod) {
  return node.node != nullptr && pod.pod != nullptr && pod.pod->node == node.node->meta.name;
}

nft::Packet packet_of(const meaning::Viewpoint& viewpoint, const Someone& source, const Someone& destination,
                      const PortAsked& port) {
  nft::Packet packet;
  packet.hook = nft::Hook::forward;
  packet.source = source.addresses.front();
  packet.destination = destination.addresses.front();
  packet.protocol = port.protocol;
  packet.port = port.number;
  if (port.protocol == 58) packet.icmpv6_type = port.icmp_type;
  if (port.is_icmp()) packet.port = 0;
  const std::string other = viewpoint.bridge + "-uplink";
  const bool one_node =
      source.pod != nullptr && destination.pod != nullptr && source.pod->node == destination.pod->node;
  packet.in = source.pod != nullptr ? viewpoint.bridge : other;
  packet.out = destination.pod != nullptr && (one_node || source.pod == nullptr) ? viewpoint.bridge : other;
  if (is_node_of(destination, source)) {
    packet.hook = nft::Hook::input;
    packet.out = "";
    packet.destination_type = nft::MatchFibType::local;
  } else if (is_node_of(source, destination)) {
    packet.hook = nft::Hook::output;
    packet.in = "";
    packet.source_type = nft::MatchFibType::local;
  }
  return packet;
}

std::string described(const k8s::ServicePort& port) {
  std::string text = name_of(meaning::number_of(port.protocol)) + '/' + std::to_string(port.number);
  return port.name.empty() ? text : text + " (" + port.name + ')';
}

bool is_asked_for(const k8s::ServicePort& port, const PortAsked& asked) {
  if (!asked.name.empty())
    return port.name == asked.name && (asked.any_protocol || meaning::number_of(port.protocol) == asked.protocol);
  return port.number == asked.number && meaning::number_of(port.protocol) == asked.protocol;
}

struct Arriving {
  PortAsked port;
  std::string note;
};
using Resolved = tl::expected<Arriving, std::string>;

// A container port by its name.
Resolved declared(const Someone& receiver, const PortAsked& asked) {
  if (asked.name.empty()) return Arriving{asked, ""};
  if (receiver.pod == nullptr)
    return tl::unexpected("port name \"" + asked.name + "\" means nothing at " + receiver.name + ", which is no pod");
  for (const k8s::ContainerPort& port : receiver.pod->ports) {
    const std::uint8_t protocol = meaning::number_of(port.protocol);
    if (port.name != asked.name || (!asked.any_protocol && protocol != asked.protocol)) continue;
    return Arriving{
        {.protocol = protocol, .number = port.number},
        asked.name + " is " + name_of(protocol) + '/' + std::to_string(port.number) + " at " + receiver.name};
  }
  return tl::unexpected("pod " + receiver.name + " declares no port \"" + asked.name + '"');
}

Resolved at_service(const k8s::Service& service, const Someone& receiver, const PortAsked& asked) {
  if (asked.is_icmp()) return Arriving{asked, ""};
  const std::string name = "Service " + k8s::to_string(service.meta.key());
  const auto port = std::ranges::find_if(service.ports, [&](const auto& one) { return is_asked_for(one, asked); });
  if (port == service.ports.end()) {
    std::string all;
    for (const auto& one : service.ports) all += (all.empty() ? "" : ", ") + described(one);
    return tl::unexpected(name + " has no port " + to_string(asked) + (all.empty() ? "" : "; it has " + all));
  }
  PortAsked target{.protocol = meaning::number_of(port->protocol)};
  if (const auto* number = std::get_if<std::uint16_t>(&port->target)) target.number = *number;
  if (const auto* named = std::get_if<std::string>(&port->target)) target.name = *named;
  auto arriving = declared(receiver, target);
  if (!arriving) return arriving;
  const std::string last =
      std::holds_alternative<std::string>(port->target) ? std::get<std::string>(port->target) + ", " : "";
  arriving->note =
      "port " + described(*port) + " of " + name + " is " + last + to_string(arriving->port) + " at " + receiver.name;
  return arriving;
}

std::string element(const char* list, std::size_t index) {
  return std::string(list) + '[' + std::to_string(index) + ']';
}

Fit fit_of(const meaning::Grant& grant, const k8s::NetworkPolicy& policy) {
  const bool ingress = grant.direction == Direction::ingress;
  const k8s::PolicyRule& rule = (ingress ? policy.ingress : policy.egress).at(grant.rule);
  Fit fit{.at = k8s::to_string(grant.policy) + ' ' + element(ingress ? "ingress" : "egress", grant.rule), .means = {}};
  if (grant.peer) fit.at += element(ingress ? " from" : " to", *grant.peer);
  fit.means = grant.peer ? words_of(rule.peers.at(*grant.peer)) : "anyone";
  fit.means += grant.port ? ", " + words_of(rule.ports.at(*grant.port)) : ", any port";
  return fit;
}

// One of each family.
bool say_the_same(const Answer& one, const Answer& other) {
  return one.source.name == other.source.name && one.destination.name == other.destination.name &&
         one.port == other.port && one.alike == other.alike && one.allowed == other.allowed && one.sides == other.sides;
}

std::vector<Answer> told_once(std::vector<Answer> answers) {
  std::vector<Answer> told;
  for (Answer& answer : answers) {
    const auto same = std::ranges::find_if(told, [&](const Answer& one) { return say_the_same(one, answer); });
    if (same == told.end()) {
      told.push_back(std::move(answer));
      continue;
    }
    same->source.addresses.push_back(answer.source.addresses.front());
    same->destination.addresses.push_back(answer.destination.addresses.front());
  }
  return told;
}

}  // namespace

std::vector<k8s::Object> with_addresses(std::vector<k8s::Object> objects) {
  std::size_t number = 1;
  for (k8s::Object& object : objects) {
    auto* pod = std::get_if<k8s::Pod>(&object);
    if (pod != nullptr && pod->addresses.empty() && takes_part(*pod)) pod->addresses = stand_ins(number++);
  }
  return objects;
}

bool Explanation::allowed() const {
  return !answers.empty() && std::ranges::all_of(answers, &Answer::allowed);
}

bool Explanation::agreed() const {
  return answers.empty() ||
         std::ranges::all_of(answers, [&](const Answer& one) { return one.allowed == answers[0].allowed; });
}

class Explainer::Impl {
 public:
  Impl(meaning::Viewpoint viewpoint, const std::vector<k8s::Object>& objects)
      : objects_(with_addresses(objects)),
        viewpoint_(std::move(viewpoint)),
        meaning_(viewpoint_, objects_),
        cast_(objects_) {
    for (const k8s::Object& object : objects_) {
      if (const auto* policy = std::get_if<k8s::NetworkPolicy>(&object)) policies_[policy->meta.key()] = policy;
      if (const auto* ns = std::get_if<k8s::Namespace>(&object)) namespaces_[ns->meta.name] = ns;
    }
  }

  const Cast& cast() const { return cast_; }
  void ask(Explanation& explanation) const;

 private:
  using Seen = std::map<std::tuple<std::string, std::string, bool>, std::size_t>;  // → its answer

  void ask(Explanation& explanation, const Someone& source, const Someone& destination, Family family,
           Seen& seen) const;
  Answer answer(const Someone& source, const Someone& destination, Arriving arriving) const;
  Side side(const meaning::Reason& reason, const Answer& answer) const;
  meaning::OtherEnd as_peer(const Someone& one) const;

  std::vector<k8s::Object> objects_;
  meaning::Viewpoint viewpoint_;
  meaning::Meaning meaning_;
  Cast cast_;
  std::map<k8s::ObjectKey, const k8s::NetworkPolicy*> policies_;
  std::map<std::string, const k8s::Namespace*> namespaces_;
};

meaning::OtherEnd Explainer::Impl::as_peer(const Someone& one) const {
  meaning::OtherEnd end{.address = one.addresses.front(), .pod = one.pod};
  if (one.pod == nullptr) return end;
  const auto ns = namespaces_.find(one.pod->meta.ns);
  if (ns != namespaces_.end() && ns->second->understood) end.ns = &ns->second->meta.labels;
  return end;
}

Side Explainer::Impl::side(const meaning::Reason& reason, const Answer& answer) const {
  Side side{.reason = reason, .fits = {}, .misses = {}};
  for (const meaning::Grant& grant : reason.grants) side.fits.push_back(fit_of(grant, *policies_.at(grant.policy)));
  using Kind = meaning::Reason::Kind;
  if (reason.kind != Kind::denied && reason.kind != Kind::audited) return side;
  const bool ingress = reason.direction == Direction::ingress;
  const auto other = as_peer(ingress ? answer.source : answer.destination);
  for (const k8s::ObjectKey& key : reason.isolated_by) {
    auto more = misses_of(*policies_.at(key), *reason.direction, other, answer.destination.pod, answer.port);
    // Of several pods that claim an address the newest counts (semantics 63).
    for (Miss& miss : more) {
      if (miss.lacks.empty())
        miss.lacks.emplace_back("its address is claimed by another pod too, for whose it is taken");
      miss.distance = std::max(miss.distance, std::size_t{1});
    }
    std::ranges::move(more, std::back_inserter(side.misses));
  }
  std::ranges::stable_sort(side.misses, {}, &Miss::distance);
  return side;
}

Answer Explainer::Impl::answer(const Someone& source, const Someone& destination, Arriving arriving) const {
  Answer answer{.source = source,
                .destination = destination,
                .port = std::move(arriving.port),
                .note = std::move(arriving.note),
                .packet = {},
                .sides = {},
                .rules = {}};
  answer.packet = packet_of(viewpoint_, source, destination, answer.port);
  const meaning::Judgement judgement = meaning_.evaluate(answer.packet);
  answer.allowed = judgement.allowed;
  for (const meaning::Reason& reason : judgement.reasons) answer.sides.push_back(side(reason, answer));
  return answer;
}

void Explainer::Impl::ask(Explanation& explanation, const Someone& source, const Someone& destination, Family family,
                          Seen& seen) const {
  const auto from = address_in(source, family);
  const auto to = address_in(destination, family);
  if (!from || !to) return;
  auto arriving = explanation.destination.service != nullptr
                      ? at_service(*explanation.destination.service, destination, explanation.port)
                      : declared(destination, explanation.port);
  if (!arriving) {
    if (std::ranges::find(explanation.notes, arriving.error()) == explanation.notes.end())
      explanation.notes.push_back(arriving.error());
    return;
  }
  const bool own_node = is_node_of(source, destination) || is_node_of(destination, source);
  const std::string to_what = meaning_.likeness(*to) + ' ' + to_string(arriving->port);
  const auto [at, fresh] =
      seen.emplace(std::tuple(meaning_.likeness(*from), to_what, own_node), explanation.answers.size());
  if (!fresh) {
    ++explanation.answers[at->second].alike;
    return;
  }
  explanation.answers.push_back(
      answer(with_address(source, *from), with_address(destination, *to), std::move(*arriving)));
}

void Explainer::Impl::ask(Explanation& explanation) const {
  for (const Family family : {Family::v4, Family::v6}) {
    if (explanation.port.protocol == 1 && family == Family::v6) continue;
    if (explanation.port.protocol == 58 && family == Family::v4) continue;
    Seen seen;
    for (const Someone& source : explanation.source.all) {
      for (const Someone& destination : explanation.destination.all) {
        if (explanation.answers.size() == most_answers) return;
        const bool same = source.pod != nullptr && source.pod == destination.pod;
        if (same && explanation.source.all.size() * explanation.destination.all.size() > 1) continue;
        ask(explanation, source, destination, family, seen);
      }
    }
  }
}

Explainer::Explainer(meaning::Viewpoint viewpoint, const std::vector<k8s::Object>& objects)
    : impl_(std::make_unique<Impl>(std::move(viewpoint), objects)) {}
Explainer::~Explainer() = default;

tl::expected<Explanation, std::string> Explainer::explain(const std::string& source, const std::string& destination,
                                                          const std::string& port) const {
  const auto asked = read_port(port);
  if (!asked) return tl::unexpected(asked.error());
  auto from = impl_->cast().find(source);
  if (!from) return tl::unexpected(from.error());
  auto to = impl_->cast().find(destination);
  if (!to) return tl::unexpected(to.error());
  Explanation explanation{
      .source = std::move(*from), .destination = std::move(*to), .port = *asked, .answers = {}, .notes = {}};
  impl_->ask(explanation);
  explanation.answers = told_once(std::move(explanation.answers));
  if (explanation.answers.empty() && explanation.notes.empty())
    return tl::unexpected(explanation.source.meant + " and " + explanation.destination.meant +
                          " have no addresses of one family for " + to_string(*asked));
  if (explanation.answers.empty()) return tl::unexpected(explanation.notes.front());
  return explanation;
}

}  // namespace selvedge::explain
