// The socket by which the CNI plugin speaks to the daemon: who may, and what clients cannot do to it.
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/un.h>
#include <unistd.h>

#include "cni/line_connection.h"
#include "test/agent/cni_daemon_bed.h"

namespace selvedge::agent {
namespace {

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

// As when the API server is away and the kubelet starts its pods: news of an end must not wait for them.
TEST_F(CniDaemon, HearsEnds_WhileMoreAdditionsWaitThanItHasThreads_AndAnswersThoseInTheirTurn) {
  std::vector<std::future<Reply>> replies;
  const auto name = [](std::size_t i) { return "pod-" + std::to_string(i); };
  for (std::size_t i = 0; i < 2 * CniServer::clients; ++i)
    replies.push_back(ask_later(addition(name(i), "10.244.1." + std::to_string(10 + i), long_enough)));
  for (std::size_t i = 0; i < replies.size(); ++i) ASSERT_TRUE(knows("cbr0/" + name(i) + "/eth0")) << i;
  EXPECT_EQ(fault(ask(about(Command::del, "cbr0/pod-0/eth0"), seconds(10))), "");
  EXPECT_TRUE(contains(fault(ask(about(Command::status), seconds(10))), "not in step"));
  for (const auto& reply : replies) EXPECT_TRUE(waits(reply));
  sync_all();
  for (std::size_t i = 0; i < replies.size(); ++i) tell(unaddressed(name(i)));
  EXPECT_EQ(fault(replies[0].get()), "cbr0/pod-0/eth0: has ended meanwhile");
  for (std::size_t i = 1; i < replies.size(); ++i) EXPECT_EQ(fault(replies[i].get()), "") << i;
}

TEST_F(CniDaemon, TellsAnAdditionForWhichThereIsNoPlaceInLine_SoAtOnce_AndKeepsItsWord) {
  std::vector<k8s::Fd> waiting;
  const auto name = [](std::size_t i) { return "pod-" + std::to_string(i); };
  const std::size_t most = CniServer::most_adds + CniServer::longest_line_of_adds;
  for (std::size_t i = 0; i < most; ++i) {
    waiting.emplace_back(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_TRUE(connects(waiting.back().get(), path));
    const cni::LineConnection line(waiting.back().get(), -1, std::chrono::steady_clock::now() + long_enough);
    ASSERT_TRUE(line.write(cni::line_of(addition(name(i), "10.244.1." + std::to_string(i), seconds(100)))));
  }
  for (std::size_t i = 0; i < most; ++i) ASSERT_TRUE(knows("cbr0/" + name(i) + "/eth0")) << i;
  const Reply reply = ask(addition("late", "10.244.1.250", seconds(100)));
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_NE(reply->fault, "");
  EXPECT_TRUE(knows("cbr0/late/eth0"));
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
