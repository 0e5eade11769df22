// Who is still referred to in a table: what DeleteChain, DeleteSet and DeleteCounter ask.
// Made by one walk through the table, then kept in step rule by rule.
#pragma once

#include <map>
#include <string>

#include "nft/references.h"
#include "nft/ruleset.h"

namespace selvedge::nft {

class UseCounts {
 public:
  explicit UseCounts(const Table& table);

  void count(const Rule& rule, int by);
  void count(const Verdict& verdict, int by);  // of a map's element
  bool in_use(Reference::To to, const std::string& name) const;

 private:
  std::map<std::string, int> chains_;
  std::map<std::string, int> sets_;  // and maps: they share one name space
  std::map<std::string, int> counters_;
};

}  // namespace selvedge::nft
