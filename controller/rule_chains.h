// All chains by name: the base chains, and whose rules each of the others holds. Bodies are made when they are asked
// for, each once, however often what they depend on has changed until then.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "controller/chains.h"
#include "controller/endpoints.h"
#include "controller/policy_book.h"
#include "controller/tracked_chains.h"
#include "nft/changes.h"

namespace selvedge {

// Not thread-safe. What it is made from must outlive it.
class RuleChains {
 public:
  // Of every pod (struct PodChain).
  struct OfPods {
    bool own_node_open = false;
    std::optional<DenyLog> log;
  };
  RuleChains(const Endpoints& endpoints, const PolicyBook& policies, OfPods of_pods)
      : endpoints_(endpoints), policies_(policies), of_pods_(of_pods) {}

  void claim(const std::string& name, ChainOwner owner);  // it is to be there, with what the owner's rules are now
  void drop(const std::string& name);
  void set_base(Node node);  // what the base chains are to be for
  void stop_logging();       // in chains of pods

  // What has changed since the last call. Rules are made for `families` only.
  void take_changes(std::set<nft::Family> families, nft::Changes& changes);
  void add_to(nft::Table& table) const { handed_out_.add_to(table); }  // as of the last take_changes()

 private:
  std::optional<nft::Chain> body(const std::string& name) const;
  nft::Chain render(const PodRules& rules) const;
  nft::Chain render(const PolicyRules& rules) const;

  const Endpoints& endpoints_;
  const PolicyBook& policies_;
  OfPods of_pods_;
  std::map<std::string, ChainOwner> owners_;
  std::map<std::string, nft::Chain> base_;
  std::optional<Node> base_for_;
  std::set<nft::Family> families_;
  std::set<std::string> stale_;
  TrackedChains handed_out_;
};

}  // namespace selvedge
