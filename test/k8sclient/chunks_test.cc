// However the network cuts the bytes, the meaning is the same.
#include <cstdint>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "k8sclient/json_items.h"
#include "k8sclient/line_splitter.h"
#include "test/k8sclient/conversation.h"

namespace selvedge::k8s {
namespace {

// Sizes for the next chunks, the same for the same seed.
class Sizes {
 public:
  explicit Sizes(std::uint32_t seed) : state_(seed) {}
  std::size_t next() {
    state_ = state_ * 1664525U + 1013904223U;
    const std::size_t size = (state_ >> 16) % 23;
    return size % 3 == 0 ? 1 : size;
  }

 private:
  std::uint32_t state_;
};

std::string description(const JsonItems::Piece& piece) {
  if (const auto* item = std::get_if<JsonItems::Item>(&piece)) return "item " + item->text + (item->cut ? " cut" : "");
  const auto& member = std::get<JsonItems::Member>(piece);
  return member.name + " " + member.value;
}

Lines cut_up(std::string_view text, Sizes sizes) {
  JsonItems items;
  Lines all;
  while (!text.empty()) {
    const std::size_t size = std::min(sizes.next(), text.size());
    for (const auto& piece : items.feed(text.substr(0, size))) all.push_back(description(piece));
    text.remove_prefix(size);
  }
  const std::string end = items.complete() ? "complete" : "incomplete";
  all.push_back(items.wrong().empty() ? end : "error: " + items.wrong());
  return all;
}

Lines whole(std::string_view text) {
  JsonItems items;
  Lines all;
  for (const auto& piece : items.feed(text)) all.push_back(description(piece));
  const std::string end = items.complete() ? "complete" : "incomplete";
  all.push_back(items.wrong().empty() ? end : "error: " + items.wrong());
  return all;
}

const std::string tricky = R"( {"kind" : "PodList", "n": 12.5e3 ,"metadata":{"resourceVersion":"5","x":[1,{"]}":"}"}]},
  "items" : [ {"a":"\"}{\\"} , {"b":[[],{}],"ü":"é\u00e9 ]"}, 7, "text", null,true ],"t":false} )";

TEST(JsonItems, CutsItemsAndMembers) {
  EXPECT_EQ(whole(tricky),
            (Lines{R"(kind "PodList")", "n 12.5e3", R"(metadata {"resourceVersion":"5","x":[1,{"]}":"}"}]})",
                   R"(item {"a":"\"}{\\"})", R"(item {"b":[[],{}],"ü":"é\u00e9 ]"})", "item 7", R"(item "text")",
                   "item null", "item true", "t false", "complete"}));
  EXPECT_EQ(whole(R"({"items":[]})"), Lines{"complete"});
  EXPECT_EQ(whole("{}"), Lines{"complete"});
}

TEST(JsonItems, AnyChunking_GivesTheSame) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) EXPECT_EQ(cut_up(tricky, Sizes(seed)), whole(tricky)) << seed;
}

TEST(JsonItems, TextsThatAreNoList_AreErrors) {
  for (const std::string text :
       {"[", "<", "\"", "{1", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1 2", "{\"items\":[,", "{\"items\":[1,]",
        "{\"items\":[1 2", "{\"items\":[1}", "{}x", "{\"items\":[]]", "{\"items\":[],\"items\":[", "{,"}) {
    EXPECT_TRUE(whole(text).back().starts_with("error: ")) << text;
    for (std::uint32_t seed = 0; seed < 5; ++seed) EXPECT_EQ(cut_up(text, Sizes(seed)), whole(text));
  }
}

TEST(JsonItems, EscapesInNames_AreNoWayAroundThem) {
  EXPECT_EQ(whole(R"({"\u0069tems":[1],"a\"b":2})"), (Lines{"item 1", "a\"b 2", "complete"}));
}

TEST(JsonItems, EveryBeginningOfAList_IsIncomplete) {
  const std::string list = tricky.substr(0, tricky.size() - 1);
  for (std::size_t size = 0; size < list.size(); ++size) EXPECT_EQ(whole(list.substr(0, size)).back(), "incomplete");
}

TEST(JsonItems, HugeValueBesideTheItems_IsAnError) {
  JsonItems items;
  EXPECT_TRUE(items.feed(R"({"x":")").empty());
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(items.feed(megabyte).empty());
  EXPECT_EQ(items.wrong(), "has a huge value beside its items");
}

Lines lines_in(LineSplitter& splitter, std::string_view chunk) {
  Lines all;
  while (const auto line = splitter.next(chunk)) all.push_back((line->cut ? "cut " : "") + std::string(line->text));
  EXPECT_TRUE(chunk.empty());
  return all;
}

TEST(LineSplitter, EndsLinesAtLineFeeds_AndKeepsTheRest) {
  LineSplitter lines;
  EXPECT_EQ(lines_in(lines, "ab"), Lines{});
  EXPECT_EQ(lines_in(lines, "c\r\n\n\nd\ne"), (Lines{"abc", "d"}));
  EXPECT_EQ(lines_in(lines, "\n"), Lines{"e"});
}

TEST(LineSplitter, HugeLine_IsCut_AndTheNextIsWhole) {
  LineSplitter lines;
  EXPECT_EQ(lines_in(lines, std::string(largest_object, 'a')), Lines{});
  EXPECT_EQ(lines_in(lines, "aa\nb\n"), (Lines{"cut " + std::string(kept_beginning, 'a'), "b"}));
}

// A server's answers, cut by `sizes`, until the machine gives up.
Lines told_of(std::string_view list, std::string_view watch, Sizes sizes) {
  Conversation talk;
  talk.asks();
  talk.answers("", 400);
  for (std::string_view body : {list, watch}) {
    talk.asks();
    talk.head();
    bool more = true;
    while (more && !body.empty()) {
      const std::size_t size = std::min(sizes.next(), body.size());
      more = talk.says(body.substr(0, size));
      body.remove_prefix(size);
    }
    talk.ends();
  }
  Lines told = talk.told();
  talk.waits();
  told.push_back(talk.asks());
  return told;
}

TEST(ListWatchChunks, AnyChunking_GivesTheSameEvents) {
  const std::string list =
      pod_list("10", {pod_json("a", "1"), R"({"metadata":{"name":"b","namespace":"x","labels":{"k":"\u00e9\"é}]"}}})",
                      R"({"metadata":{"name":"c","namespace":"x"},"spec":[]})"});
  const std::string watch = added("d", "11") + deleted("a", "12") + bookmark("13") +
                            event_line("MODIFIED", R"({"metadata":{"name":"b","namespace":"x","resourceVersion":"14"},)"
                                                   R"("spec":{"nodeName":"é\n"}})") +
                            error_event(410, "old") + added("never", "15");
  const Lines expected{"+x/a", "+x/b", "+x/c?", "synced", "+x/d", "-x/a", "+x/b", "list -"};
  for (std::uint32_t seed = 0; seed < 200; ++seed) EXPECT_EQ(told_of(list, watch, Sizes(seed)), expected) << seed;
}

}  // namespace
}  // namespace selvedge::k8s
