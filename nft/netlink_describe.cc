// Words for operations, one function per alternative.
#include "nft/netlink_describe.h"

#include <cstdio>

#include "nft/text.h"

namespace selvedge::nft::netlink {
namespace {

std::string number_of(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

struct Describing {
  std::string operator()(const AddTable&) const { return "adding the table"; }
  std::string operator()(const DeleteTable&) const { return "deleting the table"; }
  std::string operator()(const AddCounter& op) const { return "adding counter " + op.name; }
  std::string operator()(const DeleteCounter& op) const { return "deleting counter " + op.name; }
  std::string operator()(const AddSet& op) const { return "adding set " + op.name; }
  std::string operator()(const AddMap& op) const { return "adding map " + op.name; }
  std::string operator()(const DeleteSet& op) const { return "deleting set or map " + op.name; }
  std::string operator()(const AddElements& op) const {
    return "adding " + number_of(op.elements.size(), "element") + " to set " + op.set;
  }
  std::string operator()(const DeleteElements& op) const {
    return "deleting " + number_of(op.elements.size(), "element") + " from set " + op.set;
  }
  std::string operator()(const AddMapElements& op) const {
    return "adding " + number_of(op.elements.size(), "element") + " to map " + op.map;
  }
  std::string operator()(const DeleteMapElements& op) const {
    return "deleting " + number_of(op.keys.size(), "element") + " from map " + op.map;
  }
  std::string operator()(const AddChain& op) const { return "adding chain " + op.name; }
  std::string operator()(const DeleteChain& op) const { return "deleting chain " + op.name; }
  std::string operator()(const FlushChain& op) const { return "flushing chain " + op.name; }
  std::string operator()(const AddRule& op) const {
    return "adding the rule `" + to_text(op.rule) + "` to chain " + op.chain;
  }
};

}  // namespace

std::string describe(const Op& op) {
  return std::visit(Describing{}, op);
}

std::string describe(const Key& key) {
  for (const Family family : {Family::v4, Family::v6})
    for (const KeyType& type : {address_type(family), endpoint_type(family)})
      if (key.size == register_size(type)) return to_text(type, Element{key, key});
  std::string hex = "0x";
  for (std::size_t i = 0; i < key.size && i < key.bytes.size(); ++i) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", key.bytes[i]);
    hex += digits;
  }
  return hex;
}

}  // namespace selvedge::nft::netlink
