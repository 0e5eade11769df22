// Flannel's list of plugins: ours at its end, and everything else as it was.
#include "controller/agent/conflist.h"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cni/config.h"
#include "controller/agent/plugin_keeper.h"
#include "test/support/temporary_directory.h"

namespace selvedge::agent {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// As in flannel's own manifest.
constexpr const char* flannels = R"({
  "name": "cbr0",
  "cniVersion": "0.3.1",
  "plugins": [
    {
      "type": "flannel",
      "delegate": {
        "hairpinMode": true,
        "isDefaultGateway": true
      }
    },
    {
      "type": "portmap",
      "capabilities": {
        "portMappings": true
      }
    }
  ]
}
)";
constexpr const char* socket_path = "/run/selvedge/cni.sock";

class Conflist : public testing::Test {
 protected:
  test::TemporaryDirectory directory;
  fs::path place = directory.path();

  fs::path put(const std::string& name, const std::string& text) const {
    std::ofstream(place / name) << text;
    return place / name;
  }
  static std::string text(const fs::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(place), fs::directory_iterator()));
  }
};

TEST_F(Conflist, GetsOurPluginAtItsEnd_AndIsFlannelsOwnAgainWithoutIt) {
  const fs::path file = put("10-flannel.conflist", flannels);
  chmod(file.c_str(), 0640);
  const auto changed = add_plugin(place, {socket_path});
  ASSERT_TRUE(changed) << changed.error();
  EXPECT_EQ(*changed, std::vector{file});
  Json expected = Json::parse(flannels);
  expected["plugins"].push_back({{"type", "selvedge-cni"}});
  EXPECT_EQ(text(file), expected.dump(2) + '\n');
  struct stat is {};
  ASSERT_EQ(stat(file.c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 07777U, 0640U);
  EXPECT_TRUE(add_plugin(place, {socket_path})->empty()) << "it is there already";
  EXPECT_EQ(remove_plugin(place).changed, std::vector{file});
  EXPECT_EQ(text(file), flannels);
  EXPECT_TRUE(remove_plugin(place).changed.empty());
  EXPECT_EQ(files(), 1U) << "nothing else is left there";
}

TEST_F(Conflist, NamesWhatThePluginWouldNotTakeByItself) {
  const fs::path file = put("10-flannel.conflist", flannels);
  ASSERT_TRUE(add_plugin(place, {.socket = "/run/other.sock", .timeout_seconds = 30, .refuses = true}));
  const std::string entry = Json::parse(text(file)).at("plugins").at(2).dump();
  const auto config = cni::config_of(R"({"cniVersion":"1.0.0","name":"cbr0",)" + entry.substr(1));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->socket, "/run/other.sock");
  EXPECT_EQ(config->patience, std::chrono::seconds(30));
  EXPECT_TRUE(config->refuses);
}

TEST_F(Conflist, ThatIsNotAsExpected_IsLeftAlone_AndNamed) {
  for (const std::string odd : {"", "garbage", "[]", "{}", R"({"plugins":7})", R"({"plugins":["flannel"]})",
                                R"({"plugins":[{"type":"bridge"}]})", R"({"plugins":[{"type":7}]})",
                                R"({"name":"cbr0","plugins":[{"type":"flannel")"}) {
    const fs::path file = put("10-flannel.conflist", odd);
    const auto changed = add_plugin(place, {socket_path});
    ASSERT_FALSE(changed) << odd;
    EXPECT_NE(changed.error().find("no *.conflist names Flannel's plugin"), std::string::npos) << changed.error();
    EXPECT_EQ(text(file), odd);
    EXPECT_EQ(remove_plugin(place).faults, "") << odd;
    EXPECT_EQ(text(file), odd);
  }
  const fs::path file = put("10-flannel.conflist", std::string(300, 'x') + "\xff");
  const auto changed = add_plugin(place, {socket_path});
  ASSERT_FALSE(changed);
  EXPECT_NE(changed.error().find(file.string()), std::string::npos) << changed.error();
}

// What Flannel and others have around it stays where it is.
TEST_F(Conflist, WhoseEntrySaysSomethingElseThanTheDaemon_IsWrittenAnewInItsPlace) {
  const fs::path file = put("10-flannel.conflist", R"({"name":"cbr0","plugins":[{"type":"flannel"},
    {"type":"selvedge-cni","timeoutSeconds":30,"sokcet":"/run/old.sock"},{"type":"other"},{"type":"selvedge-cni"}]})");
  const PluginEntry entry{.socket = "/run/other.sock", .refuses = true};
  EXPECT_EQ(add_plugin(place, entry).value(), std::vector{file});
  EXPECT_EQ(Json::parse(text(file)).at("plugins").dump(),
            R"([{"type":"flannel"},{"type":"selvedge-cni","socket":"/run/other.sock","whenUnavailable":"refuse"},)"
            R"({"type":"other"}])");
  EXPECT_TRUE(add_plugin(place, entry)->empty());
}

