#include "controller/report/cells.h"

#include <algorithm>
#include <map>
#include <utility>

namespace selvedge::report {
namespace {

using nft::Family;
using reach::Ports;

constexpr std::array families{Family::v4, Family::v6};

bool has(const Subject& subject, Family family) {
  return family == Family::v4 ? subject.v4 : subject.v6;
}

// Of a family that one of the two lacks there is nothing to say: then the other one's ports are those.
Cell told_alike(Cell cell) {
  if (!cell.ports[0]) cell.ports[0] = cell.ports[1];
  if (!cell.ports[1]) cell.ports[1] = cell.ports[0];
  return cell;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::nobody:
      return "";
    case Verdict::denied:
      return "denied";
    case Verdict::some:
      return "some ports";
    case Verdict::all:
      return "all ports";
    case Verdict::open:
      return "open";
    case Verdict::unknown:
      return "unknown";
    case Verdict::audited:
      return "audited";
  }
  return "";
}

Cells::Cells(const Report& report) : report_(report) {
  for (const Ports& ports : report.ports) number(ports);
  none_ = number({});
  all_ = number(Ports::everything());
}

Index Cells::number(Ports ports) {
  const auto [at, fresh] = number_.try_emplace(std::move(ports), static_cast<Index>(pool_.size()));
  if (fresh) pool_.push_back(at->first);
  return at->second;
}

Index Cells::side(Index subject, Direction direction, Index other, Family family, Mode mode) const {
  const Isolation& isolation = report_.subjects[subject].isolation(direction);
  if (!isolation.isolated || (mode == Mode::as_it_is && report_.subjects[subject].audited)) return all_;
  return isolation.row ? report_.rows[*isolation.row][slot(family)][other] : none_;
}

Index Cells::common(Index one, Index other) {
  if (one == other || other == all_) return one;
  if (one == all_) return other;
  if (one == none_ || other == none_) return none_;
  const auto [low, high] = std::minmax(one, other);
  const auto [at, fresh] = common_.try_emplace(std::uint64_t{low} << 32 | high, none_);
  if (fresh) at->second = number(reach::common(pool_[low], pool_[high]));
  return at->second;
}

Index Cells::both(Index from, Index to, Family family, Mode mode) {
  return common(side(from, Direction::egress, to, family, mode), side(to, Direction::ingress, from, family, mode));
}

Cell Cells::at(Index from, Index to) {
  const Subject& sender = report_.subjects[from];
  const Subject& receiver = report_.subjects[to];
  Cell cell;
  if (sender.pods.empty() && receiver.pods.empty()) return cell;
  if (from == to && sender.size == 1) return cell;
  bool audited = false;
  for (const Family family : families) {
    if (!has(sender, family) || !has(receiver, family)) continue;
    const Index ports = both(from, to, family, Mode::as_it_is);
    cell.ports[slot(family)] = ports;
    if (sender.audited || receiver.audited) audited = audited || ports != both(from, to, family, Mode::enforced);
  }
  cell.verdict = verdict(cell, sender, receiver, audited);
  return cell;
}

Verdict Cells::verdict(const Cell& cell, const Subject& from, const Subject& to, bool audited) const {
  const auto each = [&](Index index) {
    return std::ranges::all_of(cell.ports, [&](const auto& ports) { return !ports || *ports == index; });
  };
  if (!cell.ports[0] && !cell.ports[1]) return Verdict::nobody;
  if (each(none_)) return Verdict::denied;
  const Isolation& out = from.isolation(Direction::egress);
  const Isolation& in = to.isolation(Direction::ingress);
  if (out.unknown || in.unknown) return Verdict::unknown;
  if (audited) return Verdict::audited;
  if (!out.isolated && !in.isolated) return Verdict::open;
  return each(all_) ? Verdict::all : Verdict::some;
}

std::vector<Way> Cells::ways(Index subject, Direction direction) {
  std::map<Cell, std::vector<Index>> by_cell;
  auto last = by_cell.end();  // neighbours mostly have the same
  for (Index other = 0; other < report_.subjects.size(); ++other) {
    const Cell cell = told_alike(direction == Direction::ingress ? at(other, subject) : at(subject, other));
    if (cell.verdict == Verdict::nobody || cell.verdict == Verdict::denied) continue;
    if (last == by_cell.end() || last->first != cell) last = by_cell.try_emplace(cell).first;
    last->second.push_back(other);
  }
  std::vector<Way> ways;
  for (auto& [cell, others] : by_cell) ways.push_back({cell, std::move(others)});
  std::ranges::stable_sort(ways, {}, [](const Way& way) { return way.others.size(); });
  return ways;
}

std::string Cells::words(const Cell& cell) const {
  const auto& [v4, v6] = cell.ports;
  if (!v4 && !v6) return "";
  if (!v4 || !v6 || *v4 == *v6) return reach::to_string(pool_[v4 ? *v4 : *v6]);
  if (pool_[*v6].empty()) return reach::to_string(pool_[*v4]) + " (IPv4)";
  if (pool_[*v4].empty()) return reach::to_string(pool_[*v6]) + " (IPv6)";
  return reach::to_string(pool_[*v4]) + " (IPv4), " + reach::to_string(pool_[*v6]) + " (IPv6)";
}

}  // namespace selvedge::report
