// Real packets: a client, a router with our table in it, a server, each a network
// namespace. What the rules say is what connections meet.
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

#include "k8sclient/fd.h"
#include "test/kernel/sample_rules.h"

namespace selvedge::nft {
namespace {

using test::open_backend;

// A thread that stays in a network namespace of its own and does there what it is told.
class Host {
 public:
  Host() : thread_([this] { live(); }) {
    perform([this] { id_ = syscall(SYS_gettid); });
  }
  ~Host() {
    perform({});
    thread_.join();
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  long id() const { return id_; }  // `ip link set … netns ID` takes it

  // Returns when `task` is done; an empty one ends the thread.
  void perform(std::function<void()> task) {
    std::unique_lock lock(mutex_);
    task_ = std::move(task);
    state_ = State::told;
    changed_.notify_all();
    changed_.wait(lock, [this] { return state_ == State::idle; });
  }
  void run(const std::string& command) {
    perform([&] {
      const auto outcome = test::run(command);
      EXPECT_EQ(outcome.status, 0) << command << "\n" << outcome.output;
    });
  }

 private:
  enum class State { idle, told };

  void live() {
    EXPECT_EQ(unshare(CLONE_NEWNET), 0);
    for (bool ended = false; !ended;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return state_ == State::told; });
      ended = !task_;
      if (task_) task_();
      state_ = State::idle;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> task_;
  State state_ = State::idle;
  long id_ = 0;
  std::thread thread_;
};

sockaddr_in endpoint(const char* host, std::uint16_t port) {
  sockaddr_in made{};
  made.sin_family = AF_INET;
  made.sin_port = htons(port);
  inet_pton(AF_INET, host, &made.sin_addr);
  return made;
}

class Traffic : public test::KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    router_.emplace();
    client_.emplace();
    server_.emplace();
    wire(*client_, "client", "10.244.1.1", "10.244.1.7");
    wire(*server_, "server", "10.244.2.1", "10.244.2.9");
    router_->run("echo 1 > /proc/sys/net/ipv4/ip_forward");
    router_->perform([this] { backend_.emplace(open_backend()); });
    server_->perform([this] {
      for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{81}}) listen_on(port);
    });
  }

  void wire(Host& host, const std::string& name, const std::string& gateway, const std::string& address) {
    router_->run("ip link add " + name + " type veth peer name eth0 netns " + std::to_string(host.id()));
    router_->run("ip addr add " + gateway + "/24 dev " + name);
    router_->run("ip link set " + name + " up");
    host.run("ip addr add " + address + "/24 dev eth0");
    host.run("ip link set eth0 up");
    host.run("ip route add default via " + gateway);
  }

  void listen_on(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    listeners_.emplace_back(fd);
    const sockaddr_in here = endpoint("10.244.2.9", port);
    ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&here), sizeof here), 0);
    ASSERT_EQ(listen(fd, 8), 0);
  }

  enum class Fate { connected, denied, unknown };

  std::uint64_t denials() {
    std::uint64_t packets = 0;
    router_->perform([&] { packets = test::dump_of(*backend_).counters["deny-x"].packets; });
    return packets;
  }

  // Ends when the connection stands, or when the router has counted a denial of it.
  Fate connect_to(std::uint16_t port) {
    const std::uint64_t before = denials();
    int fd = -1;
    client_->perform([&] {
      fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      const sockaddr_in there = endpoint("10.244.2.9", port);
      connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there);
    });
    const k8s::Fd closing(fd);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < deadline) {
      pollfd waiting{.fd = fd, .events = POLLOUT, .revents = 0};
      if (poll(&waiting, 1, 20) == 1) return (waiting.revents & POLLERR) == 0 ? Fate::connected : Fate::unknown;
      if (denials() > before) return Fate::denied;
    }
    return Fate::unknown;
  }

  void commit(const Batch& batch) {
    router_->perform([&] {
      const auto done = backend_->commit("selvedge", batch);
      EXPECT_TRUE(done) << done.error().message;
    });
  }

  std::optional<Host> router_, client_, server_;
  std::optional<NetlinkBackend> backend_;
  std::vector<k8s::Fd> listeners_;
};

// The server's pod is isolated for ingress; port 80 is open to whoever is in the set of peers.
Table one_policy() {
  Table table;
  table.name = "selvedge";
  table.counters = {"deny-x"};
  const KeyType v4 = address_type(Family::v4);
  table.sets["peers-v4"] = {.type = v4, .interval = false, .comment = "", .elements = {}};
  table.maps["ingress-v4"] = {.type = v4, .comment = "", .elements = {}};
  table.maps["ingress-v4"].elements = {{test::address("10.244.2.9"), Goto{"pod-ingress"}}};
  const Rule allow{{MatchAddressSet{Side::source, Family::v4, "peers-v4"}, MatchPort{6, {{80, 80}, {90, 99}}}},
                   "",
                   Accept{},
                   "shop/api ingress[0]"};
  table.chains["pod-ingress"] = {.base = {}, .rules = {allow, Rule{{}, "deny-x", Drop{}, ""}}};
  const Rule established{{MatchCtState{MatchCtState::established | MatchCtState::related}}, "", Accept{}, ""};
  const Rule dispatch{{}, "", Dispatch{Side::destination, Family::v4, "ingress-v4"}, ""};
  table.chains["ingress"] = {.base = Base{Hook::forward, -5}, .rules = {established, dispatch}};
  return table;
}

TEST_F(Traffic, MeetsWhatTheRulesSay_AndEachChangeOfThem) {
  const Element client = test::span("10.244.1.7", "10.244.1.7");
  router_->perform([&] { test::commit_table(*backend_, one_policy()); });
  EXPECT_EQ(connect_to(80), Fate::denied);

  commit({AddTable{}, AddElements{"peers-v4", {client}}});
  EXPECT_EQ(connect_to(80), Fate::connected);
  EXPECT_EQ(connect_to(81), Fate::denied);

  commit({AddTable{}, DeleteElements{"peers-v4", {client}}});
  EXPECT_EQ(connect_to(80), Fate::denied);

  commit({AddTable{}, DeleteMapElements{"ingress-v4", {test::address("10.244.2.9")}}});
  EXPECT_EQ(connect_to(80), Fate::connected);
  EXPECT_EQ(connect_to(81), Fate::connected);

  commit({DeleteTable{}});
}

TEST_F(Traffic, MeetsIntervalsUpToTheirEnds) {
  Table table = one_policy();
  table.sets["peers-v4"].interval = true;
  table.sets["peers-v4"].elements = {test::span("10.244.1.0", "10.244.1.7")};
  router_->perform([&] { test::commit_table(*backend_, table); });
  EXPECT_EQ(connect_to(80), Fate::connected);

  commit(
      {AddTable{}, DeleteElements{"peers-v4", {test::span("10.244.1.0", "10.244.1.7")}, true},
       AddElements{
           "peers-v4", {test::span("10.244.1.0", "10.244.1.6"), test::span("10.244.1.8", "255.255.255.255")}, true}});
  EXPECT_EQ(connect_to(80), Fate::denied);
}

}  // namespace
}  // namespace selvedge::nft
