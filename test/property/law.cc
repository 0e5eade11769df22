#include "test/property/law.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>

namespace selvedge::test {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::uint64_t number_from_environment(const char* name) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : 0;
}

}  // namespace

int long_run() {
  return static_cast<int>(number_from_environment("SELVEDGE_LONG"));
}

Rounds::Rounds(const Effort& effort) : effort_(effort), end_(now() + long_run() * effort.percent / 100.0) {
  first_seed_ = number_from_environment("SELVEDGE_SEED");
  if (first_seed_ == 0) first_seed_ = long_run() == 0 ? 1 : std::random_device()();
}

bool Rounds::next() {
  if (done_ > 0 && now() >= end_) return false;
  seed_ = first_seed_ + static_cast<std::uint64_t>(done_++);
  return true;
}

std::string Rounds::extent() const {
  return std::to_string(done_ * effort_.cases) + " cases from seed " + std::to_string(first_seed_);
}

void print_counts(const std::string& law, const std::string& extent, const Counts& counts, int failures) {
  std::cout << "count: " << law << ": " << extent;
  for (const auto& [what, count] : counts) std::cout << ", " << count << ' ' << what;
  std::cout << ", " << failures << " failures" << std::endl;
}

std::size_t affordable(std::size_t cases) {
#ifdef NDEBUG
  return cases;
#else
  return cases / 10 + 2;  // two at least: the first is of size 0
#endif
}

rc::detail::TestParams parameters(const Effort& effort, std::uint64_t seed) {
  return {.seed = seed, .maxSuccess = effort.cases, .maxSize = 100, .maxDiscardRatio = 10, .disableShrinking = false};
}

std::string how_to_rerun(std::uint64_t seed) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return "SELVEDGE_SEED=" + std::to_string(seed) + " " + program_invocation_short_name +
         " --gtest_filter=" + test->test_suite_name() + "." + test->name();
}

}  // namespace selvedge::test
