// Lists, in pages and of the past.
#include <zlib.h>

#include <algorithm>
#include <charconv>

#include "test/support/api_reads.h"

namespace selvedge::test {
namespace {

// What a list was asked for, understood.
struct Wanted {
  std::optional<std::uint64_t> version;  // none: now
  std::string after;                     // key of the last object of the page before
  std::size_t limit = 0;                 // 0: all
  FieldSelector fields;
};

struct Refusal {
  int code = 0;
  std::string reason;
  std::string message;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string key_of(const Json& object) {
  return object.value("/metadata/namespace"_json_pointer, "") + '/' + object.value("/metadata/name"_json_pointer, "");
}

tl::expected<Wanted, Refusal> continued(const ApiState& api, const std::string& token, Wanted wanted) {
  const auto colon = token.find(':');
  wanted.version = number(token.substr(0, colon));
  if (!wanted.version || colon == std::string::npos) {
    return tl::unexpected(Refusal{400, "BadRequest", "continue key is not valid"});
  }
  if (*wanted.version < api.store.compacted()) {
    return tl::unexpected(
        Refusal{410, "Expired", "The provided continue parameter is too old to display a consistent list result."});
  }
  wanted.after = token.substr(colon + 1);
  return wanted;
}

// resourceVersion: unset and 0 mean now; a number not newer than now, or exactly then.
tl::expected<Wanted, Refusal> at_version(const ApiState& api, const HttpRequest& request, Wanted wanted) {
  const auto text = request.parameter("resourceVersion");
  if (text.empty() || text == "0") return wanted;
  const auto version = number(text);
  if (!version) return tl::unexpected(Refusal{400, "BadRequest", "invalid resourceVersion: " + text});
  const auto now = api.store.version();
  if (*version > now) {
    return tl::unexpected(
        Refusal{504, "Timeout", "Too large resource version: " + text + ", current: " + std::to_string(now)});
  }
  if (request.parameter("resourceVersionMatch") != "Exact") return wanted;
  if (*version < api.store.compacted()) {
    return tl::unexpected(Refusal{410, "Expired", "The resourceVersion for the provided list is too old."});
  }
  wanted.version = version;
  return wanted;
}

tl::expected<Wanted, Refusal> understand(const ApiState& api, const HttpRequest& request) {
  Wanted wanted;
  auto fields = FieldSelector::parse(request.parameter("fieldSelector"));
  if (!fields) return tl::unexpected(Refusal{400, "BadRequest", fields.error()});
  wanted.fields = std::move(*fields);
  wanted.limit = number(request.parameter("limit")).value_or(0);
  const auto token = request.parameter("continue");
  return token.empty() ? at_version(api, request, std::move(wanted)) : continued(api, token, std::move(wanted));
}

// The list's items have no kind and apiVersion of their own.
std::string item_text(const Json& object) {
  Json item = object;
  item.erase("kind");
  item.erase("apiVersion");
  return item.dump();
}

Json list_metadata(const ObjectStore::View& view, const std::vector<Shared>& page, std::size_t left, bool selected) {
  Json metadata{{"resourceVersion", std::to_string(view.version)}};
  if (left == 0) return metadata;
  metadata["continue"] = std::to_string(view.version) + ':' + key_of(*page.back());
  if (!selected) metadata["remainingItemCount"] = left;  // the real one does not know it for selections
  return metadata;
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16;
  ::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY);
  std::string packed(::deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

bool send_in_chunks(HttpsConnection& connection, std::string_view body, const Headers& headers) {
  bool sent = connection.begin(200, headers);
  for (constexpr std::size_t chunk = 8000; sent && !body.empty(); body.remove_prefix(std::min(chunk, body.size()))) {
    sent = connection.send(body.substr(0, chunk));
  }
  return sent && connection.end();
}

}  // namespace

void list(ApiState& api, const Target& target, const HttpRequest& request, HttpsConnection& connection) {
  const auto wanted = understand(api, request);
  if (!wanted) {
    fail(connection, wanted.error().code, wanted.error().reason, wanted.error().message);
    return;
  }
  auto view = api.store.view(std::string(target.type->resource), wanted->version);
  std::erase_if(view.objects, [&](const Shared& object) {
    return !target.holds(*object) || !wanted->fields.matches(*object) ||
           (!wanted->after.empty() && key_of(*object) <= wanted->after);
  });
  const auto count = wanted->limit == 0 ? view.objects.size() : std::min(wanted->limit, view.objects.size());
  const std::vector<Shared> page(view.objects.begin(), view.objects.begin() + static_cast<std::ptrdiff_t>(count));
  std::string body = R"({"kind":")" + std::string(target.type->kind) + R"(List","apiVersion":")" +
                     std::string(target.type->group_version) + R"(","metadata":)" +
                     list_metadata(view, page, view.objects.size() - count, !wanted->fields.empty()).dump() +
                     R"(,"items":[)";
  for (const auto& object : page) body += (object == page.front() ? "" : ",") + item_text(*object);
  body += "]}\n";
  const auto accepted = request.headers.find("accept-encoding");
  auto headers = json_content;
  if (api.gzip && accepted != request.headers.end() && accepted->second.find("gzip") != std::string::npos) {
    headers["content-encoding"] = "gzip";
    body = gzipped(body);
  }
  send_in_chunks(connection, body, headers);
}

}  // namespace selvedge::test
