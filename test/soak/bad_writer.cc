#include "test/soak/bad_writer.h"

#include <stdexcept>
#include <string>

#include "controller/core.h"
#include "nft/changes.h"
#include "test/soak/bed.h"
#include "test/soak/cast.h"
#include "test/soak/traffic.h"
#include "test/soak/world.h"

namespace selvedge::soak {
namespace {

using nft::Batch;

// Without the many policies that only take time.
nft::Table table_of_the_world() {
  const World world(1);
  Settings settings;
  settings.node = node_name;
  Core core(settings);
  for (const k8s::Object& object : world.objects())
    if (k8s::meta_of(object).name.rfind("gate-m", 0) != 0 && k8s::meta_of(object).name.rfind("hinge-", 0) != 0)
      core.upsert(object);
  return core.table();
}

nft::Key key_of(const char* address) {
  return nft::key_of(*nft::parse_address(address));
}

// The whole of `table` in one batch.
Batch making(const nft::Table& table) {
  nft::Table none;
  none.name = table.name;
  Batch all;
  for (const Batch& batch : nft::plan(none, nft::diff(none, table))) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

Batch making_anew(const nft::Table& table) {
  Batch batch = making(table);
  batch.insert(batch.begin(), nft::DeleteTable{});
  return batch;
}

// The victim's chain under the name `to`, in place of the one under the name `from`.
Batch repointing(const nft::Chain& chain, const std::string& from, const std::string& to) {
  Batch batch{nft::AddTable{}, nft::AddChain{to, std::nullopt}};
  for (const nft::Rule& rule : chain.rules) batch.push_back(nft::AddRule{to, rule});
  for (const auto& [map, address] : {std::pair("ingress-v4", victim.v4), std::pair("ingress-v6", victim.v6)}) {
    batch.push_back(nft::DeleteMapElements{map, {key_of(address)}});
    batch.push_back(nft::AddMapElements{map, {{key_of(address), nft::Goto{to}}}});
  }
  batch.push_back(nft::FlushChain{from});
  batch.push_back(nft::DeleteChain{from});
  return batch;
}

void commit(nft::Backend& backend, const Batch& batch) {
  if (const auto done = backend.commit("selvedge", batch); !done)
    throw std::runtime_error("soak: " + done.error().message);
}

// What is forbidden, and judged by what the writer writes.
std::vector<Flow> forbidden_flows() {
  std::vector<Flow> all = flows();
  std::erase_if(
      all, [](const Flow& flow) { return flow.allowed || flow.packet.destination != *nft::parse_address(victim.v4); });
  return all;
}

}  // namespace

std::string to_string(Fault fault) {
  return fault == Fault::makes_the_table_anew ? "delete table + add table" : "re-point to a chain of the same commit";
}

FaultResult run_fault(Fault fault, std::uint64_t rate, std::uint64_t enough, std::uint64_t at_most) {
  Bed bed(forbidden_flows());
  auto backend = nft::NetlinkBackend::open({.own_table = false});
  if (!backend) throw std::runtime_error("soak: " + backend.error().message);
  const nft::Table table = table_of_the_world();
  commit(*backend, making(table));
  std::string from = std::get<nft::Goto>(table.maps.at("ingress-v4").elements.at(key_of(victim.v4))).chain;
  const nft::Chain& chain = table.chains.at(from);

  Traffic traffic(bed.wiring(), bed.flows(), rate);
  FaultResult result;
  while (result.leaked < enough && result.commits < at_most) {
    const std::string to = "pod-" + std::to_string(++result.commits);
    commit(*backend, fault == Fault::makes_the_table_anew ? making_anew(table) : repointing(chain, from, to));
    from = to;
    if (result.commits % 16 != 0) continue;
    result.judged = result.leaked = 0;
    for (const Count& count : bed.counts()) {
      result.judged += count.before;
      result.leaked += count.after;
    }
  }
  return result;
}

}  // namespace selvedge::soak
