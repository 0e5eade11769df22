// From manifests to the table of a node: whatever they say, the table is sound.
#include "k8sclient/decode.h"
#include "test/fuzz/fuzz.h"
#include "test/fuzz/rendered.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto decoded = selvedge::k8s::decode_manifest({reinterpret_cast<const char*>(data), size});
  if (!decoded) return 0;
  std::vector<selvedge::k8s::Object> objects;
  for (auto& one : *decoded) objects.push_back(std::move(one.object));
  selvedge::fuzz::expect_sound_table(objects, "node-a");
  return 0;
}
