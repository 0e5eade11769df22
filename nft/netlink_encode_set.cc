// Sets and their elements as messages. Elements are put by libmnl alone: a
// hundred thousand of them go through here in one batch.
//
// An interval is two elements: its first address, and the address after its
// last one, marked as an end. An interval up to the highest address has no
// such end; nft then marks the first one as open, for its own listing.
#include <arpa/inet.h>

#include <libnftnl/common.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/netlink_encode.h"
#include "nft/netlink_handles.h"
#include "nft/netlink_userdata.h"
#include "nft/netlink_wire.h"

namespace selvedge::nft::netlink {
namespace {

constexpr std::size_t list_limit =
    std::size_t{60} * 1024;  // an attribute's length has 16 bits; the longest element takes 400 bytes

void put_data(nlmsghdr* message, std::uint16_t attribute, const Key& key) {
  nlattr* nest = mnl_attr_nest_start(message, attribute);
  mnl_attr_put(message, NFTA_DATA_VALUE, key.size, key.bytes.data());
  mnl_attr_nest_end(message, nest);
}

void put_verdict(nlmsghdr* message, const Verdict& verdict) {
  const Decide decision = decision_of(verdict);
  nlattr* data = mnl_attr_nest_start(message, NFTA_SET_ELEM_DATA);
  nlattr* nest = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
  mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl(static_cast<std::uint32_t>(decision.code)));
  if (!decision.chain.empty()) mnl_attr_put_strz(message, NFTA_VERDICT_CHAIN, decision.chain.c_str());
  mnl_attr_nest_end(message, nest);
  mnl_attr_nest_end(message, data);
}

void put_element(nlmsghdr* message, const Key& key, std::uint32_t flags, bool open = false) {
  nlattr* nest = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
  if (flags != 0) mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS, htonl(flags));
  put_data(message, NFTA_SET_ELEM_KEY, key);
  if (open) {
    const Userdata mark = Userdata().put(userdata_element_flags, element_interval_open);
    mnl_attr_put(message, NFTA_SET_ELEM_USERDATA, mark.size(), mark.data());
  }
  mnl_attr_nest_end(message, nest);
}

// The key after `key`; no value after the last one.
std::optional<Key> successor(Key key) {
  for (std::size_t i = key.size; i-- > 0;)
    if (++key.bytes[i] != 0) return key;
  return std::nullopt;
}

void put_interval(nlmsghdr* message, const Element& element) {
  const std::optional<Key> end = successor(element.last);
  put_element(message, element.first, 0, !end);
  if (end) put_element(message, *end, NFT_SET_ELEM_INTERVAL_END);
}

// Where elements go to, and how many messages they take.
struct ElementList {
  Stream& stream;
  std::size_t op;
  const TableName& table;
  std::string set;
  std::uint16_t type;        // NFT_MSG_…SETELEM
  std::uint32_t set_id = 0;  // zero: the set is known by its name

  template <typename Items, typename Put>
  void add(const Items& items, const Put& put) const {
    const auto flags = static_cast<std::uint16_t>(type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0);
    for (auto item = items.begin(); item != items.end();)
      stream.add(type, flags, op, [&](nlmsghdr* message) {
        mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, table.name.c_str());
        mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set.c_str());
        if (set_id != 0) mnl_attr_put_u32(message, NFTA_SET_ELEM_LIST_SET_ID, htonl(set_id));
        nlattr* list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
        const std::uint32_t start = message->nlmsg_len;
        for (; item != items.end() && message->nlmsg_len - start < list_limit; ++item) put(message, *item);
        mnl_attr_nest_end(message, list);
      });
  }
  void add(const std::vector<Element>& elements, bool interval) const {
    add(elements, [&](nlmsghdr* message, const Element& element) {
      interval ? put_interval(message, element) : put_element(message, element.first, 0);
    });
  }
};

std::uint32_t interval_flag(bool interval) {
  return interval ? std::uint32_t{NFT_SET_INTERVAL} : 0;
}

SetObject new_set(const TableName& table, const std::string& name, std::uint32_t id, std::uint32_t flags) {
  auto set = owned<SetObject>(nftnl_set_alloc());
  nftnl_set_set_str(set.get(), NFTNL_SET_TABLE, table.name.c_str());
  nftnl_set_set_str(set.get(), NFTNL_SET_NAME, name.c_str());
  nftnl_set_set_u32(set.get(), NFTNL_SET_ID, id);
  nftnl_set_set_u32(set.get(), NFTNL_SET_FLAGS, flags);
  return set;
}

