// Where another engine is known to be wrong, or to rule otherwise than Selvedge: not a licence to differ, but the
// objects rewritten to say plainly what that engine reads in them. Its verdict must then be ours on the rewritten
// objects, exactly.
#pragma once

#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace selvedge::test {

struct Misreading {
  std::string_view engine;
  std::string_view name;
  void (*rewrite)(nlohmann::json& items);
};

const std::vector<Misreading>& misreadings();

}  // namespace selvedge::test
