// May SOURCE talk to DESTINATION on PORT? The plain reading (controller/meaning/evaluate.h) decides; here its reasons
// are completed by what comes nearest to allowing what it denies.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "controller/explain/cast.h"
#include "controller/explain/misses.h"
#include "controller/explain/port.h"
#include "controller/meaning/evaluate.h"
#include "k8sclient/types.h"

namespace selvedge::explain {

// What allows it.
struct Fit {
  std::string at;     // "production/api ingress[0] from[1]"
  std::string means;  // "podSelector role=frontend, tcp/3000"

  bool operator==(const Fit&) const = default;
};

struct Side {
  meaning::Reason reason;
  std::vector<Fit> fits;     // where rules allow it
  std::vector<Miss> misses;  // where it denies, or would if it were not audited: of all that isolate, nearest first

  bool operator==(const Side&) const = default;
};

// About one packet of each kind that a question is about.
struct Answer {
  Someone source, destination;  // with the addresses of which this is so: one, or one of each family
  PortAsked port;               // as it arrives: a Service's port is its target port, a name is a number
  std::string note;             // how it came to be that port: "port 80 of Service production/api is http, 3000"
  nft::Packet packet;           // the representative that was asked about
  bool allowed = true;
  std::size_t alike = 1;           // pairs that no policy tells apart, this one included
  std::vector<Side> sides;         // one that settles all, or egress and ingress
  std::vector<std::string> rules;  // that it meets, in order, where somebody looked them up
};

struct Explanation {
  End source, destination;
  PortAsked port;
  std::vector<Answer> answers;     // one for each kind of pods at either end and each family that policies tell apart
  std::vector<std::string> notes;  // what could not be asked, and why

  bool allowed() const;  // all of them; false if there are none
  bool agreed() const;   // all say the same
};

// Pods without an address get one, so that they can be asked about.
std::vector<k8s::Object> with_addresses(std::vector<k8s::Object> objects);

// Of objects with_addresses(), which it copies.
class Explainer {
 public:
  Explainer(meaning::Viewpoint viewpoint, const std::vector<k8s::Object>& objects);
  ~Explainer();

  // The words are those of Cast::find() and read_port(). The error names the one that stands for nothing.
  tl::expected<Explanation, std::string> explain(const std::string& source, const std::string& destination,
                                                 const std::string& port) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace selvedge::explain
