#include "controller/agent/admissions.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

namespace selvedge::agent {
namespace {

constexpr std::chrono::seconds doubt_interval{1};
constexpr std::chrono::seconds save_interval{1};  // after a failure

Attachment as(Standing standing, Attachment attachment) {
  attachment.standing = standing;
  return attachment;
}

}  // namespace

static_assert(Admissions::longest_doubt > cni::longest_patience);

// ---- Ticket ------------------------------------------------------------------------

Ticket::Ticket(cni::Request request) : request_(std::move(request)), answered_(eventfd(0, EFD_CLOEXEC)) {}

std::optional<cni::Answer> Ticket::answer() const {
  const std::lock_guard lock(mutex_);
  return answer_;
}

std::string Ticket::lacks() const {
  const std::lock_guard lock(mutex_);
  return lacks_;
}

void Ticket::give(PolicyDigests policies) {
  const std::lock_guard lock(mutex_);
  policies_ = std::move(policies);
  other_policies_ = false;
}

std::optional<PolicyDigests> Ticket::policies() const {
  const std::lock_guard lock(mutex_);
  return policies_;
}

bool Ticket::wants_policies() const {
  const std::lock_guard lock(mutex_);
  return !policies_ || other_policies_;
}

void Ticket::reply(cni::Answer answer) {
  {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  eventfd_write(answered_.get(), 1);
}

void Ticket::wait_for(std::string what, bool other_policies) {
  const std::lock_guard lock(mutex_);
  lacks_ = std::move(what);
  other_policies_ = other_policies;
}

// ---- Admissions ----------------------------------------------------------------------

Admissions::Admissions(Reconciler& reconciler, Attachments attachments, Clock clock, Log log,
                       std::function<void()> wake)
    : reconciler_(reconciler),
      attachments_(std::move(attachments)),
      clock_(std::move(clock)),
      log_(std::move(log)),
      wake_(std::move(wake)) {
  for (const auto& [id, attachment] : attachments_.all()) reconciler_.attach(as(Standing::inherited, attachment));
}

std::shared_ptr<Ticket> Admissions::submit(cni::Request request) {
  auto ticket = std::make_shared<Ticket>(std::move(request));
  {
    const std::lock_guard lock(mutex_);
    submitted_.push_back(ticket);
  }
  wake_();
  return ticket;
}

bool Admissions::take() {
  std::vector<std::shared_ptr<Ticket>> submitted;
  {
    const std::lock_guard lock(mutex_);
    submitted.swap(submitted_);
  }
  for (const auto& ticket : submitted) receive(ticket);
  admit();
  end_doubtful();
  save();
  return std::ranges::any_of(submitted,
                             [](const auto& ticket) { return ticket->request().command == cni::Command::add; });
}

// A write that failed is tried again; an older file would give a successor addresses that are others' by then.
void Admissions::save() {
  const Time now = clock_();
  if (!unsaved_ || now < save_at_) return;
  const auto saved = attachments_.save();
  unsaved_ = !saved;
  save_at_ = saved ? now : now + save_interval;
  if (!saved && !save_fails_)
    log_({LogLevel::warning,
          "what the CNI plugin told is not kept for a restart; until then it holds",
          {{"detail", saved.error()}}});
  if (saved && save_fails_) log_({LogLevel::info, "what the CNI plugin told is kept for a restart again", {}});
  save_fails_ = !saved;
}

// Those whose DEL nobody heard. What the API server cannot tell now is no doubt.
void Admissions::end_doubtful() {
  const Time now = clock_();
  if (now < doubt_at_) return;
  doubt_at_ = now + doubt_interval;
  std::map<std::string, Time> doubted;
  std::vector<std::string> over;
  for (const auto& [id, attachment] : attachments_.all()) {
    if (!reconciler_.in_contact() || reconciler_.vouches_for(attachment)) continue;
    const auto known = doubted_since_.find(id);
    const Time since = known == doubted_since_.end() ? now : known->second;
    doubted.emplace(id, since);
    if (now - since >= longest_doubt) over.push_back(id);
  }
  doubted_since_ = std::move(doubted);
  for (const std::string& id : over) {
    log_({LogLevel::info,
          "a sandbox whose pod the API server knows nothing of counts as gone",
          {{"sandbox", id}, {"pod", k8s::to_string(attachments_.all().at(id).pod)}}});
    end(attachments_.remove(id), Ending::concluded);
  }
}

void Admissions::receive(const std::shared_ptr<Ticket>& ticket) {
  const cni::Request& request = ticket->request();
  switch (request.command) {
    case cni::Command::add:
      if (cni::Answer refusal = add(request); !refusal.fault.empty()) return ticket->reply(std::move(refusal));
      return waiting_.push_back(ticket);
    case cni::Command::del:
      end(attachments_.remove(request.id), Ending::told);
      return ticket->reply({});
    case cni::Command::check:
      return ticket->reply({attachments_.all().contains(request.id) ? "" : request.id + ": is not known"});
    case cni::Command::gc:
      end(attachments_.keep_only(request.id, request.valid), Ending::told);
      return ticket->reply({});
    case cni::Command::status:
      return ticket->reply({reconciler_.in_force() ? "" : "the rules are not in step with the policies: see /readyz"});
  }
}

cni::Answer Admissions::add(const cni::Request& request) {
  const auto attachment = attachment_of(request);
  if (!attachment) return {attachment.error()};
  const auto ended = attachments_.put(*attachment);
  if (!ended) return {ended.error()};
  end(*ended, Ending::concluded);
  doubted_since_.erase(attachment->id);  // the same sandbox may have another pod's uid now
  reconciler_.attach(as(Standing::pending, *attachment));
  pending_.insert(attachment->id);
  unsaved_ = true;
  return {};
}

void Admissions::end(const std::vector<Attachment>& attachments, Ending ending) {
  for (const Attachment& attachment : attachments) {
    reconciler_.detach(attachment.pod, attachment.id, ending);
    pending_.erase(attachment.id);
  }
  unsaved_ = unsaved_ || !attachments.empty();
}

void Admissions::answer() {
  std::erase_if(waiting_, [this](const auto& ticket) {
    look_at(*ticket);
    return ticket->given_up() || ticket->answer();
  });
}

// Those of which all is known that there was when they came.
void Admissions::admit() {
  for (const auto& ticket : waiting_) {
    const std::string& id = ticket->request().id;
    if (!pending_.contains(id) || lack_of_knowledge(*ticket)) continue;
    pending_.erase(id);
    reconciler_.attach(as(Standing::told, attachments_.all().at(id)));
  }
}

std::optional<Admissions::Lack> Admissions::lack_of_knowledge(const Ticket& ticket) const {
  const cni::Request& request = ticket.request();
  const k8s::ObjectKey pod{request.ns, request.name};
  const auto policies = ticket.policies();
  if (!reconciler_.knows_pod(pod, request.uid))
    return Lack{"the API server has not told of pod " + k8s::to_string(pod) + " with uid " + request.uid};
  if (!policies) return Lack{"the policies of namespace " + request.ns + " could not be read"};
  if (!reconciler_.holds(request.ns, *policies))
    return Lack{"the policies of namespace " + request.ns + " are not all known yet", true};
  return std::nullopt;
}

void Admissions::look_at(Ticket& ticket) const {
  const cni::Request& request = ticket.request();
  if (auto lack = lack_of_knowledge(ticket)) return ticket.wait_for(std::move(lack->what), lack->other_policies);
  if (pending_.contains(request.id)) return ticket.wait_for("its rules are not made yet", false);
  if (!reconciler_.in_force()) return ticket.wait_for("the rules are not in the kernel: see /readyz", false);
  const auto attachment = attachments_.all().find(request.id);
  if (attachment == attachments_.all().end()) return ticket.reply({request.id + ": has ended meanwhile"});
  if (std::string fault = fault_of_rules(attachment->second); !fault.empty())
    return ticket.wait_for(std::move(fault), false);
  ticket.reply({});
}

// Why the pod's own rules do not hold at its addresses; empty: they do.
std::string Admissions::fault_of_rules(const Attachment& attachment) const {
  for (const nft::Address& address : attachment.addresses) {
    for (const Direction direction : {Direction::ingress, Direction::egress}) {
      const auto ruler = reconciler_.ruler(address, direction);
      if (!ruler) return "pod " + k8s::to_string(attachment.pod) + " does not have " + nft::to_string(address);
      if (*ruler != attachment.pod)
        return "the rules of pod " + k8s::to_string(*ruler) + " hold at " + nft::to_string(address) +
               ", which the API server still gives to it";
    }
  }
  return "";
}

}  // namespace selvedge::agent
