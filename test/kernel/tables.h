// Whole tables to the kernel and back.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "nft/changes.h"
#include "nft/netlink_backend.h"
#include "nft/text.h"
#include "nft/transaction.h"
#include "test/kernel/namespace.h"

namespace selvedge::test {

inline nft::NetlinkBackend open_backend(bool own_table = false) {
  auto backend = nft::NetlinkBackend::open({.own_table = own_table});
  EXPECT_TRUE(backend) << backend.error().message;
  return *std::move(backend);
}

// Writes `table` where there is none.
inline void commit_table(nft::Backend& backend, const nft::Table& table) {
  nft::Table none;
  none.name = table.name;
  for (const nft::Batch& batch : nft::plan(none, nft::diff(none, table))) {
    const auto done = backend.commit(table.name, batch);
    ASSERT_TRUE(done) << done.error().message;
  }
}

// What is there; an empty Dump, and a failure, if it cannot be read or there is no such table.
inline nft::Dump dump_of(nft::Backend& backend, const std::string& table = "selvedge") {
  auto dump = backend.dump(table);
  EXPECT_TRUE(dump) << dump.error().message;
  if (!dump) return {};
  EXPECT_TRUE(*dump) << "there is no table " << table;
  return std::move(**dump);
}

inline nft::Element one(const nft::Key& key) {
  return {key, key};
}
inline nft::Key address(const char* text) {
  return nft::key_of(*nft::parse_address(text));
}
inline nft::Element span(const char* first, const char* last) {
  return {address(first), address(last)};
}

}  // namespace selvedge::test