void set_key(nftnl_set* set, std::uint32_t type, std::size_t size) {
  nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, type);
  nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, static_cast<std::uint32_t>(size));
}

void set_userdata(nftnl_set* set, const KeyType& type, bool map, const std::string& comment) {
  Userdata userdata;
  const std::uint32_t of_one = type == interface_type() ? byteorder_host : byteorder_big_endian;
  userdata.put(userdata_set_key_byteorder, type.size() == 1 ? of_one : byteorder_none);
  if (map) userdata.put(userdata_set_data_byteorder, byteorder_none);
  if (!comment.empty()) userdata.put(userdata_set_comment, comment);
  nftnl_set_set_data(set, NFTNL_SET_USERDATA, userdata.data(), userdata.size());
}

void add_set(Stream& stream, std::size_t op, nftnl_set* set) {
  stream.add(NFT_MSG_NEWSET, NLM_F_CREATE, op, [&](nlmsghdr* message) { nftnl_set_nlmsg_build_payload(message, set); });
}

}  // namespace

void encode_set(Stream& stream, std::size_t op, const TableName& table, const AddSet& added, std::uint32_t set_id) {
  const auto set = new_set(table, added.name, set_id, interval_flag(added.interval));
  set_key(set.get(), type_number(added.type), key_size(added.type));
  set_userdata(set.get(), added.type, false, added.comment);
  add_set(stream, op, set.get());
}

void encode_map(Stream& stream, std::size_t op, const TableName& table, const AddMap& added, std::uint32_t set_id) {
  const auto set = new_set(table, added.name, set_id, NFT_SET_MAP);
  set_key(set.get(), type_number(added.type), key_size(added.type));
  nftnl_set_set_u32(set.get(), NFTNL_SET_DATA_TYPE, type_verdict);
  nftnl_set_set_u32(set.get(), NFTNL_SET_DATA_LEN, 0);
  set_userdata(set.get(), added.type, true, added.comment);
  add_set(stream, op, set.get());
}

void encode_anonymous_set(Stream& stream, std::size_t op, const TableName& table, const AnonymousSet& added,
                          std::uint32_t set_id) {
  const std::uint32_t flags = NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | interval_flag(added.interval);
  const auto set = new_set(table, anonymous_name, set_id, flags);
  set_key(set.get(), added.key_type, added.elements.empty() ? 0 : added.elements[0].first.size);
  const auto count = static_cast<std::uint32_t>(added.elements.size() * (added.interval ? 2 : 1));
  nftnl_set_set_u32(set.get(), NFTNL_SET_DESC_SIZE, count);
  const Userdata userdata = Userdata().put(userdata_set_key_byteorder, byteorder_big_endian);
  nftnl_set_set_data(set.get(), NFTNL_SET_USERDATA, userdata.data(), userdata.size());
  add_set(stream, op, set.get());
  ElementList{stream, op, table, anonymous_name, NFT_MSG_NEWSETELEM, set_id}.add(added.elements, added.interval);
}

void encode_elements(Stream& stream, std::size_t op, const TableName& table, const AddElements& added) {
  ElementList{stream, op, table, added.set, NFT_MSG_NEWSETELEM}.add(added.elements, added.interval);
}

void encode_elements(Stream& stream, std::size_t op, const TableName& table, const DeleteElements& removed) {
  ElementList{stream, op, table, removed.set, NFT_MSG_DELSETELEM}.add(removed.elements, removed.interval);
}

void encode_elements(Stream& stream, std::size_t op, const TableName& table, const AddMapElements& added) {
  ElementList{stream, op, table, added.map, NFT_MSG_NEWSETELEM}.add(
      added.elements, [](nlmsghdr* message, const auto& element) {
        nlattr* nest = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
        put_data(message, NFTA_SET_ELEM_KEY, element.first);
        put_verdict(message, element.second);
        mnl_attr_nest_end(message, nest);
      });
}

void encode_elements(Stream& stream, std::size_t op, const TableName& table, const DeleteMapElements& removed) {
  ElementList{stream, op, table, removed.map, NFT_MSG_DELSETELEM}.add(
      removed.keys, [](nlmsghdr* message, const Key& key) { put_element(message, key, 0); });
}

}  // namespace selvedge::nft::netlink
