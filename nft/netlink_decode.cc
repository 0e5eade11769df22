// The table from its messages, in whatever order they came: rules are kept
// until all sets are read, because an anonymous set is a part of its rule.
#include "nft/netlink_decode.h"

#include <set>
#include <utility>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/netlink_userdata.h"
#include "nft/netlink_wire.h"

namespace selvedge::nft::netlink {
namespace {

std::vector<std::uint8_t> copy(Span bytes) {
  return {bytes.begin(), bytes.end()};
}

// The attributes of a message about the table; `table_attribute` is where its kind names the table.
std::optional<Attributes> about(const TableName& table, const Message& message, std::uint16_t table_attribute) {
  if (message.family != table.number()) return std::nullopt;
  auto attributes = Attributes::parse(message.attributes);
  if (!attributes || attributes->text(table_attribute) != table.name) return std::nullopt;
  return attributes;
}

// Those that we use: others' chains in our tables are opaque.
std::optional<Hook> hook_of(std::uint32_t number, TableFamily family) {
  if (family == TableFamily::bridge)
    return number == NF_INET_PRE_ROUTING ? std::optional(Hook::prerouting) : std::nullopt;
  switch (number) {
    case NF_INET_FORWARD:
      return Hook::forward;
    case NF_INET_LOCAL_IN:
      return Hook::input;
    case NF_INET_LOCAL_OUT:
      return Hook::output;
    default:
      return std::nullopt;
  }
}

std::optional<Base> base_of(const Attributes& chain, TableFamily family) {
  const auto attributes = chain.nested(NFTA_CHAIN_HOOK);
  const auto number = attributes ? attributes->u32(NFTA_HOOK_HOOKNUM) : std::nullopt;
  const auto hook = number ? hook_of(*number, family) : std::nullopt;
  const auto priority = attributes ? attributes->u32(NFTA_HOOK_PRIORITY) : std::nullopt;
  if (!hook || !priority) return std::nullopt;
  if (chain.text(NFTA_CHAIN_TYPE) != "filter" || chain.u32(NFTA_CHAIN_POLICY) != NF_ACCEPT) return std::nullopt;
  return Base{.hook = *hook, .priority = static_cast<std::int32_t>(*priority)};
}

std::string names_of(const Expressions& expressions) {
  struct Naming {
    std::string operator()(const LoadMeta& load) const { return "meta " + std::to_string(load.key); }
    std::string operator()(const LoadPayload&) const { return "payload"; }
    std::string operator()(const LoadCt&) const { return "ct"; }
    std::string operator()(const LoadFib&) const { return "fib"; }
    std::string operator()(const Compare&) const { return "cmp"; }
    std::string operator()(const Mask&) const { return "bitwise"; }
    std::string operator()(const Lookup&) const { return "lookup"; }
    std::string operator()(const Count&) const { return "objref"; }
    std::string operator()(const Limit&) const { return "limit"; }
    std::string operator()(const Report&) const { return "log"; }
    std::string operator()(const Decide&) const { return "immediate"; }
    std::string operator()(const Foreign& foreign) const { return foreign.name; }
  };
  std::string names;
  for (const Expression& each : expressions) names += (names.empty() ? "" : ", ") + std::visit(Naming{}, each);
  return names;
}

}  // namespace

void TableReading::opaque(Opaque::Where where, std::string owner, std::uint64_t handle, std::string what, Span raw) {
  decoded_.dump.opaque.push_back(
      {.where = where, .owner = std::move(owner), .handle = handle, .what = std::move(what), .raw = copy(raw)});
}

void TableReading::table(const Attributes& attributes, Span raw) {
  Dump& dump = decoded_.dump;
  dump.handle = attributes.u64(NFTA_TABLE_HANDLE).value_or(0);
  const std::uint32_t flags = attributes.u32(NFTA_TABLE_FLAGS).value_or(0);
  dump.owned = (flags & table_flag_owner) != 0;
  dump.dormant = (flags & NFT_TABLE_F_DORMANT) != 0;
  if (dump.dormant)
    opaque(Opaque::Where::object, table_.name, dump.handle, "the table is dormant: none of its rules is in force", raw);
}

void TableReading::add(const Message& message) {
  switch (message.type) {
    case NFT_MSG_NEWTABLE:
      if (const auto found = about(table_, message, NFTA_TABLE_NAME)) table(*found, message.attributes);
      return;
    case NFT_MSG_NEWCHAIN:
      if (const auto found = about(table_, message, NFTA_CHAIN_TABLE)) chain(*found, message.attributes);
      return;
    case NFT_MSG_NEWSET:
      if (const auto found = about(table_, message, NFTA_SET_TABLE)) {
        SetReading set(*found, message.attributes);
        std::string name = set.name();
        sets_.insert_or_assign(std::move(name), std::move(set));
      }
      return;
    case NFT_MSG_NEWSETELEM:
      if (auto found = about(table_, message, NFTA_SET_ELEM_LIST_TABLE)) element_lists_.push_back(*std::move(found));
      return;
    case NFT_MSG_NEWOBJ:
      if (const auto found = about(table_, message, NFTA_OBJ_TABLE)) object(*found, message.attributes);
      return;
    case NFT_MSG_NEWRULE:
      if (auto found = about(table_, message, NFTA_RULE_TABLE))
        rules_.push_back({*std::move(found), message.attributes});
      return;
    default:
      return;
  }
}

void TableReading::chain(const Attributes& attributes, Span raw) {
  constexpr std::uint32_t base_flag = 1;  // NFT_CHAIN_BASE
  const std::string name = attributes.text(NFTA_CHAIN_NAME).value_or("");
  const bool hooked = attributes.has(NFTA_CHAIN_HOOK);
  const bool plain = (attributes.u32(NFTA_CHAIN_FLAGS).value_or(0) & ~base_flag) == 0;
  auto base = hooked ? base_of(attributes, table_.family) : std::nullopt;
  if (plain && !name.empty() && hooked == base.has_value()) {
    decoded_.dump.table.chains[name].base = base;
    return;
  }
  opaque(Opaque::Where::chain, name, attributes.u64(NFTA_CHAIN_HANDLE).value_or(0),
         hooked ? "a base chain of another hook, type or policy" : "a chain with flags", raw);
}

void TableReading::elements(const Attributes& attributes) {
  const std::string name =
      unique_name(attributes.text(NFTA_SET_ELEM_LIST_SET).value_or(""), attributes.u32(NFTA_SET_ELEM_LIST_SET_ID));
  const auto raw = attributes.bytes(NFTA_SET_ELEM_LIST_ELEMENTS);
  const auto set = sets_.find(name);
  if (!raw || set == sets_.end()) return;
  const auto list = Attributes::parse(*raw);
  if (!list) {
    set->second.element(*raw);  // opaque as a whole
    return;
  }
  for (const Attribute& entry : list->all()) set->second.element(entry.payload);
}

void TableReading::object(const Attributes& attributes, Span raw) {
  const std::string name = attributes.text(NFTA_OBJ_NAME).value_or("");
  const auto data = attributes.nested(NFTA_OBJ_DATA);
  if (name.empty() || !data || attributes.u32(NFTA_OBJ_TYPE) != NFT_OBJECT_COUNTER) {
    opaque(Opaque::Where::object, name, attributes.u64(NFTA_OBJ_HANDLE).value_or(0), "an object that is no counter",
           raw);
    return;
  }
  decoded_.dump.table.counters.insert(name);
  decoded_.dump.counters[name] = {.packets = data->u64(NFTA_COUNTER_PACKETS).value_or(0),
                                  .bytes = data->u64(NFTA_COUNTER_BYTES).value_or(0)};
}

void TableReading::rule(const RuleReading& reading, const AnonymousSets& anonymous) {
  const Attributes& attributes = reading.attributes;
  const std::string name = attributes.text(NFTA_RULE_CHAIN).value_or("");
  const std::uint64_t handle = attributes.u64(NFTA_RULE_HANDLE).value_or(0);
  const auto chain = decoded_.dump.table.chains.find(name);
  const auto list = attributes.nested(NFTA_RULE_EXPRESSIONS);
  if (chain == decoded_.dump.table.chains.end() || !list || attributes.has(NFTA_RULE_COMPAT)) {
    opaque(Opaque::Where::rule, name, handle, "a rule without expressions, or in a chain that is not ours",
           reading.raw);
    return;
  }
  const Expressions expressions = decode_expressions(*list, anonymous);
  auto rule = rule_of(expressions, table_.family);
  if (!rule) {
    opaque(Opaque::Where::rule, name, handle, "a rule of " + names_of(expressions), reading.raw);
    return;
  }
  const Span userdata = attributes.bytes(NFTA_RULE_USERDATA).value_or(Span{});
  rule->comment = userdata_text(userdata, userdata_comment).value_or("");
  chain->second.rules.push_back(*std::move(rule));
}

void TableReading::add(Span stream) {
  for (const Message& message : messages_of(stream)) add(message);
}

void TableReading::add_elements(const std::string& set, Span stream) {
  for (const Message& message : messages_of(stream)) {
    if (message.type != NFT_MSG_NEWSETELEM) continue;
    if (const auto list = about(table_, message, NFTA_SET_ELEM_LIST_TABLE)) elements(*list);
  }
  if (const auto found = sets_.find(set); found != sets_.end()) found->second.close();
}

Decoded TableReading::finish() {
  for (const Attributes& list : element_lists_) elements(list);
  AnonymousSets anonymous;
  for (auto& [name, set] : sets_) set.finish(decoded_, anonymous);
  for (const RuleReading& reading : rules_) rule(reading, anonymous);
  return std::move(decoded_);
}

std::vector<std::string> TableReading::sets_worth_reading() const {
  std::vector<std::string> names;
  for (const auto& [name, set] : sets_)
    if (!set.foreign()) names.push_back(name);
  return names;
}

std::optional<TableHead> table_head(const TableName& table, Span stream) {
  for (const Message& message : messages_of(stream)) {
    if (message.type != NFT_MSG_NEWTABLE) continue;
    if (const auto found = about(table, message, NFTA_TABLE_NAME))
      return TableHead{.flags = found->u32(NFTA_TABLE_FLAGS).value_or(0),
                       .use = found->u32(NFTA_TABLE_USE).value_or(0),
                       .handle = found->u64(NFTA_TABLE_HANDLE).value_or(0),
                       .owner = found->u32(NFTA_TABLE_OWNER).value_or(0)};
  }
  return std::nullopt;
}

Decoded decode(const TableName& table, Span stream) {
  TableReading reading(table);
  reading.add(stream);
  Decoded decoded = reading.finish();
  for (auto& [name, elements] : decoded.elements) decoded.dump.table.sets[name].elements = elements.list();
  decoded.elements.clear();
  return decoded;
}

std::vector<std::string> sets_worth_reading(const TableName& table, Span stream) {
  TableReading reading(table);
  reading.add(stream);
  return reading.sets_worth_reading();
}

bool has_all_parts(const TableName& table, Span stream) {
  std::set<std::pair<std::uint16_t, std::string>> parts;
  for (const Message& message : messages_of(stream)) {
    constexpr std::uint16_t name_of_part[] = {NFTA_CHAIN_NAME, NFTA_SET_NAME, NFTA_OBJ_NAME};
    constexpr std::uint16_t kinds[] = {NFT_MSG_NEWCHAIN, NFT_MSG_NEWSET, NFT_MSG_NEWOBJ};
    for (std::size_t i = 0; i < std::size(kinds); ++i) {
      if (message.type != kinds[i]) continue;
      const auto found = about(table, message, NFTA_CHAIN_TABLE);
      if (found) parts.emplace(message.type, found->text(name_of_part[i]).value_or(""));
    }
  }
  const auto head = table_head(table, stream);
  return head && head->use == parts.size();
}

Tally tally_of(const TableName& table, Span stream) {
  Tally tally;
  for (const Message& message : messages_of(stream)) {
    if (message.type == NFT_MSG_NEWTABLE) {
      const auto found = about(table, message, NFTA_TABLE_NAME);
      if (found) tally.dormant = (found->u32(NFTA_TABLE_FLAGS).value_or(0) & NFT_TABLE_F_DORMANT) != 0;
    } else if (message.type == NFT_MSG_NEWCHAIN) {
      const auto found = about(table, message, NFTA_CHAIN_TABLE);
      if (found) tally.chains[found->text(NFTA_CHAIN_NAME).value_or("")] = found->u32(NFTA_CHAIN_USE).value_or(0);
    } else if (message.type == NFT_MSG_NEWSET) {
      const auto found = about(table, message, NFTA_SET_TABLE);
      if (!found || (found->u32(NFTA_SET_FLAGS).value_or(0) & NFT_SET_ANONYMOUS) != 0) continue;
      tally.sets[found->text(NFTA_SET_NAME).value_or("")] = found->u32(set_count_attribute);
    }
  }
  return tally;
}

}  // namespace selvedge::nft::netlink
