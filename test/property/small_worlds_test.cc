// Law 4 without chance: in all small worlds, the table decides every packet as
// the plain reading does. Worlds stand on shelves, by what varies on them; the
// normal run takes the small shelves whole, a long one goes on through the others.
#include "test/property/small_worlds.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <numeric>
#include <sstream>

#include "controller/core.h"
#include "test/property/disagreement.h"
#include "test/property/law.h"
#include "test/property/world.h"

namespace selvedge::test {
namespace {

using Policies = std::vector<k8s::NetworkPolicy>;

struct Shelf {
  std::string name;
  std::size_t worlds = 0;
  std::function<Policies(std::size_t index)> policies;
};

// Takes one digit off a number whose digits have different bases.
std::size_t digit(std::size_t& index, std::size_t base) {
  const std::size_t value = index % base;
  index /= base;
  return value;
}

// `types`: 1 ingress, 2 egress, 3 both, 0 none. The rules hold in either direction.
k8s::NetworkPolicy policy_of(const std::string& name, std::size_t selector, std::size_t types,
                             std::vector<k8s::PolicyRule> rules) {
  k8s::NetworkPolicy policy = small_policy(name);
  policy.pod_selector = small_selectors().at(selector);
  policy.ingress_isolates = types % 2 == 1;
  policy.egress_isolates = types >= 2;
  policy.ingress = rules;
  policy.egress = std::move(rules);
  return policy;
}

Shelf one_rule() {
  const auto rules = small_rules(1, 1);
  const std::size_t selectors = small_selectors().size();
  return {"one policy of at most one rule", selectors * 4 * (rules.size() + 1), [=](std::size_t index) -> Policies {
            const std::size_t selector = digit(index, selectors), types = digit(index, 4);
            if (index == rules.size()) return {policy_of("one", selector, types, {})};
            return {policy_of("one", selector, types, {rules[index]})};
          }};
}

Shelf one_rule_of(std::size_t peers, std::size_t ports, std::size_t selectors) {
  const auto rules = small_rules(peers, ports);
  return {"one rule of at most " + std::to_string(peers) + " peers and " + std::to_string(ports) + " ports",
          selectors * 2 * rules.size(), [=](std::size_t index) -> Policies {
            const std::size_t selector = digit(index, selectors), types = 1 + digit(index, 2);
            return {policy_of("one", selector, types, {rules[index]})};
          }};
}

Shelf two_rules() {
  const auto rules = small_rules(1, 1);
  return {"one policy of two rules", 2 * rules.size() * rules.size(), [=](std::size_t index) -> Policies {
            const std::size_t types = 1 + digit(index, 2), first = digit(index, rules.size());
            return {policy_of("one", 0, types, {rules[first], rules[index]})};
          }};
}

Shelf two_policies() {
  const auto rules = small_rules(1, 1);
  const std::size_t selectors = small_selectors().size();
  const std::size_t policies = selectors * 3 * rules.size();
  const auto policy = [=](const std::string& name, std::size_t index) {
    const std::size_t selector = digit(index, selectors), types = 1 + digit(index, 3);
    return policy_of(name, selector, types, {rules[index]});
  };
  return {"two policies", policies * policies, [=](std::size_t index) -> Policies {
            const std::size_t first = digit(index, policies);
            return {policy("one", first), policy("two", index)};
          }};
}

class Inspector {
 public:
  // What is wrong with this world; "" if nothing.
  std::string look(const Policies& policies) {
    std::vector<k8s::Object> objects = cluster_;
    objects.insert(objects.end(), policies.begin(), policies.end());
    Core core({.node = "node-a"});
    for (const k8s::Object& object : objects) core.upsert(object);
    const nft::Table table = core.table();
    const meaning::Meaning meaning({.node = "node-a"}, objects);
    const auto packet = disagreement(table, meaning, packets_);
    if (!packet) return "";
    std::ostringstream report;
    for (const k8s::Object& object : objects) print(report, object);
    report << "disagree about " << told(table, meaning, *packet);
    return report.str();
  }
  std::size_t packets() const { return packets_.size(); }

 private:
  std::vector<k8s::Object> cluster_ = small_cluster();
  std::vector<nft::Packet> packets_ = small_packets();
};

// As many worlds as `most` and, in a long run, its time allow; spread over the shelf, none twice.
void inspect(const Shelf& shelf, std::size_t most, int percent_of_long_run) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(10 * percent_of_long_run * long_run());
  Inspector inspector;
  std::size_t step = shelf.worlds * 5 / 8 | 1;
  while (std::gcd(step, shelf.worlds) != 1) step += 2;
  const std::size_t enough = affordable(std::min(most, shelf.worlds));
  std::size_t seen = 0;
  int failures = 0;
  for (std::size_t index = 0; seen < shelf.worlds && failures < 3; index = (index + step) % shelf.worlds) {
    if (seen >= enough && std::chrono::steady_clock::now() >= end) break;
    ++seen;
    const std::string fault = inspector.look(shelf.policies(index));
    if (fault.empty()) continue;
    ++failures;
    ADD_FAILURE() << shelf.name << ", world " << index << ":\n" << fault;
  }
  print_counts("small worlds",
               shelf.name + ", " + std::to_string(seen) + " of " + std::to_string(shelf.worlds) + " worlds",
               {{"packets", seen * inspector.packets()}}, failures);
}

constexpr std::size_t whole_shelf = SIZE_MAX;

TEST(SmallWorlds, OfOnePolicyWithAtMostOneRule_AreAllDecidedAsRead) {
  inspect(one_rule(), whole_shelf, 0);
}

TEST(SmallWorlds, OfOneRuleWithTwoPeersOrTwoPorts_AreAllDecidedAsRead) {
  inspect(one_rule_of(2, 1, 2), whole_shelf, 0);
  inspect(one_rule_of(1, 2, 2), whole_shelf, 0);
}

TEST(SmallWorlds, OfOneRuleWithTwoPeersAndTwoPorts_AreDecidedAsRead) {
  inspect(one_rule_of(2, 2, 6), 4000, 4);
}

TEST(SmallWorlds, OfTwoRules_AreDecidedAsRead) {
  inspect(two_rules(), 5000, 4);
}

TEST(SmallWorlds, OfTwoPolicies_AreDecidedAsRead) {
  inspect(two_policies(), 5000, 10);
}

}  // namespace
}  // namespace selvedge::test
