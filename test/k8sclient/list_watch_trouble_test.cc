// What ListWatch does when the server or the network does not behave: nothing is
// cleared, somebody is told once, and it tries again, ever more slowly.
#include <gtest/gtest.h>

#include "k8sclient/list_watch.h"
#include "test/k8sclient/conversation.h"

namespace selvedge::k8s {
namespace {

// A machine that knows x/a and has lost its watch; it lists in pages, at version 10.
class Relisting : public testing::Test {
 protected:
  Relisting() {
    talk.asks();
    talk.answers("", 400);
    talk.asks();
    talk.answers(pod_list("10", {pod_json("a", "1")}));
    talk.asks();
    talk.answers(error_event(410, "old"));
    talk.told();
    talk.waits();
    EXPECT_EQ(talk.asks(), "list -");
  }
  // That the answer was no list: it is told once, nothing is deleted, and it is tried again.
  void expect_trouble(const std::string& words) {
    EXPECT_EQ(talk.told(), Lines{"trouble: cannot list pods (GET /api/v1/pods): " + words});
    EXPECT_GE(talk.waits(), milliseconds(800));
    EXPECT_EQ(talk.asks(), "list -");
    talk.answers(pod_list("30", {}));
    EXPECT_EQ(talk.told(), (Lines{"-x/a", "synced", "trouble: "}));
  }

