// What writers tell, in memory that outlives them: a writer that is killed at any instant has told all up to then.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace selvedge::soak {

// What a commit contains; one may contain several.
enum class Act : std::uint8_t {
  pod_chain_refilled,
  policy_chain_refilled,
  base_chain_refilled,
  chains_created,
  chains_removed,
  elements_into_dispatch,
  elements_out_of_dispatch,
  elements_repointed,
  sets_created,
  sets_changed,
  sets_removed,
  count,
};
constexpr std::size_t acts = static_cast<std::size_t>(Act::count);
inline constexpr std::array<const char*, acts> act_names{
    "pod chain refilled",  "policy chain refilled",
    "base chain refilled", "chains created",
    "chains removed",      "elements into a dispatch map",
    "elements out of one", "elements of one re-pointed",
    "sets created",        "sets changed",
    "sets removed",
};

struct Progress {
  std::atomic<std::uint64_t> turns;     // begun; a successor goes on from there
  std::atomic<std::uint64_t> commits;   // that succeeded, of all writers
  std::atomic<std::uint64_t> resyncs;   // whole tables compared and brought in step
  std::atomic<std::uint64_t> failures;  // writes that failed
  std::atomic<std::uint64_t> in_step;   // the number of the latest writer that has brought the table in step, from 1
  std::array<std::atomic<std::uint64_t>, acts> commits_with;
  std::atomic<bool> hold;  // by the parent: no turns for now; the writer looks and heals as the agent does
  std::atomic<bool> held;  // by the writer: so it is
};

}  // namespace selvedge::soak
