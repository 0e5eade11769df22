// Keeps a listener in step with one kind of object: a thread that drives the
// list/watch state machine over a transport.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "k8sclient/events.h"
#include "k8sclient/transport.h"
#include "k8sclient/types.h"

namespace selvedge::k8s {

struct Collection {
  Kind kind{};
  std::string field_selector;  // "metadata.name=node-a"; empty: all
};

// Starts in the constructor; stop() or the destructor interrupts a blocked read and joins within a second.
class Reflector {
 public:
  Reflector(Collection collection, std::unique_ptr<Transport> transport, Listener listener);
  ~Reflector();
  Reflector(const Reflector&) = delete;
  Reflector& operator=(const Reflector&) = delete;

  void stop();

 private:
  std::unique_ptr<Transport> transport_;
  std::jthread thread_;
};

// The whole collection once, for render and the like: list, decode, return.
tl::expected<std::vector<Decoded>, std::string> list_once(const Collection& collection, Transport& transport);

}  // namespace selvedge::k8s
