// The form of inspection.h for people.
#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "controller/cli/first_names.h"
#include "controller/cli/holdings.h"
#include "controller/cli/inspection.h"
#include "controller/text/nearest.h"
#include "controller/text/printable.h"
#include "nft/text.h"

namespace selvedge::cli {
namespace {

constexpr std::array directions{Direction::ingress, Direction::egress};
constexpr std::size_t most_names = 6, most_elements = 20, most_changes = 12;

std::string count(std::uint64_t number, const char* thing) {
  return std::to_string(number) + ' ' + thing + (number == 1 ? "" : "s");
}

// "12 denied (+3)". A counter that is behind what it was began anew.
std::string counted(std::uint64_t now, const std::uint64_t* before, const char* what) {
  std::string text = std::to_string(now) + ' ' + what;
  const std::uint64_t since = before == nullptr ? 0 : now < *before ? now : now - *before;
  return since == 0 ? text : text + " (+" + std::to_string(since) + ')';
}

std::string head(const nft::Dump& dump) {
  return std::string("table ") + nft::to_string(dump.table.family) + ' ' + dump.table.name + ", handle " +
         std::to_string(dump.handle) + (dump.owned ? ", owned by a process" : ", not owned") +
         (dump.dormant ? ", asleep: none of its rules is in force" : "") + '\n';
}

std::string_view name_of(nft::Opaque::Where where) {
  static constexpr std::array<std::string_view, 5> names = {"rule", "set", "chain", "element", "object"};
  return names.at(static_cast<std::size_t>(where));
}

std::string opaque_lines(const nft::Dump& dump, const char* indent) {
  std::string text;
  for (const auto& opaque : dump.opaque)
    text += indent + std::string(name_of(opaque.where)) + " of " + printable(opaque.owner) + ", handle " +
            std::to_string(opaque.handle) + ": " + printable(opaque.what) + '\n';
  return text;
}

std::string sizes(const nft::Dump& dump, const Holdings& holdings) {
  std::size_t elements = 0;
  for (const auto& [name, set] : dump.table.sets) elements += set.elements.size();
  return count(holdings.pods.size(), "isolated pod") + ", " + std::to_string(holdings.policies.size()) + " policies, " +
         count(dump.table.chains.size(), "chain") + ", " + count(dump.table.sets.size(), "set") + " with " +
         count(elements, "element") + '\n';
}

// What is looked at, and what it was at the last look, if there was one.
struct View {
  const Inspection& now;
  const Inspection* before;
  Holdings holdings = holdings_of(now.dump);
  Holdings former = before == nullptr ? Holdings{} : holdings_of(before->dump);

