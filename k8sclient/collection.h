// The objects of one kind that somebody wants to know, and the requests for them.
#pragma once

#include <chrono>
#include <string>

#include "k8sclient/transport.h"
#include "k8sclient/types.h"

namespace selvedge::k8s {

struct Collection {
  Kind kind{};
  std::string field_selector;  // "metadata.name=node-a"; empty: all
  std::string ns = {};         // of kinds that live in namespaces; empty: of all namespaces
};

// "/api/v1/pods", "/api/v1/namespaces/shop/pods". Empty for workloads, which are several resources.
std::string path_of(const Collection& collection);
std::string path_of(Kind kind);    // of all namespaces
std::string plural_of(Kind kind);  // "pods", as in RBAC rules

// A list that arrives as a watch: all objects as ADDED, then a bookmark that says so, then changes.
// `version` is what the answer must not be older than; empty: the newest.
Request stream_request(const Collection& collection, const std::string& version, std::chrono::seconds timeout);

struct Page {
  std::string version;         // "0": whatever the server has at hand; empty: the newest; else not older than it
  std::string continue_token;  // of the page before
  bool limited = true;         // in pages at all
};
Request page_request(const Collection& collection, const Page& page);

Request watch_request(const Collection& collection, const std::string& version, std::chrono::seconds timeout);

}  // namespace selvedge::k8s
