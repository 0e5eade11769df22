// What the CNI plugin told, over the daemon's end and against a file that somebody else wrote.
#include "controller/agent/attachments.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "test/support/temporary_directory.h"

namespace selvedge::agent {
namespace {

Attachment attachment(const std::string& id, const std::string& pod, const std::string& address) {
  return {.id = id, .pod = {"shop", pod}, .uid = "uid-" + pod, .addresses = {*nft::parse_address(address)}};
}

class AttachmentsFile : public testing::Test {
 protected:
  test::TemporaryDirectory directory;
  std::filesystem::path file = std::filesystem::path(directory.path()) / "attachments";

  void write(const std::string& text) const {
    std::ofstream(file) << text;
    chmod(file.c_str(), 0600);
  }
};

TEST_F(AttachmentsFile, KeepsThemForASuccessor_ForItsOwnerAlone) {
  Attachments attachments(file);
  EXPECT_TRUE(attachments.load().empty()) << "no file is no fault";
  attachments.put(attachment("a", "api", "10.244.1.5"));
  attachments.put(attachment("b", "web", "fd00::6"));
  EXPECT_TRUE(attachments.save());
  Attachments later(file);
  EXPECT_TRUE(later.load().empty());
  EXPECT_EQ(later.all(), attachments.all());
  EXPECT_EQ(later.all().size(), 2U);
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(AttachmentsFile, OfWhichALineIsOdd_KeepsTheOthers_AndSaysWhich) {
  Attachments attachments(file);
  attachments.put(attachment("a", "api", "10.244.1.5"));
  EXPECT_TRUE(attachments.save());
  std::ofstream(file, std::ios::app) << R"({"version":1,"command":"status"})"
                                     << "\ngarbage\n"
                                     << R"({"version":1,"command":"add","id":"c","namespace":"n","name":"p","uid":"u",)"
                                     << R"("addresses":["10.244.1.999"]})";
  Attachments later(file);
  const auto faults = later.load();
  ASSERT_EQ(faults.size(), 3U);
  EXPECT_NE(faults[0].find("line 2: it is no attachment"), std::string::npos) << faults[0];
  EXPECT_NE(faults[1].find("line 3: is not JSON"), std::string::npos) << faults[1];
  EXPECT_NE(faults[2].find("line 4: addresses: \"10.244.1.999\""), std::string::npos) << faults[2];
  EXPECT_EQ(later.all(), attachments.all());
}

TEST_F(AttachmentsFile, ThatOthersCouldHaveWritten_OrThatIsNoFile_OrTooLong_IsNotBelieved) {
  write("");
  chmod(file.c_str(), 0666);
  EXPECT_NE(Attachments(file).load().at(0).find("others than user"), std::string::npos);
  write(std::string((4 << 20) + 1, '\n'));
  EXPECT_NE(Attachments(file).load().at(0).find("is longer than"), std::string::npos);
  std::filesystem::remove(file);
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  EXPECT_NE(Attachments(file).load().at(0).find("is not a regular file"), std::string::npos);
}

TEST_F(AttachmentsFile, ThatCannotBeWritten_LeavesTheFormerOne) {
  Attachments attachments(file / "below a file");
  write("");
  EXPECT_FALSE(attachments.save());
  EXPECT_TRUE(std::filesystem::is_regular_file(file));
}

TEST(Attachments, AnAddressHasOneSandbox_AndASandboxOneEntry) {
  Attachments attachments("");
  EXPECT_TRUE(attachments.put(attachment("a", "api", "10.244.1.5"))->empty());
  EXPECT_EQ(*attachments.put(attachment("b", "web", "10.244.1.5")), std::vector{attachment("a", "api", "10.244.1.5")});
  EXPECT_EQ(*attachments.put(attachment("b", "other", "10.244.1.6")),
            std::vector{attachment("b", "web", "10.244.1.5")});
  EXPECT_EQ(attachments.remove("b"), std::vector{attachment("b", "other", "10.244.1.6")});
  EXPECT_TRUE(attachments.remove("b").empty());
  EXPECT_TRUE(attachments.all().empty());
}

TEST(Attachments, OfOneNetwork_EndWithTheirSandboxes_ThoseOfOthersDoNot) {
  Attachments attachments("");
  attachments.put(attachment("cbr0/a/eth0", "a", "10.244.1.5"));
  attachments.put(attachment("cbr0/b/eth0", "b", "10.244.1.6"));
  attachments.put(attachment("other/a/net1", "a", "10.9.1.5"));
  EXPECT_EQ(attachments.keep_only("cbr0/", {"cbr0/b/eth0"}), std::vector{attachment("cbr0/a/eth0", "a", "10.244.1.5")});
  EXPECT_EQ(attachments.all().size(), 2U);
}

TEST(Attachments, AreBounded) {
  Attachments attachments("");
  for (std::size_t i = 0; i < Attachments::most; ++i) {
    const std::string address = "10.244." + std::to_string(i / 256) + '.' + std::to_string(i % 256);
    ASSERT_TRUE(attachments.put(attachment(std::to_string(i), "api", address)));
  }
  const auto full = attachments.put(attachment("one more", "api", "10.1.1.1"));
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().find("4096 sandboxes"), std::string::npos) << full.error();
}

}  // namespace
}  // namespace selvedge::agent
