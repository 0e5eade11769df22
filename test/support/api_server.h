// A real, small Kubernetes API server over HTTPS: what a reflector sees of it is
// what it would see of the real one (lists in pages, watches that resume or are
// too old, bookmarks, streaming lists), and it can be told to fail.
//
// It stores any JSON: no validation, no defaults but the metadata that the API
// server sets, no RBAC. Deleting a namespace deletes what is in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "test/support/authority.h"
#include "test/support/https_server.h"

namespace selvedge::test {

enum class StreamingLists { served, refused, ignored };  // refused: 422, as before 1.27

struct ApiServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                    // 0: any free one
  std::vector<std::string> more_names = {};  // in the certificate, beside the address, 127.0.0.1, ::1 and localhost
  std::string token = {};                    // empty: everybody may do everything
  bool gzip = true;                          // lists, for clients that ask for it
  StreamingLists streaming_lists = StreamingLists::served;
  std::chrono::milliseconds bookmark_interval{60'000};
  std::optional<Identity> identity = std::nullopt;  // instead of a certificate of its own authority
  std::string client_ca_pem = {};                   // not empty: clients must show a certificate of it
};

struct Answer {
  int status = 200;
  Headers headers = {};
  std::string body = {};
};

// All member functions may be called from any thread.
class ApiServer {
 public:
  explicit ApiServer(ApiServerOptions options = {});  // serves when it returns; throws when it cannot
  ~ApiServer();

  std::string url() const;  // https://127.0.0.1:34567
  std::uint16_t port() const;
  const Authority& authority() const;  // which signed the server's certificate
  std::string ca_pem() const;
  std::string kubeconfig() const;  // YAML for url(), ca_pem() and the token

  // ---- objects: of kinds Pod, Namespace, Node, NetworkPolicy and a few more; throws std::invalid_argument otherwise.
  // Creates or replaces one object, or all of a `kind: List`. Returns the resourceVersion (of the last).
  std::string put(std::string_view json);
  bool remove(const std::string& kind, const std::string& ns, const std::string& name);  // false: no such object
  std::string resource_version() const;
  void compact();  // older resourceVersions and pages under way are gone (410)

  // ---- misbehaviour. `path` is a prefix of the request's target, query included.
  void answer_next(const std::string& path, const Answer& answer, int count = 1);
  void cut_next(const std::string& path, std::size_t bytes);  // head included; then the connection just breaks
  void set_silent(bool silent);                               // requests are read, and neither answered nor continued
  void drop_connections();
  void end_watches();                     // as at their timeout
  void say_in_watches(std::string line);  // into each open watch, as it is, with a newline
  void bookmark_watches();                // at once, those that allow it
  void set_token(std::string token);
  void set_streaming_lists(StreamingLists mode);
  void set_bookmark_interval(std::chrono::milliseconds interval);

  // ---- what happened
  std::vector<HttpRequest> requests() const;
  std::size_t connections() const;  // accepted so far
  std::size_t watches() const;      // open now, past their initial events

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace selvedge::test
