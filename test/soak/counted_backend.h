// Counts what is committed, by what it contains.
#pragma once

#include "nft/backend.h"
#include "test/soak/progress.h"

namespace selvedge::soak {

class CountedBackend final : public nft::Backend {
 public:
  CountedBackend(nft::Backend& backend, Progress& progress) : backend_(backend), progress_(progress) {}

  tl::expected<void, nft::Error> commit(const std::string& table, const nft::Batch& batch) override;
  tl::expected<std::optional<nft::Dump>, nft::Error> dump(const std::string& table) override {
    return backend_.dump(table);
  }

 private:
  nft::Backend& backend_;
  Progress& progress_;
};

}  // namespace selvedge::soak
