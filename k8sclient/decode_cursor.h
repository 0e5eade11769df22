// A place in an object's tree that knows its own path, and what is lost when
// something there is malformed. Reading through it never fails: what is not as
// documented is reported, the surrounding Scope is marked, and an empty value
// comes back.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "k8sclient/decode_tree.h"
#include "k8sclient/types.h"

namespace selvedge::k8s {

// The part of an object that a fault makes meaningless: a peer, a port, a rule, the object.
struct Scope {
  std::string_view consequence;  // "the peer matches nothing"
  bool closed = true;            // false: faults are warnings
  bool understood = true;
};

// The faults of one object. Bounded: a hostile object could have millions.
class Report {
 public:
  void add(std::string field, std::string message, bool closed);
  std::vector<Problem> take(Kind kind, const ObjectKey& object);

 private:
  std::vector<Problem> problems_;
  std::size_t left_out_ = 0;
  bool left_out_closed_ = false;
};

bool is_time(std::string_view text);  // RFC 3339 in UTC to the second, as the API server writes it

// Refers to tree, report and scope; all three outlive it. A null is as an absent field, and in a list
// as an empty element, which is how the API server reads it.
class Cursor {
 public:
  Cursor(const Tree& value, Report& report, Scope& scope, std::string path = {});

  Cursor within(Scope& scope) const;  // the same place, with something else at stake

  std::optional<Cursor> child(std::string_view name) const;                 // none: absent or null
  std::vector<Cursor> elements() const;                                     // of a list
  bool expect_object() const;                                               // false: it is something else
  bool expect_fields(std::initializer_list<std::string_view> known) const;  // the same; reports all others

  std::string text() const;
  std::string time() const;  // empty: it was none (is_time)
  std::optional<std::int64_t> integer() const;
  bool boolean() const;
  std::vector<std::string> texts() const;
  Labels labels() const;

  bool is_text() const { return value_->is_string() || value_->is_null(); }  // a null list element is empty
  std::size_t size() const { return value_->is_array() ? value_->size() : 0; }
  Scope fresh_scope() const;                  // with the same consequence, still understood
  void malformed(std::string message) const;  // marks the scope; its consequence is added to the words

 private:
  void wrong_type(std::string_view wanted) const;

  const Tree* value_;
  Report* report_;
  Scope* scope_;
  std::string path_;
};

}  // namespace selvedge::k8s
