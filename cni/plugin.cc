#include "cni/plugin.h"

#include <algorithm>
#include <array>

namespace selvedge::cni {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 5> commands{"ADD", "DEL", "CHECK", "STATUS", "GC"};
const std::string& newest = supported_versions.back();
constexpr milliseconds brief{2'000};  // for what the daemon answers at once

Outcome failed(const std::string& version, const Error& error) {
  Json json{{"cniVersion", version}, {"code", error.code}, {"msg", "selvedge-cni: " + error.message}};
  if (!error.details.empty()) json["details"] = error.details;
  return {.status = 1, .out = to_text(json) + '\n', .note = ""};
}

// What the daemon has to say against it; empty: nothing.
std::string fault_of(const tl::expected<Answer, std::string>& answer) {
  return answer ? answer->fault : answer.error();
}

std::string remedy(const Config& config) {
  return "is `selvedge run` up on this node, with --cni-socket " + config.socket + "? see its /readyz and log";
}

// The runtime takes the result of the last plugin for that of the list.
Outcome passed_on(const Config& config, std::string note) {
  Json result = *config.previous;
  if (!result.contains("cniVersion")) result["cniVersion"] = config.version;
  return {.status = 0, .out = to_text(result) + '\n', .note = std::move(note)};
}

tl::expected<Request, Error> addition(const Config& config, const Environment& environment) {
  const auto sandbox = sandbox_of(environment);
  if (!sandbox) return tl::unexpected(sandbox.error());
  const auto pod = pod_of(environment);
  if (!pod) return tl::unexpected(pod.error());
  if (!config.previous)
    return tl::unexpected(Error{Error::invalid_config,
                                "prevResult: is missing; this plugin follows another one (Flannel's) in the list, "
                                "whose result it reads"});
  auto addresses = addresses_in(*config.previous);
  if (!addresses) return tl::unexpected(addresses.error());
  return Request{.command = Command::add,
                 .id = id_of(config.network, sandbox->container, sandbox->interface),
                 .ns = pod->ns,
                 .name = pod->name,
                 .uid = pod->uid,
                 .addresses = *std::move(addresses),
                 .patience = config.patience};
}

// A runtime that is older, or none, does not say which pod it is, or only its name, which a former pod may have had.
// So nothing is asserted of it: the guard holds its addresses until the API tells whose they are.
Outcome add(const Config& config, const Environment& environment, const Ask& ask) {
  if (const auto pod = pod_of(environment); !pod && !config.refuses && config.previous)
    return passed_on(config,
                     "the sandbox starts, and stays isolated where the guard is in force until the API server "
                     "tells whose its addresses are: " +
                         pod.error().message);
  const auto request = addition(config, environment);
  if (!request) return failed(config.version, request.error());
  const std::string fault = fault_of(ask(config.socket, *request, config.patience + brief));
  if (fault.empty()) return passed_on(config, "");
  const std::string pod = request->ns + '/' + request->name;
  if (!config.refuses)
    return passed_on(config, "pod " + pod + " starts, and stays isolated where the guard is in force: " + fault);
  return failed(config.version, {Error::try_again_later, "pod " + pod + ": " + fault, remedy(config)});
}

// Of what is not there any more there is nothing to fail on (CNI specification, "DEL"); nor may a mistake that was made
// in the list since ADD keep a pod from going.
Outcome del(std::string_view input, const Environment& environment, const Ask& ask) {
  const auto config = del_config_of(input);
  if (!config) return failed(newest, config.error());
  const auto sandbox = sandbox_of(environment);
  if (!sandbox) return failed(newest, sandbox.error());
  std::string note = config->fault;
  const auto add = [&note](const std::string& fault) { note += (note.empty() ? "" : "; ") + fault; };
  if (config->network.empty()) {
    add("the daemon was not told");
  } else {
    const std::string id = id_of(config->network, sandbox->container, sandbox->interface);
    const std::string fault =
        fault_of(ask(config->socket, {.command = Command::del, .id = id, .ns = "", .name = "", .uid = ""}, brief));
    if (!fault.empty()) add("the daemon was not told: " + fault);
  }
  return {.status = 0, .out = "", .note = std::move(note)};
}

Outcome check(const Config& config, const Environment& environment, const Ask& ask) {
  const auto sandbox = sandbox_of(environment);
  if (!sandbox) return failed(config.version, sandbox.error());
  if (!config.previous) return failed(config.version, {Error::invalid_config, "prevResult: is missing"});
  const std::string id = id_of(config.network, sandbox->container, sandbox->interface);
  const std::string fault =
      fault_of(ask(config.socket, {.command = Command::check, .id = id, .ns = "", .name = "", .uid = ""}, brief));
  if (fault.empty()) return {};
  if (!config.refuses) return {.status = 0, .out = "", .note = fault};
  return failed(config.version, {Error::try_again_later, fault, remedy(config)});
}

Outcome status(const Config& config, const Ask& ask) {
  if (!config.refuses) return {};  // ADD works without the daemon
  const std::string fault =
      fault_of(ask(config.socket, {.command = Command::status, .id = "", .ns = "", .name = "", .uid = ""}, brief));
  if (fault.empty()) return {};
  return failed(config.version, {Error::unavailable, fault, remedy(config)});
}

Outcome gc(const Config& config, const Ask& ask) {
  if (!config.valid)
    return failed(config.version, {Error::invalid_config, "cni.dev/valid-attachments: is missing; nothing is removed"});
  Request request{.command = Command::gc, .id = config.network + '/', .ns = "", .name = "", .uid = ""};
  request.valid = *config.valid;
  const std::string fault = fault_of(ask(config.socket, request, brief));
  if (fault.empty()) return {};
  return failed(config.version, {Error::try_again_later, fault, remedy(config)});
}

// Also to somebody whose own version is not known.
Outcome version(std::string_view input) {
  const auto config = parse(input.substr(0, longest_config));
  const auto spoken = config && config->is_object() ? text_in(*config, "cniVersion") : std::string();
  const bool known = spoken && std::ranges::count(supported_versions, *spoken) > 0;
  const Json json{{"cniVersion", known ? *spoken : newest}, {"supportedVersions", supported_versions}};
  return {.status = 0, .out = to_text(json) + '\n', .note = ""};
}

}  // namespace

Outcome run(const Environment& environment, std::string_view input, const Ask& ask) {
  const std::string command = environment("CNI_COMMAND").value_or("");
  if (command == "VERSION") return version(input);
  if (std::ranges::count(commands, command) == 0)
    return failed(newest, {Error::invalid_environment, "CNI_COMMAND: " + shown(command) + " is not one of " +
                                                           "ADD, DEL, CHECK, STATUS, GC, VERSION; container runtimes "
                                                           "run this program, not people"});
  if (command == "DEL") return del(input, environment, ask);
  const auto config = config_of(input);
  if (!config) return failed(newest, config.error());
  if (command == "ADD") return add(*config, environment, ask);
  if (command == "CHECK") return check(*config, environment, ask);
  return command == "STATUS" ? status(*config, ask) : gc(*config, ask);
}

}  // namespace selvedge::cni
