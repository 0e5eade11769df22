// All flows at once, from the far ends of the bed's cables: frames are made once and sent
// by the hundred, so that one thread sends more than the node forwards.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "test/soak/flows.h"
#include "test/support/packet_bed_wiring.h"

namespace selvedge::soak {

// Sends from construction until stop(). `wiring` must outlive it.
class Traffic {
 public:
  // `rate`: packets per second of all flows together, as far as the machine can.
  Traffic(test::Wiring& wiring, const std::vector<Flow>& flows, std::uint64_t rate);
  ~Traffic();
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  std::uint64_t sent() const;  // so far, of all flows
  void stop();                 // when it returns nothing more is sent

 private:
  void send(const std::stop_token& stopped, std::uint64_t rate);

  struct Frames;
  std::unique_ptr<Frames> frames_;
  std::atomic<std::uint64_t> sent_{0};
  std::jthread thread_;
};

}  // namespace selvedge::soak
