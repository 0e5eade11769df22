#include "test/bench/agent/bulk_server.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "k8sclient/base64.h"
#include "test/support/authority.h"
#include "test/support/https_server.h"

namespace selvedge::bench {
namespace {

using k8s::Kind;
using Line = std::shared_ptr<const std::string>;  // a JSON object, or a whole watch event

constexpr std::array kinds{Kind::pod, Kind::ns, Kind::node, Kind::network_policy};
// What a real server puts into one TLS record.
constexpr std::size_t record = 16 << 10;

std::string_view path_of(Kind kind) {
  switch (kind) {
    case Kind::pod:
      return "/api/v1/pods";
    case Kind::ns:
      return "/api/v1/namespaces";
    case Kind::node:
      return "/api/v1/nodes";
    default:
      return "/apis/networking.k8s.io/v1/networkpolicies";
  }
}

std::string type_of(Kind kind, std::string_view suffix) {
  return R"("kind":")" + std::string(to_string(kind)) + std::string(suffix) + R"(","apiVersion":")" +
         (kind == Kind::network_policy ? "networking.k8s.io/v1" : "v1") + '"';
}

std::string event(Kind kind, std::string_view type, std::string_view json) {
  return R"({"type":")" + std::string(type) + R"(","object":{)" + type_of(kind, "") + ',' +
         std::string(json.substr(1)) + "}\n";
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Chunks of HTTP, put together into records; each piece is a chunk of its own, as Go's server makes them.
class Chunks {
 public:
  explicit Chunks(test::HttpsConnection& connection, std::atomic<std::uint64_t>& sent)
      : connection_(connection), sent_(sent) {}

  bool add(std::string_view piece) {
    std::array<char, 20> size{};
    const auto end = std::to_chars(size.data(), size.data() + size.size(), piece.size(), 16).ptr;
    waiting_.append(size.data(), end).append("\r\n").append(piece).append("\r\n");
    sent_ += piece.size();
    return waiting_.size() < record || flush();
  }
  bool flush() {
    const bool sent = waiting_.empty() || connection_.raw(waiting_);
    waiting_.clear();
    return sent;
  }
  bool end() {
    waiting_ += "0\r\n\r\n";
    return flush();
  }

 private:
  test::HttpsConnection& connection_;
  std::atomic<std::uint64_t>& sent_;
  std::string waiting_;
};

class Gzip {
 public:
  Gzip() { ::deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY); }
  ~Gzip() { ::deflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  std::string packed(std::string_view text) {
    std::string out(::deflateBound(&stream_, text.size()), '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    ::deflate(&stream_, Z_FINISH);
    out.resize(stream_.total_out);
    return out;
  }

 private:
  z_stream stream_{};
};

// What one watch has still to say.
struct Feed {
  Kind kind{};
  std::string name;  // of a field selector; empty: all
  std::deque<Line> lines;
  bool bookmark = false;
};

struct Logged {
  std::uint64_t version = 0;
  std::string name;
  Line line;
};

}  // namespace

class BulkServer::Impl {
 public:
  explicit Impl(Options options)
      : options_(options),
        server_({.identity = authority_.issue({.common_name = "apiserver", .names = {"127.0.0.1"}})},
                [this](const auto& request, auto& connection) { serve(request, connection); }) {}
  ~Impl() {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    news_.notify_all();
  }

  void put(Kind kind, const Text& text, std::uint64_t version) {
    const std::string key = text.ns + '/' + text.name;
    const std::scoped_lock lock(mutex_);
    auto& stored = objects_[kind][key];
    const bool known = stored != nullptr;
    stored = std::make_shared<const std::string>(text.json);
    version_ = version;
    if (feeds_.empty()) return;
    say(kind, text.name, version, event(kind, known ? "MODIFIED" : "ADDED", text.json));
  }
  void remove(Kind kind, const Text& text, std::uint64_t version) {
    const std::scoped_lock lock(mutex_);
    objects_[kind].erase(text.ns + '/' + text.name);
    version_ = version;
    say(kind, text.name, version, event(kind, "DELETED", text.json));
  }
  void bookmark() {
    const std::scoped_lock lock(mutex_);
    for (Feed& feed : feeds_) feed.bookmark = true;
    news_.notify_all();
  }

  Options options_;
  test::Authority authority_;
  std::atomic<std::uint64_t> sent_ = 0;
  std::array<std::atomic<std::uint64_t>, 2> asked_{};

 private:
  using Objects = std::map<std::string, Line>;  // by "namespace/name"

  void say(Kind kind, const std::string& name, std::uint64_t version, std::string text) {  // under mutex_
    const auto line = std::make_shared<const std::string>(std::move(text));
    log_[kind].push_back({version, name, line});
    for (Feed& feed : feeds_) {
      if (feed.kind == kind && (feed.name.empty() || feed.name == name)) feed.lines.push_back(line);
    }
    news_.notify_all();
  }

  void serve(const test::HttpRequest& request, test::HttpsConnection& connection) {
    const auto kind = std::ranges::find(kinds, request.path, path_of);
    if (kind == kinds.end()) {
      connection.answer(404, {}, "");
      return;
    }
    const bool watching = request.parameter("watch") == "1";
    ++asked_.at(watching ? 1 : 0);
    const std::string selector = request.parameter("fieldSelector");
    const std::string name = selector.starts_with("metadata.name=") ? selector.substr(14) : "";
    watching ? watch(*kind, name, request, connection) : list(*kind, name, request, connection);
  }

  // ---- lists
  void list(Kind kind, const std::string& name, const test::HttpRequest& request, test::HttpsConnection& connection) {
    const auto [body, next] = page(kind, name, request);
    test::Headers headers{{"content-type", "application/json"}};
    const auto accepted = request.headers.find("accept-encoding");
    if (options_.gzip && accepted != request.headers.end() && accepted->second.find("gzip") != std::string::npos) {
      headers["content-encoding"] = "gzip";
    }
    const std::string packed = headers.size() > 1 ? Gzip().packed(body) : body;
    if (!connection.begin(200, headers)) return;
    Chunks chunks(connection, sent_);
    for (std::string_view left = packed; !left.empty(); left.remove_prefix(std::min(left.size(), record / 2))) {
      if (!chunks.add(left.substr(0, record / 2))) return;
    }
    chunks.end();
  }

  std::pair<std::string, std::string> page(Kind kind, const std::string& name, const test::HttpRequest& request) {
    const std::scoped_lock lock(mutex_);
    const std::uint64_t limit = number(request.parameter("limit"));
    std::string items, next, last;
    std::uint64_t count = 0;
    const Objects& all = objects_[kind];
    for (auto at = all.upper_bound(request.parameter("continue")); at != all.end(); ++at) {
      if (!name.empty() && !at->first.ends_with('/' + name)) continue;
      if (limit > 0 && count == limit) {
        next = last;
        break;
      }
      items += (count++ == 0 ? "" : ",") + *at->second;
      last = at->first;
    }
    const std::string token = next.empty() ? "" : R"(","continue":")" + next;
    return {"{" + type_of(kind, "List") + R"(,"metadata":{"resourceVersion":")" + std::to_string(version_) + token +
                R"("},"items":[)" + items + "]}\n",
            next};
  }

  // ---- watches
  using Place = std::list<Feed>::iterator;

  void watch(Kind kind, const std::string& name, const test::HttpRequest& request, test::HttpsConnection& connection) {
    const bool initial = request.parameter("sendInitialEvents") == "true";
    if (initial && !options_.streaming_lists) {
      connection.answer(422, {}, R"({"kind":"Status","code":422,"message":"sendInitialEvents is forbidden"})");
      return;
    }
    if (!connection.begin(200, {{"content-type", "application/json"}})) return;
    Chunks chunks(connection, sent_);
    std::vector<Line> objects;
    std::uint64_t version = 0;
    const Place feed = begin_feed(kind, name, initial, number(request.parameter("resourceVersion")), objects, version);
    bool well = true;
    for (const Line& object : objects) well = well && chunks.add(event(kind, "ADDED", *object));
    objects.clear();
    if (initial) well = well && chunks.add(bookmark_line(kind, version, true)) && chunks.flush();
    if (request.parameter("end") == "1") {
      if (well) chunks.end();
      well = false;
    }
    while (well && follow(feed, chunks, connection)) {
    }
    const std::scoped_lock lock(mutex_);
    feeds_.erase(feed);
  }

  // Out-parameters, since all three must be of one moment.
  Place begin_feed(Kind kind, const std::string& name, bool initial, std::uint64_t since, std::vector<Line>& objects,
                   std::uint64_t& version) {
    const std::scoped_lock lock(mutex_);
    feeds_.push_back({.kind = kind, .name = name, .lines = {}});
    version = version_;
    if (initial) {
      for (const auto& [key, object] : objects_[kind]) {
        if (name.empty() || key.ends_with('/' + name)) objects.push_back(object);
      }
    } else {
      for (const Logged& one : log_[kind]) {
        if (one.version > since && (name.empty() || one.name == name)) feeds_.back().lines.push_back(one.line);
      }
    }
    return std::prev(feeds_.end());
  }

  static std::string bookmark_line(Kind kind, std::uint64_t version, bool end_of_initial_events) {
    const std::string annotation =
        end_of_initial_events ? R"("annotations":{"k8s.io/initial-events-end":"true"},)" : "";
    return event(kind, "BOOKMARK",
                 R"({"metadata":{)" + annotation + R"("resourceVersion":")" + std::to_string(version) + R"("}})");
  }

  bool follow(Place feed, Chunks& chunks, test::HttpsConnection& connection) {
    std::deque<Line> lines;
    {
      std::unique_lock lock(mutex_);
      news_.wait_for(lock, std::chrono::milliseconds(500),
                     [&] { return stopping_ || feed->bookmark || !feed->lines.empty(); });
      if (stopping_) return false;
      std::swap(lines, feed->lines);
      if (std::exchange(feed->bookmark, false)) {
        lines.push_back(std::make_shared<const std::string>(bookmark_line(feed->kind, version_, false)));
      }
    }
    if (lines.empty()) return !connection.gone();
    return std::ranges::all_of(lines, [&](const Line& line) { return chunks.add(*line); }) && chunks.flush();
  }

  std::mutex mutex_;
  std::condition_variable news_;
  bool stopping_ = false;
  std::uint64_t version_ = 1;
  std::map<Kind, Objects> objects_;
  std::map<Kind, std::vector<Logged>> log_;
  std::list<Feed> feeds_;

 public:
  test::HttpsServer server_;  // last: its threads use all the rest
};

BulkServer::BulkServer(Options options) : impl_(std::make_unique<Impl>(options)) {}
BulkServer::~BulkServer() = default;

void BulkServer::put(Kind kind, const Text& text, std::uint64_t version) {
  impl_->put(kind, text, version);
}
void BulkServer::remove(Kind kind, const Text& text, std::uint64_t version) {
  impl_->remove(kind, text, version);
}
void BulkServer::bookmark() {
  impl_->bookmark();
}
void BulkServer::drop_connections() {
  impl_->server_.drop_connections();
}
std::uint16_t BulkServer::port() const {
  return impl_->server_.port();
}
std::string BulkServer::kubeconfig() const {
  return "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
         "users: [{name: u, user: {token: bench}}]\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:" +
         std::to_string(port()) + "', certificate-authority-data: " + k8s::base64_encode(ca_pem()) + "}}]\n";
}
std::string BulkServer::ca_pem() const {
  return impl_->authority_.certificate_pem();
}
std::uint64_t BulkServer::bytes_sent() const {
  return impl_->sent_;
}
std::uint64_t BulkServer::requests(bool watches) const {
  return impl_->asked_.at(watches ? 1 : 0);
}

}  // namespace selvedge::bench
