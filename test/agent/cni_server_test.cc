// The daemon's side of the CNI plugin: a socket, and when a pod may start.
#include "controller/agent/cni_server.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/un.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "cni/client.h"
#include "cni/line_connection.h"
#include "controller/agent/reconcile_loop.h"
#include "k8sclient/decode.h"
#include "test/agent/reconciler_bed.h"
#include "test/support/eventually.h"
#include "test/support/scripted_transport.h"
#include "test/support/temporary_directory.h"

namespace selvedge::agent {
namespace {

using cni::Answer;
using cni::Command;
using cni::Request;
using test::eventually;
using Reply = tl::expected<Answer, std::string>;

std::string policy_json(const std::string& name) {
  return R"({"metadata":{"name":")" + name + R"(","namespace":"shop","uid":"uid-)" + name +
         R"("},"spec":{"podSelector":{},"policyTypes":["Ingress"]}})";
}

Request addition(const std::string& name, const std::string& address, std::chrono::milliseconds patience) {
  return {.command = Command::add,
          .id = "cbr0/" + name + "/eth0",
          .ns = "shop",
          .name = name,
          .uid = "uid-" + name,
          .addresses = {address},
          .patience = patience};
}
Request about(Command command, const std::string& id = "") {
  return {.command = command, .id = id, .ns = "", .name = "", .uid = ""};
}

// A daemon without its process: the loop over a kernel in memory, and an API server that says which policies there are.
class CniDaemon : public ReconcilerBed {
 protected:
  static constexpr seconds long_enough{20};

  test::TemporaryDirectory directory;
  std::filesystem::path path = directory.path() / "run" / "cni.sock";
  std::filesystem::path file = directory.path() / "attachments";
  EventQueue queue;
  Health health{std::chrono::steady_clock::now()};
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
        [](const LogLine&) {}, [this] { queue.nudge(); });
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

TEST_F(CniDaemon, LetsAPodStart_OnceItIsKnownAndItsRulesAreInTheKernel) {  // semantics 58, 74
  auto reply = ask_later(addition("api", "10.244.1.5", long_enough));
  ASSERT_TRUE(knows("cbr0/api/eth0"));
  EXPECT_TRUE(waits(reply)) << "nothing is synced";
  sync_all();
  ASSERT_TRUE(eventually([&] { return fault(ask(about(Command::status))).empty(); }));
  EXPECT_TRUE(waits(reply)) << "the pod is not known";
  tell(unaddressed("api"));
  EXPECT_EQ(fault(reply.get()), "");
  end();
  EXPECT_TRUE(is_dispatched("10.244.1.5"));
}

TEST_F(CniDaemon, WaitsForThePolicyThatTheWatchHasNotToldYet) {
  sync_all();
  tell(unaddressed("api"));
  serve({"deny", "later"});
  const std::string late = fault(ask(addition("api", "10.244.1.5", milliseconds(300))));
  EXPECT_EQ(late, "the policies of namespace shop are not all known yet");
  auto reply = ask_later(addition("api", "10.244.1.5", long_enough));
  ASSERT_TRUE(knows("cbr0/api/eth0"));
  EXPECT_TRUE(waits(reply));
  tell_policy("later");
  EXPECT_EQ(fault(reply.get()), "");
}

TEST_F(CniDaemon, ReadsThePoliciesAgain_WhenTheWatchIsAheadOfWhatItRead) {
  sync_all();
  tell(unaddressed("api"));
  serve({"deny", "short-lived"});
  auto reply = ask_later(addition("api", "10.244.1.5", long_enough));
  ASSERT_TRUE(knows("cbr0/api/eth0"));
  serve({"deny"});
  EXPECT_EQ(fault(reply.get()), "");
}

TEST_F(CniDaemon, SaysWhatIsMissing_WhenThePatienceIsOver_AndKeepsTheWordAllTheSame) {
  sync_all();
  const std::string late = fault(ask(addition("api", "10.244.1.5", milliseconds(100))));
  EXPECT_TRUE(contains(late, "the API server has not told of pod shop/api with uid uid-api")) << late;
  tell(unaddressed("api"));
  tell(unaddressed("web"));
  EXPECT_EQ(fault(ask(addition("web", "10.244.1.6", long_enough))), "");
  end();
  EXPECT_TRUE(is_dispatched("10.244.1.5")) << "no need to ask a second time";
}

