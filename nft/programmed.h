// The copy of what the kernel holds, learned from a dump or from commits, and
// the only writer of it. After any failure nothing is assumed: the copy is
// dropped, and adopt() must read the table anew.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "nft/backend.h"
#include "nft/changes.h"

namespace selvedge::nft {

// Not thread-safe. `backend` must outlive it.
class Programmed {
 public:
  Programmed(Backend& backend, std::string table_name);

  // Reads the kernel's table; chains and sets with opaque parts are remembered as dirty.
  // No table: as if it were empty.
  tl::expected<void, Error> adopt();
  bool known() const;  // adopted, and no write has failed since

  // Makes the kernel hold `desired`, writing only what differs. Needs known().
  // Dirty chains are rewritten; foreign objects of the table are removed.
  tl::expected<void, Error> reconcile(const Table& desired);

  // Carries out changes against what is held. Needs known(). Commits several batches;
  // if one fails the rest is not tried and known() turns false.
  tl::expected<void, Error> write(const Changes& changes);

  const Table& table() const;  // needs known()

 private:
  Backend& backend_;
  Table held_;
  std::vector<Opaque> opaque_;
  bool known_ = false;
};

}  // namespace selvedge::nft
