// The batch as a whole: one message or more per operation, and before that the
// check that every part of it fits into its attribute.
#include "nft/netlink_encode.h"

#include <cerrno>

#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/netlink_handles.h"
#include "nft/netlink_wire.h"
#include "nft/references.h"

namespace selvedge::nft::netlink {
namespace {

// ---- what does not fit ------------------------------------------------------

// Why an operation cannot be encoded; empty if it can.
class Misfit {
 public:
  explicit Misfit(TableFamily family) : table_{"", family} {}

  std::string operator()(const AddTable&) const { return {}; }
  std::string operator()(const DeleteTable&) const { return {}; }
  std::string operator()(const AddSet& set) const { return key(set.name, set.type, set.interval) + text(set.comment); }
  std::string operator()(const AddMap& map) const { return key(map.name, map.type, false) + text(map.comment); }
  std::string operator()(const AddElements& added) const { return elements(added.set, added.elements); }
  std::string operator()(const DeleteElements& removed) const { return elements(removed.set, removed.elements); }
  std::string operator()(const AddMapElements& added) const;
  std::string operator()(const DeleteMapElements& removed) const { return keys(removed.map, removed.keys); }
  std::string operator()(const AddRule& added) const;
  template <typename Named>
  std::string operator()(const Named& op) const {
    return name(op.name);
  }

 private:
  static std::string name(const std::string& text) {
    if (text.empty()) return "its name is empty; ";
    const bool fits = text.size() <= longest_name && text.find('\0') == std::string::npos;
    return fits ? std::string{} : "the name \"" + text.substr(0, 40) + "…\" has more than 255 bytes or a NUL; ";
  }
  static std::string text(const std::string& comment) {
    const bool fits = comment.size() <= longest_comment && comment.find('\0') == std::string::npos;
    return fits ? std::string{} : "the comment \"" + comment.substr(0, 40) + "…\" has more than 127 bytes or a NUL; ";
  }
  static std::string key(const std::string& set, const KeyType& type, bool interval) {
    if (key_size(type) == 0 || (interval && type.size() > 1))
      return "set " + set + " has a key type that no rule looks up; ";
    return name(set);
  }
  static std::string fits(const std::string& set, const Key& key) {
    const bool sound = key.size != 0 && key.size <= key.bytes.size();
    return sound ? std::string{}
                 : "an element of set " + set + " has a key of " + std::to_string(key.size) + " bytes; ";
  }
  static std::string keys(const std::string& set, const std::vector<Key>& keys) {
    std::string why = name(set);
    for (const Key& each : keys) why += why.empty() ? fits(set, each) : std::string{};
    return why;
  }
  static std::string elements(const std::string& set, const std::vector<Element>& elements) {
    std::string why = name(set);
    for (const Element& element : elements)
      if (why.empty()) why = fits(set, element.first) + fits(set, element.last);
    return why;
  }
  static std::string target(const Verdict& verdict);

