#include "controller/verify/verify.h"

#include "controller/verify/exploration.h"
#include "controller/verify/judge.h"
#include "nft/validate.h"

namespace selvedge::verify {

Verification verify(const nft::Table& table, const meaning::Meaning& state, const std::vector<std::string>& opaque,
                    std::size_t max_differences) {
  Verification refused;
  for (const std::string& what : opaque) refused.faults.push_back("not understood: " + what);
  for (const nft::Fault& fault : nft::validate(table)) refused.faults.push_back(fault.object + ": " + fault.message);
  if (!refused.faults.empty()) return refused;
  Judge judge(table, state, max_differences);
  for (const nft::Family family : {nft::Family::v4, nft::Family::v6}) {
    Exploration(family, table, state, judge).run();
  }
  return judge.take();
}

}  // namespace selvedge::verify
