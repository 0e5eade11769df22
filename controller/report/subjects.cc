#include "controller/report/subjects.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace selvedge::report {
namespace {

using reach::Party;

// All that decides about a party but its address: equal ones have equal rows and equal columns.
using Named = std::vector<std::tuple<std::string, k8s::Protocol, std::uint16_t>>;
using Alike = std::tuple<Party::Kind, std::string, std::string, std::vector<Index>, std::vector<Index>, Named,
                         std::array<bool, 5>>;

// Rows of the same content by one number: that of two pods are two where policies name ports, even if both declare the
// same.
class RowNumbers {
 public:
  Index of(const std::vector<Index>* row) {
    const auto [at, fresh] = by_address_.try_emplace(row, 0);
    if (fresh && row != nullptr)
      at->second = by_content_.try_emplace(*row, Index(by_content_.size() + 1)).first->second;
    return at->second;
  }

 private:
  std::map<const std::vector<Index>*, Index> by_address_;
  std::map<std::vector<Index>, Index> by_content_;
};

Named named_ports(const Party& party) {
  Named ports;
  if (party.pods.empty()) return ports;
  for (const k8s::ContainerPort& port : party.pods.front()->ports) {
    if (!port.name.empty()) ports.emplace_back(port.name, port.protocol, port.number);
  }
  return ports;
}

Alike alike(const reach::Reach& reach, std::size_t i, const std::vector<Index>& sets, RowNumbers& numbers) {
  const Party& party = reach.parties()[i];
  std::vector<Index> rows;
  for (const Direction direction : {Direction::ingress, Direction::egress}) {
    for (const nft::Family family : {nft::Family::v4, nft::Family::v6})
      rows.push_back(numbers.of(reach.row(i, direction, family)));
  }
  return {party.kind,
          party.ns,
          party.name,
          std::move(rows),
          sets,
          named_ports(party),
          {party.v4.has_value(), party.v6.has_value(), reach.isolated(i, Direction::ingress),
           reach.isolated(i, Direction::egress), party.pods.empty() || party.pods.front()->understood}};
}

void take(Subject& subject, const Party& party) {
  if (subject.name.empty()) {
    subject.kind = party.kind;
    subject.ns = party.ns;
    subject.name = party.name;
    subject.size = 0;
    subject.v4 = party.v4.has_value();
    subject.v6 = party.v6.has_value();
    if (party.pods.empty()) {
      for (const auto& address : {party.v4, party.v6}) {
        if (address) subject.addresses.push_back(nft::to_string(*address));
      }
    }
  }
  subject.pods.insert(subject.pods.end(), party.pods.begin(), party.pods.end());
  subject.size += party.size;
}

// The labels of its pods that pods of `others` do not all have.
std::string own_labels(const Subject& subject, const std::vector<const Subject*>& others) {
  constexpr std::size_t most = 2;
  std::string text;
  std::size_t count = 0;
  const auto all_have = [](const Subject& one, const auto& label) {
    return std::ranges::all_of(one.pods, [&](const k8s::Pod* pod) {
      const auto found = pod->meta.labels.find(label.first);
      return found != pod->meta.labels.end() && found->second == label.second;
    });
  };
  for (const auto& label : subject.pods.front()->meta.labels) {
    if (!all_have(subject, label)) continue;
    if (std::ranges::all_of(others, [&](const Subject* other) { return all_have(*other, label); })) continue;
    if (++count <= most) text += (text.empty() ? "" : ", ") + label.first + '=' + label.second;
  }
  return text.empty() ? "such as pod " + subject.pods.front()->meta.name : text;
}

void tell_apart(std::vector<Subject>& subjects) {
  std::map<std::pair<std::string, std::string>, std::vector<Subject*>> by_name;
  for (Subject& subject : subjects) {
    if (!subject.pods.empty()) by_name[{subject.ns, subject.name}].push_back(&subject);
  }
  for (const auto& [name, same] : by_name) {
    if (same.size() == 1) continue;
    const std::vector<const Subject*> all(same.begin(), same.end());
    for (Subject* subject : same) subject->variant = own_labels(*subject, all);
  }
}

}  // namespace

Lines lines_of(const reach::Reach& reach, const std::vector<std::vector<Index>>& sets) {
  std::vector<std::vector<Index>> sets_of(reach.parties().size());
  for (Index set = 0; set < sets.size(); ++set) {
    for (const Index party : sets[set]) sets_of[party].push_back(set);
  }
  Lines lines;
  RowNumbers numbers;
  std::map<Alike, Index> known;
  for (std::size_t i = 0; i < reach.parties().size(); ++i) {
    const auto [at, fresh] =
        known.try_emplace(alike(reach, i, sets_of[i], numbers), static_cast<Index>(lines.subjects.size()));
    if (fresh) {
      lines.subjects.emplace_back();
      lines.first.push_back(i);
    }
    take(lines.subjects[at->second], reach.parties()[i]);
    lines.of_party.push_back(at->second);
  }
  for (Subject& subject : lines.subjects)
    std::ranges::sort(subject.pods, {}, [](const k8s::Pod* pod) { return pod->meta.key(); });
  tell_apart(lines.subjects);
  return lines;
}

}  // namespace selvedge::report
