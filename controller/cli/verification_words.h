// What `verify` prints.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "controller/verify/verify.h"
#include "nft/ruleset.h"

namespace selvedge::cli {

struct VerificationReport {
  verify::Verification verification;
  std::size_t pods = 0;      // addresses of local ones
  std::string node;          // empty: of all
  std::uint64_t handle = 0;  // of the kernel's table
  std::string digest;
  bool rendered = false;
  bool had_suspects = false;  // rules against revival, which were left out
  std::chrono::system_clock::time_point at;
};

std::string verification_text(const VerificationReport& report);
std::string verification_json(const VerificationReport& report);  // for auditors

std::string digest_of(const nft::Table& table);  // SHA-256 of its canonical text, in hexadecimal digits

}  // namespace selvedge::cli