  Conversation talk;
};

TEST_F(Relisting, Html_ClearsNothing) {  // semantics 106
  talk.answers("<html>welcome</html>");
  expect_trouble("the answer is not the JSON of a list: unexpected '<'");
}

TEST_F(Relisting, TruncatedBody_ClearsNothing) {
  const std::string body = pod_list("20", {pod_json("b", "1")});
  talk.answers(body.substr(0, body.size() - 3));
  EXPECT_EQ(talk.told(), (Lines{"+x/b", "trouble: cannot list pods (GET /api/v1/pods): the answer ended early"}));
}

TEST_F(Relisting, EmptyBody_ClearsNothing) {
  talk.answers("");
  expect_trouble("the answer ended early");
}

TEST_F(Relisting, BodyThatIsCutOff_ClearsNothing) {
  talk.head();
  talk.says(R"({"kind":"PodList",)");
  talk.breaks("connection reset by peer");
  expect_trouble("the answer was cut off: connection reset by peer");
}

TEST_F(Relisting, ListOfAnotherKind_ClearsNothing_AndUpsertsNothing) {
  talk.answers(R"({"items":[)" + pod_json("b", "1") + R"(],"metadata":{"resourceVersion":"5"},"kind":"NodeList"})");
  expect_trouble("the answer is a \"NodeList\", not a PodList");
}

TEST_F(Relisting, ListWithoutAKind_ClearsNothing) {
  talk.answers(R"({"metadata":{"resourceVersion":"5"},"items":[]})");
  expect_trouble("the answer does not say that it is a PodList");
}

TEST_F(Relisting, ListWithoutAVersion_ClearsNothing) {
  talk.answers(R"({"kind":"PodList","metadata":{},"items":[]})");
  expect_trouble("the answer has no metadata.resourceVersion");
}

TEST_F(Relisting, ListWithoutItems_ClearsNothing) {  // semantics 106
  talk.answers(R"({"kind":"PodList","metadata":{"resourceVersion":"5"}})");
  expect_trouble("the answer has no items");
}

TEST_F(Relisting, ItemsThatAreNotAnArray_ClearNothing) {
  talk.answers(R"({"kind":"PodList","metadata":{"resourceVersion":"5"},"items":{}})");
  expect_trouble("the answer has items that are not an array");
}

TEST_F(Relisting, Refusals_AreToldInTheServersWords) {
  talk.answers(status_json(403, "pods is forbidden: User cannot list resource"), 403);
  expect_trouble("403 Forbidden: pods is forbidden: User cannot list resource; RBAC must allow list and watch");
}

TEST_F(Relisting, RefusalWithoutAStatus_IsToldByItsFirstWords) {
  talk.answers("upstream connect error\r\nor so", 503);
  expect_trouble("503 Service Unavailable: upstream connect error or so");
}

TEST_F(Relisting, EachRefusal_NamesStatusAndRequest) {
  const std::string asked = "trouble: cannot list pods (GET /api/v1/pods): ";
  const std::vector<std::pair<int, std::string>> refusals{
      {401, "401 Unauthorized: m; the credentials are not accepted"},
      {404, "404 Not Found: m; is this the address of a Kubernetes API server?"},
      {500, "500 Internal Server Error: m"},
      {302, "302: m"}};
  for (const auto& [status, words] : refusals) {
    talk.answers(status_json(status, "m"), status);
    EXPECT_EQ(talk.told(), Lines{asked + words});
    talk.waits();
    EXPECT_EQ(talk.asks(), "list -");
  }
}

TEST_F(Relisting, SameTrouble_IsToldOnce) {
  for (int i = 0; i < 3; ++i) {
    talk.breaks("connection refused");
    EXPECT_EQ(talk.told().size(), i == 0 ? 1U : 0U);
    talk.waits();
    talk.asks();
  }
}

TEST_F(Relisting, Waits_DoubleUpToHalfAMinute_AndStartAnewAfterSuccess) {
  std::vector<long> waits;
  for (int i = 0; i < 7; ++i) {
    talk.breaks();
    waits.push_back(talk.waits().count());
    talk.asks();
  }
  EXPECT_EQ(waits, (std::vector<long>{800, 1600, 3200, 6400, 12800, 15000, 15000}));
  talk.random(0.9999);
  talk.breaks();
  EXPECT_EQ(talk.waits(), milliseconds(29998));
  talk.asks();
  talk.answers(pod_list("30", {}));
  talk.asks();
  talk.says("x");
  talk.random(0);
  talk.answers(error_event(500, "x"));
  talk.waits();
  talk.asks();
  talk.breaks();
  EXPECT_EQ(talk.waits(), milliseconds(800));
}

TEST_F(Relisting, RetryAfter_IsHonoured_WithinReason) {
  talk.answers(status_json(429, "slow down"), 429, {{"retry-after", "7"}});
  EXPECT_EQ(talk.waits(), seconds(7));
  talk.asks();
  talk.answers("", 503, {{"retry-after", "99999999999999999999"}});
  EXPECT_EQ(talk.waits(), seconds(300));
  talk.asks();
  talk.answers("", 503, {{"retry-after", "-5"}});
  EXPECT_EQ(talk.waits(), milliseconds(3200));
}

TEST_F(Relisting, ItemThatCannotBeNamed_KeepsAllThatIsKnown_AndIsNotSynced) {  // semantics R9
  const std::string nameless = R"({"metadata":{"namespace":"x"}})";
  talk.answers(pod_list("20", {nameless, pod_json("b", "2")}));
  EXPECT_EQ(talk.told(), (Lines{"unreadable: Pod without a readable name: metadata.name is missing", "+x/b"}));
  talk.waits();
  talk.asks();
  talk.answers(pod_list("20", {pod_json("b", "2")}));
  EXPECT_EQ(talk.told(), (Lines{"+x/b", "-x/a", "synced"}));
}

TEST_F(Relisting, HugeItem_IsUnreadable_ByName_AndNotHeldInMemory) {
  talk.head();
  talk.says(
      R"({"kind":"PodList","metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"big","namespace":"x",)"
      R"("annotations":{"a":")");
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(talk.says(megabyte));
  talk.says(R"("}}},)" + pod_json("b", "2") + "]}");
  talk.ends();
  EXPECT_EQ(talk.told(), (Lines{"unreadable: Pod x/big: is larger than 8 MiB", "+x/b"}));
}

TEST_F(Relisting, DeepItem_IsUnreadable_ByName) {
  std::string deep = R"({"metadata":{"name":"deep","namespace":"x"},"spec":)";
  deep += std::string(100000, '[') + std::string(100000, ']') + "}";
  talk.answers(pod_list("20", {deep}));
  EXPECT_EQ(talk.told(), (Lines{"unreadable: Pod x/deep: is nested deeper than 200 levels"}));
}

// ---- watches -----------------------------------------------------------------------------------------------------

class Watching : public testing::Test {
 protected:
  Watching() { talk.reaches_watch(); }
  Conversation talk;
};

TEST_F(Watching, CutOff_IsNoTroubleYet_TheNextFailureIs) {
  talk.breaks("connection reset");
  EXPECT_EQ(talk.told(), Lines{});
  talk.waits();
  EXPECT_EQ(talk.asks(), "watch 10");
  talk.breaks("connection refused");
  EXPECT_EQ(talk.told(), Lines{"trouble: cannot watch pods (GET /api/v1/pods): connection refused"});
  talk.waits();
  EXPECT_EQ(talk.asks(), "watch 10");
  talk.head();
  talk.says(bookmark("12"));
  EXPECT_EQ(talk.told(), Lines{"trouble: "});
}

