// A rule as a message: its expressions through libnftnl, one function per
// alternative. Its anonymous sets go before it, each under an id of this batch.
#include <libnftnl/common.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/netlink_encode.h"
#include "nft/netlink_handles.h"
#include "nft/netlink_userdata.h"
#include "nft/netlink_wire.h"

namespace selvedge::nft::netlink {
namespace {

ExpressionObject make(const char* name) {
  return owned<ExpressionObject>(nftnl_expr_alloc(name));
}

ExpressionObject build(const LoadMeta& load) {
  auto made = make("meta");
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_META_KEY, load.key);
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_META_DREG, load.target);
  return made;
}

ExpressionObject build(const LoadPayload& load) {
  auto made = make("payload");
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_PAYLOAD_DREG, load.target);
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_PAYLOAD_BASE, load.base);
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_PAYLOAD_OFFSET, load.offset);
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_PAYLOAD_LEN, load.length);
  return made;
}

ExpressionObject build(const LoadCt& load) {
  auto made = make("ct");
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_CT_KEY, load.key);
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_CT_DREG, load.target);
  return made;
}

ExpressionObject build(const LoadFib& load) {
  auto made = make("fib");
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_FIB_DREG, load.target);
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_FIB_RESULT, load.result);
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_FIB_FLAGS, load.flags);
  return made;
}

ExpressionObject build(const Compare& compare) {
  auto made = make("cmp");
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_CMP_SREG, compare.source);
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_CMP_OP, compare.op);
  nftnl_expr_set(made.get(), NFTNL_EXPR_CMP_DATA, compare.data.data(), static_cast<std::uint32_t>(compare.data.size()));
  return made;
}

ExpressionObject build(const Mask& mask) {
  const auto size = static_cast<std::uint32_t>(mask.mask.size());
  const std::vector<std::uint8_t> zeros(size);
  auto made = make("bitwise");
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_BITWISE_LEN, size);
  nftnl_expr_set(made.get(), NFTNL_EXPR_BITWISE_MASK, mask.mask.data(), size);
  nftnl_expr_set(made.get(), NFTNL_EXPR_BITWISE_XOR, zeros.data(), size);
  return made;
}

ExpressionObject build(const Count& count) {
  auto made = make("objref");
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER);
  nftnl_expr_set_str(made.get(), NFTNL_EXPR_OBJREF_IMM_NAME, count.counter.c_str());
  return made;
}

ExpressionObject build(const Limit& limit) {
  auto made = make("limit");
  nftnl_expr_set_u64(made.get(), NFTNL_EXPR_LIMIT_RATE, limit.rate);
  nftnl_expr_set_u64(made.get(), NFTNL_EXPR_LIMIT_UNIT, one_second);
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_LIMIT_BURST, limit.burst);
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
  return made;
}

ExpressionObject build(const Report& report) {
  auto made = make("log");
  nftnl_expr_set_str(made.get(), NFTNL_EXPR_LOG_PREFIX, report.prefix.c_str());
  nftnl_expr_set_u16(made.get(), NFTNL_EXPR_LOG_GROUP, report.group);
  return made;
}

ExpressionObject build(const Decide& decision) {
  auto made = make("immediate");
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_IMM_VERDICT, static_cast<std::uint32_t>(decision.code));
  if (!decision.chain.empty()) nftnl_expr_set_str(made.get(), NFTNL_EXPR_IMM_CHAIN, decision.chain.c_str());
  return made;
}

// Only what was read from the kernel is foreign, and that is never written.
ExpressionObject build(const Foreign& foreign) {
  return make(foreign.name.c_str());
}

// `set_id` tells an anonymous set; a named one may be older than the batch.
ExpressionObject build_lookup(const Lookup& lookup, std::uint32_t set_id) {
  const auto* named = std::get_if<std::string>(&lookup.set);
  auto made = make("lookup");
  nftnl_expr_set_u32(made.get(), NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
  nftnl_expr_set_str(made.get(), NFTNL_EXPR_LOOKUP_SET, named != nullptr ? named->c_str() : anonymous_name);
  if (named == nullptr) nftnl_expr_set_u32(made.get(), NFTNL_EXPR_LOOKUP_SET_ID, set_id);
  if (lookup.inverted) nftnl_expr_set_u32(made.get(), NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
  if (lookup.verdict) nftnl_expr_set_u32(made.get(), NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
  return made;
}

void set_comment(nftnl_rule* rule, const std::string& comment) {
  if (comment.empty()) return;
  const Userdata userdata = Userdata().put(userdata_comment, comment);
  nftnl_rule_set_data(rule, NFTNL_RULE_USERDATA, userdata.data(), userdata.size());
}

}  // namespace

std::uint32_t encode_rule(Stream& stream, std::size_t op, const TableName& table, const AddRule& added,
                          const Expressions& expressions, std::uint32_t set_id) {
  std::uint32_t sets = 0;
  const auto build_any = [&](const auto& expression) -> ExpressionObject {
    if constexpr (std::is_same_v<std::decay_t<decltype(expression)>, Lookup>) {
      if (const auto* set = std::get_if<AnonymousSet>(&expression.set))
        encode_anonymous_set(stream, op, table, *set, set_id + sets++);
      return build_lookup(expression, set_id + sets - 1);
    } else {
      return build(expression);
    }
  };

  const auto rule = owned<RuleObject>(nftnl_rule_alloc());
  nftnl_rule_set_str(rule.get(), NFTNL_RULE_TABLE, table.name.c_str());
  nftnl_rule_set_str(rule.get(), NFTNL_RULE_CHAIN, added.chain.c_str());
  set_comment(rule.get(), added.rule.comment);
  for (const Expression& expression : expressions)
    nftnl_rule_add_expr(rule.get(), std::visit(build_any, expression).release());
  stream.add(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, op,
             [&](nlmsghdr* message) { nftnl_rule_nlmsg_build_payload(message, rule.get()); });
  return sets;
}

}  // namespace selvedge::nft::netlink
