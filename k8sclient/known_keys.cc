// Names have no slash, so that it separates (a cluster-scoped name begins with it).
#include "k8sclient/known_keys.h"

namespace selvedge::k8s {

namespace {

std::string text_of(const ObjectKey& key) {
  return key.ns + "/" + key.name;
}

ObjectKey key_of_text(const std::string& text) {
  const std::size_t slash = text.find('/');
  return {.ns = text.substr(0, slash), .name = text.substr(slash + 1)};
}

}  // namespace

void KnownKeys::insert(const ObjectKey& key) {
  seen_[text_of(key)] = list_;
}

void KnownKeys::erase(const ObjectKey& key) {
  seen_.erase(text_of(key));
}

std::vector<ObjectKey> KnownKeys::sweep() {
  std::vector<ObjectKey> gone;
  for (auto at = seen_.begin(); at != seen_.end();) {
    if (at->second == list_) {
      ++at;
      continue;
    }
    gone.push_back(key_of_text(at->first));
    at = seen_.erase(at);
  }
  return gone;
}

}  // namespace selvedge::k8s
