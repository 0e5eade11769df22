// The transport for real: cpp-httplib speaks HTTP, OpenSSL is asked for TLS directly.
//
// httplib's own SSLClient is passed by on purpose. It adds the system's trust store to whatever authority it is
// given, lets a certificate's common name stand in for its subjectAltName, cannot be stopped while it connects,
// and reads lines of any length. So its plain client gets a connection of ours (dial.h, tls_stream.h) through the
// three virtual functions that it has for that, and a byte stream that bounds what a response's head may hold.
#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include <httplib.h>

#include "k8sclient/broken_pipe.h"
#include "k8sclient/credentials.h"
#include "k8sclient/dial.h"
#include "k8sclient/interrupt.h"
#include "k8sclient/server_address.h"
#include "k8sclient/tls_context.h"
#include "k8sclient/tls_stream.h"

namespace selvedge::k8s {
namespace {

using std::chrono::milliseconds;
using Kind = TransportError::Kind;

constexpr milliseconds connect_timeout{10'000};
constexpr milliseconds write_timeout{10'000};
constexpr std::size_t longest_status_line = 512;  // httplib matches it with std::regex, whose stack grows with it
constexpr std::size_t longest_line = std::size_t{8} * 1024;
constexpr std::size_t most_overhead =
    std::size_t{256} * 1024;  // bytes of a head, or of framing and compression without content

// What httplib reads a response from. It asks for single bytes when it looks for the end of a line, and for more
// when it reads content: that tells the two apart. progress() is called when the head is complete and for each piece
// of content, so that what comes in between stays bounded.
class ResponseStream final : public httplib::Stream {
 public:
  ResponseStream(TlsStream& tls, std::string server, milliseconds silence)
      : tls_(tls), server_(std::move(server)), silence_(silence) {}

  void progress() { overhead_ = line_ = 0; }
  bool drained() const { return at_ == end_; }
  const std::optional<TransportError>& failure() const { return failure_; }

  ssize_t read(char* to, std::size_t size) override {
    if (failure_ || (at_ == end_ && !refill())) return -1;
    // The end of the connection may end content (that of a response without a length), but never a line.
    if (at_ == end_) return size > 1 ? 0 : fail("ended the connection in the middle of a response");
    const auto count = std::min(size, end_ - at_);
    std::copy_n(buffer_.data() + at_, count, to);
    at_ += count;
    overhead_ += count;
    if (overhead_ > most_overhead) return fail("sent 256 KiB of a head, or of empty content");
    return size > 1 || line_byte(*to) ? static_cast<ssize_t>(count) : -1;
  }
  ssize_t write(const char* from, std::size_t size) override {
    const auto written = tls_.write({from, size}, write_timeout);
    if (!written) failure_ = written.error();
    return written ? static_cast<ssize_t>(*written) : -1;
  }
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  bool refill() {
    const auto count = tls_.read(buffer_, silence_);
    if (!count) failure_ = count.error();
    at_ = 0;
    end_ = count.value_or(0);
    return count.has_value();
  }
  // Whether one more byte of a line is still within bounds.
  bool line_byte(char byte) {
    if (++line_ > longest_line) return fail("sent a header line of more than 8 KiB") == 0;
    if (in_status_line_) return status_line_byte(byte);
    if (byte == '\n') line_ = 0;
    return true;
  }
  bool status_line_byte(char byte) {
    status_line_ += byte;
    if (status_line_.size() > longest_status_line) return fail("sent a status line of more than 512 bytes") == 0;
    if (byte != '\n') return true;
    in_status_line_ = false;
    line_ = 0;
    // "HTTP/1.1 100": nothing was sent that would wait for that, and httplib would read on without end.
    const bool final = status_line_.starts_with("HTTP/1.") && status_line_.size() > 9 && status_line_[9] != '1';
    return final || fail("does not answer in HTTP/1.1") == 0;
  }
  ssize_t fail(const std::string& cause) {
    failure_ = TransportError{Kind::unreachable, server_ + ": the server " + cause};
    return -1;
  }

  TlsStream& tls_;
  std::string server_;
  milliseconds silence_;
  std::array<char, std::size_t{16} * 1024> buffer_{};
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::size_t line_ = 0;
  std::size_t overhead_ = 0;
  bool in_status_line_ = true;
  std::string status_line_;
  std::optional<TransportError> failure_;
};

ResponseHead head_of(const httplib::Response& response) {
  ResponseHead head{.status = response.status, .headers = {}};
  for (const auto& [name, value] : response.headers) {
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    auto& joined = head.headers[lower];
    joined += joined.empty() ? value : ", " + value;
  }
  return head;
}

// One kept-alive connection to one server with one set of credentials. httplib opens it at the first request, and
// again when the server has closed it in between.
class Connection final : public httplib::ClientImpl {
 public:
  Connection(ServerAddress server, std::string name, TlsContext context, const Interrupt& interrupt)
      : ClientImpl(server.host, server.port),
        server_(std::move(server)),
        name_(std::move(name)),
        context_(std::move(context)),
        interrupt_(interrupt) {
    set_keep_alive(true);
    set_url_encode(false);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override { tls_.reset(); }

  bool open() const { return is_socket_open() != 0 && reusable_; }

  using OnHead = std::function<void(const ResponseHead&)>;
  using OnData = std::function<bool(std::string_view)>;

  tl::expected<ResponseHead, TransportError> get(httplib::Request request, milliseconds silence, const OnHead& on_head,
                                                 const OnData& on_data) {
    silence_ = silence;
    failure_.reset();
    std::optional<ResponseHead> head;
    request.response_handler = [&](const httplib::Response& response) {
      stream_->progress();
      on_head(head.emplace(head_of(response)));
      return true;
    };
    request.content_receiver = [&](const char* piece, std::size_t size, std::uint64_t, std::uint64_t) {
      if (size == 0) return true;  // compressed bytes that were not enough for one of content
      stream_->progress();
      return on_data({piece, size});
    };
    httplib::Response response;
    auto error = httplib::Error::Success;
    if (!send(request, response, error) && error != httplib::Error::Canceled) {
      return tl::unexpected(failure_.value_or(TransportError{
          Kind::unreachable, to_string(server_) + ": the server cut its answer off or does not keep to HTTP/1.1"}));
    }
    if (!head) on_head(head.emplace(head_of(response)));  // 204: httplib has no content to announce
    return *head;
  }

 private:
  bool create_and_connect_socket(Socket& socket, httplib::Error& error) override {
    reusable_ = true;
    error = httplib::Error::Connection;
    auto connected = dial(server_, interrupt_, connect_timeout);
    if (!connected) return failed(connected.error());
    auto tls =
        TlsStream::open(connected->get(), context_.get(), to_string(server_), name_, interrupt_, connect_timeout);
    if (!tls) return failed(tls.error());
    tls_ = std::move(*tls);
    socket.sock = connected->release();
    error = httplib::Error::Success;
    return true;
  }
  // Without a farewell (close_notify): that would be a write that may block, and the server does not need it.
  void shutdown_ssl(Socket&, bool) override { tls_.reset(); }
  bool process_socket(const Socket&, std::function<bool(httplib::Stream&)> exchange) override {
    auto& stream = stream_.emplace(*tls_, to_string(server_), silence_);
    const bool done = exchange(stream);
    failure_ = stream.failure();
    reusable_ = stream.drained();
    return done;
  }
  bool failed(TransportError error) {
    failure_ = std::move(error);
    return false;
  }

  ServerAddress server_;
  std::string name_;
  TlsContext context_;
  const Interrupt& interrupt_;
  std::optional<TlsStream> tls_;
  std::optional<ResponseStream> stream_;  // of the current request, over tls_
  milliseconds silence_{};
  bool reusable_ = true;  // false: there were bytes after the end of a response
  std::optional<TransportError> failure_;
};

httplib::Request to_httplib(const Request& request, const ServerAddress& server, const std::string& token,
                            const std::string& user_agent) {
  httplib::Request get;
  get.method = request.method;
  get.path = server.prefix + request.target;
  get.headers = {{"Host", authority(server)},
                 {"User-Agent", user_agent},
                 {"Accept", "application/json"},
                 {"Accept-Encoding", request.compress ? "gzip" : "identity"}};
  if (!token.empty()) get.headers.emplace("Authorization", "Bearer " + token);
  if (!request.body.empty()) get.headers.emplace("Content-Type", request.body_type);
  get.body = request.body;
  return get;
}

class HttpsTransport final : public Transport {
 public:
  HttpsTransport(std::unique_ptr<Access> access, std::string user_agent)
      : access_(std::move(access)), user_agent_(std::move(user_agent)) {}

  tl::expected<ResponseHead, TransportError> get(const Request& request, const Connection::OnHead& on_head,
                                                 const Connection::OnData& on_data) override {
    if (!interrupt_.usable()) return tl::unexpected(TransportError{Kind::unreachable, "no file descriptor left"});
    if (interrupt_.raised()) return tl::unexpected(TransportError{Kind::stopped, "interrupted"});
    const NoBrokenPipeSignal guard;
    auto head = exchange(request, on_head, on_data);
    const bool ours =
        head ? head->status == 401 : head.error().kind == Kind::untrusted || head.error().kind == Kind::credentials;
    if (ours) access_->expire();
    if (!head) connection_.reset();
    return head;
  }

  void interrupt() override { interrupt_.raise(); }

 private:
  tl::expected<ResponseHead, TransportError> exchange(const Request& request, const Connection::OnHead& on_head,
                                                      const Connection::OnData& on_data) {
    const auto began = std::chrono::steady_clock::now();
    bool answered = false;
    const auto note_head = [&](const ResponseHead& head) {
      answered = true;
      on_head(head);
    };
    for (;;) {
      if (auto ready = prepare(); !ready) return tl::unexpected(ready.error());
      const bool reused = connection_->open();
      auto head = connection_->get(to_httplib(request, server_, identity_->second.bearer_token, user_agent_),
                                   request.silence, note_head, on_data);
      // A connection that was kept may have been closed by the server just when we asked; a new one tells.
      const bool stale = !head && head.error().kind == Kind::unreachable && reused && !answered &&
                         std::chrono::steady_clock::now() - began < request.silence;
      if (!stale) return head;
      connection_.reset();
    }
  }

  // Makes connection_ one of the present credentials.
  tl::expected<void, TransportError> prepare() {
    auto current = access_->current(interrupt_);
    if (!current) return tl::unexpected(current.error());
    if (connection_ && connection_->open() && identity_ == *current) return {};
    const auto& [endpoint, credentials] = *current;
    const auto server = parse_server(endpoint.server);
    if (!server)
      return tl::unexpected(TransportError{Kind::credentials, endpoint.origin + ": server " + server.error()});
    server_ = *server;
    const auto& name = endpoint.tls_server_name.empty() ? server_.host : endpoint.tls_server_name;
    auto context = make_tls_context(endpoint, credentials, name);
    if (!context) return tl::unexpected(context.error());
    connection_ = std::make_unique<Connection>(server_, name, std::move(*context), interrupt_);
    identity_ = std::move(*current);
    return {};
  }

  Interrupt interrupt_;
  std::unique_ptr<Access> access_;
  std::string user_agent_;
  std::optional<std::pair<Endpoint, Credentials>> identity_;  // what connection_ was made for
  ServerAddress server_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<Transport> make_https_transport(std::unique_ptr<Access> access, std::string user_agent) {
  return std::make_unique<HttpsTransport>(std::move(access), std::move(user_agent));
}

}  // namespace selvedge::k8s