TEST_F(CniDaemon, BeforeEveryWatchHasSynced_LetsNoPodStart) {  // semantics 107
  tell(shop());
  tell(node("node-a"));
  tell_policy("deny");
  tell(unaddressed("api"));
  for (const Kind kind : {Kind::pod, Kind::node, Kind::network_policy}) queue.push(k8s::Synced{kind});
  const std::string early = fault(ask(addition("api", "10.244.1.5", milliseconds(300))));
  EXPECT_EQ(early, "the rules are not in the kernel: see /readyz");
  EXPECT_TRUE(contains(fault(ask(about(Command::status))), "not in step"));
  auto reply = ask_later(addition("api", "10.244.1.5", long_enough));
  queue.push(k8s::Synced{Kind::ns});
  EXPECT_EQ(fault(reply.get()), "");
}

TEST_F(CniDaemon, WhilePoliciesCannotBeRead_LetsNoPodStart_AndSaysWhy) {
  sync_all();
  tell(unaddressed("api"));
  serve({"not a list"});
  const std::string why = fault(ask(addition("api", "10.244.1.5", milliseconds(300))));
  EXPECT_TRUE(contains(why,
                       "the policies of namespace shop could not be read: cannot list networkpolicies (GET "
                       "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies): "))
      << why;
}

TEST_F(CniDaemon, ForgetsASandbox_ThatIsGone_OrThatGcDoesNotName) {
  sync_all();
  tell(unaddressed("api"));
  tell(unaddressed("web"));
  ASSERT_EQ(fault(ask(addition("api", "10.244.1.5", long_enough))), "");
  ASSERT_EQ(fault(ask(addition("web", "10.244.1.6", long_enough))), "");
  EXPECT_EQ(fault(ask(about(Command::del, "cbr0/api/eth0"))), "");
  EXPECT_EQ(fault(ask(about(Command::del, "cbr0/api/eth0"))), "") << "idempotent";
  EXPECT_TRUE(contains(fault(ask(about(Command::check, "cbr0/api/eth0"))), "is not known"));
  EXPECT_EQ(fault(ask(about(Command::check, "cbr0/web/eth0"))), "");
  EXPECT_EQ(fault(ask(about(Command::gc, "cbr0/"))), "");
  EXPECT_TRUE(contains(fault(ask(about(Command::check, "cbr0/web/eth0"))), "is not known"));
  end();
  EXPECT_FALSE(is_dispatched("10.244.1.5"));
  EXPECT_EQ(std::filesystem::file_size(file), 0U);
}

TEST_F(CniDaemon, LetsAPodStart_OnceNoOtherPodsRulesHoldAtItsAddress) {  // semantics 63
  sync_all();
  k8s::NetworkPolicy strict = deny_all("strict");
  strict.meta.ns = "bank";
  tell(strict);
  k8s::Pod former = pod("former", "10.244.1.6");
  former.meta.ns = "bank";
  tell(former);
  serve({});
  queue.push(k8s::Deleted{Kind::network_policy, {"shop", "deny"}});
  tell(unaddressed("api"));
  const std::string early = fault(ask(addition("api", "10.244.1.6", milliseconds(300))));
  EXPECT_EQ(early, "the rules of pod bank/former hold at 10.244.1.6, which the API server still gives to it");
  auto reply = ask_later(addition("api", "10.244.1.6", long_enough));
  ASSERT_TRUE(knows("cbr0/api/eth0"));
  EXPECT_TRUE(waits(reply));
  former.addresses = {"10.244.1.7"};
  tell(former);
  EXPECT_EQ(fault(reply.get()), "");
}

TEST_F(CniDaemon, TellsWhoWaits_ThatTheSandboxHasEndedMeanwhile) {
  sync_all();
  auto reply = ask_later(addition("api", "10.244.1.5", long_enough));
  ASSERT_TRUE(knows("cbr0/api/eth0"));
  ask(about(Command::del, "cbr0/api/eth0"));
  tell(unaddressed("api"));
  EXPECT_EQ(fault(reply.get()), "cbr0/api/eth0: has ended meanwhile");
}

