#include "controller/agent/instance_lock.h"

#include <unistd.h>

#include <gtest/gtest.h>

namespace selvedge::agent {
namespace {

const std::string name = "selvedge-test-" + std::to_string(getpid());

TEST(InstanceLock, HeldByAnother_SaysWhichProcessHoldsIt) {
  const auto first = InstanceLock::acquire(name);
  ASSERT_TRUE(first) << first.error();
  const auto second = InstanceLock::acquire(name);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("process " + std::to_string(getpid()) + " "), std::string::npos) << second.error();
}

TEST(InstanceLock, OfADeadHolder_IsFree) {
  { ASSERT_TRUE(InstanceLock::acquire(name)); }
  EXPECT_TRUE(InstanceLock::acquire(name));
}

TEST(InstanceLock, IsAskedForManyTimes_WithoutHangingOnAHolderThatNeverAnswers) {
  const auto first = InstanceLock::acquire(name);
  ASSERT_TRUE(first);
  for (int i = 0; i < 300; ++i) EXPECT_FALSE(InstanceLock::acquire(name));
}

}  // namespace
}  // namespace selvedge::agent