TEST_F(Watching, CutOffEarlyAndRefused_IsWellAsSoonAsItIsServedAgain) {
  talk.breaks("connection reset");
  talk.waits();
  talk.asks();
  talk.breaks("connection refused");
  EXPECT_EQ(talk.told(), Lines{"trouble: cannot watch pods (GET /api/v1/pods): connection refused"});
  talk.waits();
  talk.asks();
  talk.head();
  EXPECT_EQ(talk.told(), Lines{"trouble: "});
}

TEST_F(Watching, EndingAtOnceAgainAndAgain_SlowsDown_AndIsTold) {
  std::vector<long> waits;
  for (int i = 0; i < 3; ++i) {
    talk.ends();
    waits.push_back(talk.waits().count());
    EXPECT_EQ(talk.asks(), "watch 10");
    talk.head();
  }
  EXPECT_EQ(waits, (std::vector<long>{800, 1600, 3200}));
  EXPECT_EQ(talk.told(), Lines{"trouble: cannot watch pods (GET /api/v1/pods): it ends at once"});
  talk.says(added("a", "11"));
  EXPECT_EQ(talk.told(), (Lines{"+x/a", "trouble: "}));
}

TEST_F(Watching, Gone_AgainAndAgain_SlowsDown) {
  std::vector<long> waits;
  for (int i = 0; i < 3; ++i) {
    talk.says(error_event(410, "old"));
    waits.push_back(talk.waits().count());
    talk.reaches_watch();
  }
  EXPECT_EQ(waits, (std::vector<long>{800, 1600, 3200}));
}

TEST_F(Watching, GoneAfterALongOutage_DoesNotWaitAsLongOnceMore) {
  for (int i = 0; i < 6; ++i) {
    talk.breaks("connection refused");
    talk.waits();
    EXPECT_EQ(talk.asks(), "watch 10");
  }
  talk.answers(error_event(410, "old"));
  EXPECT_EQ(talk.waits(), milliseconds(800));
  EXPECT_EQ(talk.asks(), "stream -");
}

TEST_F(Relisting, GoneAgainAndAgain_AlthoughTheListsGoWell_SlowsDown) {
  std::vector<long> waits;
  for (int i = 0; i < 4; ++i) {
    talk.answers(pod_list("20", {}));
    EXPECT_EQ(talk.asks(), "watch 20");
    talk.answers(error_event(410, "old"));
    waits.push_back(talk.waits().count());
    EXPECT_EQ(talk.asks(), "list -");
  }
  EXPECT_EQ(waits, (std::vector<long>{1600, 3200, 6400, 12800}));  // the first was in the fixture
}

TEST_F(Watching, SilentAgainAndAgain_ListsAnew) {  // etcd was restored: the version lies in the future
  for (int i = 0; i < 2; ++i) {
    talk.falls_silent();
    EXPECT_EQ(talk.asks(), "watch 10");
    talk.head();
  }
  talk.falls_silent();
  talk.waits();
  EXPECT_EQ(talk.asks(), "stream 10");
  talk.head();
  talk.says(
      R"({"type":"ERROR","object":{"kind":"Status","message":"Timeout: Too large resource version: 10","code":504}})"
      "\n");
  talk.waits();
  EXPECT_EQ(talk.asks(), "stream -");
}

TEST_F(Watching, SilentNowAndThen_WatchesOn) {
  for (int i = 0; i < 10; ++i) {
    talk.falls_silent();
    EXPECT_EQ(talk.asks(), "watch 10");
    talk.head();
    talk.says(bookmark("10"));
  }
  EXPECT_EQ(talk.told(), Lines{});
}

TEST_F(Watching, OtherErrorEvent_IsTrouble_AndListsAnew) {
  EXPECT_FALSE(talk.says(error_event(500, "etcd leader changed")));
  EXPECT_EQ(talk.told(),
            Lines{"trouble: cannot watch pods (GET /api/v1/pods): 500 Internal Server Error: etcd leader changed"});
  talk.waits();
  EXPECT_EQ(talk.asks(), "stream 10");
}

TEST_F(Watching, LineThatIsNotJson_IsTrouble_AndListsAnew) {
  EXPECT_FALSE(talk.says("<html>\n"));
  EXPECT_EQ(talk.told(), Lines{"trouble: cannot watch pods (GET /api/v1/pods): line \"<html>\" is not JSON"});
  talk.waits();
  EXPECT_EQ(talk.asks(), "stream 10");
}

