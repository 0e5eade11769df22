// A Transport that plays answers from a script, and tells what was asked. As the
// real one it can be interrupted while it waits.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "k8sclient/transport.h"

namespace selvedge::k8s {

struct ScriptedAnswer {
  int status = 200;
  std::map<std::string, std::string> headers;
  std::vector<std::string> chunks;
  // How it ends: over; with an error; or, when `open`, not before interrupt().
  std::optional<TransportError> error;
  bool open = false;
  bool no_head = false;  // not even a status line
};

// Shared by the test and the transport, which a Reflector owns.
class Script {
 public:
  using Answering = std::function<ScriptedAnswer(const Request& request)>;
  explicit Script(Answering answering) : answering_(std::move(answering)) {}

  std::vector<Request> asked() const;
  // Waits until `number` requests were made; false: not within ten seconds.
  bool wait_for_requests(std::size_t number);

 private:
  friend class ScriptedTransport;
  ScriptedAnswer answer(const Request& request);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Answering answering_;
  std::vector<Request> asked_;
};

class ScriptedTransport : public Transport {
 public:
  explicit ScriptedTransport(std::shared_ptr<Script> script) : script_(std::move(script)) {}

  tl::expected<ResponseHead, TransportError> get(const Request& request,
                                                 const std::function<void(const ResponseHead&)>& on_head,
                                                 const std::function<bool(std::string_view)>& on_data) override;
  void interrupt() override;

 private:
  bool interrupted() const;
  void wait_for_interrupt();

  std::shared_ptr<Script> script_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool interrupted_ = false;
};

}  // namespace selvedge::k8s
