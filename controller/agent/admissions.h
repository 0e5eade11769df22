// The CNI plugin's requests on their way through the reconciling thread. An ADD is answered when the pod's object is
// known, every policy that there was when it came is known, and the kernel holds what follows from all that: at the
// pod's addresses its own rules, and not those of a pod that the API still gives them to. Until the first two hold the
// word is pending, and opens nothing, also when nobody waits any more: then it is the API's report that opens.
//
// The surprise is the second one: watches of different kinds are not ordered, and a quiet one tells nothing of its
// position. So whoever waits reads the policies of the pod's namespace once, from the API server and not from its
// cache, and hands in their digests; the core must hold exactly those.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cni/protocol.h"
#include "controller/agent/attachments.h"
#include "controller/agent/log.h"
#include "controller/agent/reconciler.h"
#include "k8sclient/fd.h"

namespace selvedge::agent {

// One request and what becomes of it. All members may be called from any thread.
class Ticket {
 public:
  explicit Ticket(cni::Request request);

  const cni::Request& request() const { return request_; }
  int fd() const { return answered_.get(); }  // readable once there is an answer
  std::optional<cni::Answer> answer() const;
  std::string lacks() const;  // what it waits for; an error for who waits no longer

  // The policies of the request's namespace, as read after the request came.
  void give(PolicyDigests policies);
  std::optional<PolicyDigests> policies() const;
  bool wants_policies() const;  // it has none, or the core holds others: newer ones, or not yet these

  void reply(cni::Answer answer);
  void wait_for(std::string what, bool other_policies);
  void give_up() { given_up_ = true; }  // nobody waits any more
  bool given_up() const { return given_up_; }

 private:
  const cni::Request request_;
  k8s::Fd answered_;
  std::atomic<bool> given_up_ = false;
  mutable std::mutex mutex_;
  std::optional<cni::Answer> answer_;
  std::optional<PolicyDigests> policies_;
  std::string lacks_ = "the daemon is busy";
  bool other_policies_ = false;
};

// `reconciler` must outlive it.
class Admissions {
 public:
  // For so long, in contact with the API server, its objects may say nothing of an attachment, or otherwise, before it
  // counts as one whose end was missed. Longer than any ADD waits: objects may come after it.
  static constexpr std::chrono::minutes longest_doubt{5};

  // `wake` makes the loop turn; called from any thread.
  Admissions(Reconciler& reconciler, Attachments attachments, Clock clock, Log log, std::function<void()> wake);

  std::shared_ptr<Ticket> submit(cni::Request request);  // from any thread
  void wake() const { wake_(); }

  // Of the loop: before it settles, what was asked since, and whether a sandbox has come; after it has, the answers.
  bool take();
  void answer();

 private:
  void receive(const std::shared_ptr<Ticket>& ticket);
  cni::Answer add(const cni::Request& request);
  void admit();
  struct Lack {
    std::string what;
    bool other_policies = false;  // than those that were read
  };
  std::optional<Lack> lack_of_knowledge(const Ticket& ticket) const;
  void end(const std::vector<Attachment>& attachments, Ending ending);
  void end_doubtful();
  void save();
  void look_at(Ticket& ticket) const;
  std::string fault_of_rules(const Attachment& attachment) const;

  Reconciler& reconciler_;
  Attachments attachments_;
  Clock clock_;
  Log log_;
  std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Ticket>> submitted_;  // by the lock
  std::vector<std::shared_ptr<Ticket>> waiting_;    // the loop's
  std::set<std::string> pending_;                   // attachments, by id
  bool unsaved_ = false;
  bool save_fails_ = false;
  Time save_at_{};                             // not before
  std::map<std::string, Time> doubted_since_;  // attachments, by id
  Time doubt_at_{};                            // when to ask again
};

}  // namespace selvedge::agent
