// One state of a cluster as one value: who there is, what each may send and receive, by which policies and rules, and
// what is wrong with them.
//
// A matrix of 2,000 times 2,000 is never written out: pods that the same policies isolate share a row of what these
// allow with each other subject, and a cell (controller/report/cells.h) is what the rows of its two ends have in
// common.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/direction.h"
#include "controller/lint/review.h"
#include "controller/reach/parties.h"
#include "controller/reach/ports.h"
#include "k8sclient/types.h"
#include "nft/ip.h"

namespace selvedge::report {

using Index = std::uint32_t;

inline std::size_t slot(nft::Family family) {
  return family == nft::Family::v4 ? 0 : 1;
}
inline std::size_t slot(Direction direction) {
  return direction == Direction::ingress ? 0 : 1;
}

struct Isolation {
  bool isolated = false;
  bool unknown = false;         // which policies there are in its namespace is not known
  std::vector<Index> policies;  // that isolate it; empty, though isolated: its object was not understood
  std::optional<Index> row;     // what these allow; none: nothing if it is isolated, else all
};

// A row and a column of the matrix: pods of one workload that no policy tells apart, nodes, or addresses outside.
struct Subject {
  reach::Party::Kind kind{};
  std::string ns;    // of pods
  std::string name;  // "Deployment/web", "node node-a", "203.0.113.0/24", "anywhere else"
  // Where policies tell pods of one workload apart: by what. "track=canary"
  std::string variant;
  std::vector<const k8s::Pod*> pods;     // sorted by name
  std::size_t size = 1;                  // pods or nodes
  bool v4 = false, v6 = false;           // has addresses of the family
  bool audited = false;                  // what its policies would deny passes, and is told
  std::vector<std::string> addresses{};  // of nodes and outside: such as
  std::array<Isolation, 2> isolations;   // by slot(Direction)

  const Isolation& isolation(Direction direction) const { return isolations[slot(direction)]; }
};

std::string name_of(const Subject& subject);  // "shop/Deployment/web (track=canary)"

// By family, of each subject: an index of Report::ports.
using Row = std::array<std::vector<Index>, 2>;

// The subjects that an element of `from` or `to` stands for, as indexes of Report::sets, by family.
using Members = std::array<Index, 2>;

struct PeerMembers {
  Members meant{};
  Members around{};  // of an ipBlock, with its exceptions; else as `meant`
};

struct Policy {
  const k8s::NetworkPolicy* written = nullptr;  // never null
  bool understood = true;                       // false: it isolates its whole namespace and allows nothing (R9)
  std::array<bool, 2> isolates{};               // by slot(Direction)
  // By slot(Direction), of each rule as it is written, of each peer.
  std::array<std::vector<std::vector<PeerMembers>>, 2> members;
};

// Refers to the objects that it was made of.
struct Report {
  std::vector<Subject> subjects;  // pods by namespace and name, nodes, outside
  std::vector<reach::Ports> ports;
  std::vector<Row> rows;
  std::vector<Policy> policies;                   // by key
  std::vector<std::vector<Index>> sets;           // of subjects, ascending; each once
  std::map<std::string, k8s::Labels> namespaces;  // that are understood

  // What the report is not made of the matrix: whoever reads the input adds these.
  lint::Review review;
  std::vector<std::string> unknown;  // what could not be looked at, and what is therefore not known
  std::vector<std::string> notes;    // of the input: assumed, given twice, not understood
};

// Of objects whose pods have addresses (explain::with_addresses). `unseen`: namespaces whose policies may be others.
// `audited`: namespaces that are by setting; others may be by their label.
Report report_of(const std::vector<k8s::Object>& objects, const lint::Unseen& unseen,
                 const std::set<std::string>& audited = {});

}  // namespace selvedge::report
