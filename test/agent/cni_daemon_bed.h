// The daemon's side of the CNI plugin without its process: the loop over a kernel in memory, and an API server that
// says which policies there are.
#pragma once

#include <future>
#include <thread>

#include "cni/client.h"
#include "controller/agent/cni_server.h"
#include "controller/agent/reconcile_loop.h"
#include "k8sclient/decode.h"
#include "test/agent/reconciler_bed.h"
#include "test/support/eventually.h"
#include "test/support/scripted_transport.h"
#include "test/support/temporary_directory.h"

namespace selvedge::agent {

using cni::Answer;
using cni::Command;
using cni::Request;
using test::eventually;
using Reply = tl::expected<Answer, std::string>;

inline std::string policy_json(const std::string& name) {
  return R"({"metadata":{"name":")" + name + R"(","namespace":"shop","uid":"uid-)" + name +
         R"("},"spec":{"podSelector":{},"policyTypes":["Ingress"]}})";
}

inline Request addition(const std::string& name, const std::string& address, std::chrono::milliseconds patience) {
  return {.command = Command::add,
          .id = "cbr0/" + name + "/eth0",
          .ns = "shop",
          .name = name,
          .uid = "uid-" + name,
          .addresses = {address},
          .patience = patience};
}
inline Request about(Command command, const std::string& id = "") {
  return {.command = command, .id = id, .ns = "", .name = "", .uid = ""};
}

class CniDaemon : public ReconcilerBed {
 protected:
  static constexpr seconds long_enough{20};

  test::TemporaryDirectory directory;
  std::filesystem::path path = directory.path() / "run" / "cni.sock";
  std::filesystem::path file = directory.path() / "attachments";
  EventQueue queue;
  Health health{std::chrono::steady_clock::now()};
  std::vector<LogLine> admission_lines;                      // the loop's; after end() the test's own
  std::atomic<std::chrono::steady_clock::duration> later{};  // by which the admissions' clock is ahead

  void SetUp() override {
    reconciler.observe({.pod_ranges = {*nft::parse_prefix("10.244.1.0/24")}, .pods_attached = true});
    serve({"deny"});
    open();
  }
  void TearDown() override { end(); }

  void serve(const std::vector<std::string>& names) {
    const std::lock_guard lock(mutex_);
    policies_ = names;
  }
  void open() {
    Attachments attachments(file);
    EXPECT_TRUE(attachments.load().empty());
    admissions_.emplace(
        reconciler, std::move(attachments), [this] { return std::chrono::steady_clock::now() + later.load(); },
        [this](const LogLine& line) { admission_lines.push_back(line); }, [this] { queue.nudge(); });
    reader_.emplace(std::make_unique<k8s::ScriptedTransport>(script_));
    auto server = CniServer::open(path, *admissions_, *reader_);
    ASSERT_TRUE(server) << server.error();
    server_ = std::move(*server);
    loop_ = std::thread([this] {
      const Survey survey = [] {
        return Surroundings{.pod_ranges = {*nft::parse_prefix("10.244.1.0/24")}, .pods_attached = true};
      };
      reconcile_until_closed(queue, reconciler, health, survey, std::chrono::steady_clock::now, &*admissions_);
    });
  }
  // From here on the kernel and the reconciler are the test's own.
  void end() {
    queue.close();
    if (loop_.joinable()) loop_.join();
    server_.reset();
  }

  void tell(const k8s::Object& object) { queue.push(k8s::Upserted{object, {}}); }
  void tell_policy(const std::string& name) { tell(k8s::decode(Kind::network_policy, policy_json(name))->object); }
  void sync_all() {
    tell(shop());
    tell(node("node-a"));
    tell_policy("deny");
    for (const Kind kind : {Kind::pod, Kind::ns, Kind::node, Kind::network_policy}) queue.push(k8s::Synced{kind});
  }
  static k8s::Pod unaddressed(const std::string& name) {
    k8s::Pod one = pod(name, "");
    one.addresses.clear();
    return one;
  }
  Reply ask(const Request& request, std::chrono::milliseconds limit = long_enough) const {
    return cni::ask(path, request, limit);
  }
  std::future<Reply> ask_later(const Request& request) const {
    return std::async(std::launch::async, [this, request] { return ask(request); });
  }
  bool knows(const std::string& id) const {
    return eventually([&] {
      const Reply reply = ask(about(Command::check, id));
      return reply && reply->fault.empty();
    });
  }
  static bool waits(const std::future<Reply>& reply) { return reply.wait_for(seconds(0)) != std::future_status::ready; }
  bool is_dispatched(const std::string& address) const {
    const auto table = kernel.table("selvedge");
    return table && table->maps.contains("ingress-v4") &&
           table->maps.at("ingress-v4").elements.contains(nft::key_of(*nft::parse_address(address)));
  }
  static std::string fault(const Reply& reply) { return reply ? reply->fault : "no answer: " + reply.error(); }
  static bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

 private:
  k8s::ScriptedAnswer answer() {
    const std::lock_guard lock(mutex_);
    std::string items;
    for (const std::string& name : policies_) items += (items.empty() ? "" : ",") + policy_json(name);
    k8s::ScriptedAnswer answer;
    if (policies_ == std::vector<std::string>{"not a list"}) return answer;
    answer.chunks = {R"({"kind":"NetworkPolicyList","apiVersion":"networking.k8s.io/v1",)"
                     R"("metadata":{"resourceVersion":"9"},"items":[)" +
                     items + "]}"};
    return answer;
  }

  std::mutex mutex_;
  std::vector<std::string> policies_;
  std::shared_ptr<k8s::Script> script_ =
      std::make_shared<k8s::Script>([this](const k8s::Request&) { return answer(); });
  std::optional<Admissions> admissions_;
  std::optional<PolicyReader> reader_;
  std::unique_ptr<CniServer> server_;
  std::thread loop_;
};

}  // namespace selvedge::agent
