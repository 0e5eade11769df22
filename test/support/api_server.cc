#include "test/support/api_server.h"

#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "k8sclient/base64.h"
#include "k8sclient/server_address.h"
#include "test/support/api_reads.h"
#include "test/support/api_resources.h"
#include "test/support/api_state.h"

namespace selvedge::test {

const Headers json_content{{"content-type", "application/json"}};

bool fail(HttpsConnection& connection, int code, std::string_view reason, const std::string& message) {
  return connection.answer(code, json_content, status_text(code, reason, message));
}

void get_object(ApiState& api, const Target& target, HttpsConnection& connection) {
  if (const auto object = api.store.find(target.key())) {
    connection.answer(200, json_content, object->dump());
  } else {
    fail(connection, 404, "NotFound", std::string(target.type->resource) + " \"" + target.name + "\" not found");
  }
}

namespace {

std::string listening_host(const std::string& address) {
  if (address == "0.0.0.0") return "127.0.0.1";
  return address == "::" ? "::1" : address;
}

Identity own_identity(const Authority& authority, const ApiServerOptions& options) {
  Subject subject{.common_name = "kube-apiserver", .names = {"127.0.0.1", "::1", "localhost"}};
  subject.names.push_back(options.address);
  subject.names.insert(subject.names.end(), options.more_names.begin(), options.more_names.end());
  return authority.issue(subject);
}

// Fills in what makes a stored object one of its type. Throws std::invalid_argument.
Target complete(Json& object) {
  const auto kind = object.is_object() ? object.value("kind", "") : "";
  const auto* type = type_of_kind(kind);
  if (type == nullptr) throw std::invalid_argument("kind \"" + kind + "\" is not served");
  object["apiVersion"] = type->group_version;
  auto& metadata = object["metadata"];
  Target target{.type = type, .ns = "", .name = metadata.value("name", "")};
  if (target.name.empty()) throw std::invalid_argument(kind + " without metadata.name");
  if (type->namespaced) metadata["namespace"] = target.ns = metadata.value("namespace", "default");
  if (kind == "Namespace") metadata["labels"]["kubernetes.io/metadata.name"] = target.name;
  return target;
}

}  // namespace

class ApiServer::Impl {
 public:
  explicit Impl(ApiServerOptions chosen) : options(std::move(chosen)), token(options.token) {
    state.gzip = options.gzip;
    state.streaming_lists = options.streaming_lists;
    state.bookmark_interval = options.bookmark_interval;
    server.emplace(HttpsSettings{.address = options.address,
                                 .port = options.port,
                                 .identity = options.identity ? *options.identity : own_identity(authority, options),
                                 .client_ca_pem = options.client_ca_pem},
                   [this](const HttpRequest& request, HttpsConnection& connection) { serve(request, connection); });
  }

  Shared store(Json object) {
    const auto target = complete(object);
    return state.store.put(target.key(), std::move(object));
  }
  Shared remove(const Target& target) {
    if (target.type->kind == "Namespace") empty_namespace(target.name);
    return state.store.remove(target.key());
  }

  ApiServerOptions options;
  Authority authority;
  ApiState state;
  mutable std::mutex mutex;
  std::string token;                  // under mutex
  std::vector<HttpRequest> requests;  // under mutex
  std::optional<HttpsServer> server;  // last: its threads use all the rest

