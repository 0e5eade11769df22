// Recording encodes each batch once more; that time is known (what lies between the two stopwatches) and taken off.
#include "test/bench/kernel_pair.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

namespace selvedge::bench {
namespace {

std::unique_ptr<nft::NetlinkBackend> open_kernel(const k8s::Fd& ns) {
  std::unique_ptr<nft::NetlinkBackend> made;
  in_namespace(ns, [&] {
    auto opened = nft::NetlinkBackend::open({});
    if (!opened) throw std::runtime_error("cannot open netlink: " + opened.error().message);
    made = std::make_unique<nft::NetlinkBackend>(std::move(*opened));
  });
  return made;
}

double milliseconds_now() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

tl::expected<void, nft::Error> Stopwatch::commit(const std::string& table, const nft::Batch& batch) {
  const double start = milliseconds_now();
  auto result = inner_.commit(table, batch);
  milliseconds_ += milliseconds_now() - start;
  return result;
}

tl::expected<std::optional<nft::Dump>, nft::Error> Stopwatch::dump(const std::string& table) {
  return inner_.dump(table);
}

double KernelPair::now() {
  return milliseconds_now();
}

KernelPair::KernelPair()
    : ours_(new_namespace()),
      theirs_(new_namespace()),
      kernel_(open_kernel(ours_)),
      sending_(*kernel_),
      recorder_(sending_),
      all_(recorder_),
      programmed_(all_, "selvedge") {
  if (auto adopted = programmed_.adopt(); !adopted)
    throw std::runtime_error("cannot read the kernel's table: " + adopted.error().message);
}

// A replay's send buffer is made for the batches that it is opened with.
void KernelPair::make_room_for(std::span<const test::RecordedBatch> batches) {
  std::size_t largest = 0;
  for (const auto& batch : batches) largest = std::max(largest, batch.bytes.size());
  if (replay_ && largest <= room_) return;
  room_ = std::max(largest, std::size_t{1} << 20);
  in_namespace(theirs_, [&] {
    auto opened = test::Replay::open(std::array{test::RecordedBatch{.bytes = std::vector<std::uint8_t>(room_)}});
    if (!opened) throw std::runtime_error("cannot replay: " + opened.error());
    replay_.emplace(std::move(*opened));
  });
}

Times KernelPair::write(const nft::Changes& changes, double start, double computed) {
  const double recording_before = all_.milliseconds() - sending_.milliseconds();
  const std::size_t first = recorder_.batches().size();
  if (auto written = programmed_.write(changes); !written)
    throw std::runtime_error("cannot write to the kernel: " + written.error().message);
  Times times;
  times.core = computed - start;
  times.total = now() - start - (all_.milliseconds() - sending_.milliseconds() - recording_before);
  const auto batches = std::span(recorder_.batches()).subspan(first);
  times.batches = batches.size();
  make_room_for(batches);
  for (const auto& batch : batches) {
    const auto sent = replay_->send(batch);
    if (!sent) throw std::runtime_error("a replay differs: " + sent.error());
    times.bare += std::chrono::duration<double, std::milli>(*sent).count();
  }
  return times;
}

}  // namespace selvedge::bench
