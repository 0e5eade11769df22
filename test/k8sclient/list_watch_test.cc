// The ways from list to watch and back, when the server behaves.
#include "k8sclient/list_watch.h"

#include <gtest/gtest.h>

#include "test/k8sclient/conversation.h"

namespace selvedge::k8s {
namespace {

TEST(ListWatch, FirstRequest_StreamsTheListOfTheNewestVersion) {
  Conversation talk({.kind = Kind::network_policy, .field_selector = {}});
  EXPECT_EQ(talk.asks(), "stream -");
  EXPECT_EQ(talk.request().target,
            "/apis/networking.k8s.io/v1/networkpolicies?watch=1&sendInitialEvents=true&"
            "resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=300");
  EXPECT_EQ(talk.request().silence, seconds(30));
}

TEST(ListWatch, FieldSelector_IsEncoded) {
  Conversation talk({.kind = Kind::node, .field_selector = "metadata.name=node a&b"});
  talk.asks();
  EXPECT_TRUE(talk.request().target.starts_with("/api/v1/nodes?"));
  EXPECT_TRUE(talk.request().target.ends_with("&fieldSelector=metadata.name%3Dnode%20a%26b"));
}

TEST(ListWatch, Stream_IsSyncedByItsBookmark_AndGoesOnAsAWatch) {
  Conversation talk;
  talk.asks();
  talk.head();
  talk.says(added("a", "7"));
  EXPECT_EQ(talk.told(), (Lines{"+x/a"}));
  talk.says(bookmark("8"));  // not the end
  EXPECT_EQ(talk.told(), Lines{});
  talk.says(added("b", "3") + list_end("10"));
  EXPECT_EQ(talk.told(), (Lines{"+x/b", "synced"}));
  EXPECT_TRUE(talk.says(added("c", "11") + deleted("a", "12")));
  EXPECT_EQ(talk.told(), (Lines{"+x/c", "-x/a"}));
  talk.ends();
  EXPECT_EQ(talk.asks(), "watch 12");
  EXPECT_EQ(talk.told(), Lines{});
}

TEST(ListWatch, StreamThatFallsQuietAfterItsList_BecomesAWatchWithMorePatience) {
  Conversation talk;
  talk.reaches_watch();
  talk.falls_silent();
  EXPECT_EQ(talk.asks(), "watch 10");
  EXPECT_EQ(talk.request().silence, seconds(150));
  EXPECT_EQ(talk.told(), Lines{});
}

TEST(ListWatch, Watch_LastsFiveToTenMinutes_AtRandom) {
  Conversation talk;
  talk.reaches_watch();
  talk.passes(seconds(40));
  talk.ends();
  talk.random(0.999);
  talk.asks();
  EXPECT_NE(talk.request().target.find("&timeoutSeconds=599"), std::string::npos);
  EXPECT_NE(talk.request().target.find("&allowWatchBookmarks=true"), std::string::npos);
}

TEST(ListWatch, Bookmarks_MoveTheVersion) {
  Conversation talk;
  talk.reaches_watch();
  talk.says(bookmark("99"));
  talk.ends();
  EXPECT_EQ(talk.asks(), "watch 99");
}

TEST(ListWatch, HalfALineAtTheEnd_IsNotAnEvent) {
  Conversation talk;
  talk.reaches_watch();
  const std::string line = added("a", "11");
  talk.says(line.substr(0, line.size() - 1));
  talk.ends();
  EXPECT_EQ(talk.told(), Lines{});
  talk.waits();
  EXPECT_EQ(talk.asks(), "watch 10");
}

TEST(ListWatch, StreamThatIsRefused_MeansPages_AtOnce_AndEverAfter) {
  for (const int status : {400, 422}) {
    Conversation talk;
    talk.asks();
    talk.answers(status_json(status, "sendInitialEvents is forbidden"), status);
    EXPECT_EQ(talk.asks(), "list 0");
    talk.answers(pod_list("10", {pod_json("a", "1")}));
    EXPECT_EQ(talk.told(), (Lines{"+x/a", "synced"}));
    EXPECT_EQ(talk.asks(), "watch 10");
    talk.answers(error_event(410, "too old"));
    talk.waits();
    EXPECT_EQ(talk.asks(), "list -");
  }
}

TEST(ListWatch, StreamThatNeverEndsItsList_MeansPages) {
  Conversation quiet;
  quiet.asks();
  quiet.head();
  quiet.says(added("a", "1"));
  quiet.falls_silent();
  EXPECT_EQ(quiet.asks(), "list 0");

  Conversation busy;
  busy.asks();
  busy.head();
  for (int i = 0; i < 121; ++i) {
    busy.passes(seconds(1));
    EXPECT_EQ(busy.says(added("a", "1")), i < 120);
  }
  EXPECT_EQ(busy.asks(), "list 0");
}

TEST(ListWatch, ListInsteadOfAStream_MeansPages) {
  Conversation talk;
  talk.asks();
  talk.answers(pod_list("10", {}));
  EXPECT_EQ(talk.asks(), "list 0");
  EXPECT_EQ(talk.told(), Lines{});
}

TEST(ListWatch, Pages_AreFollowed_AndTheFirstOnesVersionCounts) {
  Conversation talk;
  talk.asks();
  talk.answers("", 400);
  EXPECT_EQ(talk.asks(), "list 0");
  EXPECT_TRUE(talk.request().compress);
  talk.answers(pod_list("10", {pod_json("a", "1")}, "token/1"));
  EXPECT_EQ(talk.told(), (Lines{"+x/a"}));
  EXPECT_EQ(talk.asks(), "page token%2F1");
  EXPECT_EQ(talk.request().target.find("resourceVersion"), std::string::npos);
  talk.answers(pod_list("12", {pod_json("b", "1")}));
  EXPECT_EQ(talk.told(), (Lines{"+x/b", "synced"}));
  EXPECT_EQ(talk.asks(), "watch 10");
}

TEST(ListWatch, PageTokenThatExpires_MeansTheWholeListInOne) {
  Conversation talk;
  talk.asks();
  talk.answers("", 400);
  talk.asks();
  talk.answers(pod_list("10", {pod_json("a", "1")}, "t"));
  talk.asks();
  talk.answers(status_json(410, "token expired"), 410);
  talk.waits();
  EXPECT_EQ(talk.asks(), "whole list -");
  talk.answers(pod_list("20", {pod_json("b", "1")}));
  EXPECT_EQ(talk.told(), (Lines{"+x/a", "+x/b", "-x/a", "synced"}));
}

TEST(ListWatch, PageThatContinuesWithItself_IsTrouble) {
  Conversation talk;
  talk.asks();
  talk.answers("", 400);
  talk.asks();
  talk.answers(pod_list("10", {}, "t"));
  talk.asks();
  talk.answers(pod_list("10", {}, "t"));
  EXPECT_EQ(talk.told(), (Lines{"trouble: cannot list pods (GET /api/v1/pods): the answer continues with itself"}));
}

TEST(ListWatch, EmptyList_IsTheTruth) {
  for (const std::string items : {"[]", "null"}) {
    Conversation talk;
    talk.asks();
    talk.answers("", 400);
    talk.asks();
    talk.answers(R"({"kind":"PodList","metadata":{"resourceVersion":"5"},"items":)" + items + "}");
    EXPECT_EQ(talk.told(), Lines{"synced"});
  }
}

TEST(ListWatch, ListThatSaysItsKindLast_IsReadAllTheSame) {
  Conversation talk;
  talk.asks();
  talk.answers("", 400);
  talk.asks();
  talk.answers(R"({"items":[)" + pod_json("a", "1") + R"(],"metadata":{"resourceVersion":"5"},"kind":"PodList"})");
  EXPECT_EQ(talk.told(), (Lines{"+x/a", "synced"}));
}

TEST(ListWatch, Gone_OnAWatch_ListsTheNewestAnew_AndTellsWhatWentAway) {  // semantics 106
  for (const bool as_status : {false, true}) {
    Conversation talk;
    talk.asks();
    talk.head();
    talk.says(added("a", "1") + added("b", "2") + list_end("10"));
    talk.passes(seconds(60));
    talk.ends();
    EXPECT_EQ(talk.asks(), "watch 10");
    talk.answers(as_status ? status_json(410, "old") : error_event(410, "old"), as_status ? 410 : 200);
    EXPECT_EQ(talk.told(), (Lines{"+x/a", "+x/b", "synced"}));
    EXPECT_GE(talk.waits(), milliseconds(800));
    EXPECT_EQ(talk.asks(), "stream -");
    talk.head();
    talk.says(added("b", "2") + added("c", "15"));
    EXPECT_EQ(talk.told(), (Lines{"+x/b", "+x/c"}));
    talk.says(list_end("20"));
    EXPECT_EQ(talk.told(), (Lines{"-x/a", "synced"}));
  }
}

TEST(ListWatch, ListAfterAnyOtherLoss_IsNotOlderThanWhatWasSeen) {
  Conversation talk;
  talk.reaches_watch();
  talk.says(bookmark("17"));
  talk.says(error_event(500, "etcd leader changed"));
  talk.waits();
  EXPECT_EQ(talk.asks(), "stream 17");
  talk.answers("", 422);
  EXPECT_EQ(talk.asks(), "list 17 or later");
}

TEST(ListWatch, VersionThatTheServerDoesNotKnow_IsForgotten) {  // etcd was restored from a backup
  Conversation talk;
  talk.reaches_watch();
  talk.says(error_event(500, "broken"));
  talk.waits();
  EXPECT_EQ(talk.asks(), "stream 10");
  talk.answers(R"({"kind":"Status","message":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}})",
               504);
  talk.waits();
  EXPECT_EQ(talk.asks(), "stream -");
}

TEST(ListWatch, DeletedAndAddedAgain_KeepTheirOrder) {
  Conversation talk;
  talk.reaches_watch();
  talk.says(added("a", "11") + deleted("a", "12") + added("a", "13") + event_line("MODIFIED", pod_json("a", "14")));
  EXPECT_EQ(talk.told(), (Lines{"+x/a", "-x/a", "+x/a", "+x/a"}));
}

TEST(ListWatch, ObjectDeletedByTheWatch_IsNotDeletedAgainByTheNextList) {
  Conversation talk;
  talk.reaches_watch();
  talk.says(added("a", "11") + deleted("a", "12") + error_event(410, "old"));
  talk.waits();
  talk.asks();
  talk.head();
  talk.says(list_end("20"));
  EXPECT_EQ(talk.told(), (Lines{"+x/a", "-x/a", "synced"}));
}

TEST(ListWatch, ClusterScopedObjects_HaveNoNamespace) {
  Conversation talk({.kind = Kind::node, .field_selector = {}});
  talk.asks();
  talk.head();
  talk.says(event_line("ADDED", R"({"kind":"Node","metadata":{"name":"n"}})") + list_end("5"));
  talk.says(error_event(410, "old"));
  talk.waits();
  talk.asks();
  talk.head();
  talk.says(list_end("9"));
  EXPECT_EQ(talk.told(), (Lines{"+n", "synced", "-n", "synced"}));
}

}  // namespace
}  // namespace selvedge::k8s
