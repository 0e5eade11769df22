// What the report says of any two lines of any world is what `explain` answers of their pods, and what the plain
// reading says of packets between them: three readings of the same policies, one for all cells, one for one question,
// one for one packet.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "controller/explain/answer.h"
#include "controller/report/cells.h"
#include "test/property/law.h"
#include "test/property/world.h"

namespace selvedge::test {
namespace {

using nft::Family;
using report::Index;

constexpr std::array ports{"tcp/80", "tcp/443", "tcp/8080", "udp/53", "sctp/80", "tcp/65535"};

bool includes(const reach::Ports& all, const explain::PortAsked& port) {
  return std::ranges::any_of(all.ranges, [&](const reach::PortRange& range) {
    return range.protocol == port.protocol && range.first <= port.number && port.number <= range.last;
  });
}

// Of a subject one that nobody else has the address of (semantics 63), as explain is asked for it; "": there is none.
std::string word_of(const report::Subject& subject, std::size_t which, const std::map<nft::Address, int>& claims) {
  if (subject.kind == reach::Party::Kind::outside) return subject.addresses.front();
  if (subject.kind == reach::Party::Kind::nodes || which >= subject.pods.size()) return "";
  const k8s::Pod& pod = *subject.pods[which];
  for (const std::string& address : pod.addresses) {
    const auto own = nft::parse_address(address);
    if (!own || claims.at(*own) != 1) return "";
  }
  return pod.meta.ns + "/pod/" + pod.meta.name;
}

class Comparison {
 public:
  Comparison(const World& world, Counts& counts)
      : objects_(explain::with_addresses(objects_of(world))),
        report_(report::report_of(objects_, {}, world.audited)),
        cells_(report_),
        explainer_(viewpoint_of(world), objects_),
        meaning_(viewpoint_of(world), objects_),
        counts_(counts) {
    for (const k8s::Object& object : objects_) {
      const auto* pod = std::get_if<k8s::Pod>(&object);
      if (pod == nullptr || pod->host_network) continue;
      std::set<nft::Address> own;
      for (const std::string& text : pod->addresses) {
        if (const auto address = nft::parse_address(text)) own.insert(*address);
      }
      for (const nft::Address& address : own) ++claims_[address];
    }
  }

  // What is wrong; "" if nothing is.
  std::string all() {
    for (Index from = 0; from < report_.subjects.size(); ++from) {
      for (Index to = 0; to < report_.subjects.size(); ++to) {
        const std::string source = word_of(report_.subjects[from], 0, claims_);
        const std::string destination = word_of(report_.subjects[to], from == to ? 1 : 0, claims_);
        if (source.empty() || destination.empty() || source == destination) continue;
        if (report_.subjects[from].pods.empty() && report_.subjects[to].pods.empty()) continue;  // no pod's policy
        if (std::string wrong = compare(from, to, source, destination); !wrong.empty()) return wrong;
      }
    }
    return "";
  }

 private:
  std::string compare(Index from, Index to, const std::string& source, const std::string& destination) {
    const report::Cell cell = cells_.at(from, to);
    for (const char* port : ports) {
      const auto explanation = explainer_.explain(source, destination, port);
      if (!explanation) continue;
      for (const explain::Answer& answer : explanation->answers) {
        if (answer.sides.size() != 2) continue;  // settled by its way or kind
        if (meaning_.evaluate(answer.packet).allowed != answer.allowed) return "explain and the reading differ";
        for (const nft::Address& address : answer.destination.addresses) {
          const auto& number = cell.ports[report::slot(address.family)];
          ++counts_[answer.allowed ? "allowed" : "denied"];
          if (!number || includes(cells_.ports(*number), answer.port) != answer.allowed)
            return source + " -> " + destination + ' ' + port + ": the report has " + cells_.words(cell);
        }
      }
    }
    return "";
  }

  std::vector<k8s::Object> objects_;
  report::Report report_;
  report::Cells cells_;
  explain::Explainer explainer_;
  meaning::Meaning meaning_;
  std::map<nft::Address, int> claims_;  // of each address, by how many pods
  Counts& counts_;
};

TEST(ReportLaw, TheReportOfAnyWorld_SaysOfEachPair_WhatExplainAnswersAndTheReadingDecides) {
  Counts counts;
  check_law("report", {.cases = 1000, .percent = 5}, counts, [&](World world) -> std::string {
    world.node.reset();
    world.nodes.clear();
    ++counts["worlds"];
    return Comparison(world, counts).all();
  });
  EXPECT_GT(counts["denied"], counts["worlds"] * 5);
  EXPECT_GT(counts["allowed"], counts["worlds"] * 5);
}

}  // namespace
}  // namespace selvedge::test