TEST_F(Conflist, ThatMayHoldTheEntryAndCannotBeEdited_IsNamedByRemoval_WhileOthersAreCleaned) {
  const fs::path good = put("20-flannel.conflist", flannels);
  ASSERT_TRUE(add_plugin(place, {socket_path}));
  const fs::path broken = put("05-broken.conflist", R"({"plugins":[{"type":"selvedge-cni")");
  const fs::path odd = put("06-odd.conflist", R"({"plugins":{"type":"selvedge-cni"}})");
  const fs::path others = put("07-others.conflist", "{");
  fs::create_directory(place / "08-directory.conflist");
  const fs::path elsewhere = put("elsewhere", R"({"plugins":[{"type":"selvedge-cni"}]})");
  fs::create_symlink(elsewhere, place / "09-link.conflist");
  const Removal removal = remove_plugin(place);
  EXPECT_EQ(removal.changed, std::vector{good});
  EXPECT_EQ(text(good), flannels);
  for (const fs::path& named : {broken, odd, place / "08-directory.conflist", place / "09-link.conflist"})
    EXPECT_NE(removal.faults.find(named.string() + ": "), std::string::npos) << named << "\n" << removal.faults;
  EXPECT_EQ(removal.faults.find(others.string()), std::string::npos) << removal.faults;
}

TEST_F(Conflist, WhoseDirectoryCannotBeRead_IsNotTakenForNone) {
  const fs::path no_directory = put("net.d", "");
  EXPECT_NE(remove_plugin(no_directory).faults.find(no_directory.string() + ": Not a directory"), std::string::npos)
      << remove_plugin(no_directory).faults;
  const auto added = add_plugin(no_directory, {socket_path});
  ASSERT_FALSE(added);
  EXPECT_NE(added.error().find("Not a directory"), std::string::npos) << added.error();
}

TEST_F(Conflist, ThatIsALink_IsLeftAlone) {
  const fs::path file = put("elsewhere", flannels);
  fs::create_symlink(file, place / "10-flannel.conflist");
  const auto changed = add_plugin(place, {socket_path});
  ASSERT_FALSE(changed);
  EXPECT_NE(changed.error().find("is a symbolic link"), std::string::npos) << changed.error();
  EXPECT_EQ(text(file), flannels);
}

TEST_F(Conflist, OfSomebodyElse_OrOfNobody_IsNoneOfOurs) {
  const fs::path other = put("05-other.conflist", R"({"name":"x","plugins":[{"type":"bridge"}]})");
  put("10-flannel.conf", flannels);
  put(".10-flannel.conflist", flannels);
  EXPECT_FALSE(add_plugin(place, {socket_path}));
  EXPECT_FALSE(add_plugin(place / "nowhere", {socket_path}));
  EXPECT_TRUE(remove_plugin(place / "nowhere").changed.empty());
  EXPECT_EQ(remove_plugin(place / "nowhere").faults, "");
  put("10-flannel.conflist", flannels);
  EXPECT_EQ(add_plugin(place, {socket_path})->size(), 1U);
  EXPECT_EQ(text(other), R"({"name":"x","plugins":[{"type":"bridge"}]})");
}

TEST_F(Conflist, IsTouchedOnlyOnceTheProgramIsThere_AndFollowsFlannelsRewrites) {
  const fs::path file = put("10-flannel.conflist", flannels);
  fs::create_directory(place / "bin");
  const PluginPlaces places{place / "selvedge-cni", place / "bin", place, {socket_path}};
  EXPECT_FALSE(install_plugin(places)) << "there is no program";
  EXPECT_EQ(text(file), flannels);
  put("selvedge-cni", "the program");
  const auto done = install_plugin(places);
  ASSERT_TRUE(done) << done.error();
  EXPECT_NE(done->find("installed "), std::string::npos) << *done;
  EXPECT_EQ(text(place / "bin" / "selvedge-cni"), "the program");
  EXPECT_EQ(install_plugin(places).value(), "");
  put("10-flannel.conflist", flannels);
  EXPECT_NE(install_plugin(places)->find("entered in "), std::string::npos);
  put("selvedge-cni", "another program");
  EXPECT_NE(install_plugin(places)->find("installed "), std::string::npos);
  EXPECT_EQ(text(place / "bin" / "selvedge-cni"), "another program");
}

}  // namespace
}  // namespace selvedge::agent
