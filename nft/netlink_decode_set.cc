// Sets and elements from their attributes. The kernel gives elements in no
// useful order, an interval as two of them: they are sorted and paired here.
#include <algorithm>
#include <iterator>

#include <linux/netfilter/nf_tables.h>

#include "nft/netlink_decode.h"
#include "nft/netlink_userdata.h"
#include "nft/netlink_wire.h"

namespace selvedge::nft::netlink {
namespace {

constexpr std::uint32_t known_flags = NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | NFT_SET_INTERVAL | NFT_SET_MAP;

Key predecessor(Key key) {
  for (std::size_t i = key.size; i-- > 0;)
    if (key.bytes[i]-- != 0) break;
  return key;
}

Key highest(std::uint8_t size) {
  Key key{.size = size};
  std::fill_n(key.bytes.begin(), size, std::uint8_t{0xff});
  return key;
}

bool is_zero(const Key& key) {
  return std::all_of(key.bytes.begin(), key.bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

std::string unique_name(const std::string& name, std::optional<std::uint32_t> id) {
  const bool template_name = name.find('%') != std::string::npos;
  return template_name && id ? name + "#" + std::to_string(*id) : name;
}

SetReading::SetReading(const Attributes& attributes, Span raw)
    : name_(unique_name(attributes.text(NFTA_SET_NAME).value_or(""), attributes.u32(NFTA_SET_ID))),
      handle_(attributes.u64(NFTA_SET_HANDLE).value_or(0)),
      flags_(attributes.u32(NFTA_SET_FLAGS).value_or(0)),
      key_number_(attributes.u32(NFTA_SET_KEY_TYPE).value_or(0)),
      key_size_(attributes.u32(NFTA_SET_KEY_LEN).value_or(0)),
      comment_(userdata_text(attributes.bytes(NFTA_SET_USERDATA).value_or(Span{}), userdata_set_comment).value_or("")),
      anonymous_((flags_ & NFT_SET_ANONYMOUS) != 0),
      foreign_(why_foreign(attributes)),
      raw_(raw),
      packed_(key_type(key_number_).value_or(KeyType{}), (flags_ & NFT_SET_INTERVAL) != 0) {}

std::string SetReading::why_foreign(const Attributes& attributes) const {
  if ((flags_ & ~known_flags) != 0) return "a set with flags " + std::to_string(flags_);
  if (attributes.has(NFTA_SET_EXPR) || attributes.has(NFTA_SET_EXPRESSIONS)) return "a set with statements";
  if (attributes.has(NFTA_SET_TIMEOUT) || attributes.has(NFTA_SET_GC_INTERVAL)) return "a set with timeouts";
  if (attributes.has(NFTA_SET_OBJ_TYPE)) return "a map to objects";
  const bool map = (flags_ & NFT_SET_MAP) != 0;
  if (map && attributes.u32(NFTA_SET_DATA_TYPE) != type_verdict) return "a map to other than verdicts";
  if (anonymous_) return map || key_size_ == 0 || key_size_ > 2 ? "an anonymous set of its kind" : "";
  const auto type = key_type(key_number_);
  if (!type || key_size(*type) == 0 || key_size(*type) != key_size_)
    return "a set with keys of type " + std::to_string(key_number_);
  const bool interval = (flags_ & NFT_SET_INTERVAL) != 0;
  if (interval && (map || type->size() > 1)) return "a set of intervals in a map or a concatenation";
  if ((flags_ & NFT_SET_CONSTANT) != 0) return "a constant set";
  const auto description = attributes.nested(NFTA_SET_DESC);
  if (description && description->has(NFTA_SET_DESC_SIZE)) return "a set of bounded size";
  return "";
}

std::optional<SetReading::Entry> SetReading::entry(Span raw) {
  constexpr std::uint16_t never_ours[] = {NFTA_SET_ELEM_TIMEOUT,     NFTA_SET_ELEM_EXPIRATION, NFTA_SET_ELEM_EXPR,
                                          NFTA_SET_ELEM_EXPRESSIONS, NFTA_SET_ELEM_OBJREF,     NFTA_SET_ELEM_KEY_END};
  const auto attributes = Attributes::parse(raw);
  if (!attributes) return std::nullopt;
  for (const std::uint16_t type : never_ours)
    if (attributes->has(type)) return std::nullopt;
  const auto key = attributes->nested(NFTA_SET_ELEM_KEY);
  const auto bytes = key ? key->bytes(NFTA_DATA_VALUE) : std::nullopt;
  const std::uint32_t flags = attributes->u32(NFTA_SET_ELEM_FLAGS).value_or(0);
  if (!bytes || bytes->size() != key_size_ || (flags & ~std::uint32_t{NFT_SET_ELEM_INTERVAL_END}) != 0)
    return std::nullopt;
  Entry entry{.key = {.size = static_cast<std::uint8_t>(bytes->size())}, .end = flags != 0, .verdict = 0, .raw = raw};
  std::copy(bytes->begin(), bytes->end(), entry.key.bytes.begin());
  if ((flags_ & NFT_SET_MAP) == 0) return entry;
  const auto data = attributes->nested(NFTA_SET_ELEM_DATA);
  const auto verdict = data ? data->nested(NFTA_DATA_VERDICT) : std::nullopt;
  const auto decision = verdict ? decode_decision(*verdict) : std::nullopt;
  auto held = decision ? verdict_of(*decision) : std::nullopt;
  if (!held) return std::nullopt;
  entry.verdict = static_cast<std::uint32_t>(verdicts_.size());
  verdicts_.push_back(*std::move(held));
  return entry;
}

bool SetReading::is_map() const {
  return (flags_ & NFT_SET_MAP) != 0;
}

bool SetReading::is_interval() const {
  return (flags_ & NFT_SET_INTERVAL) != 0;
}

// Single keys of a set of ours are packed at once: there may be a hundred thousand of them.
void SetReading::element(Span raw) {
  if (foreign()) return;
  auto read = entry(raw);
  if (!read)
    unread_.push_back(raw);
  else if (is_map() || is_interval() || anonymous_)
    entries_.push_back(*read);
  else
    pack(*read);
}

void SetReading::pack(const Entry& entry) {
  if (entry.end)
    opaque_element(entry.raw, "the end of an interval in a set that has none");
  else if (!packed_.insert_new({entry.key, entry.key}))
    torn_ = true;
}

void SetReading::opaque_element(Span raw, const std::string& what) {
  faults_.push_back(
      {.where = Opaque::Where::element, .owner = name_, .handle = 0, .what = what, .raw = {raw.begin(), raw.end()}});
}

// Entries are sorted, an end before a start of the same key. An end at zero closes nothing: nft
// writes it to say that the space before the first interval is not in the set.
std::vector<Element> SetReading::intervals() {
  std::vector<Element> found;
  const Entry* open = nullptr;
  for (const Entry& entry : entries_) {
    if (entry.end && open != nullptr) found.push_back({open->key, predecessor(entry.key)});
    if (entry.end && open == nullptr && !is_zero(entry.key))
      opaque_element(entry.raw, "the end of an interval without its start");
    if (!entry.end && open != nullptr) opaque_element(open->raw, "the start of an interval without its end");
    open = entry.end ? nullptr : &entry;
  }
  if (open != nullptr) found.push_back({open->key, highest(open->key.size)});
  return found;
}

// What is wrong with an anonymous set makes its rule opaque, and is not told of the set as well.
std::optional<AnonymousSet> SetReading::anonymous_set() {
  if (foreign() || !faults_.empty()) return std::nullopt;
  return AnonymousSet{key_number_, is_interval(), std::move(elements_)};
}

bool SetReading::sort_entries() {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.key != b.key ? a.key < b.key : a.end && !b.end; });
  const auto end = std::unique(entries_.begin(), entries_.end(),
                               [](const Entry& a, const Entry& b) { return a.key == b.key && a.end == b.end; });
  const bool repeated = end != entries_.end();
  entries_.erase(end, entries_.end());
  return repeated;
}

std::vector<Element> SetReading::single_elements() {
  std::vector<Element> found;
  found.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    if (entry.end)
      opaque_element(entry.raw, "the end of an interval in a set that has none");
    else
      found.push_back({entry.key, entry.key});
  }
  return found;
}

std::map<Key, Verdict> SetReading::map_elements() {
  std::map<Key, Verdict> found;
  for (const Entry& entry : entries_)
    if (!entry.end) found.insert_or_assign(found.end(), entry.key, std::move(verdicts_[entry.verdict]));
  return found;
}

void SetReading::close() {
  torn_ = sort_entries() || torn_;
  for (const Span raw : unread_) opaque_element(raw, "an element with more to it than a key");
  if (is_map()) map_elements_.merge(map_elements());
  if (anonymous_ && elements_.empty()) elements_ = is_interval() ? intervals() : single_elements();
  if (is_interval() && !anonymous_ && !is_map()) {
    for (const Element& interval : intervals()) packed_.insert_new(interval);
  }
  entries_ = {};
  verdicts_ = {};
  unread_ = {};
}

void SetReading::finish(Decoded& decoded, AnonymousSets& anonymous) {
  Dump& dump = decoded.dump;
  close();
  decoded.torn = decoded.torn || torn_;
  if (anonymous_) {
    anonymous[name_] = anonymous_set();
    return;
  }
  if (foreign()) {
    dump.opaque.push_back({.where = Opaque::Where::set,
                           .owner = name_,
                           .handle = handle_,
                           .what = foreign_,
                           .raw = {raw_.begin(), raw_.end()}});
    return;
  }
  std::move(faults_.begin(), faults_.end(), std::back_inserter(dump.opaque));
  const KeyType type = key_type(key_number_).value_or(KeyType{});
  if (is_map()) {
    dump.table.maps[name_] = {.type = type, .comment = comment_, .elements = std::move(map_elements_)};
    return;
  }
  dump.table.sets[name_] = {.type = type, .interval = is_interval(), .comment = comment_, .elements = {}};
  decoded.elements[name_] = std::move(packed_);
}

}  // namespace selvedge::nft::netlink
