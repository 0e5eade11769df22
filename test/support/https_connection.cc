#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include <openssl/err.h>

#include "test/support/https_server.h"

namespace selvedge::test {
namespace {

constexpr std::size_t longest_head = std::size_t{64} * 1024;
constexpr std::size_t longest_body = std::size_t{64} * 1024 * 1024;

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 422:
      return "Unprocessable Entity";
    case 429:
      return "Too Many Requests";
    default:
      return "Status";
  }
}

std::string decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return out;
}

// Takes from `text` what stands before `separator`, and the separator.
std::string_view take(std::string_view& text, std::string_view separator) {
  const auto at = text.find(separator);
  const auto taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + separator.size());
  return taken;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

HttpRequest parse_head(std::string_view head) {
  HttpRequest request;
  std::string_view line = take(head, "\r\n");
  request.method = take(line, " ");
  std::string_view target = take(line, " ");
  request.target = target;
  request.path = decoded(take(target, "?"), false);
  while (!target.empty()) {
    std::string_view pair = take(target, "&");
    const auto name = decoded(take(pair, "="), true);
    request.query[name] = decoded(pair, true);
  }
  while (!head.empty()) {
    std::string_view field = take(head, "\r\n");
    const auto name = lower(take(field, ":"));
    field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
    request.headers[name] = field;
  }
  return request;
}

std::string head_text(int status, const Headers& headers) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + ' ' + std::string(reason(status)) + "\r\n";
  for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\r\n");
  return text + "\r\n";
}

}  // namespace

std::string HttpRequest::parameter(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string() : found->second;
}

HttpsConnection::HttpsConnection(k8s::Fd socket, SSL_CTX* context)
    : socket_(std::move(socket)), ssl_(SSL_new(context)) {
  SSL_set_fd(ssl_, socket_.get());
}

HttpsConnection::~HttpsConnection() {
  SSL_free(ssl_);
}

bool HttpsConnection::accept() {
  ERR_clear_error();
  return SSL_accept(ssl_) == 1;
}

bool HttpsConnection::gone() const {
  pollfd waited{.fd = socket_.get(), .events = POLLIN | POLLRDHUP, .revents = 0};
  return ::poll(&waited, 1, 0) != 0;  // clients send nothing while they wait for an answer, but their farewell
}

void HttpsConnection::drop() {
  ::shutdown(socket_.get(), SHUT_RDWR);
}

void HttpsConnection::cut_after(std::size_t bytes) {
  left_ = bytes;
}

bool HttpsConnection::fill() {
  std::array<char, std::size_t{16} * 1024> buffer{};
  ERR_clear_error();
  const int count = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
  if (count > 0) unread_.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

std::optional<std::string> HttpsConnection::read_until_blank_line() {
  for (;;) {
    if (const auto end = unread_.find("\r\n\r\n"); end != std::string::npos) {
      std::string head = unread_.substr(0, end + 2);
      unread_.erase(0, end + 4);
      return head;
    }
    if (unread_.size() > longest_head || !fill()) return std::nullopt;
  }
}

std::optional<HttpRequest> HttpsConnection::receive() {
  const auto head = read_until_blank_line();
  if (!head) return std::nullopt;
  auto request = parse_head(*head);
  if (lower(request.headers["expect"]) == "100-continue" && !raw("HTTP/1.1 100 Continue\r\n\r\n")) return std::nullopt;
  std::size_t size = 0;
  const auto& length = request.headers["content-length"];
  std::from_chars(length.data(), length.data() + length.size(), size);
  if (size > longest_body) return std::nullopt;
  while (unread_.size() < size) {
    if (!fill()) return std::nullopt;
  }
  request.body = unread_.substr(0, size);
  unread_.erase(0, size);
  return request;
}

bool HttpsConnection::raw(std::string_view bytes) {
  const bool cut = left_ && bytes.size() >= *left_;
  if (cut) bytes = bytes.substr(0, *left_);
  if (left_) *left_ -= bytes.size();
  ERR_clear_error();
  const bool sent = bytes.empty() || SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  if (cut) drop();
  return sent && !cut;
}

bool HttpsConnection::answer(int status, const Headers& headers, std::string_view body) {
  Headers all = headers;
  all.emplace("content-length", std::to_string(body.size()));
  return raw(head_text(status, all) + std::string(body));
}

bool HttpsConnection::begin(int status, const Headers& headers) {
  Headers all = headers;
  all.emplace("transfer-encoding", "chunked");
  return raw(head_text(status, all));
}

bool HttpsConnection::send(std::string_view piece) {
  if (piece.empty()) return true;  // an empty chunk would be the end
  std::array<char, 20> size{};
  const auto end = std::to_chars(size.begin(), size.end(), piece.size(), 16).ptr;
  const auto line = std::string(size.begin(), end) + "\r\n";
  if (piece.size() > 4096) return raw(line) && raw(piece) && raw("\r\n");  // without copying it
  return raw(line + std::string(piece) + "\r\n");
}

bool HttpsConnection::end() {
  return raw("0\r\n\r\n");
}

}  // namespace selvedge::test
