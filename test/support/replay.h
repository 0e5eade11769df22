// The bare kernel's share of a change: batches are recorded as the very bytes that netlink carries, and
// sent again with nothing around them. What a run takes beyond its replay is ours.
//
//   nft::NetlinkBackend kernel = …;                 // or a FakeBackend: recording needs no kernel
//   test::RecordingBackend recorder(kernel);
//   nft::Programmed programmed(recorder, "selvedge");
//   … adopt(), reconcile(), then per event: at = recorder.batches().size(); write(changes); …
//
//   in a fresh network namespace:
//   auto replay = test::Replay::open(recorder.batches());   // the send buffer is made large enough here
//   for (const auto& batch : recorder.batches()) auto time = replay->send(batch);
//
// Recording encodes each batch once more, so the run that records is not the one to be timed: time a
// second run of the same events without a recorder, and the replay as a third. A replay begins with an empty
// namespace and sends all batches from the first one on, in order: each stands on those before it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "nft/backend.h"

struct mnl_socket;

namespace selvedge::test {

struct RecordedBatch {
  std::vector<std::uint8_t> bytes;  // from the batch's opening bracket to its closing one
  std::size_t operations = 0;
  std::size_t messages = 0;  // without the brackets
};

// Passes everything on to `inner`, which must outlive it, and keeps what was committed. The table is recorded
// as a plain one, without the flags of ownership.
class RecordingBackend final : public nft::Backend {
 public:
  explicit RecordingBackend(nft::Backend& inner) : inner_(inner) {}

  tl::expected<void, nft::Error> commit(const std::string& table, const nft::Batch& batch) override;
  tl::expected<std::optional<nft::Dump>, nft::Error> dump(const std::string& table) override;
  tl::expected<std::optional<nft::PackedDump>, nft::Error> packed_dump(const std::string& table) override;
  tl::expected<std::optional<nft::Tally>, nft::Error> tally(const std::string& table) override;

  const std::vector<RecordedBatch>& batches() const { return batches_; }  // all that were committed, in order

 private:
  nft::Backend& inner_;
  std::vector<RecordedBatch> batches_;
};

// Sends recorded batches: one sendmsg each, then one look whether the kernel complained. It works in the network
// namespace of the thread that opened it, and needs CAP_NET_ADMIN there.
class Replay {
 public:
  static tl::expected<Replay, std::string> open(std::span<const RecordedBatch> batches);

  // How long the kernel took. Error: what it said of the batch.
  tl::expected<std::chrono::nanoseconds, std::string> send(const RecordedBatch& batch);

 private:
  struct Closing {
    void operator()(mnl_socket* socket) const;
  };
  explicit Replay(mnl_socket* socket) : socket_(socket) {}

  std::unique_ptr<mnl_socket, Closing> socket_;
};

}  // namespace selvedge::test