 private:
  bool authenticated(const HttpRequest& request) {
    const std::scoped_lock lock(mutex);
    const auto sent = request.headers.find("authorization");
    return token.empty() || (sent != request.headers.end() && sent->second == "Bearer " + token);
  }
  void serve(const HttpRequest& request, HttpsConnection& connection) {
    {
      const std::scoped_lock lock(mutex);
      requests.push_back(request);
    }
    while (state.silent && !connection.gone()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (const auto bytes = state.cuts.take(request.target)) connection.cut_after(*bytes);
    if (const auto answer = state.answers.take(request.target)) {
      connection.answer(answer->status, answer->headers, answer->body);
    } else if (!authenticated(request)) {
      fail(connection, 401, "Unauthorized", "Unauthorized");
    } else {
      route(request, connection);
    }
  }
  void route(const HttpRequest& request, HttpsConnection& connection) {
    if (request.path == "/healthz" || request.path == "/readyz" || request.path == "/livez") {
      connection.answer(200, {{"content-type", "text/plain"}}, "ok");
      return;
    }
    const auto target = parse_path(request.path);
    if (!target) {
      fail(connection, 404, "NotFound", "the server could not find the requested resource");
    } else if (request.method == "GET") {
      read(*target, request, connection);
    } else {
      write(*target, request, connection);
    }
  }
  void read(const Target& target, const HttpRequest& request, HttpsConnection& connection) {
    const auto wanted = request.parameter("watch");
    if (!target.name.empty()) return get_object(state, target, connection);
    if (wanted == "1" || wanted == "true") return watch(state, target, request, connection);
    list(state, target, request, connection);
  }
  // POST creates; PUT replaces, or creates as well, for scripts that apply; PATCH merges (RFC 7386); DELETE.
  void write(const Target& target, const HttpRequest& request, HttpsConnection& connection) try {
    if (request.method == "DELETE" && !target.name.empty()) {
      if (const auto last = remove(target)) {
        connection.answer(200, json_content, last->dump());
      } else {
        get_object(state, target, connection);  // which says that there is none
      }
      return;
    }
    if (request.method == "PATCH" && !target.name.empty()) return patch(target, request, connection);
    const bool create = request.method == "POST" && target.name.empty();
    if (!create && (request.method != "PUT" || target.name.empty())) {
      fail(connection, 405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
      return;
    }
    Json object = Json::parse(request.body);
    object["kind"] = target.type->kind;
    if (!target.ns.empty()) object["metadata"]["namespace"] = target.ns;
    if (!target.name.empty()) object["metadata"]["name"] = target.name;
    const auto key = complete(object).key();
    if (create && state.store.find(key)) {
      fail(connection, 409, "AlreadyExists",
           std::string(target.type->resource) + " \"" + key.name + "\" already exists");
      return;
    }
    connection.answer(create ? 201 : 200, json_content, store(std::move(object))->dump());
  } catch (const std::exception& error) {
    fail(connection, 400, "BadRequest", error.what());
  }
  void patch(const Target& target, const HttpRequest& request, HttpsConnection& connection) {
    const auto known = state.store.find(target.key());
    const auto type = request.headers.find("content-type");
    if (!known) return get_object(state, target, connection);  // which says that there is none
    if (type == request.headers.end() || type->second != "application/merge-patch+json") {
      fail(connection, 415, "UnsupportedMediaType", "only application/merge-patch+json is served");
      return;
    }
    Json object = *known;
    object.merge_patch(Json::parse(request.body));
    connection.answer(200, json_content, store(std::move(object))->dump());
  }
  void empty_namespace(const std::string& ns) {
    for (const auto* kind : {"Pod", "NetworkPolicy", "Service", "Deployment", "Event"}) {
      Target content{.type = type_of_kind(kind), .ns = ns, .name = ""};
      for (const auto& object : state.store.view(std::string(content.type->resource)).objects) {
        if (!content.holds(*object)) continue;
        content.name = object->at("metadata").at("name");
        state.store.remove(content.key());
      }
    }
  }
};

ApiServer::ApiServer(ApiServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
ApiServer::~ApiServer() = default;

std::string ApiServer::url() const {
  return to_string(k8s::ServerAddress{.host = listening_host(impl_->options.address), .port = port(), .prefix = ""});
}
std::uint16_t ApiServer::port() const {
  return impl_->server->port();
}
const Authority& ApiServer::authority() const {
  return impl_->authority;
}
std::string ApiServer::ca_pem() const {
  return impl_->authority.certificate_pem();
}

std::string ApiServer::kubeconfig() const {
  Json config{{"apiVersion", "v1"}, {"kind", "Config"}, {"current-context", "test"}};
  config["clusters"] = {
      {{"name", "test"},
       {"cluster", {{"server", url()}, {"certificate-authority-data", k8s::base64_encode(ca_pem())}}}}};
  const std::scoped_lock lock(impl_->mutex);
  config["users"] = {{{"name", "test"}, {"user", Json::object()}}};
  if (!impl_->token.empty()) config["users"][0]["user"]["token"] = impl_->token;
  config["contexts"] = {{{"name", "test"}, {"context", {{"cluster", "test"}, {"user", "test"}}}}};
  return config.dump(2) + '\n';
}

std::string ApiServer::put(std::string_view json) {
  Json object = Json::parse(json);
  if (object.value("kind", "") != "List") return impl_->store(std::move(object))->at("metadata").at("resourceVersion");
  for (auto& item : object.at("items")) impl_->store(std::move(item));
  return resource_version();
}

bool ApiServer::remove(const std::string& kind, const std::string& ns, const std::string& name) {
  const auto* type = type_of_kind(kind);
  if (type == nullptr) throw std::invalid_argument("kind \"" + kind + "\" is not served");
  return impl_->remove({.type = type, .ns = ns, .name = name}) != nullptr;
}

std::string ApiServer::resource_version() const {
  return std::to_string(impl_->state.store.version());
}
void ApiServer::compact() {
  impl_->state.store.compact();
}

void ApiServer::answer_next(const std::string& path, const Answer& answer, int count) {
  for (int i = 0; i < count; ++i) impl_->state.answers.add(path, answer);
}
void ApiServer::cut_next(const std::string& path, std::size_t bytes) {
  impl_->state.cuts.add(path, bytes);
}
void ApiServer::set_silent(bool silent) {
  impl_->state.silent = silent;
}
void ApiServer::drop_connections() {
  impl_->server->drop_connections();
}
void ApiServer::end_watches() {
  ++impl_->state.end_of_watches;
}
void ApiServer::say_in_watches(std::string line) {
  impl_->state.announcements.add(std::move(line));
}
void ApiServer::bookmark_watches() {
  ++impl_->state.bookmark_calls;
}
void ApiServer::set_token(std::string token) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->token = std::move(token);
}
void ApiServer::set_streaming_lists(StreamingLists mode) {
  impl_->state.streaming_lists = mode;
}
void ApiServer::set_bookmark_interval(std::chrono::milliseconds interval) {
  impl_->state.bookmark_interval = interval;
}

std::vector<HttpRequest> ApiServer::requests() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->requests;
}
std::size_t ApiServer::connections() const {
  return impl_->server->connections();
}
std::size_t ApiServer::watches() const {
  return impl_->state.watches;
}

}  // namespace selvedge::test
