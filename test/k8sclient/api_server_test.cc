// The tests' API server behaves like the real one in what a reflector sees of it.
#include <array>
#include <future>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "k8sclient/dial.h"
#include "k8sclient/tls_context.h"
#include "k8sclient/tls_stream.h"
#include "test/k8sclient/https_client.h"
#include "test/support/eventually.h"

namespace selvedge::k8s {
namespace {

using namespace std::chrono_literals;
using test::ApiServer;
using test::eventually;
using test::StreamingLists;
using Json = nlohmann::json;

std::string pod(const std::string& ns, const std::string& name, const std::string& node = "node-a") {
  return Json{{"kind", "Pod"}, {"metadata", {{"namespace", ns}, {"name", name}}}, {"spec", {{"nodeName", node}}}}
      .dump();
}

Json list(TestClient& client, const std::string& target) {
  const auto fetched = client.get(target);
  return Json::parse(fetched.body);
}

std::vector<std::string> names(const Json& list) {
  std::vector<std::string> found;
  for (const auto& item : list.at("items")) found.push_back(item.at("metadata").at("name"));
  return found;
}

// A watch in a thread of its own; its lines so far.
class Watching {
 public:
  Watching(ApiServer& server, const std::string& query) : client_(server) {
    done_ = std::async(std::launch::async, [this, query] {
      client_.transport->get(
          {.target = "/api/v1/pods?watch=1&" + query, .silence = 60s}, [](const ResponseHead&) {},
          [this](std::string_view piece) {
            const std::scoped_lock lock(mutex_);
            text_ += piece;
            return true;
          });
    });
  }
  ~Watching() { client_.transport->interrupt(); }

  // "ADDED api", "BOOKMARK 1004", one for each line.
  std::vector<std::string> events() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> found;
    std::string_view rest = text_;
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      found.push_back(summary(rest.substr(0, end)));
      rest.remove_prefix(end + 1);
    }
    return found;
  }
  bool says(const std::vector<std::string>& expected) const {
    return eventually([&] { return events().size() >= expected.size(); }) && events() == expected;
  }
  bool ended() { return done_.wait_for(20s) == std::future_status::ready; }

 private:
  static std::string summary(std::string_view line) {
    const auto event = Json::parse(line, nullptr, false);
    if (event.is_discarded()) return "garbage " + std::string(line);
    const auto& object = event.at("object");
    const std::string type = event.at("type");
    if (type == "ERROR") return type + ' ' + std::to_string(object.at("code").get<int>());
    if (type != "BOOKMARK") return type + ' ' + object.at("metadata").at("name").get<std::string>();
    const bool end = object.at("metadata").contains("annotations");
    return type + ' ' + object.at("metadata").at("resourceVersion").get<std::string>() + (end ? " end" : "");
  }

  TestClient client_;
  mutable std::mutex mutex_;
  std::string text_;
  std::future<void> done_;
};

TEST(ApiServer, AStoredObject_HasTheMetadataThatTheRealOneSets) {
  ApiServer server;
  TestClient client(server);
  server.put(R"({"kind":"Namespace","metadata":{"name":"production"}})");
  const auto stored = list(client, "/api/v1/namespaces/production");
  EXPECT_EQ(stored.at("apiVersion"), "v1");
  EXPECT_EQ(stored.at("metadata").at("labels").at("kubernetes.io/metadata.name"), "production");
  EXPECT_EQ(stored.at("metadata").at("resourceVersion"), server.resource_version());
  EXPECT_EQ(stored.at("metadata").at("creationTimestamp").get<std::string>().size(), 20U);
  const auto uid = stored.at("metadata").at("uid");
  server.put(R"({"kind":"Namespace","metadata":{"name":"production","labels":{"a":"b"}}})");
  EXPECT_EQ(list(client, "/api/v1/namespaces/production").at("metadata").at("uid"), uid);
}