TEST_F(CniDaemon, CountsASandboxAsGone_WhosePodTheApiDoesNotKnowForLong_ButNotWhileItIsAway) {
  sync_all();
  tell(unaddressed("web"));
  ASSERT_EQ(fault(ask(addition("web", "10.244.1.6", long_enough))), "");
  const auto hears = [&](const std::string& trouble) {
    queue.push(k8s::Trouble{Kind::pod, trouble});
    return eventually([&] {
      const std::string body = health.ready(std::chrono::steady_clock::now()).body;
      return contains(body, "in trouble") != trouble.empty();
    });
  };
  const auto known_a_minute_later = [&] {
    later = later.load() + std::chrono::minutes(1);
    ask(about(Command::status));
    return ask(about(Command::check, "cbr0/api/eth0"))->fault.empty();
  };
  ASSERT_TRUE(hears("503"));
  ask(addition("api", "10.244.1.5", milliseconds(1)));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(known_a_minute_later()) << "the API server cannot tell";
  ASSERT_TRUE(hears(""));
  EXPECT_TRUE(known_a_minute_later()) << "the doubt begins now";
  EXPECT_TRUE(known_a_minute_later());
  EXPECT_TRUE(eventually([&] { return !known_a_minute_later(); }));
  EXPECT_TRUE(knows("cbr0/web/eth0"));
}

TEST_F(CniDaemon, OfASandboxThatIsNone_SaysWhat) {
  EXPECT_TRUE(contains(fault(ask(addition("api", "10.244.1.999", long_enough))), "\"10.244.1.999\" is not an IP"));
}

TEST_F(CniDaemon, WritesDownWhatItWasTold_ForItsSuccessor) {
  sync_all();
  tell(unaddressed("api"));
  ASSERT_EQ(fault(ask(addition("api", "10.244.1.5", long_enough))), "");
  Attachments successor(file);
  EXPECT_TRUE(successor.load().empty());
  ASSERT_TRUE(successor.all().contains("cbr0/api/eth0"));
  EXPECT_EQ(successor.all().at("cbr0/api/eth0").uid, "uid-api");
}

TEST_F(CniDaemon, AnswersNobodyButRoot) {
  if (geteuid() != 0) GTEST_SKIP() << "needs uid 0 to be another";
  ASSERT_EQ(chmod(directory.path().c_str(), 0755), 0);
  ASSERT_EQ(chmod(path.parent_path().c_str(), 0755), 0);
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  Reply reply;
  std::thread([&] {  // of this thread alone, unlike setresuid(3)
    ASSERT_EQ(syscall(SYS_setresuid, -1, 65534, -1), 0);
    reply = ask(about(Command::status));
  })
      .join();
  EXPECT_EQ(fault(reply), "user 65534 may not ask; the daemon answers user 0");
}

