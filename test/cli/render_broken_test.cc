// A directory with one broken policy among good ones, as the built program renders it: what is broken is named, and
// what the others say is in the table as if it were not there.
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "test/agent/program.h"

namespace selvedge {
namespace {

using test::Finished;
using test::run_program;

const std::string data = SELVEDGE_SOURCE_DIR "/test/cli/data/one-broken";

// The table's objects: "chain egress" and its lines.
using Objects = std::map<std::string, std::string>;

Objects objects_in(const std::string& table) {
  Objects objects;
  std::string name;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('\t') && !line.starts_with("\t\t") && line.ends_with(" {")) {
      name = line.substr(1, line.size() - 3);
    } else if (!name.empty()) {
      objects[name] += line + "\n";
    }
  }
  return objects;
}

// Those of `before` that are others in `after`, or not there.
std::vector<std::string> changed(const Objects& before, const Objects& after) {
  std::vector<std::string> names;
  for (const auto& [name, body] : before) {
    const auto found = after.find(name);
    if (found == after.end() || found->second != body)
      names.push_back(name.substr(0, name.find('-')) + name.substr(name.rfind('-')));
  }
  return names;
}

Finished render_good_ones(const std::string& one_more = "") {
  std::vector<std::string> arguments{"render"};
  for (const char* file : {"a-cluster", "b-bank", "c-web", "e-api"}) {
    arguments.insert(arguments.end(), {"-f", data + "/" + file + ".yaml"});
  }
  if (!one_more.empty()) arguments.insert(arguments.end(), {"-f", "-"});
  return run_program(arguments, one_more);
}

// semantics R9
TEST(RenderOfADirectory, WithABrokenRule_NamesIt_AndChangesNoOtherPolicy) {
  const Finished good = render_good_ones();
  ASSERT_EQ(good.status, 0) << good.err;
  const Finished all = run_program({"render", "-f", data});
  EXPECT_EQ(all.status, 1);
  EXPECT_EQ(all.err,
            "selvedge: NetworkPolicy shop/api-old: spec.ingress[1].from[0].podSelector.matchLabels[version] 1 is a "
            "number, not a string (quote it); the peer matches nothing\n"
            "selvedge: NetworkPolicy shop/api-old: spec.ingress[0].ports[0].endPort 80 is less than port 8080; the "
            "port matches nothing\n");
  const Objects objects = objects_in(all.out);
  EXPECT_GE(objects.size(), 20U);
  EXPECT_EQ(changed(objects_in(good.out), objects), std::vector<std::string>{"chain pod-shop/api"})
      << "that pod's chain has one more jump";
}

// semantics 21, R9
TEST(RenderOfADirectory, WithAPolicyThatIsNotUnderstood_ClosesItsNamespace_AndChangesNoOther) {
  const Finished good = render_good_ones();
  const Finished all = render_good_ones(
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: new, namespace: bank}, "
      "spec: {podSelector: {}, policyTypes: [Sideways]}}");
  EXPECT_EQ(all.status, 1);
  EXPECT_EQ(all.err,
            "selvedge: NetworkPolicy bank/new: spec.policyTypes[0] \"Sideways\" is not a policy type; every pod of its "
            "namespace is isolated, and it allows nothing\n");
  EXPECT_EQ(changed(objects_in(good.out), objects_in(all.out)),
            (std::vector<std::string>{"chain pod-bank/vault", "chain pod-bank/vault"}));
}

TEST(RenderOfADirectory, WithAFileThatDoesNotParse_PrintsNoTableAtAll) {
  const Finished done = render_good_ones("kind: NetworkPolicy\n\tapiVersion: networking.k8s.io/v1\n");
  EXPECT_EQ(done.status, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_TRUE(done.err.starts_with("selvedge: render: standard input: line 2, column 1: ")) << done.err;
}

}  // namespace
}  // namespace selvedge
