#include "test/fuzz/rendered.h"

#include <map>
#include <sstream>

#include "controller/core.h"
#include "nft/text.h"
#include "nft/validate.h"
#include "test/fuzz/fuzz.h"

namespace selvedge::fuzz {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

// Outside of quotes nothing stands but nft's own signs and what names are made of.
bool is_syntax(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(" \t{}[](),;:=!<>@/-_.&").find(c) != std::string_view::npos;
}

void expect_plain(const std::string& line, int& open) {
  bool quoted = false;
  for (const char c : line) {
    if (is_control(c)) fail("a control character in: " + line);
    if (c == '"') quoted = !quoted;
    if (!quoted && c != '"' && !is_syntax(c)) fail("a stray sign in: " + line);
    if (!quoted && c == '{') ++open;
    if (!quoted && c == '}') --open;
    if (open < 0) fail("a brace too many in: " + line);
  }
  require(!quoted, "an open quote in: " + line);
}

void expect_plain_text(const std::string& text) {
  int open = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) expect_plain(line, open);
  require(open == 0, "an open brace at the end");
}

nft::Table table_of(const std::vector<k8s::Object>& objects, const std::string& node, bool backwards) {
  Core core({.node = node});
  // The last of several objects of one name counts, so only one of each may change its place.
  std::map<std::pair<k8s::Kind, k8s::ObjectKey>, const k8s::Object*> last;
  for (const auto& object : objects) last[{kind_of(object), meta_of(object).key()}] = &object;
  if (!backwards) {
    for (const auto& object : objects) core.upsert(object);
  } else {
    for (auto at = last.rbegin(); at != last.rend(); ++at) core.upsert(*at->second);
  }
  for (const auto& problem : core.problems()) require(!problem.message.empty(), "a problem without words");
  return core.table();
}

}  // namespace

void expect_sound_table(const std::vector<k8s::Object>& objects, const std::string& node) {
  const nft::Table table = table_of(objects, node, false);
  for (const nft::Fault& fault : validate(table)) require(false, fault.object + " " + fault.message);
  expect_plain_text(to_text(table));
  require(table == table_of(objects, node, true), "the order of the objects matters");
}

}  // namespace selvedge::fuzz
