// Transactions: what one kernel commit does, and how Changes become a sequence
// of them that is safe after each one.
//
// A commit is not quite atomic for a packet in flight: the packet path reads
// the generation once per base chain, but each set lookup reads it again. So a
// packet of the old generation can find a new map element, go to a chain created
// in the same commit, see it empty, and fall off its end. (Linux, nf_tables_core.c
// nft_do_chain; measured: re-pointing an element to a chain of the same batch
// leaked 9,010 packets in 978,953 commits, to a chain of an earlier one none.)
// Hence plan(): (1) what is new, filled and unreachable; (2) what points to it,
// and all changes in place; (3) what nothing points to any more, removed.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "nft/changes.h"
#include "nft/ruleset.h"

namespace selvedge::nft {

struct AddTable {  // succeeds if it is there
  bool operator==(const AddTable&) const = default;
};
struct DeleteTable {  // with all it holds; for cleanup only, never to replace a live table
  bool operator==(const DeleteTable&) const = default;
};
struct AddCounter {
  std::string name;
  bool operator==(const AddCounter&) const = default;
};
struct DeleteCounter {
  std::string name;
  bool operator==(const DeleteCounter&) const = default;
};
struct AddSet {  // without elements
  std::string name;
  KeyType type;
  bool interval = false;
  std::string comment;
  bool operator==(const AddSet&) const = default;
};
struct AddMap {  // without elements
  std::string name;
  KeyType type;
  std::string comment;
  bool operator==(const AddMap&) const = default;
};
struct DeleteSet {  // a set or a map
  std::string name;
  bool operator==(const DeleteSet&) const = default;
};
struct AddElements {
  std::string set;
  std::vector<Element> elements;
  bool interval = false;  // as the set is: the kernel's form of an element depends on it
  bool operator==(const AddElements&) const = default;
};
struct DeleteElements {
  std::string set;
  std::vector<Element> elements;
  bool interval = false;  // as the set is
  bool operator==(const DeleteElements&) const = default;
};
struct AddMapElements {
  std::string map;
  std::map<Key, Verdict> elements;
  bool operator==(const AddMapElements&) const = default;
};
struct DeleteMapElements {
  std::string map;
  std::vector<Key> keys;
  bool operator==(const DeleteMapElements&) const = default;
};
struct AddChain {  // without rules
  std::string name;
  std::optional<Base> base;
  bool operator==(const AddChain&) const = default;
};
struct DeleteChain {  // with its rules
  std::string name;
  bool operator==(const DeleteChain&) const = default;
};
struct FlushChain {
  std::string name;
  bool operator==(const FlushChain&) const = default;
};
struct AddRule {  // appends
  std::string chain;
  Rule rule;
  bool operator==(const AddRule&) const = default;
};
using Op = std::variant<AddTable, DeleteTable, AddCounter, DeleteCounter, AddSet, AddMap, DeleteSet, AddElements,
                        DeleteElements, AddMapElements, DeleteMapElements, AddChain, DeleteChain, FlushChain, AddRule>;

// The name of the counter, set, map or chain that it is about; empty: the table itself.
const std::string& object_of(const Op& op);

// One commit: all of it or nothing.
using Batch = std::vector<Op>;

// About how many bytes of netlink a batch has at most, where it may be cut: some 30,000 addresses, or 1,500 rules.
// The kernel takes far larger ones (a sendmsg of up to 1 GiB), and gets them where nothing may be cut. But it
// copies a batch into one piece of memory and carries it out under a mutex for which all other writers of
// the namespace wait, kube-proxy among them; and until then it is held by us in several forms at once.
inline constexpr std::size_t batch_limit = std::size_t{1} << 20;

// The batches that carry out `changes` on `current`, in order, each safe alone. None is empty.
// They begin with AddTable. A chain that `changes` names and `current` has is flushed and refilled,
// whatever `current` says of its content (the kernel's may hold rules that did not decode).
std::vector<Batch> plan(const Table& current, const Changes& changes, std::size_t limit = batch_limit);

// The same, one by one as they are made: `take` may carry each out on `current` at once. After one that it
// does not want (false) there are no more.
using TakeBatch = std::function<bool(Batch)>;
void plan(const Table& current, const Changes& changes, const TakeBatch& take, std::size_t limit = batch_limit);

// Why the kernel would refuse an operation, and which one of the batch it was.
struct Refusal {
  std::size_t op = 0;   // index into the batch
  int code = 0;         // errno: ENOENT, EEXIST, EBUSY, EINVAL, …
  std::string message;  // names the object
  bool operator==(const Refusal&) const = default;
};

// Carries `batch` out on `table` as the kernel would, all or nothing: refuses dangling
// references, deletion of what is in use (EBUSY) or absent (ENOENT), an element added again
// with another verdict or overlapping another (EEXIST), jumps in a circle or deeper than 16 (EMLINK).
// Stricter than the kernel in one thing: an interval up to the last address has no end element there, and
// what overlaps it is taken without a word, or changes it (seen on Linux 6.18). plan() never adds such.
tl::expected<void, Refusal> apply(Table& table, const Batch& batch);

}  // namespace selvedge::nft
