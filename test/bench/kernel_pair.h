// The same table in two network namespaces: in one written by the core and the netlink rim, as the agent does; in the
// other by sending the very same bytes bare. Each change is written to both, one right after the other.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "controller/core.h"
#include "nft/netlink_backend.h"
#include "nft/programmed.h"
#include "test/bench/namespaces.h"
#include "test/support/replay.h"

namespace selvedge::bench {

// Passes on, and knows how long that took.
class Stopwatch final : public nft::Backend {
 public:
  explicit Stopwatch(nft::Backend& inner) : inner_(inner) {}
  tl::expected<void, nft::Error> commit(const std::string& table, const nft::Batch& batch) override;
  tl::expected<std::optional<nft::Dump>, nft::Error> dump(const std::string& table) override;
  double milliseconds() const { return milliseconds_; }

 private:
  nft::Backend& inner_;
  double milliseconds_ = 0;
};

// Times of one change, in milliseconds.
struct Times {
  double core = 0;   // taking the event in, and computing the changes
  double total = 0;  // until the last commit is done
  double bare = 0;   // sending the same batches
  std::size_t batches = 0;
};

class KernelPair {
 public:
  KernelPair();  // throws std::runtime_error: no root, no nf_tables

  // `feed` hands `core` what happened. Throws std::runtime_error when the kernel refuses.
  template <class Feed>
  Times change(Core& core, Feed feed) {
    const auto start = now();
    feed();
    const nft::Changes changes = core.changes();
    const double computed = now();
    return write(changes, start, computed);
  }

 private:
  static double now();  // milliseconds
  void make_room_for(std::span<const test::RecordedBatch> batches);
  Times write(const nft::Changes& changes, double start, double computed);

  k8s::Fd ours_, theirs_;
  std::unique_ptr<nft::NetlinkBackend> kernel_;
  Stopwatch sending_;
  test::RecordingBackend recorder_;
  Stopwatch all_;
  nft::Programmed programmed_;
  std::optional<test::Replay> replay_;
  std::size_t room_ = 0;  // bytes that it can send at once
};

}  // namespace selvedge::bench
