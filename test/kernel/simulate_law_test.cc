// Law 6, the kernel agrees: whatever the table, a packet arrives if and only if simulate() says so.
#include <gtest/gtest.h>

#include "nft/validate.h"
#include "test/kernel/judge.h"
#include "test/property/law.h"
#include "test/support/packets_near.h"

namespace selvedge::test {
namespace {

// The interfaces that random tables name, and their pods' network divided among them.
std::vector<Leg> legs() {
  return {
      {.name = "cni0",
       .addresses = {"10.244.1.1/24", "fd00::101/120", "fe80::1/64"},
       .networks = {"10.244.0.0/23", "fd00::/119"}},
      {.name = "flannel.1",
       .addresses = {"10.244.2.1/24", "fd00::201/120", "fe80::1/64"},
       .networks = {"10.244.2.0/24", "fd00::200/120"}},
      {.name = "eth0_x-y",
       .addresses = {"10.244.3.1/24", "fd00::301/120", "fe80::1/64"},
       .networks = {"0.0.0.0/0", "::/0"}},
  };
}

std::vector<nft::Packet> packets_near(Random& random, const PacketBed& bed, const nft::Table& table, int count) {
  PacketsNear source(random, table);
  std::vector<nft::Packet> packets;
  while (count-- > 0) {
    if (const auto packet = fitted(random, bed, source.next())) packets.push_back(*packet);
  }
  return packets;
}

// With fewer matches to a rule, so that more packets get further.
nft::Table thinned(Random& random, nft::Table table) {
  for (auto& [name, chain] : table.chains) {
    for (nft::Rule& rule : chain.rules) {
      std::erase_if(rule.matches, [&](const nft::Match&) { return rule.matches.size() > 1 && random() % 2 == 0; });
    }
  }
  return table;
}

std::size_t rules_of(const nft::Table& table) {
  std::size_t count = 0;
  for (const auto& [name, chain] : table.chains) count += chain.rules.size();
  return count;
}

class SimulateLaw : public KernelTest {};

TEST_F(SimulateLaw, ThroughAnyTable_AnyPacketGoesAsSimulated) {
  in_fresh_namespace([] {
    constexpr Effort effort{.cases = 40, .percent = 50};
    constexpr int packets_per_table = 800;
    PacketBed bed(legs());
    auto backend = open_backend();
    Counts counts;
    Rounds rounds(effort);
    int failures = 0;
    while (failures == 0 && rounds.next()) {
      Random random(rounds.seed());
      for (int i = 0; i < effort.cases; ++i) {
        nft::Table table = random_table(random);
        if (i % 4 != 0) table = thinned(random, std::move(table));
        ASSERT_TRUE(nft::validate(table).empty());
        const auto asked = packets_near(random, bed, table, packets_per_table);
        const auto packets = carried(bed, asked);
        const Trial trial = judge(bed, backend, table, packets);
        counts["packets"] += trial.compared;
        counts["dropped"] += trial.dropped;
        counts["asked"] += asked.size();
        counts["rules"] += rules_of(table);
        counts["rules met"] += trial.met.size();
        for (std::size_t d = 0; d < std::min<std::size_t>(trial.disagreements.size(), 5); ++d) {
          ++failures;
          ADD_FAILURE() << trial.disagreements[d] << "\nseed " << rounds.seed() << ", table " << i;
        }
      }
    }
    print_counts("kernel, random tables", rounds.extent(), counts, failures);
    EXPECT_GT(counts["packets"] * 10, counts["asked"] * 9) << "the bed loses packets without any rule";
    EXPECT_GT(counts["dropped"] * 10, counts["packets"]);
  });
}

}  // namespace
}  // namespace selvedge::test
