// What did not decode is held as an empty object of its name (a placeholder): so diff() sees it as foreign
// or of another shape, and plan() knows that it must be emptied and deleted.
#include "nft/programmed.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "nft/transaction_order.h"

namespace selvedge::nft {

namespace {

bool logs(const Op& op) {
  const auto* added = std::get_if<AddRule>(&op);
  return added != nullptr && std::holds_alternative<Log>(added->rule.verdict);
}

}  // namespace

Programmed::Programmed(Backend& backend, std::string table_name, TableFamily family)
    : backend_(backend), held_(std::move(table_name), family) {}

bool Programmed::known() const {
  return known_;
}

Table Programmed::table() const {
  assert(known_);
  return held_.table();
}

bool Programmed::equals(const Table& desired) const {
  assert(known_);
  return !dormant_ && unread_rules_.empty() && unread_.empty() && held_.equals(desired);
}

PackedTable Programmed::packed() const {
  assert(known_);
  return held_.packed();
}

Error Programmed::forget(Error error) {
  known_ = false;
  held_ = HeldTable(held_.name(), held_.outline().family);
  dormant_ = false;
  counts_tell_ = true;
  unread_rules_.clear();
  unread_ = {};
  return error;
}

tl::expected<void, Error> Programmed::adopt() {
  auto dump = backend_.packed_dump(held_.name());
  if (!dump) return tl::unexpected(forget(std::move(dump.error())));
  forget({});
  known_ = true;
  if (*dump) hold(std::move(**dump));
  return {};
}

void Programmed::hold(PackedDump packed) {
  Dump& dump = packed.dump;
  dormant_ = dump.dormant;
  Table table = std::move(dump.table);
  table.name = held_.name();
  for (const Opaque& opaque : dump.opaque) {
    switch (opaque.where) {
      case Opaque::Where::rule:
        table.chains[opaque.owner];
        unread_rules_.insert(opaque.owner);
        break;
      case Opaque::Where::chain:
        table.chains[opaque.owner];
        unread_.chains.insert(opaque.owner);
        break;
      case Opaque::Where::set:
      case Opaque::Where::element:
        if (!table.maps.contains(opaque.owner)) {
          table.sets[opaque.owner];
          packed.elements[opaque.owner];
        }
        unread_.sets.insert(opaque.owner);
        break;
      case Opaque::Where::object:
        break;
    }
  }
  held_ = HeldTable(std::move(table), std::move(packed.elements));
}

// Also the chains that look equal only because a rule of theirs did not decode.
Changes Programmed::changes_to(Table desired) const {
  std::map<std::string, ChainChange> unread;
  for (const auto& name : unread_rules_) {
    if (const auto chain = desired.chains.find(name); chain != desired.chains.end()) unread.insert(*chain);
  }
  Changes changes = held_.changes_to(std::move(desired));
  changes.chains.merge(unread);
  return changes;
}

tl::expected<bool, Error> Programmed::check(Depth depth) {
  assert(known_);
  const Table& outline = held_.outline();
  const bool empty = outline.chains.empty() && outline.sets.empty() && outline.maps.empty();
  if (dormant_ || !unread_rules_.empty() || !unread_.empty()) return false;
  if (depth == Depth::counts && counts_tell_) {
    const auto tally = backend_.tally(held_.name());
    if (!tally) return tl::unexpected(tally.error());
    if (!*tally) return empty;
    if (held_.agrees_with(**tally)) return true;
  }
  const auto read = backend_.packed_dump(held_.name());
  if (!read) return tl::unexpected(read.error());
  if (!*read) return empty;
  const Dump& dump = (*read)->dump;
  const bool understood =
      std::ranges::all_of(dump.opaque, [](const Opaque& opaque) { return opaque.where == Opaque::Where::object; });
  const bool equal = understood && !dump.dormant && held_.equals(**read);
  if (equal && depth == Depth::counts) counts_tell_ = false;
  return equal;
}

tl::expected<void, Error> Programmed::reconcile(Table desired) {
  assert(known_);
  if (dormant_) {  // any write wakes it, and there may be nothing else to write
    if (auto failure = carry_out({AddTable{}})) return tl::unexpected(forget(std::move(*failure)));
    dormant_ = false;
  }
  const Table& held = held_.outline();
  if (held.chains.empty() && held.sets.empty() && held.maps.empty()) return write(changes_to(std::move(desired)));
  Changes changes = changes_to(desired);
  Clashes clashes = clashes_between(held, unread_, desired);
  if (clashes.empty() && is_right_in_place(held, changes)) return write(changes);
  Clashes altered = altered_by(std::exchange(changes, {}));
  clashes.sets.merge(altered.sets);
  clashes.chains.merge(altered.chains);
  if (auto written = write_beside(desired, with_what_leads_there(std::move(clashes), desired)); !written)
    return written;
  return write(changes_to(std::move(desired)));
}

tl::expected<void, Error> Programmed::write_beside(const Table& desired, const Clashes& clashes) {
  const Spared spared = with_spare_names(desired, clashes, held_.outline());
  auto written = write(changes_to(spared.table));
  if (written) return {};
  Error error = std::move(written.error());
  if (const auto name = spared.names.find(error.object); name != spared.names.end()) error.object = name->second;
  return tl::unexpected(std::move(error));
}

tl::expected<void, Error> Programmed::write(const Changes& changes) {
  assert(known_);
  std::optional<Error> failure;
  plan(held_.outline(), changes, [&](const Batch& batch) {
    failure = carry_out(batch);
    return !failure;
  });
  if (failure) return tl::unexpected(forget(std::move(*failure)));
  note_read(changes);
  return {};
}

// Why not, if it failed.
std::optional<Error> Programmed::carry_out(const Batch& batch) {
  if (auto committed = backend_.commit(held_.name(), batch); !committed) {
    Error error = std::move(committed.error());
    const bool blamed = error.kind == Error::Kind::refused && error.op && *error.op < batch.size();
    if (blamed) error.object = object_of(batch[*error.op]);
    error.no_log = blamed && logs(batch[*error.op]);
    return error;
  }
  const auto applied = held_.apply(batch);
  if (applied) return std::nullopt;
  return Error{
      .kind = Error::Kind::unknown,
      .code = applied.error().code,
      .op = applied.error().op,
      .object = {},
      .message = "table " + held_.name() + ": the kernel took what it should have refused: " + applied.error().message +
                 "; the table must be read back",
  };
}

// What was rewritten or removed holds nothing any more that did not decode.
void Programmed::note_read(const Changes& changes) {
  for (const auto& [name, change] : changes.chains) {
    unread_rules_.erase(name);
    if (std::holds_alternative<Gone>(change)) unread_.chains.erase(name);
  }
  for (const auto& [name, change] : changes.sets) {
    if (std::holds_alternative<Gone>(change)) unread_.sets.erase(name);
  }
  for (const auto& [name, change] : changes.maps) {
    if (std::holds_alternative<Gone>(change)) unread_.sets.erase(name);
  }
}

}  // namespace selvedge::nft
