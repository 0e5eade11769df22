#include "test/soak/counted_backend.h"

#include <set>
#include <string>
#include <variant>

#include "nft/overloaded.h"

namespace selvedge::soak {
namespace {

using Acts = std::set<Act>;

bool contains(const std::string& name, const char* part) {
  return name.find(part) != std::string::npos;
}

Act refilled(const std::string& chain) {
  if (contains(chain, "pod-ingress-") || contains(chain, "pod-egress-")) return Act::pod_chain_refilled;
  if (contains(chain, "policy-ingress-") || contains(chain, "policy-egress-")) return Act::policy_chain_refilled;
  return Act::base_chain_refilled;
}

// A chain that is flushed to be deleted is not refilled; a key that is taken out and put in is pointed elsewhere.
Acts acts_in(const nft::Batch& batch) {
  Acts all;
  std::set<std::string> flushed, filled;
  std::set<nft::Key> taken;
  for (const nft::Op& op : batch) {
    std::visit(nft::Overloaded{[&](const nft::FlushChain& flush) { flushed.insert(flush.name); },
                               [&](const nft::AddRule& add) { filled.insert(add.chain); },
                               [&](const nft::AddChain&) { all.insert(Act::chains_created); },
                               [&](const nft::DeleteChain&) { all.insert(Act::chains_removed); },
                               [&](const nft::AddSet&) { all.insert(Act::sets_created); },
                               [&](const nft::DeleteSet&) { all.insert(Act::sets_removed); },
                               [&](const nft::AddElements&) { all.insert(Act::sets_changed); },
                               [&](const nft::DeleteElements&) { all.insert(Act::sets_changed); },
                               [&](const nft::DeleteMapElements& out) {
                                 all.insert(Act::elements_out_of_dispatch);
                                 taken.insert(out.keys.begin(), out.keys.end());
                               },
                               [&](const nft::AddMapElements& in) {
                                 all.insert(Act::elements_into_dispatch);
                                 for (const auto& [key, verdict] : in.elements)
                                   if (taken.contains(key)) all.insert(Act::elements_repointed);
                               },
                               [](const auto&) {}},
               op);
  }
  for (const std::string& chain : flushed)
    if (filled.contains(chain)) all.insert(refilled(chain));
  return all;
}

}  // namespace

tl::expected<void, nft::Error> CountedBackend::commit(const std::string& table, const nft::Batch& batch) {
  auto done = backend_.commit(table, batch);
  if (!done) return done;
  ++progress_.commits;
  for (const Act act : acts_in(batch)) ++progress_.commits_with.at(static_cast<std::size_t>(act));
  return done;
}

}  // namespace selvedge::soak