TEST(ApiServer, AList_HoldsItemsWithoutKinds_AndItsOwnVersion) {
  ApiServer server;
  TestClient client(server);
  server.put(pod("a", "one"));
  server.put(pod("b", "two"));
  const auto all = list(client, "/api/v1/pods");
  EXPECT_EQ(all.at("kind"), "PodList");
  EXPECT_EQ(all.at("metadata").at("resourceVersion"), server.resource_version());
  EXPECT_FALSE(all.at("items").at(0).contains("kind"));
  EXPECT_EQ(names(all), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(names(list(client, "/api/v1/namespaces/b/pods")), std::vector<std::string>{"two"});
}

TEST(ApiServer, FieldSelectors_SelectAsOnes) {
  ApiServer server;
  TestClient client(server);
  server.put(pod("a", "one", "node-a"));
  server.put(pod("a", "two", "node-b"));
  EXPECT_EQ(names(list(client, "/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-b")), std::vector<std::string>{"two"});
  EXPECT_EQ(names(list(client, "/api/v1/pods?fieldSelector=spec.nodeName!=node-b")), std::vector<std::string>{"one"});
  EXPECT_EQ(names(list(client, "/api/v1/pods?fieldSelector=metadata.name=one,metadata.namespace=b")),
            std::vector<std::string>{});
  EXPECT_EQ(client.get("/api/v1/pods?fieldSelector=spec.hostNetwork=true").words(), "status 400");
}

TEST(ApiServer, Pages_ShowOneMoment_HoweverMuchChangesBetweenThem) {
  ApiServer server;
  TestClient client(server);
  for (const auto* name : {"a", "b", "c", "d", "e"}) server.put(pod("x", name));
  const auto first = list(client, "/api/v1/pods?limit=2");
  EXPECT_EQ(names(first), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(first.at("metadata").at("remainingItemCount"), 3);
  server.remove("Pod", "x", "d");
  server.put(pod("x", "bb"));
  const auto second =
      list(client, "/api/v1/pods?limit=9&continue=" + first.at("metadata").at("continue").get<std::string>());
  EXPECT_EQ(names(second), (std::vector<std::string>{"c", "d", "e"}));
  EXPECT_EQ(second.at("metadata").at("resourceVersion"), first.at("metadata").at("resourceVersion"));
  EXPECT_FALSE(second.at("metadata").contains("continue"));
}

TEST(ApiServer, APageOfAPastThatIsCompacted_IsGone) {
  ApiServer server;
  TestClient client(server);
  for (const auto* name : {"a", "b", "c"}) server.put(pod("x", name));
  const auto token = list(client, "/api/v1/pods?limit=2").at("metadata").at("continue").get<std::string>();
  server.put(pod("x", "d"));
  server.compact();
  const auto fetched = client.get("/api/v1/pods?limit=2&continue=" + token);
  EXPECT_EQ(fetched.words(), "status 410");
  EXPECT_EQ(Json::parse(fetched.body).at("reason"), "Expired");
}

TEST(ApiServer, AVersionOfTheFuture_TimesOut) {
  ApiServer server;
  TestClient client(server);
  EXPECT_EQ(client.get("/api/v1/pods?resourceVersion=99999").words(), "status 504");
  EXPECT_EQ(client.get("/api/v1/pods?resourceVersion=0").words(), "status 200");
}

TEST(ApiServer, AWatch_GoesOnFromAVersion) {
  ApiServer server;
  server.put(pod("x", "before"));
  const auto version = server.resource_version();
  server.put(pod("x", "between"));
  Watching watching(server, "resourceVersion=" + version);
  ASSERT_TRUE(eventually([&] { return server.watches() == 1; }));
  server.put(pod("x", "between"));
  server.put(R"({"kind":"Node","metadata":{"name":"node-a"}})");
  server.remove("Pod", "x", "before");
  EXPECT_TRUE(watching.says({"ADDED between", "MODIFIED between", "DELETED before"}));
}

TEST(ApiServer, AWatchWithoutAVersion_BeginsWithWhatThereIs) {
  ApiServer server;
  server.put(pod("x", "one"));
  Watching watching(server, "");
  EXPECT_TRUE(watching.says({"ADDED one"}));
}

TEST(ApiServer, AWatchOfASelection_SeesObjectsEnterAndLeaveIt) {
  ApiServer server;
  server.put(pod("x", "one", "node-b"));
  Watching watching(server, "fieldSelector=spec.nodeName%3Dnode-a&resourceVersion=" + server.resource_version());
  server.put(pod("x", "other", "node-b"));
  server.put(pod("x", "one", "node-a"));
  server.put(pod("x", "one", "node-a"));
  server.put(pod("x", "one", "node-b"));
  EXPECT_TRUE(watching.says({"ADDED one", "MODIFIED one", "DELETED one"}));
}

TEST(ApiServer, AWatchFromACompactedVersion_IsToldSoInAnEvent_AndEnds) {
  ApiServer server;
  server.put(pod("x", "one"));
  const auto version = server.resource_version();
  server.put(pod("x", "two"));
  server.compact();
  Watching watching(server, "resourceVersion=" + version);
  EXPECT_TRUE(watching.says({"ERROR 410"}));
  EXPECT_TRUE(watching.ended());
}

TEST(ApiServer, AWatchThatIsOpen_OutlivesCompaction) {
  ApiServer server;
  Watching watching(server, "");
  ASSERT_TRUE(eventually([&] { return server.watches() == 1; }));
  server.put(pod("x", "one"));
  server.compact();
  server.put(pod("x", "two"));
  EXPECT_TRUE(watching.says({"ADDED one", "ADDED two"}));
}

TEST(ApiServer, Bookmarks_ComeToThoseWhoAllowThem) {
  ApiServer server({.bookmark_interval = 20ms});
  server.put(pod("x", "one"));
  Watching without(server, "");
  Watching with(server, "allowWatchBookmarks=true");
  ASSERT_TRUE(eventually([&] { return with.events().size() >= 3; }));
  EXPECT_EQ(with.events()[1], "BOOKMARK " + server.resource_version());
  EXPECT_EQ(without.events(), std::vector<std::string>{"ADDED one"});
}

TEST(ApiServer, AStreamingList_EndsWithItsBookmark_AndGoesOn) {
  ApiServer server;
  server.put(pod("x", "one"));
  server.put(pod("x", "two"));
  const auto version = server.resource_version();
  Watching watching(server, "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
  ASSERT_TRUE(eventually([&] { return server.watches() == 1; }));
  server.put(pod("x", "three"));
  EXPECT_TRUE(watching.says({"ADDED one", "ADDED two", "BOOKMARK " + version + " end", "ADDED three"}));
}

TEST(ApiServer, AStreamingList_CanBeRefusedOrIgnored) {
  ApiServer server({.streaming_lists = StreamingLists::refused});
  TestClient client(server);
  const std::string streaming = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
  EXPECT_EQ(client.get("/api/v1/pods?watch=1&" + streaming).words(), "status 422");
  server.set_streaming_lists(StreamingLists::served);
  EXPECT_EQ(client.get("/api/v1/pods?watch=1&sendInitialEvents=true").words(), "status 422");
  server.set_streaming_lists(StreamingLists::ignored);
  server.put(pod("x", "one"));
  Watching watching(server, streaming);
  ASSERT_TRUE(eventually([&] { return server.watches() == 1; }));
  server.put(pod("x", "two"));
  EXPECT_TRUE(watching.says({"ADDED one", "ADDED two"}));
}

TEST(ApiServer, AWatch_EndsProperlyWhenItsTimeIsOver_OrWhenToldTo) {
  ApiServer server;
  TestClient client(server);
  EXPECT_EQ(client.get("/api/v1/pods?watch=1&timeoutSeconds=0").words(), "status 200");
  Watching watching(server, "");
  ASSERT_TRUE(eventually([&] { return server.watches() == 1; }));
  server.end_watches();
  EXPECT_TRUE(watching.ended());
}

TEST(ApiServer, Garbage_IsSaidOnceInEachOpenWatch) {
  ApiServer server;
  Watching watching(server, "");
  ASSERT_TRUE(eventually([&] { return server.watches() == 1; }));
  server.say_in_watches("{\"type\":");
  server.put(pod("x", "one"));
  ASSERT_TRUE(eventually([&] { return watching.events().size() == 2; }));
  const auto events = watching.events();
  EXPECT_EQ(std::count(events.begin(), events.end(), "garbage {\"type\":"), 1);
}

TEST(ApiServer, OrderedAnswers_AreGivenOnceEach_ToWhomTheyAreMeantFor) {
  ApiServer server;
  TestClient client(server);
  server.answer_next("/api/v1/pods", {.status = 500, .headers = {{"x-reason", "test"}}, .body = "broken"}, 2);
  EXPECT_EQ(client.get("/api/v1/nodes").words(), "status 200");
  EXPECT_EQ(client.get("/api/v1/pods").body, "broken");
  EXPECT_EQ(client.get("/api/v1/pods?limit=1").words(), "status 500");
  EXPECT_EQ(client.get("/api/v1/pods").words(), "status 200");
}

TEST(ApiServer, ATokenIsChecked_WhenThereIsOne) {
  ApiServer server({.token = "right"});
  TestClient client(server);
  EXPECT_EQ(client.get("/api/v1/pods").words(), "status 401");
  client.identity->credentials.bearer_token = "right";
  EXPECT_EQ(client.get("/api/v1/pods").words(), "status 200");
  server.set_token("rotated");
  EXPECT_EQ(client.get("/api/v1/pods").words(), "status 401");
}

TEST(ApiServer, ManyWatches_AreServedAtOnce) {
  ApiServer server;
  std::vector<std::unique_ptr<Watching>> watching;
  watching.reserve(40);
  for (int i = 0; i < 40; ++i) watching.push_back(std::make_unique<Watching>(server, ""));
  ASSERT_TRUE(eventually([&] { return server.watches() == 40; }));
  server.put(pod("x", "one"));
  for (const auto& each : watching) EXPECT_TRUE(each->says({"ADDED one"}));
}

TEST(ApiServer, RemovingANamespace_RemovesItsPodsFirst) {
  ApiServer server;
  TestClient client(server);
  server.put(R"({"kind":"List","items":[{"kind":"Namespace","metadata":{"name":"x"}},)" + pod("x", "one") + "," +
             pod("y", "two") + "]}");
  EXPECT_TRUE(server.remove("Namespace", "", "x"));
  EXPECT_FALSE(server.remove("Namespace", "", "x"));
  EXPECT_EQ(names(list(client, "/api/v1/pods")), std::vector<std::string>{"two"});
}

TEST(ApiServer, WhatIsNotServed_Is404) {
  ApiServer server;
  TestClient client(server);
  for (const auto* path : {"/api/v1/secrets", "/api/v1/nodes/none", "/apis/example.test/v1/things", "/", "/api/v1",
                           "/api/v1/namespaces/x/nodes"}) {
    EXPECT_EQ(client.get(path).words(), "status 404") << path;
  }
}

// One request of any method over a connection of its own; the whole answer.
std::string exchange(const ApiServer& server, const std::string& method, const std::string& path,
                     const std::string& body) {
  const Interrupt never;
  const auto address = parse_server(server.url()).value();
  const auto context =
      make_tls_context({.server = server.url(), .tls_server_name = "", .ca_pem = server.ca_pem(), .origin = ""}, {},
                       address.host)
          .value();
  const auto socket = dial(address, never, 20s).value();
  auto tls = TlsStream::open(socket.get(), context.get(), server.url(), address.host, never, 20s).value();
  const auto request = method + ' ' + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                       "\r\n\r\n" + body;
  if (!tls.write(request, 20s)) return "not sent";
  std::string answer;
  while (answer.find('}') == std::string::npos || answer.back() != '}') {
    std::array<char, 4096> piece{};
    const auto count = tls.read(piece, 20s);
    if (!count || *count == 0) break;
    answer.append(piece.data(), *count);
  }
  return answer;
}

TEST(ApiServer, ObjectsAreWritten_AsCurlWould) {
  ApiServer server;
  TestClient client(server);
  const std::string policies = "/apis/networking.k8s.io/v1/namespaces/x/networkpolicies";
  const std::string policy = R"({"metadata":{"name":"deny"},"spec":{"podSelector":{}}})";
  EXPECT_TRUE(exchange(server, "POST", policies, policy).starts_with("HTTP/1.1 201 "));
  EXPECT_TRUE(exchange(server, "POST", policies, policy).starts_with("HTTP/1.1 409 "));
  EXPECT_TRUE(exchange(server, "PUT", policies + "/deny", policy).starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(exchange(server, "PUT", policies + "/other", policy).starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(names(list(client, policies)), (std::vector<std::string>{"deny", "other"}));
  EXPECT_TRUE(exchange(server, "DELETE", policies + "/other", "").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(exchange(server, "DELETE", policies + "/other", "").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(exchange(server, "PUT", policies + "/deny", "{").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(exchange(server, "PATCH", policies + "/deny", policy).starts_with("HTTP/1.1 415 "));  // no merge patch
  const auto stored = list(client, policies + "/deny");
  EXPECT_EQ(stored.at("apiVersion"), "networking.k8s.io/v1");
  EXPECT_EQ(stored.at("metadata").at("namespace"), "x");
}

}  // namespace
}  // namespace selvedge::k8s
