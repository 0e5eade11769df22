// Runs one law over many random values, and says what it did:
//
//   count: meaning: 4000 cases from seed 1, 4000 worlds, 512000 packets, 0 failures
//
// The normal run is the same every time: a failure is then the doing of the last
// change. With SELVEDGE_LONG=SECONDS in the environment the program goes on from a
// seed of the moment until that time is over, each law having its share of it.
// SELVEDGE_SEED=N starts from that seed, as a failure's report asks for. A build with asserts
// or sanitizers, which look for other things than chance does, takes a tenth of the cases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <unordered_map>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/TestListenerAdapter.h>

namespace selvedge::test {

struct Effort {
  int cases = 0;    // in a normal run, and in each round of a long one, of a Release build
  int percent = 0;  // of the time of a long run
};

// What a law has looked at, by what it is: {"packets", 512000}.
using Counts = std::map<std::string, std::uint64_t>;

// Prints the line that begins with "count: "; `./dev test --long` repeats those at its end.
void print_counts(const std::string& law, const std::string& extent, const Counts& counts, int failures);

// The rounds of one law: the first at once, others while a long run has time left.
class Rounds {
 public:
  explicit Rounds(const Effort& effort);
  bool next();  // false: it is enough
  std::uint64_t seed() const { return seed_; }
  std::string extent() const;

 private:
  Effort effort_;
  std::uint64_t seed_ = 0;
  std::uint64_t first_seed_ = 0;
  int done_ = 0;
  double end_ = 0;
};

// Seconds that a long run may take in all; 0: the run is a normal one.
int long_run();

// Of `cases` of a Release build, those that this one takes.
std::size_t affordable(std::size_t cases);

rc::detail::TestParams parameters(const Effort& effort, std::uint64_t seed);
std::string how_to_rerun(std::uint64_t seed);

// `law` takes one or more values that RapidCheck can make, and returns what is wrong; "" if it holds.
template <typename Law>
void check_law(const std::string& name, Effort effort, const Counts& counts, Law law) {
  effort.cases = static_cast<int>(affordable(static_cast<std::size_t>(effort.cases)));
  Rounds rounds(effort);
  int failures = 0;
  while (failures == 0 && rounds.next()) {
    rc::detail::TestListenerAdapter silent;
    const auto result = rc::detail::checkTestable(law, rc::detail::TestMetadata{}, parameters(effort, rounds.seed()),
                                                  silent, std::unordered_map<std::string, rc::detail::Reproduce>{});
    if (result.template is<rc::detail::SuccessResult>()) continue;
    ++failures;
    std::ostringstream report;
    rc::detail::printResultMessage(result, report);
    ADD_FAILURE() << name << ": " << report.str() << "\nto see it again: " << how_to_rerun(rounds.seed());
  }
  print_counts(name, rounds.extent(), counts, failures);
}

}  // namespace selvedge::test
