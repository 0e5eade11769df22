// Proof that a table implements a state of the cluster exactly, for all packets.
//
// The packet space is cut into classes at every boundary that the table or the
// state draws: within a class no rule and no policy can tell two packets apart,
// so one representative speaks for all. Each is asked of simulate() and of
// evaluate(), which share no code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "controller/meaning/evaluate.h"
#include "nft/packet.h"
#include "nft/simulate.h"

namespace selvedge::verify {

struct Difference {
  nft::Packet packet;  // the representative of its class
  nft::Outcome table;
  meaning::Judgement state;
};

struct Verification {
  std::uint64_t classes = 0;            // compared, one representative each
  std::uint64_t different = 0;          // of them, the table and the state disagree about
  std::vector<Difference> differences;  // the first few, in a stable order
  std::vector<std::string> faults;      // why nothing could be compared: the table is not sound, or not decoded in full

  bool verified() const { return different == 0 && faults.empty(); }
};

// `opaque`: what of the table did not decode, for people; with any, nothing is verified. Pure.
Verification verify(const nft::Table& table, const meaning::Meaning& state, const std::vector<std::string>& opaque = {},
                    std::size_t max_differences = 20);

}  // namespace selvedge::verify
