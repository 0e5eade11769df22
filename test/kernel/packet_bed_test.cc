// The bed itself: packets of every kind arrive where no rule stands in their way, and are found in the
// conntrack state that was asked for. What later says "the kernel drops this" rests on it.
#include "test/support/packet_bed.h"

#include <gtest/gtest.h>

#include "test/kernel/judge.h"

namespace selvedge::test {
namespace {

using namespace nft;  // NOLINT: what packets and rules are made of
using State = MatchCtState;

Packet packet(const char* from, const char* to, int protocol, int icmpv6_type) {
  Packet made;
  made.source = *parse_address(from);
  made.destination = *parse_address(to);
  made.protocol = static_cast<std::uint8_t>(protocol);
  made.port = 4000;
  if (protocol == 58) made.icmpv6_type = static_cast<std::uint8_t>(icmpv6_type);
  return made;
}

// From and to everything that the bed can carry, of several protocols, in every state.
std::vector<Packet> samples(const PacketBed& bed) {
  std::vector<Packet> packets;
  const std::vector<std::array<const char*, 4>> places{
      {"10.244.1.5", "10.244.1.6", "203.0.113.9", "10.244.1.1"},
      {"fd00:244:0:1::5", "fd00:244:0:1::6", "2001:db8::9", "fd00:244:0:1::1"}};
  for (const auto& [a, b, outside, node] : places) {
    for (const auto& [from, to] : std::vector<std::pair<const char*, const char*>>{
             {a, b}, {a, outside}, {outside, b}, {a, node}, {outside, node}, {a, a}}) {
      for (const int protocol : {1, 6, 17, 47, 50, 58, 132, 253}) {
        for (const int type : {1, 128, 129, 135, 143}) {
          if (protocol != 58 && type != 1) continue;
          auto placed = bed.placed(packet(from, to, protocol, type));
          if (!placed) ADD_FAILURE() << "cannot place " << from << " -> " << to << " protocol " << protocol;
          for (const auto state :
               {State::fresh, State::established, State::related, State::invalid, State::untracked}) {
            if (placed) placed->state = state;
            if (placed && bed.carries(*placed)) packets.push_back(*placed);
          }
        }
      }
    }
  }
  return packets;
}

// What holds `match` passes, all else does not.
Table only(const Match& match) {
  Table table;
  table.name = "selvedge";
  const std::vector<Rule> rules{{{match}, "", Accept{}, ""}, {{}, "", Drop{}, ""}};
  table.chains["forward"] = {Base{Hook::forward, 0}, rules};
  table.chains["input"] = {Base{Hook::input, 0}, rules};
  return table;
}

void expect_agreement(const Trial& trial) {
  for (const std::string& disagreement : trial.disagreements) ADD_FAILURE() << disagreement;
}

class PacketBedTest : public KernelTest {};

TEST_F(PacketBedTest, PacketsOfEveryKindArrive_WhereThereAreNoRules) {
  in_fresh_namespace([] {
    PacketBed bed;
    const auto packets = samples(bed);
    const auto arrived = bed.arrivals(packets);
    for (std::size_t i = 0; i < packets.size(); ++i) EXPECT_TRUE(arrived[i]) << to_string(packets[i]);
    EXPECT_GT(packets.size(), 400U);
  });
}

TEST_F(PacketBedTest, ConntrackFindsEachInTheStateAskedFor) {
  in_fresh_namespace([] {
    PacketBed bed;
    auto backend = open_backend();
    const auto packets = samples(bed);
    for (const auto state : {State::fresh, State::established, State::related, State::invalid, State::untracked}) {
      const Trial trial = judge(bed, backend, only(MatchCtState{state}), packets);
      expect_agreement(trial);
      EXPECT_LT(trial.dropped, trial.compared);
    }
  });
}

constexpr std::array v4_addresses{"10.244.1.6",      "10.244.1.1",  "10.244.1.0", "10.244.1.255",    "10.244.2.255",
                                  "0.0.0.0",         "0.1.2.3",     "127.0.0.1",  "127.255.255.255", "198.51.100.0",
                                  "198.51.100.255",  "224.0.0.1",   "239.1.2.3",  "240.0.0.1",       "255.255.255.254",
                                  "255.255.255.255", "169.254.1.1", "203.0.113.9"};
constexpr std::array v6_addresses{"fd00:244:0:1::6",
                                  "fd00:244:0:1::1",
                                  "fd00:244:0:1::",
                                  "fe80::",
                                  "fe80::1",
                                  "fe80::11",
                                  "fe80::6",
                                  "::",
                                  "::1",
                                  "ff02::1",
                                  "ff05::1:3",
                                  "2001:db8::9",
                                  "2001:db8:100::",
                                  "2001:db8:100::11"};

TEST_F(PacketBedTest, TheRoutingTableTakesEachAddressForWhatTheBedSays) {
  in_fresh_namespace([] {
    PacketBed bed;
    auto backend = open_backend();
    std::vector<Packet> packets;
    const auto add = [&](Hook hook, const char* from, const char* to) {
      Packet made = packet(from, to, 17, 0);
      made.hook = hook;
      made.in = "cni0";
      made.out = hook == Hook::forward ? "cni0" : "";
      made.source_type = bed.type_of(made.source, hook);
      made.destination_type = bed.type_of(made.destination, hook);
      packets.push_back(made);
    };
    const auto add_all = [&](const auto& addresses, const char* pod) {
      for (const Hook hook : {Hook::forward, Hook::input}) {
        for (const char* there : addresses) {
          add(hook, pod, there);
          add(hook, there, pod);
        }
      }
    };
    add_all(v4_addresses, "10.244.1.5");
    add_all(v6_addresses, "fd00:244:0:1::5");
    for (const char* node : {"10.244.1.1", "198.51.100.11"})
      for (const char* there : v4_addresses) add(Hook::input, there, node);
    for (const char* node : {"fd00:244:0:1::1", "fe80::1", "2001:db8:100::11"})
      for (const char* there : v6_addresses) add(Hook::input, there, node);
    packets = carried(bed, packets);
    EXPECT_GT(packets.size(), 100U);
    for (std::uint32_t type = MatchFibType::unicast; type <= MatchFibType::multicast; ++type) {
      for (const Side side : {Side::source, Side::destination})
        expect_agreement(judge(bed, backend, only(MatchFibType{side, type, false}), packets));
    }
  });
}

}  // namespace
}  // namespace selvedge::test
