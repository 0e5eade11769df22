// The seam to the kernel: commit a batch, dump the table. Netlink implements it
// for real; test/support has an in-memory one that behaves and can be told to fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "nft/ruleset.h"
#include "nft/transaction.h"

namespace selvedge::nft {

struct Error {
  // What the caller should do about it:
  //   refused    the kernel will not have `op`; the same batch fails again
  //   unknown    it may or may not have been committed (ENOBUFS, a cut-off dump): read back
  //   transient  nothing was committed, the same may succeed later (EINTR, EBUSY, ENOMEM, EAGAIN)
  //   denied     no privilege, or another process owns the table (EPERM)
  //   unsupported the kernel lacks nf_tables or a feature of it
  enum class Kind { refused, unknown, transient, denied, unsupported };
  Kind kind{};
  int code = 0;                   // errno
  std::optional<std::size_t> op;  // index into the batch, where the kernel blamed one
  std::string object{};           // of Kind::refused alone: the chain, set, map or counter that `op` is about; or empty
  bool no_log = false;            // of Kind::refused alone: `op` is a rule that logs, and this kernel may have no NFLOG
  std::string message;            // names table and object, with the kernel's own words
};

// Something in our table that is not of our making: it did not decode.
struct Opaque {
  enum class Where { rule, set, chain, element, object };
  Where where{};
  std::string owner;              // the chain of a rule, the set of an element, else its own name
  std::uint64_t handle = 0;       // of the rule, set, chain or object; 0 for an element
  std::string what;               // for people: what was not understood
  std::vector<std::uint8_t> raw;  // the netlink attributes as received
};

struct CounterValue {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  bool operator==(const CounterValue&) const = default;
};
using Counts = std::map<std::string, CounterValue>;  // by the counter's name

// What the kernel holds under one table's name.
struct Dump {
  Table table;
  std::vector<Opaque> opaque;  // a chain or set with one of these is not equal to any Table's
  Counts counters;
  std::uint64_t handle = 0;  // of the table: another one means that it was deleted and made anew
  bool owned = false;        // NFT_TABLE_F_OWNER is set
  bool dormant = false;      // someone put it to sleep: none of its rules is in force until the next write
  std::uint32_t generation = 0;
};

// The same with its elements packed, a tenth of the size: the sets of its table have none.
struct PackedDump {
  Dump dump;
  HeldElements elements;  // one entry for each set
};

// How much there is of each part, without what it is: to be had at a fraction of a dump's cost.
struct Tally {
  bool dormant = false;
  std::map<std::string, std::uint32_t> chains;  // its rules, and what leads to it
  std::map<std::string, std::optional<std::uint32_t>>
      sets;  // its elements; none: this kernel does not tell (before 6.16)
};
Tally tally_of(const Dump& dump);

// Not thread-safe; one thread uses it at a time.
class Backend {
 public:
  virtual ~Backend() = default;

  // All of the batch, or nothing of it, before it returns.
  virtual tl::expected<void, Error> commit(const std::string& table, const Batch& batch) = 0;

  // No value: there is no such table.
  virtual tl::expected<std::optional<Dump>, Error> dump(const std::string& table) = 0;

  // As dump(). Unless it is overridden it packs one.
  virtual tl::expected<std::optional<PackedDump>, Error> packed_dump(const std::string& table);

  // What its named counters have counted, all of them as they are in one look; no value: there is no such table.
  // Unless it is overridden it costs a dump.
  virtual tl::expected<std::optional<Counts>, Error> counts(const std::string& table);

  // No value: there is no such table. Unless it is overridden it costs a dump.
  virtual tl::expected<std::optional<Tally>, Error> tally(const std::string& table);
};

}  // namespace selvedge::nft
