// Opaque sets and chains are kept in the table as empty ones, so that apply() knows their names;
// a dump leaves them out, as the kernel's would.
#include "test/support/fake_backend.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace selvedge::test {
namespace {

using nft::Opaque;

bool is_of_chain(const Opaque& opaque) {
  return opaque.where == Opaque::Where::rule || opaque.where == Opaque::Where::chain;
}

bool is_of_set(const Opaque& opaque) {
  return opaque.where == Opaque::Where::set || opaque.where == Opaque::Where::element;
}

// Whether `op` takes away what did not decode.
bool ends(const nft::Op& op, const Opaque& opaque) {
  if (std::holds_alternative<nft::DeleteTable>(op)) return true;
  if (const auto* flush = std::get_if<nft::FlushChain>(&op)) {
    return opaque.where == Opaque::Where::rule && opaque.owner == flush->name;
  }
  if (const auto* gone = std::get_if<nft::DeleteChain>(&op)) return is_of_chain(opaque) && opaque.owner == gone->name;
  if (const auto* gone = std::get_if<nft::DeleteSet>(&op)) return is_of_set(opaque) && opaque.owner == gone->name;
  return false;
}

// The last operation on the table itself, if the batch has one.
const nft::Op* last_table_op(const nft::Batch& batch) {
  const nft::Op* last = nullptr;
  for (const auto& op : batch) {
    if (std::holds_alternative<nft::AddTable>(op) || std::holds_alternative<nft::DeleteTable>(op)) last = &op;
  }
  return last;
}

nft::Error refused(const std::string& table, const nft::Refusal& refusal) {
  return {.kind = nft::Error::Kind::refused,
          .code = refusal.code,
          .op = refusal.op,
          .message = "table " + table + ": " + refusal.message};
}

}  // namespace

FakeBackend::Held& FakeBackend::make(const std::string& name) {
  const auto found = tables_.find(name);
  if (found != tables_.end()) return found->second;
  return tables_.emplace(name, Held{nft::HeldTable(name, family_), {}, {}, ++last_handle_}).first->second;
}

template <typename Change>
void FakeBackend::alter(Held& held, const Change& change) {
  nft::Table table = held.table.table();
  change(table);
  held.table = nft::HeldTable(std::move(table));
  ++generation_;
}

tl::expected<void, nft::Error> FakeBackend::commit(const std::string& table, const nft::Batch& batch) {
  std::optional<Failure> failure;
  if (commit_failure_ && commit_failure_->skip-- == 0) failure = std::exchange(commit_failure_, std::nullopt);
  if (failure && !failure->done) return tl::unexpected(failure->error);

  const auto disliked = dislikes_ ? std::ranges::find_if(batch, dislikes_) : batch.end();
  if (disliked != batch.end()) {
    const auto op = static_cast<std::size_t>(disliked - batch.begin());
    return tl::unexpected(refused(table, {op, E2BIG, object_of(*disliked) + ": it is too much"}));
  }
  const bool starts_table = !batch.empty() && std::holds_alternative<nft::AddTable>(batch.front());
  const bool exists = tables_.contains(table);
  if (!exists && !starts_table) return tl::unexpected(refused(table, {0, ENOENT, "it does not exist"}));
  Held& held = make(table);
  if (const auto applied = held.table.apply(batch); !applied) {
    if (!exists) tables_.erase(table);
    return tl::unexpected(refused(table, applied.error()));
  }
  for (const auto& op : batch) {
    std::erase_if(held.opaque, [&op](const Opaque& opaque) { return ends(op, opaque); });
    if (const auto* gone = std::get_if<nft::DeleteCounter>(&op)) held.counters.erase(gone->name);
    if (std::holds_alternative<nft::DeleteTable>(op)) held.counters.clear();
    if (std::holds_alternative<nft::DeleteTable>(op)) held.handle = ++last_handle_;
  }
  const auto* last = last_table_op(batch);
  if (last && std::holds_alternative<nft::DeleteTable>(*last)) tables_.erase(table);
  committed_.push_back(batch);
  ++generation_;
  if (failure) return tl::unexpected(failure->error);
  return {};
}

tl::expected<std::optional<nft::Dump>, nft::Error> FakeBackend::dump(const std::string& table) {
  ++dumps_;
  if (dump_failure_) return tl::unexpected(*std::exchange(dump_failure_, std::nullopt));
  const auto found = tables_.find(table);
  if (found == tables_.end()) return std::nullopt;
  const Held& held = found->second;
  nft::Dump dump;
  dump.table = held.table.table();
  dump.opaque = held.opaque;
  dump.handle = held.handle;
  dump.generation = generation_;
  for (const auto& opaque : held.opaque) {
    if (opaque.where == Opaque::Where::chain) dump.table.chains.erase(opaque.owner);
    if (opaque.where == Opaque::Where::set) dump.table.sets.erase(opaque.owner);
  }
  for (const auto& name : dump.table.counters) {
    const auto value = held.counters.find(name);
    dump.counters[name] = value == held.counters.end() ? nft::CounterValue{} : value->second;
  }
  return dump;
}

void FakeBackend::fail_commit(Failure failure) {
  commit_failure_ = std::move(failure);
}

void FakeBackend::fail_next_dump(nft::Error error) {
  dump_failure_ = std::move(error);
}

void FakeBackend::put(const nft::Table& table) {
  tables_.erase(table.name);
  make(table.name).table = nft::HeldTable(table);
  ++generation_;
}

void FakeBackend::remove(const std::string& table) {
  tables_.erase(table);
  ++generation_;
}

void FakeBackend::put_opaque(const std::string& table, const nft::Opaque& opaque) {
  Held& held = make(table);
  held.opaque.push_back(opaque);
  alter(held, [&opaque](nft::Table& altered) {
    if (is_of_chain(opaque)) altered.chains[opaque.owner];
    if (is_of_set(opaque) && !altered.maps.contains(opaque.owner)) altered.sets[opaque.owner];
  });
}

void FakeBackend::set_counter(const std::string& table, const std::string& counter, nft::CounterValue value) {
  Held& held = make(table);
  alter(held, [&counter](nft::Table& altered) { altered.counters.insert(counter); });
  held.counters[counter] = value;
}

std::optional<nft::Table> FakeBackend::table(const std::string& name) const {
  const auto found = tables_.find(name);
  if (found == tables_.end()) return std::nullopt;
  return found->second.table.table();
}

std::vector<nft::Opaque> FakeBackend::opaque(const std::string& table) const {
  const auto found = tables_.find(table);
  return found == tables_.end() ? std::vector<nft::Opaque>{} : found->second.opaque;
}

}  // namespace selvedge::test
