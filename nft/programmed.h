// The copy of what the kernel holds, learned from a dump or from commits, and
// the only writer of it. After any failure nothing is assumed: the copy is
// dropped, and adopt() must read the table anew.
#pragma once

#include <optional>
#include <set>
#include <string>

#include <tl/expected.hpp>

#include "nft/backend.h"
#include "nft/changes.h"
#include "nft/held_table.h"
#include "nft/spares.h"

namespace selvedge::nft {

// Not thread-safe. `backend` must outlive it.
class Programmed {
 public:
  Programmed(Backend& backend, std::string table_name, TableFamily family = TableFamily::inet);  // the backend's

  // Reads the kernel's table; what has parts that did not decode is remembered.
  // No table: as if it were empty.
  tl::expected<void, Error> adopt();
  bool known() const;  // adopted, and no write has failed since

  // Whether the kernel still holds what was written; false: adopt() and reconcile() restore it. It changes nothing,
  // here or there. Needs known(). Error: it could not be read; nothing is known of it, and it may be asked again.
  //   counts   rules and references of each chain, elements of each set: 1 ms for 700 chains and sets, at any size
  //            of theirs. What differs is asked for its content before it is believed. Misses what was
  //            replaced by as much else; on kernels before 6.16, elements altogether.
  //   content  all of it, as adopt() reads it: 20 ms for 4,000 rules and 10,000 elements, 0.2 s for 100,000.
  enum class Depth { counts, content };
  tl::expected<bool, Error> check(Depth depth);

  bool equals(const Table& desired) const;  // what is held; needs known()

  // Makes the kernel hold `desired`, writing only what differs. Needs known(). A chain with a
  // rule that did not decode is rewritten; sets, maps and chains that cannot be altered in place, or not without
  // harm to packets in flight, are replaced with all that leads there (spares.h); foreign objects of the table are
  // removed, but for stateful ones other than counters, which do nothing by themselves.
  tl::expected<void, Error> reconcile(Table desired);

  // Carries out changes against what is held, at the cost of what they contain. Needs known(). Commits
  // several batches; if one fails the rest is not tried and known() turns false. An error of Kind::refused tells
  // in `object` which change it was, where the kernel blamed one.
  tl::expected<void, Error> write(const Changes& changes);

  Table table() const;         // needs known(); costs what the table holds
  PackedTable packed() const;  // the same at a tenth of the cost
  std::size_t set_elements() const { return held_.elements(); }
  const Table& outline() const { return held_.outline(); }  // all but the sets' elements, at none

 private:
  void hold(PackedDump packed);
  std::optional<Error> carry_out(const Batch& batch);
  void note_read(const Changes& changes);
  Changes changes_to(Table desired) const;
  tl::expected<void, Error> write_beside(const Table& desired, const Clashes& clashes);
  Error forget(Error error);

  Backend& backend_;
  HeldTable held_;
  std::set<std::string> unread_rules_;  // chains with rules that did not decode
  Clashes unread_;                      // sets, maps and chains that themselves or whose elements did not
  bool dormant_ = false;                // all of it is out of force
  bool counts_tell_ = true;             // the kernel counts as we do
  bool known_ = false;
};

}  // namespace selvedge::nft