  const std::uint64_t* denied(const std::string& pod, Direction direction) const {
    const auto found = former.pods.find(pod);
    if (found == former.pods.end() || !found->second.isolated.contains(direction)) return nullptr;
    return &found->second.isolated.at(direction).denied.packets;
  }
  const std::uint64_t* allowed(const std::string& policy, Direction direction) const {
    const auto found = former.policies.find(policy);
    if (found == former.policies.end() || !found->second.rules.contains(direction)) return nullptr;
    return &found->second.rules.at(direction).allowed.packets;
  }
  const std::uint64_t* elsewhere(const std::string& what) const {
    const auto found = former.elsewhere.find(what);
    return found == former.elsewhere.end() ? nullptr : &found->second.packets;
  }
};

std::string way(Direction direction) {
  return direction == Direction::ingress ? "  ingress  " : "  egress   ";
}

std::string pod_lines(const std::string& key, const HeldPod& pod, const View& view) {
  std::string text = printable(pod.name) + "  " + first_names(pod.addresses, most_names) + '\n';
  for (const Direction direction : directions) {
    const auto isolated = pod.isolated.find(direction);
    if (isolated == pod.isolated.end()) {
      text += way(direction) + "open\n";
      continue;
    }
    const auto& policies = isolated->second.policies;
    text += way(direction) + "isolated by " +
            (policies.empty() ? "a policy that was not understood" : printable(first_names(policies, most_names))) +
            (isolated->second.audited ? ", which is only audited" : "") + "; " +
            counted(isolated->second.denied.packets, view.denied(key, direction),
                    isolated->second.audited ? "packets would be denied" : "packets denied") +
            '\n';
  }
  return text;
}

std::string policy_lines(const HeldPolicy& policy, const View& view) {
  std::string text = printable(policy.name) + '\n';
  for (const auto& [direction, rules] : policy.rules) {
    text += way(direction) + count(rules.rules, "rule") + ", " +
            counted(rules.allowed.packets, view.allowed(policy.name, direction), "connections allowed") + "; " +
            (rules.pods.empty() ? "no pod here" : "of " + printable(first_names(rules.pods, most_names))) + '\n';
  }
  return text;
}

std::string sign_of(ObjectChange::Kind kind) {
  return kind == ObjectChange::Kind::come ? "+ " : kind == ObjectChange::Kind::gone ? "- " : "~ ";
}

std::string change_lines(const std::vector<ObjectChange>& changes) {
  std::string text;
  for (std::size_t i = 0; i < std::min(changes.size(), most_changes); ++i) {
    text += "  " + sign_of(changes[i].kind) + printable(changes[i].object) + '\n';
    for (const auto& [sign, lines] : {std::pair{"- ", &changes[i].gone}, std::pair{"+ ", &changes[i].come}})
      for (std::size_t k = 0; k < std::min(lines->size(), most_changes); ++k)
        text += "      " +
                (k + 1 == most_changes ? std::to_string(lines->size() - k) + " more" : sign + printable((*lines)[k])) +
                '\n';
  }
  if (changes.size() > most_changes) text += "  and " + count(changes.size() - most_changes, "more object") + '\n';
  return text;
}

std::string drift_text(const Inspection& now) {
  if (!now.drift) return "";
  if (now.drift->empty()) return "no drift: the kernel holds what the objects say\n";
  return "drift: to hold what the objects say, " + count(now.drift->size(), "object") + " would change\n" +
         change_lines(*now.drift);
}

std::string since_text(const Inspection& now, const Inspection* before) {
  if (before == nullptr) return "";
  const auto changes = table_difference(before->dump.table, now.dump.table);
  return changes.empty() ? "" : "changed since the last look:\n" + change_lines(changes);
}

// ---- one chain, with what it asks -----------------------------------------------------------

void sets_of(const nft::Chain& chain, std::set<std::string>& sets) {
  for (const nft::Rule& rule : chain.rules) {
    for (const nft::Match& match : rule.matches) {
      if (const auto* address = std::get_if<nft::MatchAddressSet>(&match)) sets.insert(address->set);
      if (const auto* endpoint = std::get_if<nft::MatchEndpointSet>(&match)) sets.insert(endpoint->set);
    }
  }
}

std::string set_lines(const Inspection& now, const std::string& name) {
  const nft::Set& set = now.dump.table.sets.at(name);
  std::string text = "  set " + printable(name) + ": " + (set.comment.empty() ? "" : printable(set.comment) + ", ") +
                     count(set.elements.size(), "element") + '\n';
  for (std::size_t i = 0; i < set.elements.size(); ++i) {
    if (i == most_elements) return text + "      and " + std::to_string(set.elements.size() - i) + " more\n";
    const std::string element = nft::to_text(set.type, set.elements[i]);
    const auto whose = now.names.find(element.substr(0, element.find(' ')));
    text += "      " + element + (whose == now.names.end() ? "" : "  " + printable(whose->second)) + '\n';
  }
  return text;
}

std::string chain_lines(const Inspection& now, const std::string& name, std::set<std::string>& sets) {
  std::string text = "  chain " + printable(name) + '\n';
  const nft::Chain& chain = now.dump.table.chains.at(name);
  for (const nft::Rule& rule : chain.rules) text += "      " + nft::to_text(rule) + '\n';
  sets_of(chain, sets);
  return text;
}

std::string sets_text(const Inspection& now, const std::set<std::string>& sets) {
  std::string text;
  for (const std::string& set : sets)
    if (now.dump.table.sets.contains(set)) text += set_lines(now, set);
  return text;
}

tl::unexpected<std::string> not_there(const std::string& what, const std::string& name,
                                      const std::set<std::string>& all) {
  const std::string near = nearest(name, {all.begin(), all.end()});
  return tl::unexpected("the table has nothing of " + what + " \"" + printable(name) + "\"" +
                        (near.empty() ? "" : "; did you mean \"" + printable(near) + "\"?"));
}

}  // namespace

std::string overview_text(const Inspection& now, const Inspection* before) {
  const View view{.now = now, .before = before};
  const Holdings& holdings = view.holdings;
  std::string text = head(now.dump) + sizes(now.dump, holdings) + drift_text(now);
  if (!now.dump.opaque.empty()) text += "not understood:\n" + opaque_lines(now.dump, "  ");
  text += since_text(now, before);
  if (!holdings.pods.empty()) text += "\nPODS\n";
  for (const auto& [key, pod] : holdings.pods) text += pod_lines(key, pod, view);
  if (!holdings.policies.empty()) text += "\nPOLICIES\n";
  for (const auto& [key, policy] : holdings.policies) text += policy_lines(policy, view);
  if (!holdings.elsewhere.empty()) text += "\nDENIED FOR OTHER REASONS\n";
  for (const auto& [what, value] : holdings.elsewhere)
    text += "  " + printable(what) + ": " + counted(value.packets, view.elsewhere(what), "packets") + '\n';
  if (now.ports) {
    text += '\n' + head(*now.ports);
    for (const auto& [name, value] : now.ports->counters)
      text += "  " + printable(name) + ": " + std::to_string(value.packets) + " packets\n";
    text += opaque_lines(*now.ports, "  not understood: ");
  }
  return text;
}

tl::expected<std::string, std::string> pod_text(const Inspection& now, const std::string& pod,
                                                const Inspection* before) {
  const View view{.now = now, .before = before};
  const Holdings& holdings = view.holdings;
  std::string text;
  std::set<std::string> all;
  for (const auto& [key, held] : holdings.pods) {
    all.insert(held.name);
    if (held.name != pod) continue;
    text += pod_lines(key, held, view);
    std::set<std::string> sets;
    for (const auto& [direction, isolated] : held.isolated) {
      text += chain_lines(now, isolated.chain, sets);
      for (const std::string& policy : isolated.policies) {
        const auto rules = holdings.policies.find(policy);
        if (rules != holdings.policies.end() && rules->second.rules.contains(direction))
          text += chain_lines(now, rules->second.rules.at(direction).chain, sets);
      }
    }
    text += sets_text(now, sets);
  }
  if (!text.empty()) return text;
  for (const auto& [address, name] : now.names)
    if (name == pod) return pod + "  " + address + "\n  open in both directions: no chain is its own\n";
  return not_there("a pod", pod, all);
}

tl::expected<std::string, std::string> policy_text(const Inspection& now, const std::string& policy,
                                                   const Inspection* before) {
  const View view{.now = now, .before = before};
  const Holdings& holdings = view.holdings;
  const auto held = holdings.policies.find(policy);
  if (held == holdings.policies.end()) {
    std::set<std::string> all;
    for (const auto& [name, one] : holdings.policies) all.insert(name);
    return not_there("a policy", policy, all);
  }
  std::string text = policy_lines(held->second, view);
  std::set<std::string> sets;
  for (const auto& [direction, rules] : held->second.rules) text += chain_lines(now, rules.chain, sets);
  return text + sets_text(now, sets);
}

namespace {

std::string counter_line(const std::string& name, const nft::CounterValue& value) {
  const RoleName of = role_name(name);
  const std::string what = of.role.empty() ? name : of.role + ' ' + of.direction + ' ' + of.object;
  return "#   " + printable(what) + ": " + std::to_string(value.packets) + " packets, " + std::to_string(value.bytes) +
         " bytes\n";
}

std::string raw_text(const nft::Dump& dump) {
  std::string text = "# " + head(dump);
  if (!dump.opaque.empty()) text += "# not understood:\n" + opaque_lines(dump, "#   ");
  if (!dump.counters.empty()) text += "# counters:\n";
  for (const auto& [name, value] : dump.counters) text += counter_line(name, value);
  return text + nft::to_text(dump.table);
}

}  // namespace

std::string raw_text(const Inspection& now) {
  return raw_text(now.dump) + (now.ports ? '\n' + raw_text(*now.ports) : "");
}

}  // namespace selvedge::cli