  TableName table_;
};

std::string Misfit::target(const Verdict& verdict) {
  if (const auto* jump = std::get_if<Jump>(&verdict)) return name(jump->chain);
  if (const auto* jump = std::get_if<Goto>(&verdict)) return name(jump->chain);
  if (const auto map = map_of(verdict)) return name(std::string(*map));
  return {};
}

std::string Misfit::operator()(const AddMapElements& added) const {
  std::string why = name(added.map);
  for (const auto& [key, verdict] : added.elements) {
    if (!why.empty()) break;
    why = fits(added.map, key) + target(verdict);
    if (!fits_in_map(verdict)) why += "an element of map " + added.map + " dispatches to a map, or logs; ";
  }
  return why;
}

std::string Misfit::operator()(const AddRule& added) const {
  std::string why = name(added.chain) + text(added.rule.comment) + target(added.rule.verdict);
  if (!added.rule.counter.empty()) why += name(added.rule.counter);
  const auto* log = std::get_if<Log>(&added.rule.verdict);
  if (log != nullptr && (log->prefix.empty() || log->prefix.size() > longest_prefix))
    why += "the prefix of a log has " + std::to_string(log->prefix.size()) + " bytes, not 1 to 127; ";
  if (added.rule.matches.size() > most_expressions) return why + "the rule has more than 128 matches; ";
  for (const Match& match : added.rule.matches) {
    if (const auto* set = std::get_if<MatchAddressSet>(&match)) why += name(set->set);
    if (const auto* set = std::get_if<MatchEndpointSet>(&match)) why += name(set->set);
    const auto* address = std::get_if<MatchAddress>(&match);
    if (address != nullptr && address->prefix.bits > width(address->prefix.address.family) * 8)
      why += "an address is matched by a prefix of " + std::to_string(address->prefix.bits) + " bits; ";
    const auto* interface = std::get_if<MatchInterface>(&match);
    if (interface != nullptr && interface->name.size() > longest_interface)
      why += "the interface name \"" + interface->name.substr(0, 40) + "\" has more than 15 bytes; ";
    const auto* ports = std::get_if<MatchPort>(&match);
    if (ports != nullptr && ports->ports.empty()) why += "a match of ports has none; ";
    const auto* types = std::get_if<MatchIcmpv6Type>(&match);
    if (types != nullptr && types->types.empty()) why += "a match of ICMPv6 types has none; ";
    const auto* frames = std::get_if<MatchEtherType>(&match);
    if (frames != nullptr && frames->types.empty()) why += "a match of Ethernet types has none; ";
  }
  if (why.empty() && expressions_of(added.rule, table_.family).size() > most_expressions)
    why = "the rule takes more than 128 expressions; ";
  return why;
}

// ---- the messages -------------------------------------------------------------

std::uint32_t hook_number(Hook hook) {
  switch (hook) {
    case Hook::forward:
      return NF_INET_FORWARD;
    case Hook::input:
      return NF_INET_LOCAL_IN;
    case Hook::output:
      return NF_INET_LOCAL_OUT;
    case Hook::prerouting:
      return NF_INET_PRE_ROUTING;  // of bridges, too: NF_BR_PRE_ROUTING
  }
  return NF_INET_FORWARD;
}

ChainObject chain_named(const TableName& table, const std::string& name) {
  auto chain = owned<ChainObject>(nftnl_chain_alloc());
  nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TABLE, table.name.c_str());
  nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_NAME, name.c_str());
  return chain;
}

CounterObject counter_named(const TableName& table, const std::string& name) {
  auto counter = owned<CounterObject>(nftnl_obj_alloc());
  nftnl_obj_set_str(counter.get(), NFTNL_OBJ_TABLE, table.name.c_str());
  nftnl_obj_set_str(counter.get(), NFTNL_OBJ_NAME, name.c_str());
  nftnl_obj_set_u32(counter.get(), NFTNL_OBJ_TYPE, NFT_OBJECT_COUNTER);
  return counter;
}

class Encoding {
 public:
  Encoding(Stream& stream, const TableName& table, std::uint32_t table_flags)
      : stream_(stream), table_(table), table_flags_(table_flags) {}

  void add(std::size_t index, const Op& op) {
    op_ = index;
    std::visit(*this, op);
  }

  void operator()(const AddTable&) {
    const auto table = owned<TableObject>(nftnl_table_alloc());
    nftnl_table_set_str(table.get(), NFTNL_TABLE_NAME, table_.name.c_str());
    nftnl_table_set_u32(table.get(), NFTNL_TABLE_FLAGS, table_flags_);
    put(NFT_MSG_NEWTABLE, NLM_F_CREATE,
        [&](nlmsghdr* message) { nftnl_table_nlmsg_build_payload(message, table.get()); });
  }
  void operator()(const DeleteTable&) {
    put(NFT_MSG_DELTABLE, 0,
        [&](nlmsghdr* message) { mnl_attr_put_strz(message, NFTA_TABLE_NAME, table_.name.c_str()); });
  }

  void operator()(const AddCounter& added) {
    const auto counter = counter_named(table_, added.name);
    nftnl_obj_set_u64(counter.get(), NFTNL_OBJ_CTR_PKTS, 0);
    nftnl_obj_set_u64(counter.get(), NFTNL_OBJ_CTR_BYTES, 0);
    put(NFT_MSG_NEWOBJ, NLM_F_CREATE,
        [&](nlmsghdr* message) { nftnl_obj_nlmsg_build_payload(message, counter.get()); });
  }
  void operator()(const DeleteCounter& removed) {
    const auto counter = counter_named(table_, removed.name);
    put(NFT_MSG_DELOBJ, 0, [&](nlmsghdr* message) { nftnl_obj_nlmsg_build_payload(message, counter.get()); });
  }

