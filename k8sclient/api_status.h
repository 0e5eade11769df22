// What the API server says when it says no: its Status object, in the body of a
// response or in an ERROR event.
#pragma once

#include <string>
#include <string_view>

#include "k8sclient/decode_tree.h"

namespace selvedge::k8s {

struct ApiStatus {
  int code = 0;
  std::string message;           // one line, bounded; may be empty
  bool version_unknown = false;  // "Too large resource version": the server's data was set back
};

ApiStatus api_status(const Tree& status);
// A body that is no Status gives its beginning as message.
ApiStatus api_status(int http_status, std::string_view body);

// "403 Forbidden: pods is forbidden: User … cannot list …"
std::string to_string(const ApiStatus& status);

// What a person should look at; may be empty.
std::string advice(const ApiStatus& status);

// Text of a stranger for a log line: without line breaks and control characters, cut to a few hundred bytes.
std::string one_line(std::string_view text);

}  // namespace selvedge::k8s
