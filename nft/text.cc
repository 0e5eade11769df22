// The table as `nft -f` reads it, one element and one rule a line: made for
// reviews, so a change of one thing changes one line. (nft wraps elements as it
// likes when it lists them; it reads any form, and a comma behind the last one.)
// Names may stand before what they name: within a table block nft resolves them at its end.
#include "nft/text.h"

#include <cstdlib>
#include <string_view>

#include "nft/text_words.h"

namespace selvedge::nft {
namespace {

// nft spells priorities up to 10 around the hook's standard one by its name; of bridges there are other names, and
// no need of them.
std::string priority_text(std::int32_t priority) {
  if (priority == 0) return "filter";
  if (priority < -10 || priority > 10) return std::to_string(priority);
  return std::string("filter ") + (priority < 0 ? "- " : "+ ") + std::to_string(std::abs(priority));
}

std::string base_text(const Base& base) {
  return "\t\ttype filter hook " + text::hook(base.hook) + " priority " + priority_text(base.priority) +
         "; policy accept;\n";
}

std::string comment_line(const std::string& comment) {
  return comment.empty() ? "" : "\t\tcomment " + text::quoted(comment) + '\n';
}

std::string block(std::string_view kind, const std::string& name, const std::string& body) {
  return '\t' + std::string(kind) + ' ' + text::name(name) + " {\n" + body + "\t}\n";
}

std::string elements_block(const std::string& lines) {
  return lines.empty() ? "" : "\t\telements = {\n" + lines + "\t\t}\n";
}

std::string set_block(const std::string& name, const Set& set) {
  std::string lines;
  for (const Element& element : set.elements) lines += "\t\t\t" + to_text(set.type, element) + ",\n";
  return block("set", name,
               "\t\ttype " + text::key_type(set.type) + '\n' + (set.interval ? "\t\tflags interval\n" : "") +
                   comment_line(set.comment) + elements_block(lines));
}

std::string map_block(const std::string& name, const Map& map) {
  std::string lines;
  for (const auto& [key, verdict] : map.elements) {
    lines += "\t\t\t" + text::key(map.type, key) + " : " + text::verdict(verdict) + ",\n";
  }
  return block(
      "map", name,
      "\t\ttype " + text::key_type(map.type) + " : verdict\n" + comment_line(map.comment) + elements_block(lines));
}

std::string chain_block(const std::string& name, const Chain& chain) {
  std::string body = chain.base ? base_text(*chain.base) : "";
  for (const Rule& rule : chain.rules) body += "\t\t" + to_text(rule) + '\n';
  return block("chain", name, body);
}

// The prefix that the interval is, if it is one of addresses.
std::optional<Prefix> prefix_of(const KeyType& type, const Element& element) {
  if (type != address_type(Family::v4) && type != address_type(Family::v6)) return std::nullopt;
  const Family family = type == address_type(Family::v4) ? Family::v4 : Family::v6;
  Interval interval{{.family = family}, {.family = family}};
  for (std::size_t i = 0; i < width(family); ++i) {
    interval.first.bytes[i] = element.first.bytes[i];
    interval.last.bytes[i] = element.last.bytes[i];
  }
  return prefix_of(interval);
}

}  // namespace

std::string to_text(const Table& table) {
  std::string body;
  const auto add = [&body](const std::string& block) { body += (body.empty() ? "" : "\n") + block; };
  for (const auto& name : table.counters) add(block("counter", name, ""));
  for (const auto& [name, set] : table.sets) add(set_block(name, set));
  for (const auto& [name, map] : table.maps) add(map_block(name, map));
  for (const bool base : {false, true}) {
    for (const auto& [name, chain] : table.chains) {
      if (chain.base.has_value() == base) add(chain_block(name, chain));
    }
  }
  return std::string("table ") + to_string(table.family) + ' ' + text::name(table.name) + " {\n" + body + "}\n";
}

std::string to_text(const KeyType& type, const Element& element) {
  if (element.first == element.last) return text::key(type, element.first);
  if (const auto prefix = prefix_of(type, element)) return text::prefix(*prefix);
  return text::key(type, element.first) + '-' + text::key(type, element.last);
}

}  // namespace selvedge::nft
