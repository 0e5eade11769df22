// Keeps a listener in step with one kind of object: a thread that drives the
// list/watch state machine over a transport.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <tl/expected.hpp>

#include "k8sclient/collection.h"
#include "k8sclient/events.h"
#include "k8sclient/transport.h"
#include "k8sclient/types.h"

namespace selvedge::k8s {

// Starts in the constructor; stop() or the destructor interrupts a blocked read and joins within a second.
// Neither may be called from the listener.
class Reflector {
 public:
  Reflector(Collection collection, std::unique_ptr<Transport> transport, Listener listener);
  ~Reflector();
  Reflector(const Reflector&) = delete;
  Reflector& operator=(const Reflector&) = delete;

  void stop();  // the listener is not called after it; may be called twice

 private:
  std::unique_ptr<Transport> transport_;
  std::jthread thread_;
};

// The whole collection once, for render and the like: list, decode, return. One try; an object that cannot be named
// is an error like a refusal.
tl::expected<std::vector<Decoded>, std::string> list_once(const Collection& collection, Transport& transport);

}  // namespace selvedge::k8s
