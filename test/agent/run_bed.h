// What the built daemon runs on in tests: a network namespace with a pod bridge, an API server that behaves, and a
// kubeconfig that leads to it.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "test/agent/namespace.h"
#include "test/support/api_server.h"
#include "test/support/temporary_directory.h"

namespace selvedge::test {

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class RunBed : public testing::Test {
 protected:
  explicit RunBed(std::string cluster) : cluster_(std::move(cluster)) {}

  void SetUp() override {
    place_ = NetworkNamespace::make();
    if (!place_) GTEST_SKIP() << "needs CAP_SYS_ADMIN for a network namespace";
    ASSERT_EQ(system("ip link add cni0 type bridge"), 0);  // without it a node with pods is not ready
    server_ = std::make_unique<ApiServer>();
    server_->put(cluster_);
    kubeconfig_ = directory_.write("kubeconfig", server_->kubeconfig());
  }
  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
  static bool becomes_ready() {
    return eventually([] { return health("/readyz").status == 200; });
  }

  TemporaryDirectory directory_;
  std::unique_ptr<NetworkNamespace> place_;
  std::unique_ptr<ApiServer> server_;
  std::string kubeconfig_;

 private:
  std::string cluster_;
};

}  // namespace selvedge::test
