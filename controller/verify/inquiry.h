// What a table asks of packets: the boundaries that its rules draw, as far as
// packets of a region can meet them. So a proof over all packets need cut a region
// only where some rule on its way would.
//
// The answer may name too much (a rule behind another that takes every packet
// only piece by piece), never too little.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "controller/verify/atoms.h"
#include "controller/verify/columns.h"
#include "controller/verify/transports.h"
#include "nft/packet.h"
#include "nft/ruleset.h"

namespace selvedge::verify {

// A set of RTN_* numbers, by bit.
using Types = std::uint32_t;
constexpr Types type_bit(std::uint32_t type) {
  return Types{1} << type;
}

// Packets of one hook and family, by what is known of them; what is not given is open.
struct Region {
  using Where = std::variant<std::monostate, const Atomset*, Atom>;
  nft::Hook hook{};
  std::optional<std::string> in;
  std::optional<std::string> out;
  std::optional<std::uint32_t> state;
  Types source_types = ~Types{0};
  Types destination_types = ~Types{0};
  Where source;
  Where destination;

  const Where& at(nft::Side side) const { return side == nft::Side::source ? source : destination; }
};

using Lookup = std::size_t;  // one way to ask about an address: a prefix, a set, a map, a set of endpoints

// What rules that packets of a region can meet ask, beyond what is known of it. Sorted, no repetitions.
struct Questions {
  std::vector<std::string> in, out;
  std::vector<std::uint32_t> states;  // masks
  std::vector<std::uint32_t> source_types, destination_types;
  std::vector<Lookup> source, destination;
  TransportQuestions transport;

  bool of_no_address() const { return source.empty() && destination.empty(); }
  void clear();
  void sort();
};

// Of the table's rules, for one family. Not thread-safe: it keeps its scratch space. `table` must be sound and
// outlive it, and so must `atoms`, which know every edge that edges_of() tells.
class Inquiry {
 public:
  Inquiry(const nft::Table& table, const Atoms& atoms);

  // What else must be known of packets of the region to know their way.
  const Questions& questions(const Region& region);

  std::size_t lookups() const { return lookups_.size(); }
  // What a lookup finds for an address: equal numbers, equal findings.
  std::uint32_t finding(Lookup lookup, Atom atom) const { return lookups_[lookup].findings[atom]; }

 private:
  using ChainId = std::size_t;
  struct Asked {
    const nft::Match* match = nullptr;
    Lookup lookup = 0;  // of those that ask about an address
  };
  struct Target {
    enum class Kind : std::uint8_t { accept, drop, back, jump, leave };
    Kind kind{};
    ChainId chain = 0;
  };
  struct CompiledRule {
    std::vector<Asked> matches;
    std::optional<Target> target;  // none: a dispatch
    nft::Side side{};
    Lookup map = 0;
    bool other_family = false;  // the dispatch is of the other family
  };
  // How packets may leave a chain.
  struct Ends {
    bool known = false;
    bool back = false, accepted = false, dropped = false;
  };
  // What a rule asks of what is carried.
  struct Carried {
    std::optional<std::uint8_t> protocol;
    std::vector<const nft::MatchIcmpv6Type*> types{};
    std::optional<std::uint8_t> hop_limit;
  };
  enum class Truth : std::uint8_t { never, sometimes, always };

  Target target_of(const nft::Verdict& verdict) const;
  CompiledRule compile(const nft::Rule& rule);
  Lookup lookup(const nft::Match& match);
  Lookup lookup_of_map(const std::string& name);
  Lookup add(const std::string& key, Column column);

  Ends walk(ChainId chain);
  Truth truth(const CompiledRule& rule);
  Truth truth(const Asked& asked, Carried& carried);
  Truth truth(nft::Side side, Lookup lookup);
  Truth endpoint(Lookup lookup, std::optional<std::uint8_t> protocol);
  // Whether the rest of the chain can be met.
  bool follow(const Target& target, Truth truth, Ends& ends);
  bool dispatch(const CompiledRule& rule, Truth truth, Ends& ends);

  const nft::Table& table_;
  const Atoms& atoms_;
  std::map<std::string, ChainId> ids_;
  std::vector<std::vector<CompiledRule>> chains_;
  std::map<nft::Hook, std::vector<ChainId>> bases_;  // by priority
  std::map<std::string, Lookup> known_lookups_;
  std::vector<Column> lookups_;
  Region region_;
  Questions questions_;
  std::vector<Ends> ends_;  // by chain, of this walk
};

}  // namespace selvedge::verify
