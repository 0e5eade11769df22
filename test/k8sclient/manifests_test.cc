// Files, directories and standard input.
#include "k8sclient/manifests.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace selvedge::k8s {
namespace {

namespace fs = std::filesystem;

class Manifests : public testing::Test {
 protected:
  Manifests() {
    std::string pattern = (fs::temp_directory_path() / "selvedge-manifests-XXXXXX").string();
    dir_ = mkdtemp(pattern.data());
  }
  ~Manifests() override { fs::remove_all(dir_); }

  std::string write(const std::string& name, const std::string& text) const {
    const fs::path path = dir_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }
  std::string pod(const std::string& name) const {
    return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + "}\n";
  }

  fs::path dir_;
};

std::vector<std::string> names(const tl::expected<std::vector<Decoded>, std::string>& read) {
  if (!read) return {read.error()};
  std::vector<std::string> all;
  for (const Decoded& one : *read) all.push_back(meta_of(one.object).name);
  return all;
}

using Names = std::vector<std::string>;

TEST_F(Manifests, File_IsReadWhateverItsName) {
  EXPECT_EQ(names(read_manifests(write("x.txt", pod("a")))), Names{"a"});
}

TEST_F(Manifests, Directory_IsReadRecursively_Sorted_AndOnlyManifests) {
  write("b.yaml", pod("b"));
  write("a/deep/z.yml", pod("z"));
  write("c.json", R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"c"}})");
  write("README.md", "not: [yaml");
  ASSERT_EQ(mkfifo((dir_ / "pipe.yaml").c_str(), 0600), 0);
  EXPECT_EQ(names(read_manifests(dir_.string())), (Names{"z", "b", "c"}));
}

TEST_F(Manifests, LinkThatLeadsInACircle_IsNotFollowed) {
  write("a.yaml", pod("a"));
  fs::create_directory_symlink(dir_, dir_ / "round");
  EXPECT_EQ(names(read_manifests(dir_.string())), Names{"a"});
}

TEST_F(Manifests, Faults_NameFileLineAndColumn) {
  write("a.yaml", pod("a"));
  const std::string path = write("b.yaml", "a: 1\na: 2\n");
  EXPECT_EQ(names(read_manifests(dir_.string())), Names{path + ": line 2, column 1: key \"a\" occurs twice"});
}

TEST_F(Manifests, Template_IsSaidToBeOne) {
  const std::string path = write("t.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n");
  const auto read = read_manifests(path);
  ASSERT_FALSE(read);
  EXPECT_TRUE(read.error().starts_with(path + ": line 4, column ")) << read.error();
  EXPECT_NE(read.error().find("; it looks like a template: "), std::string::npos) << read.error();
}

TEST_F(Manifests, Objects_KnowTheirFile_AndTheLineWhereTheirDocumentBegins) {
  const std::string path = write("two.yaml", pod("a") + "---\n" + pod("b"));
  const auto read = read_manifests(path);
  ASSERT_TRUE(read) << read.error();
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].file, path);
  EXPECT_EQ((*read)[0].line, 1U);
  EXPECT_EQ((*read)[1].line, 4U);  // that of the dashes
}

TEST_F(Manifests, MissingFile_IsAnErrorThatNamesIt) {
  EXPECT_EQ(names(read_manifests("/nowhere/x.yaml")), Names{"/nowhere/x.yaml: No such file or directory"});
}

TEST_F(Manifests, StandardInput_IsADash) {
  const std::string path = write("in", pod("a"));
  const int saved = dup(STDIN_FILENO);
  ASSERT_NE(std::freopen(path.c_str(), "r", stdin), nullptr);
  const auto read = read_manifests("-");
  dup2(saved, STDIN_FILENO);
  close(saved);
  std::clearerr(stdin);
  EXPECT_EQ(names(read), Names{"a"});
}

TEST_F(Manifests, EndlessFile_IsRefused) {
  EXPECT_EQ(names(read_manifests("/dev/zero")), Names{"/dev/zero: is larger than 256 MiB"});
}

}  // namespace
}  // namespace selvedge::k8s
