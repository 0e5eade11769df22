// apply() and the kernel agree: on the same table, the same batch at random is taken by both, with the
// same outcome, or refused by both, with the same errno and for the same operation.
#include <algorithm>
#include <cerrno>
#include <vector>

#include <gtest/gtest.h>

#include "test/kernel/tables.h"
#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

using test::in_fresh_namespace;
using test::Random;

// Operations on a table's objects, mostly on those that it has; what follows from them is left to chance.
class RandomBatch {
 public:
  RandomBatch(Random& random, const Table& table) : random_(random), table_(table) {}

  Batch make() {
    Batch batch{AddTable{}};
    for (auto left = 1 + random_() % 4; left > 0; --left) batch.push_back(op());
    return batch;
  }

 private:
  using Maps = std::map<std::string, Map>;

  Op op() {
    switch (random_() % 14) {
      case 0:
        return AddCounter{name(table_.counters)};
      case 1:
        return DeleteCounter{name(table_.counters)};
      case 2:
        return DeleteSet{random_() % 2 == 0 ? name(table_.sets) : name(table_.maps)};
      case 3:
        return AddChain{name(table_.chains), {}};
      case 4:
        return DeleteChain{name(table_.chains)};
      case 5:
      case 6:
        return FlushChain{name(table_.chains)};
      case 7:
      case 8:
        return AddRule{name(table_.chains), {{}, "", verdict(), ""}};
      case 9:
        return map_elements();
      case 10:
        return old_map_element();
      case 11:
        return new_set();
      default:
        return set_elements();
    }
  }

  template <typename Objects>
  std::string name(const Objects& objects) {
    if (objects.empty() || random_() % 12 == 0) return std::is_same_v<Objects, Maps> ? "absent-map" : "absent";
    const auto at = std::next(objects.begin(), static_cast<std::ptrdiff_t>(random_() % objects.size()));
    if constexpr (std::is_same_v<Objects, std::set<std::string>>) {
      return *at;
    } else {
      return at->first;
    }
  }

  Verdict verdict() {
    switch (random_() % 4) {
      case 0:
        return Drop{};
      case 1:
        return Jump{name(table_.chains)};
      case 2:
        return Goto{name(table_.chains)};
      default:
        return dispatch();
    }
  }

  Verdict dispatch() {
    const auto map = name(table_.maps);
    const bool v6 = table_.maps.contains(map) && table_.maps.at(map).type == address_type(Family::v6);
    return Dispatch{Side::source, v6 ? Family::v6 : Family::v4, map};
  }

  Op new_set() {
    const auto set = name(table_.sets);
    if (!table_.sets.contains(set)) return AddSet{set, address_type(Family::v4), random_() % 2 == 0, ""};
    const auto& old = table_.sets.at(set);
    return AddSet{set, old.type, old.interval, old.comment};
  }

  Op map_elements() {
    const auto map = name(table_.maps);
    const bool v6 = table_.maps.contains(map) && table_.maps.at(map).type == address_type(Family::v6);
    auto added = verdict();
    if (std::holds_alternative<Dispatch>(added)) added = Accept{};
    return AddMapElements{map, {{key_of(test::random_address(random_, v6 ? Family::v6 : Family::v4)), added}}};
  }

  Op old_map_element() {
    const auto name_of_map = name(table_.maps);
    const auto map = table_.maps.find(name_of_map);
    const Key any = key_of(test::random_address(random_, Family::v4));
    if (map == table_.maps.end()) return DeleteMapElements{name_of_map, {any}};
    if (map->second.elements.empty()) return AddTable{};
    const auto& elements = map->second.elements;
    const auto at = std::next(elements.begin(), static_cast<std::ptrdiff_t>(random_() % elements.size()));
    return DeleteMapElements{name_of_map, {at->first}};
  }

  Op set_elements() {
    const auto name_of_set = name(table_.sets);
    const auto set = table_.sets.find(name_of_set);
    const Key any = key_of(test::random_address(random_, Family::v4));
    if (set == table_.sets.end()) return AddElements{name_of_set, {{any, any}}};
    const auto& [type, interval, comment, elements] = set->second;
    if (!elements.empty() && random_() % 2 == 0) {
      return DeleteElements{name_of_set, {elements[random_() % elements.size()]}, interval};
    }
    const bool v6 = type.front() == Field::ipv6_addr;
    const auto address = test::random_address(random_, v6 ? Family::v6 : Family::v4);
    Element added{key_of(address), key_of(address)};
    if (type.size() > 1) added.first = added.last = key_of(address, 6, 80);
    if (interval && random_() % 2 == 0) {
      added.last = std::max(added.first, key_of(test::random_address(random_, v6 ? Family::v6 : Family::v4)));
    }
    // The kernel overlooks what overlaps an interval up to the last address; apply() does not.
    if (interval && (is_open(added) || std::any_of(elements.begin(), elements.end(), is_open))) return AddTable{};
    return AddElements{name_of_set, {added}, interval};
  }

  static bool is_open(const Element& element) {
    const auto end = element.last.bytes.begin() + element.last.size;
    return std::all_of(element.last.bytes.begin(), end, [](std::uint8_t byte) { return byte == 0xff; });
  }

  Random& random_;
  const Table& table_;
};

class Agreement : public test::KernelTest {};

TEST_F(Agreement, OfTheKernelInMemoryWithTheKernel) {
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (const auto seed : test::seeds(8)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    in_fresh_namespace([&] {
      Random random(seed);
      auto held = test::random_table(random, {.elements = 10});
      auto backend = test::open_backend();
      test::commit_table(backend, held);
      for (int i = 0; i < 60 && !testing::Test::HasFailure(); ++i) {
        SCOPED_TRACE("batch " + std::to_string(i));
        const Batch batch = RandomBatch(random, held).make();
        const auto here = apply(held, batch);
        const auto there = backend.commit(held.name, batch);
        ASSERT_EQ(here.has_value(), there.has_value())
            << (here ? "taken" : here.error().message) << " but " << (there ? "taken" : there.error().message);
        ++(here ? taken : refused);
        if (!here) {
          EXPECT_EQ(here.error().code, there.error().code) << here.error().message << " but " << there.error().message;
          // Jumps are judged at the end of a batch, where the kernel may blame another operation.
          EXPECT_TRUE(here.error().code == EMLINK || here.error().op == there.error().op) << there.error().message;
        }
        ASSERT_TRUE(test::dump_of(backend).table == held);
      }
    });
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(taken, 0U);
  EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace selvedge::nft