  void operator()(const AddSet& added) { encode_set(stream_, op_, table_, added, next_set_id_++); }
  void operator()(const AddMap& added) { encode_map(stream_, op_, table_, added, next_set_id_++); }
  void operator()(const DeleteSet& removed) {
    put(NFT_MSG_DELSET, 0, [&](nlmsghdr* message) {
      mnl_attr_put_strz(message, NFTA_SET_TABLE, table_.name.c_str());
      mnl_attr_put_strz(message, NFTA_SET_NAME, removed.name.c_str());
    });
  }
  void operator()(const AddElements& added) { encode_elements(stream_, op_, table_, added); }
  void operator()(const DeleteElements& removed) { encode_elements(stream_, op_, table_, removed); }
  void operator()(const AddMapElements& added) { encode_elements(stream_, op_, table_, added); }
  void operator()(const DeleteMapElements& removed) { encode_elements(stream_, op_, table_, removed); }

  void operator()(const AddChain& added);
  void operator()(const DeleteChain& removed) {
    const auto chain = chain_named(table_, removed.name);
    put(NFT_MSG_DELCHAIN, 0, [&](nlmsghdr* message) { nftnl_chain_nlmsg_build_payload(message, chain.get()); });
  }
  // Deleting rules without naming one deletes all of the chain.
  void operator()(const FlushChain& flushed) {
    put(NFT_MSG_DELRULE, 0, [&](nlmsghdr* message) {
      mnl_attr_put_strz(message, NFTA_RULE_TABLE, table_.name.c_str());
      mnl_attr_put_strz(message, NFTA_RULE_CHAIN, flushed.name.c_str());
    });
  }
  void operator()(const AddRule& added) {
    next_set_id_ += encode_rule(stream_, op_, table_, added, expressions_of(added.rule, table_.family), next_set_id_);
  }

 private:
  void put(std::uint16_t type, std::uint16_t flags, const std::function<void(nlmsghdr*)>& fill) {
    stream_.add(type, flags, op_, fill);
  }

  Stream& stream_;
  const TableName& table_;
  std::uint32_t table_flags_;
  std::size_t op_ = 0;
  std::uint32_t next_set_id_ = 1;
};

void Encoding::operator()(const AddChain& added) {
  const auto chain = chain_named(table_, added.name);
  if (added.base) {
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TYPE, "filter");
    nftnl_chain_set_u32(chain.get(), NFTNL_CHAIN_HOOKNUM, hook_number(added.base->hook));
    nftnl_chain_set_s32(chain.get(), NFTNL_CHAIN_PRIO, added.base->priority);
    nftnl_chain_set_u32(chain.get(), NFTNL_CHAIN_POLICY, NF_ACCEPT);
  }
  put(NFT_MSG_NEWCHAIN, NLM_F_CREATE,
      [&](nlmsghdr* message) { nftnl_chain_nlmsg_build_payload(message, chain.get()); });
}

Error misfit(const TableName& table, std::size_t op, std::string why) {
  why.resize(why.size() - 2);  // "; "
  return {.kind = Error::Kind::refused,
          .code = EINVAL,
          .op = op,
          .message = "table " + table.text() + ": operation " + std::to_string(op) + " cannot be sent: " + why};
}

}  // namespace

tl::expected<Stream, Error> encode(const TableName& table, const Batch& batch, std::uint32_t table_flags,
                                   std::uint32_t first_sequence) {
  if (table.name.empty() || table.name.size() > longest_name)
    return tl::unexpected(misfit({table.name.substr(0, 40), table.family}, 0, "a table's name has 1 to 255 bytes; "));
  Stream stream(first_sequence, table.number());
  Encoding encoding(stream, table, table_flags);
  stream.begin_batch();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (std::string why = std::visit(Misfit{table.family}, batch[i]); !why.empty())
      return tl::unexpected(misfit(table, i, std::move(why)));
    encoding.add(i, batch[i]);
  }
  stream.end_batch();
  return stream;
}

}  // namespace selvedge::nft::netlink
