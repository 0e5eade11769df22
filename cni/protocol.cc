#include "cni/protocol.h"

#include <array>
#include <utility>

#include "cni/json.h"

namespace selvedge::cni {
namespace {

constexpr int version = 1;
constexpr std::array<std::pair<const char*, Command>, 5> commands{{{"add", Command::add},
                                                                   {"del", Command::del},
                                                                   {"check", Command::check},
                                                                   {"gc", Command::gc},
                                                                   {"status", Command::status}}};

const char* word_of(Command command) {
  for (const auto& [word, meant] : commands) {
    if (meant == command) return word;
  }
  return "";
}

using Fault = tl::unexpected<std::string>;

tl::expected<Command, std::string> command_in(const Json& json) {
  const auto word = text_in(json, "command");
  if (!word) return Fault(word.error());
  for (const auto& [known, command] : commands) {
    if (known == *word) return command;
  }
  return Fault("command: " + shown(*word) + " is not one of add, del, check, gc, status");
}

tl::expected<std::vector<std::string>, std::string> texts_in(const Json& json, const char* name) {
  std::vector<std::string> texts;
  const auto list = json.find(name);
  if (list == json.end()) return texts;
  if (!list->is_array()) return Fault(std::string(name) + ": " + shown(*list) + " is not a list");
  for (const Json& text : *list) {
    if (!text.is_string()) return Fault(std::string(name) + ": " + shown(text) + " is not a string");
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

tl::expected<Json, std::string> object_of(std::string_view line) {
  auto json = parse(line);
  if (!json) return json;
  if (!json->is_object()) return Fault(shown(*json) + " is not a JSON object");
  return json;
}

// Text that must not be empty.
std::string missing(const Request& request) {
  if (request.command != Command::status && request.id.empty()) return "id";
  if (request.command != Command::add) return "";
  if (request.ns.empty()) return "namespace";
  if (request.name.empty()) return "name";
  if (request.uid.empty()) return "uid";
  return request.addresses.empty() ? "addresses" : "";
}

}  // namespace

std::string line_of(const Request& request) {
  Json json{{"version", version}, {"command", word_of(request.command)}};
  if (!request.id.empty()) json["id"] = request.id;
  if (request.command == Command::gc) json["valid"] = request.valid;
  if (request.command == Command::add) {
    json["namespace"] = request.ns;
    json["name"] = request.name;
    json["uid"] = request.uid;
    json["addresses"] = request.addresses;
    json["patienceMs"] = request.patience.count();
  }
  return to_text(json) + '\n';
}

std::string line_of(const Answer& answer) {
  Json json{{"ok", answer.fault.empty()}};
  if (!answer.fault.empty()) json["message"] = answer.fault;
  return to_text(json) + '\n';
}

tl::expected<Request, std::string> request_of(std::string_view line) {
  const auto json = object_of(line);
  if (!json) return Fault(json.error());
  const auto spoken = json->find("version");
  if (spoken == json->end() || *spoken != version)
    return Fault("version: " + (spoken == json->end() ? "is missing" : shown(*spoken)) + ", and this daemon speaks 1");
  Request request;
  const auto command = command_in(*json);
  if (!command) return Fault(command.error());
  request.command = *command;
  for (const auto& [name, member] :
       {std::pair{"id", &Request::id}, {"namespace", &Request::ns}, {"name", &Request::name}, {"uid", &Request::uid}}) {
    auto text = text_in(*json, name);
    if (!text) return Fault(text.error());
    request.*member = *std::move(text);
  }
  for (const auto& [name, member] : {std::pair{"addresses", &Request::addresses}, {"valid", &Request::valid}}) {
    auto texts = texts_in(*json, name);
    if (!texts) return Fault(texts.error());
    request.*member = *std::move(texts);
  }
  if (const auto patience = json->find("patienceMs"); patience != json->end()) {
    if (!patience->is_number_unsigned() || *patience > longest_patience.count())
      return Fault("patienceMs: " + shown(*patience) + " is not a number up to " +
                   std::to_string(longest_patience.count()));
    request.patience = std::chrono::milliseconds(patience->get<std::chrono::milliseconds::rep>());
  }
  if (const std::string name = missing(request); !name.empty())
    return Fault(name + ": is missing, and " + word_of(request.command) + " needs it");
  return request;
}

tl::expected<Answer, std::string> answer_of(std::string_view line) {
  const auto json = object_of(line);
  if (!json) return Fault(json.error());
  const auto ok = json->find("ok");
  if (ok == json->end() || !ok->is_boolean()) return Fault("ok: is missing");
  if (ok->get<bool>()) return Answer{};
  auto message = text_in(*json, "message", "no reason given");
  if (!message) return Fault(message.error());
  return Answer{.fault = message->empty() ? "no reason given" : *std::move(message)};
}

}  // namespace selvedge::cni
