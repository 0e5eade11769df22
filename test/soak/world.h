// The cluster that the soak's writers render, and how it changes: turn by turn, by one
// seed. A turn is what the API tells between two commits, mostly one object's change.
// The surprise: everything changes but the verdicts of flows(). A writer that
// takes over from a killed one plays the turns up to its death again, without a kernel.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "k8sclient/events.h"
#include "test/property/dice.h"

namespace selvedge::soak {

inline constexpr const char* node_name = "node-a";

class World {
 public:
  explicit World(std::uint64_t seed);

  // What is there now.
  std::vector<k8s::Object> objects() const;

  // What the next turn changes; at least one event. The same for the same seed and number of turns.
  std::vector<k8s::Event> turn();
  std::uint64_t turns() const { return turns_; }

 private:
  using Key = std::pair<k8s::Kind, k8s::ObjectKey>;

  void put(k8s::Object object);
  void remove(k8s::Kind kind, const std::string& name);
  bool has(k8s::Kind kind, const std::string& name) const;
  k8s::Pod& pod(const std::string& name);
  void relabel(const std::string& pod, const std::string& label, const std::string& value);

  void open();  // the first state
  // One turn each.
  void change_allowing_policy();
  void toggle_noise_policy();
  void toggle_crowd_policy();
  void change_noise_pod();
  void toggle_isolation();
  void toggle_captivity();
  void reuse_address();
  void change_blocks();
  void relabel_namespace();
  void relabel_parts();
  void change_named_ports();
  void roam();
  void swing();
  void turn_hinge();
  void repeat();

  std::string timestamp();  // later than all before

  std::uint64_t turns_ = 0;
  std::uint64_t created_ = 0;
  test::Dice dice_;
  std::map<Key, k8s::Object> objects_;
  std::vector<k8s::Event> events_;  // of the turn in progress
};

}  // namespace selvedge::soak
