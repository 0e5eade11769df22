// Writers that do what plan() must not (nft/transaction.h), to show that the counting finds what leaks then.
#pragma once

#include <cstdint>
#include <string>

namespace selvedge::soak {

enum class Fault : std::uint8_t {
  repoints_to_a_chain_of_the_batch,  // a map's element, to a chain that was created in the same commit
  makes_the_table_anew,              // delete table, add table, in one commit
};

std::string to_string(Fault fault);

struct FaultResult {
  std::uint64_t commits = 0;
  std::uint64_t judged = 0;  // packets that the rules forbid, before and after each commit
  std::uint64_t leaked = 0;
};

// Until `enough` packets have leaked, or `at_most` commits are done. Makes the calling thread's network
// namespace, which must be fresh, the node. `rate`: packets per second. Throws std::runtime_error.
FaultResult run_fault(Fault fault, std::uint64_t rate, std::uint64_t enough, std::uint64_t at_most);

}  // namespace selvedge::soak
