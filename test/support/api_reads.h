// GET: one object, a list, a watch (API concepts, "Efficient detection of changes").
#pragma once

#include "test/support/api_resources.h"
#include "test/support/api_state.h"
#include "test/support/https_server.h"

namespace selvedge::test {

void get_object(ApiState& api, const Target& target, HttpsConnection& connection);
void list(ApiState& api, const Target& target, const HttpRequest& request, HttpsConnection& connection);
void watch(ApiState& api, const Target& target, const HttpRequest& request, HttpsConnection& connection);

// One body for every failure: a Status.
bool fail(HttpsConnection& connection, int code, std::string_view reason, const std::string& message);

extern const Headers json_content;

}  // namespace selvedge::test
