// An HTTPS API server for very many objects: it keeps their JSON as text and sends it as it is, so that what is
// measured is the client. Lists in pages (gzip when asked for), streaming lists, watches, bookmarks; GET only. A stream
// ends after its initial events when the query says `end=1`, for clients that only download. Changes come by call, not
// by request.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "k8sclient/types.h"
#include "test/bench/agent/cluster_text.h"

namespace selvedge::bench {

class BulkServer {
 public:
  struct Options {
    bool streaming_lists = true;
    bool gzip = true;
  };
  explicit BulkServer(Options options);
  ~BulkServer();

  // The object is there, or as it is now; watches hear of it. Its version must be newer than all before.
  void put(k8s::Kind kind, const Text& text, std::uint64_t version);
  void remove(k8s::Kind kind, const Text& text, std::uint64_t version);
  void bookmark();          // to all watches, now
  void drop_connections();  // as when the server is restarted

  std::string kubeconfig() const;  // its text, without credentials
  std::uint16_t port() const;
  std::string ca_pem() const;
  std::uint64_t bytes_sent() const;  // of bodies, as sent
  std::uint64_t requests(bool watches) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace selvedge::bench
