// Netlink messages become the values that they were made of. What is not of
// our making becomes Opaque: told apart, never dropped, never guessed at.
//
// The messages may be the kernel's or encode()'s own. They are untrusted: these
// are pure functions of bytes, and any bytes are answered.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nft/backend.h"
#include "nft/netlink_attributes.h"
#include "nft/netlink_expression.h"

namespace selvedge::nft::netlink {

struct TableHead {
  std::uint32_t flags = 0;  // NFT_TABLE_F_…
  std::uint32_t use = 0;    // chains, sets and objects in it
  std::uint64_t handle = 0;
  std::uint32_t owner = 0;  // the netlink port of the owner, if there is one
};

// The table's own message in the stream, if it is there.
std::optional<TableHead> table_head(const std::string& table, Span stream);

struct Decoded {
  Dump dump;          // all that the stream says of the table; its generation it does not say
  bool torn = false;  // elements came twice, so others may be missing: read again
};
// A dump of elements goes on where it was by counting them, and the kernel grows hash tables in the
// background after they were filled: then some elements come twice and as many not at all, and
// no flag tells (lib/rhashtable.c, rht_deferred_worker; seen on 6.18 with 60 000 elements just added).
Decoded decode(const std::string& table, Span stream);

// Names of the table's sets and maps in the stream whose elements decode() can use.
std::vector<std::string> sets_worth_reading(const std::string& table, Span stream);

// ---- parts ----------------------------------------------------------------------

// Anonymous sets by their names; no value: one that does not decode.
using AnonymousSets = std::map<std::string, std::optional<AnonymousSet>>;

// Kernel-made names are unique; those of a batch ("__set%d") are so only together with the set's id.
std::string unique_name(const std::string& name, std::optional<std::uint32_t> id);

// `list` is NFTA_RULE_EXPRESSIONS. What does not decode is Foreign.
Expressions decode_expressions(const Attributes& list, const AnonymousSets& anonymous);

// `verdict` is NFTA_DATA_VERDICT.
std::optional<Decide> decode_decision(const Attributes& verdict);

// A set of any kind, gathered from its message and those of its elements.
class SetReading {
 public:
  // `attributes` are those of NFT_MSG_NEWSET, `raw` their bytes.
  SetReading(const Attributes& attributes, Span raw);

  // One entry of NFTA_SET_ELEM_LIST_ELEMENTS.
  void element(Span raw);

  bool anonymous() const { return anonymous_; }
  bool foreign() const { return !foreign_.empty(); }
  const std::string& name() const { return name_; }
  // Writes what was read into the dump, or among the anonymous sets.
  void finish(Decoded& decoded, AnonymousSets& anonymous);

 private:
  struct Entry {
    Key key;
    bool end = false;  // of an interval: the key after its last
    std::optional<Verdict> verdict;
    Span raw;
  };
  std::string why_foreign(const Attributes& attributes) const;
  std::optional<Entry> entry(Span raw) const;
  bool sort_entries();  // true: some came twice
  std::vector<Element> elements(Dump& dump) const;
  std::vector<Element> intervals(Dump& dump) const;
  std::optional<AnonymousSet> anonymous_set() const;
  void opaque_element(Dump& dump, Span raw, const std::string& what) const;

  std::string name_;
  std::uint64_t handle_ = 0;
  std::uint32_t flags_ = 0;
  std::uint32_t key_number_ = 0;  // nft's type number
  std::uint32_t key_size_ = 0;
  std::string comment_;
  bool anonymous_ = false;
  std::string foreign_;  // why it is
  Span raw_;
  std::vector<Entry> entries_;
  std::vector<Span> unread_;
};

}  // namespace selvedge::nft::netlink
