// A kernel in memory: several tables by name, transactional, refusing what apply() refuses.
// It can be told to fail, before or after it has done the work, and to hold what does not decode.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nft/backend.h"
#include "nft/held_table.h"

namespace selvedge::test {

class FakeBackend : public nft::Backend {
 public:
  explicit FakeBackend(nft::TableFamily family = nft::TableFamily::inet) : family_(family) {}

  tl::expected<void, nft::Error> commit(const std::string& table, const nft::Batch& batch) override;
  tl::expected<std::optional<nft::Dump>, nft::Error> dump(const std::string& table) override;

  // A commit still to come fails: the next one, or after `skip` that succeed. `done`: it is carried
  // out nevertheless, and only the answer is lost (as with Kind::unknown).
  struct Failure {
    nft::Error error;
    std::size_t skip = 0;
    bool done = false;
  };
  void fail_commit(Failure failure);
  void fail_next_dump(nft::Error error);
  // From now on operations that `dislikes` names are refused; none: all are taken again.
  void refuse(std::function<bool(const nft::Op&)> dislikes) { dislikes_ = std::move(dislikes); }

  // Somebody else's doing, past commit(): a whole table; a table deleted; something in it that does
  // not decode. What is opaque goes when its chain is flushed or it or its owner is deleted.
  void put(const nft::Table& table);
  void remove(const std::string& table);
  void put_opaque(const std::string& table, const nft::Opaque& opaque);
  void set_counter(const std::string& table, const std::string& counter, nft::CounterValue value);

  // What the kernel holds; no value: no such table. Opaque sets and chains stand in it without content.
  std::optional<nft::Table> table(const std::string& name) const;
  std::vector<nft::Opaque> opaque(const std::string& table) const;

  std::size_t commits() const { return committed_.size(); }  // that were carried out
  const std::vector<nft::Batch>& committed() const { return committed_; }
  std::size_t dumps() const { return dumps_; }

 private:
  struct Held {
    nft::HeldTable table;
    std::vector<nft::Opaque> opaque;
    std::map<std::string, nft::CounterValue> counters;
    std::uint64_t handle = 0;
  };
  Held& make(const std::string& name);
  template <typename Change>
  void alter(Held& held, const Change& change);

  nft::TableFamily family_;
  std::map<std::string, Held> tables_;
  std::optional<Failure> commit_failure_;
  std::optional<nft::Error> dump_failure_;
  std::function<bool(const nft::Op&)> dislikes_;
  std::vector<nft::Batch> committed_;
  std::size_t dumps_ = 0;
  std::uint64_t last_handle_ = 0;
  std::uint32_t generation_ = 1;
};

}  // namespace selvedge::test