TEST_F(Watching, RefusedWatch_TriesTheSameVersionAgain) {
  for (const int status : {401, 403, 429, 500, 503}) {
    Conversation other;
    other.reaches_watch();
    other.passes(seconds(60));
    other.ends();
    other.asks();
    other.answers(status_json(status, "m"), status, {{"retry-after", "3"}});
    EXPECT_EQ(other.told().size(), 1U);
    EXPECT_EQ(other.waits(), seconds(3));
    EXPECT_EQ(other.asks(), "watch 10");
  }
}

TEST_F(Watching, RefusedVersion_ListsTheNewest) {
  talk.passes(seconds(60));
  talk.ends();
  talk.asks();
  talk.answers(status_json(400, "invalid resource version"), 400);
  talk.waits();
  EXPECT_EQ(talk.asks(), "stream -");
}

TEST_F(Watching, BrokenObjectWithAName_ReplacesItsFormerVersion) {  // semantics R9
  talk.says(added("a", "11"));
  talk.says(event_line("MODIFIED", R"({"metadata":{"name":"a","namespace":"x","resourceVersion":"12"},"spec":[]})"));
  EXPECT_EQ(talk.told(), (Lines{"+x/a", "+x/a?"}));
}

TEST_F(Watching, ObjectWithoutAName_IsUnreadable_AndTheNewestListMustTell) {  // semantics R9
  EXPECT_FALSE(talk.says(event_line("MODIFIED", R"({"metadata":{"name":7,"namespace":"x"}})")));
  EXPECT_EQ(talk.told(), Lines{"unreadable: Pod without a readable name: metadata.name 7 is not a string (quote it)"});
  talk.waits();
  EXPECT_EQ(talk.asks(), "stream -");
  talk.head();
  talk.says(list_end("20"));
  EXPECT_EQ(talk.told(), Lines{"synced"});
}

TEST_F(Watching, ObjectInTheStreamOfTheListWithoutAName_IsNotSynced) {
  Conversation other;
  other.asks();
  other.head();
  EXPECT_TRUE(other.says(event_line("ADDED", "{}")));
  EXPECT_FALSE(other.says(added("a", "1") + list_end("10")));
  EXPECT_EQ(other.told(), (Lines{"unreadable: Pod without a readable name: metadata.name is missing", "+x/a"}));
  other.waits();
  EXPECT_EQ(other.asks(), "stream -");
}

TEST_F(Watching, DeletedObject_NeedsNoMoreThanItsName) {
  talk.says(added("a", "11"));
  talk.says(event_line("DELETED", R"({"metadata":{"name":"a","namespace":"x","labels":[]},"spec":7})"));
  EXPECT_EQ(talk.told(), (Lines{"+x/a", "-x/a"}));
  talk.says(event_line("DELETED", R"({"metadata":{"namespace":"x"}})"));
  EXPECT_EQ(talk.told(), Lines{"unreadable: Pod without a readable name: metadata.name is missing"});
}

TEST_F(Watching, HugeLine_IsUnreadable_ByName) {
  talk.says(R"({"type":"MODIFIED","object":{"metadata":{"name":"big","namespace":"x","annotations":{"a":")");
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(talk.says(megabyte));
  EXPECT_FALSE(talk.says("\n"));
  EXPECT_EQ(talk.told(), Lines{"unreadable: Pod x/big: is larger than 8 MiB"});
}

TEST(ListWatchStart, NoAnswer_IsTrouble_AndTheStreamIsTriedAgain) {
  Conversation talk;
  talk.asks();
  talk.breaks("https://10.96.0.1:443: connection refused");
  EXPECT_EQ(talk.told(), Lines{"trouble: cannot list pods (GET /api/v1/pods): https://10.96.0.1:443: connection "
                               "refused"});
  EXPECT_EQ(talk.waits(), milliseconds(800));
  EXPECT_EQ(talk.asks(), "stream -");
}

TEST(ListWatchStart, StreamThatIsCutOff_IsTriedAgainAsAStream) {
  Conversation talk;
  talk.asks();
  talk.head();
  talk.says(added("a", "1"));
  talk.breaks("connection reset");
  EXPECT_EQ(talk.told(), (Lines{"+x/a",
                                "trouble: cannot list pods (GET /api/v1/pods): the answer was cut off: "
                                "connection reset"}));
  talk.waits();
  EXPECT_EQ(talk.asks(), "stream -");
  talk.head();
  talk.says(list_end("9"));
  EXPECT_EQ(talk.told(), (Lines{"-x/a", "synced", "trouble: "}));
}

}  // namespace
}  // namespace selvedge::k8s
