// Expressions from their attributes, one function per kind. An attribute that
// changes an expression's meaning and that we never write makes it Foreign.
#include <algorithm>

#include <linux/netfilter/nf_tables.h>

#include "nft/netlink_decode.h"

namespace selvedge::nft::netlink {
namespace {

using Decoded = std::optional<Expression>;

std::vector<std::uint8_t> copy(Span bytes) {
  return {bytes.begin(), bytes.end()};
}

std::optional<Span> value(const Attributes& data, std::uint16_t type) {
  const auto nest = data.nested(type);
  return nest ? nest->bytes(NFTA_DATA_VALUE) : std::nullopt;
}

Decoded meta(const Attributes& data, const AnonymousSets&) {
  const auto key = data.u32(NFTA_META_KEY);
  const auto target = data.u32(NFTA_META_DREG);
  if (!key || !target || data.has(NFTA_META_SREG)) return std::nullopt;
  return LoadMeta{*key, *target};
}

Decoded payload(const Attributes& data, const AnonymousSets&) {
  const auto base = data.u32(NFTA_PAYLOAD_BASE);
  const auto offset = data.u32(NFTA_PAYLOAD_OFFSET);
  const auto length = data.u32(NFTA_PAYLOAD_LEN);
  const auto target = data.u32(NFTA_PAYLOAD_DREG);
  if (!base || !offset || !length || !target || data.has(NFTA_PAYLOAD_SREG)) return std::nullopt;
  return LoadPayload{*base, *offset, *length, *target};
}

Decoded ct(const Attributes& data, const AnonymousSets&) {
  const auto key = data.u32(NFTA_CT_KEY);
  const auto target = data.u32(NFTA_CT_DREG);
  if (!key || !target || data.has(NFTA_CT_SREG) || data.has(NFTA_CT_DIRECTION)) return std::nullopt;
  return LoadCt{*key, *target};
}

Decoded fib(const Attributes& data, const AnonymousSets&) {
  const auto result = data.u32(NFTA_FIB_RESULT);
  const auto flags = data.u32(NFTA_FIB_FLAGS);
  const auto target = data.u32(NFTA_FIB_DREG);
  if (!result || !flags || !target) return std::nullopt;
  return LoadFib{*result, *flags, *target};
}

Decoded cmp(const Attributes& data, const AnonymousSets&) {
  const auto op = data.u32(NFTA_CMP_OP);
  const auto source = data.u32(NFTA_CMP_SREG);
  const auto operand = value(data, NFTA_CMP_DATA);
  if (!op || !source || !operand) return std::nullopt;
  return Compare{*op, copy(*operand), *source};
}

// Only register 1 & mask ^ 0 into register 1.
Decoded bitwise(const Attributes& data, const AnonymousSets&) {
  const auto mask = value(data, NFTA_BITWISE_MASK);
  const auto flipped = value(data, NFTA_BITWISE_XOR);
  const bool in_place = data.u32(NFTA_BITWISE_SREG) == NFT_REG_1 && data.u32(NFTA_BITWISE_DREG) == NFT_REG_1;
  if (!mask || !flipped || !in_place || data.u32(NFTA_BITWISE_LEN) != mask->size()) return std::nullopt;
  if (data.has(NFTA_BITWISE_OP) && data.u32(NFTA_BITWISE_OP) != NFT_BITWISE_BOOL) return std::nullopt;
  const bool zeros = std::all_of(flipped->begin(), flipped->end(), [](std::uint8_t byte) { return byte == 0; });
  if (!zeros || flipped->size() != mask->size()) return std::nullopt;
  return Mask{copy(*mask)};
}

Decoded lookup(const Attributes& data, const AnonymousSets& anonymous) {
  const auto name = data.text(NFTA_LOOKUP_SET);
  if (!name || data.u32(NFTA_LOOKUP_SREG) != NFT_REG_1) return std::nullopt;
  const bool has_target = data.has(NFTA_LOOKUP_DREG);
  if (has_target && data.u32(NFTA_LOOKUP_DREG) != NFT_REG_VERDICT) return std::nullopt;
  const bool inverted = data.u32(NFTA_LOOKUP_FLAGS).value_or(0) != 0;
  Lookup found{.set = *name, .inverted = inverted, .verdict = has_target};
  const auto set = anonymous.find(unique_name(*name, data.u32(NFTA_LOOKUP_SET_ID)));
  if (set == anonymous.end()) return found;
  if (!set->second) return std::nullopt;
  found.set = *set->second;
  return found;
}

Decoded objref(const Attributes& data, const AnonymousSets&) {
  const auto name = data.text(NFTA_OBJREF_IMM_NAME);
  if (!name || data.u32(NFTA_OBJREF_IMM_TYPE) != NFT_OBJECT_COUNTER) return std::nullopt;
  return Count{*name};
}

// Only packets by the second, up to the rate.
Decoded limit(const Attributes& data, const AnonymousSets&) {
  const auto rate = data.u64(NFTA_LIMIT_RATE);
  const auto burst = data.u32(NFTA_LIMIT_BURST);
  const bool plain = data.u64(NFTA_LIMIT_UNIT) == one_second && data.u32(NFTA_LIMIT_TYPE) == NFT_LIMIT_PKTS &&
                     data.u32(NFTA_LIMIT_FLAGS).value_or(0) == 0;
  if (!rate || !burst || !plain) return std::nullopt;
  return Limit{*rate, *burst};
}

// Only to a group, and without a say in how much of a packet goes there, or when.
Decoded log(const Attributes& data, const AnonymousSets&) {
  const auto group = data.u16(NFTA_LOG_GROUP);
  const auto prefix = data.text(NFTA_LOG_PREFIX);
  const bool bound = data.u32(NFTA_LOG_SNAPLEN).value_or(0) != 0 || data.u16(NFTA_LOG_QTHRESHOLD).value_or(0) != 0;
  if (!group || !prefix || bound || data.has(NFTA_LOG_LEVEL) || data.has(NFTA_LOG_FLAGS)) return std::nullopt;
  return Report{*group, *prefix};
}

Decoded immediate(const Attributes& data, const AnonymousSets&) {
  const auto nest = data.nested(NFTA_IMMEDIATE_DATA);
  const auto verdict = nest ? nest->nested(NFTA_DATA_VERDICT) : std::nullopt;
  if (!verdict || data.u32(NFTA_IMMEDIATE_DREG) != NFT_REG_VERDICT) return std::nullopt;
  auto decision = decode_decision(*verdict);
  if (!decision) return std::nullopt;
  return *std::move(decision);
}

struct Kind {
  const char* name;
  Decoded (*decode)(const Attributes&, const AnonymousSets&);
};
constexpr Kind kinds[] = {
    {"meta", meta},          {"payload", payload}, {"ct", ct},         {"fib", fib},     {"cmp", cmp},
    {"bitwise", bitwise},    {"lookup", lookup},   {"objref", objref}, {"limit", limit}, {"log", log},
    {"immediate", immediate}};

Expression decode_expression(Span entry, const AnonymousSets& anonymous) {
  const auto attributes = Attributes::parse(entry);
  const auto name = attributes ? attributes->text(NFTA_EXPR_NAME) : std::nullopt;
  if (!name) return Foreign{"unreadable"};
  const auto* const kind =
      std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind& k) { return k.name == *name; });
  const auto data = attributes->nested(NFTA_EXPR_DATA);
  if (kind == std::end(kinds) || !data) return Foreign{*name};
  return kind->decode(*data, anonymous).value_or(Foreign{*name});
}

}  // namespace

std::optional<Decide> decode_decision(const Attributes& verdict) {
  const auto code = verdict.u32(NFTA_VERDICT_CODE);
  if (!code || verdict.has(NFTA_VERDICT_CHAIN_ID)) return std::nullopt;
  return Decide{static_cast<std::int32_t>(*code), verdict.text(NFTA_VERDICT_CHAIN).value_or("")};
}

Expressions decode_expressions(const Attributes& list, const AnonymousSets& anonymous) {
  Expressions expressions;
  for (const Attribute& entry : list.all()) expressions.push_back(decode_expression(entry.payload, anonymous));
  return expressions;
}

}  // namespace selvedge::nft::netlink
