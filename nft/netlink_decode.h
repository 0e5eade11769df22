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
#include "nft/netlink_wire.h"

namespace selvedge::nft::netlink {

struct TableHead {
  std::uint32_t flags = 0;  // NFT_TABLE_F_…
  std::uint32_t use = 0;    // chains, sets and objects in it
  std::uint64_t handle = 0;
  std::uint32_t owner = 0;  // the netlink port of the owner, if there is one
};

// The table's own message in the stream, if it is there.
std::optional<TableHead> table_head(const TableName& table, Span stream);

struct Decoded {
  Dump dump;              // all that the stream says of the table; its generation it does not say
  HeldElements elements;  // of its sets; decode() puts them there
  bool torn = false;      // elements came twice, so others may be missing: read again
};
// A dump of elements goes on where it was by counting them, and the kernel grows hash tables in the
// background after they were filled: then some elements come twice and as many not at all, and
// no flag tells (lib/rhashtable.c, rht_deferred_worker; seen on 6.18 with 60 000 elements just added).
Decoded decode(const TableName& table, Span stream);

// Names of the table's sets and maps in the stream whose elements decode() can use.
std::vector<std::string> sets_worth_reading(const TableName& table, Span stream);

// Whether all chains, sets and objects are in the stream that the table says it has. A dump of chains goes through all
// tables and goes on by counting, so that another's new chain can hide one of ours.
bool has_all_parts(const TableName& table, Span stream);

// What there is of each part, from the messages of the table, its chains and its sets.
Tally tally_of(const TableName& table, Span stream);

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
  // All elements have come; their messages are not needed any more.
  void close();
  // Closes it, and writes what was read into the dump, or among the anonymous sets.
  void finish(Decoded& decoded, AnonymousSets& anonymous);

 private:
  struct Entry {
    Key key;
    bool end = false;           // of an interval: the key after its last
    std::uint32_t verdict = 0;  // of a map's element: index into verdicts_
    Span raw;
  };
  std::string why_foreign(const Attributes& attributes) const;
  std::optional<Entry> entry(Span raw);
  bool is_map() const;
  bool is_interval() const;
  bool sort_entries();  // true: some came twice
  void pack(const Entry& entry);
  std::vector<Element> single_elements();
  std::vector<Element> intervals();
  std::map<Key, Verdict> map_elements();
  std::optional<AnonymousSet> anonymous_set();
  void opaque_element(Span raw, const std::string& what);

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
  std::vector<Verdict> verdicts_;
  std::vector<Span> unread_;

  bool torn_ = false;  // what close() makes of them
  PackedElements packed_;
  std::vector<Element> elements_;  // of an anonymous set
  std::map<Key, Verdict> map_elements_;
  std::vector<Opaque> faults_;
};

// A table read part by part, so that the messages of one set's elements at a time are all that is held of them.
class TableReading {
 public:
  explicit TableReading(TableName table) : table_(std::move(table)) {
    decoded_.dump.table.name = table_.name;
    decoded_.dump.table.family = table_.family;
  }

  // Messages in any order; they are borrowed until finish().
  void add(Span stream);
  // The sets and maps among them whose elements are of use.
  std::vector<std::string> sets_worth_reading() const;
  // All elements of one of those, not borrowed any longer than this takes.
  void add_elements(const std::string& set, Span stream);
  Decoded finish();

 private:
  struct RuleReading {
    Attributes attributes;
    Span raw;
  };
  void add(const Message& message);
  void table(const Attributes& attributes, Span raw);
  void chain(const Attributes& attributes, Span raw);
  void elements(const Attributes& attributes);
  void object(const Attributes& attributes, Span raw);
  void rule(const RuleReading& reading, const AnonymousSets& anonymous);
  void opaque(Opaque::Where where, std::string owner, std::uint64_t handle, std::string what, Span raw);

  TableName table_;
  Decoded decoded_;
  std::map<std::string, SetReading> sets_;
  std::vector<RuleReading> rules_;
  std::vector<Attributes> element_lists_;
};

}  // namespace selvedge::nft::netlink
