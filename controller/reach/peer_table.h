// Which parties an element of `from` or `to` stands for. Policies repeat themselves: each pair of selectors is asked
// once.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/meaning/peers.h"
#include "controller/reach/parties.h"
#include "k8sclient/types.h"

namespace selvedge::reach {

using Members = std::vector<std::uint32_t>;  // indexes of parties, ascending

class PeerTable {
 public:
  // Refers to both.
  PeerTable(const std::vector<Party>& parties, const std::vector<k8s::Object>& objects);

  // `ns`: the policy's namespace.
  Members members(const meaning::PeerElement& peer, const std::string& ns, nft::Family family);

  const meaning::OtherEnd& end(std::size_t party, nft::Family family) const {
    return ends_[family == nft::Family::v4 ? 0 : 1][party];
  }

 private:
  using Selectors = std::pair<std::optional<k8s::LabelSelector>, std::optional<k8s::LabelSelector>>;

  const std::vector<Party>& parties_;
  std::array<std::vector<meaning::OtherEnd>, 2> ends_;  // of each family, of each party
  std::map<std::pair<std::string, Selectors>, Members> by_selectors_;
};

}  // namespace selvedge::reach