TEST_F(CniDaemon, IsReachedByItsOwnUserOnly) {
  struct stat is {};
  ASSERT_EQ(stat(path.c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777U, 0600U);
  ASSERT_EQ(stat(path.parent_path().c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777U, 0700U);
}

bool connects(int fd, const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

int connected(const std::filesystem::path& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  return connects(fd, path) ? fd : -1;
}

TEST_F(CniDaemon, IsNotHeldUpByClientsThatSayNothing) {
  sync_all();
  std::vector<k8s::Fd> silent;
  for (std::size_t i = 0; i < 2 * CniServer::clients; ++i) silent.emplace_back(connected(path));
  EXPECT_TRUE(eventually([&] { return fault(ask(about(Command::status))).empty(); }));
}

TEST_F(CniDaemon, TellsAClientThatTalksGarbage_OrTooMuch_SoAndGoesOn) {
  const auto says = [&](const std::string& text) {
    const k8s::Fd fd(connected(path));
    const cni::LineConnection line(fd.get(), -1, std::chrono::steady_clock::now() + long_enough);
    (void)line.write(text);
    return line.read(cni::longest_line).value_or("");
  };
  EXPECT_TRUE(contains(says("GET / HTTP/1.1\r\n"), R"("ok":false)"));
  EXPECT_TRUE(contains(says(std::string(1000, '[') + '\n'), "nested"));
  EXPECT_TRUE(contains(says(std::string("\0\xff\n", 3)), R"("ok":false)"));
  says(std::string(4 * cni::longest_line, 'x'));
  EXPECT_TRUE(ask(about(Command::status)));
}

TEST_F(CniDaemon, EndsAtOnce_ThoughClientsWait) {
  std::vector<std::future<Reply>> replies;
  for (int i = 0; i < 4; ++i)
    replies.push_back(ask_later(addition("pod-" + std::to_string(i), "10.244.1.1" + std::to_string(i), long_enough)));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(knows("cbr0/pod-" + std::to_string(i) + "/eth0"));
  end();
  for (auto& reply : replies) EXPECT_NE(fault(reply.get()), "");
  EXPECT_FALSE(std::filesystem::exists(path));
}

// As when two network namespaces share the directory: the instance lock is of one of them.
TEST_F(CniDaemon, LeavesTheSocketOfALivingDaemonAlone_AndSaysSo) {
  PolicyReader reader(nullptr);
  Admissions admissions(
      reconciler, Attachments(""), std::chrono::steady_clock::now, [](const LogLine&) {}, [] {});
  const auto second = CniServer::open(path, admissions, reader);
  ASSERT_FALSE(second);
  EXPECT_TRUE(contains(second.error(), "cni.sock: what is there already: Address already in use")) << second.error();
  EXPECT_TRUE(ask(about(Command::status))) << "the first is heard as before";
}

// The processor time of all threads, in ticks of the kernel's (proc(5)).
long used_ticks() {
  tms times{};
  ::times(&times);
  return times.tms_utime + times.tms_stime;
}

// Until descriptors can be had again its clients wait in the kernel's queue, and it does not turn round and round.
TEST_F(CniDaemon, WithoutFileDescriptors_WaitsForSome_WithoutSpinning) {
  sync_all();
  rlimit former{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &former), 0);
  const k8s::Fd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const long before = used_ticks();
  {
    rlimit none = former;
    none.rlim_cur = 3;  // none beside the standard ones; poll(2) must go on
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    ASSERT_TRUE(connects(client.get(), path));
    const cni::LineConnection line(client.get(), -1, std::chrono::steady_clock::now() + seconds(1));
    (void)line.write(cni::line_of(about(Command::status)));
    EXPECT_FALSE(line.read(cni::longest_line)) << "nobody can accept it";
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &former), 0);
  }
  EXPECT_LT(used_ticks() - before, sysconf(_SC_CLK_TCK) / 2) << "of a second, with 32 threads";
  const cni::LineConnection line(client.get(), -1, std::chrono::steady_clock::now() + long_enough);
  EXPECT_TRUE(contains(line.read(cni::longest_line).value_or(""), R"("ok":true)"));
}

TEST_F(CniDaemon, ReplacesASocketThatWasLeft_AndNoOtherFile) {
  PolicyReader reader(std::make_unique<k8s::ScriptedTransport>(
      std::make_shared<k8s::Script>([](const k8s::Request&) { return k8s::ScriptedAnswer{}; })));
  test::TemporaryDirectory other;
  const std::filesystem::path stale = other.path() / "stale.sock";
  {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    stale.string().copy(address.sun_path, sizeof address.sun_path - 1);
    const k8s::Fd left(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(bind(left.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  Admissions admissions(
      reconciler, Attachments(""), std::chrono::steady_clock::now, [](const LogLine&) {}, [] {});
  EXPECT_TRUE(CniServer::open(stale, admissions, reader));
  const auto left = CniServer::open(other.write("cni.sock", "a file"), admissions, reader);
  ASSERT_FALSE(left);
  EXPECT_TRUE(contains(left.error(), "cni.sock: what is there already: File exists")) << left.error();
  const auto far = CniServer::open("/" + std::string(120, 'x'), admissions, reader);
  ASSERT_FALSE(far);
  EXPECT_TRUE(contains(far.error(), "too long")) << far.error();
}

}  // namespace
}  // namespace selvedge::agent
