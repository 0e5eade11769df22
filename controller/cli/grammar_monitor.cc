#include <charconv>
#include <limits>

#include "controller/cli/grammar.h"
#include "controller/text/nearest.h"

namespace selvedge::cli {
namespace {

template <typename Number>
Parsed<Number> number_of(const char* flag, const std::string& text, Number least, Number most) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most)
    return wrong_use(std::string(flag) + ": " + quoted(text) + " is not a number from " + std::to_string(least) +
                     " to " + std::to_string(most));
  return number;
}

// "30", "30s", "5m", "2h".
Parsed<std::chrono::seconds> duration_of(const char* flag, const std::string& text) {
  std::uint64_t factor = 1;
  std::string digits = text;
  if (const char unit = text.empty() ? '\0' : text.back(); unit == 's' || unit == 'm' || unit == 'h') {
    digits.pop_back();
    factor = unit == 's' ? 1 : unit == 'm' ? 60 : 3600;
  }
  const auto count = number_of<std::uint64_t>(flag, digits, 1, 1'000'000);
  if (!count) return wrong_use(std::string(flag) + ": " + quoted(text) + " is not a time such as 30s, 5m or 2h");
  return std::chrono::seconds(*count * factor);
}

Parsed<std::optional<monitor::EndFilter>> end_of(const char* flag, const std::string& text) {
  if (text.empty()) return std::nullopt;
  auto read = monitor::read_end_filter(text);
  if (!read) return wrong_use(std::string(flag) + ": " + quoted(text) + ' ' + read.error());
  return *std::move(read);
}

Parsed<std::optional<Direction>> direction_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  for (const Direction direction : {Direction::ingress, Direction::egress})
    if (text == to_string(direction)) return direction;
  return wrong_use("--direction: " + quoted(text) + " is not one of ingress, egress; did you mean \"" +
                   nearest(text, {"ingress", "egress"}) + "\"?");
}

Parsed<monitor::Filter> filter_of(const MonitorWords& words) {
  monitor::Filter filter;
  if (!words.ns.empty()) filter.ns = words.ns;
  if (!words.policy.empty()) {
    if (words.policy.find('/') == std::string::npos)
      return wrong_use("--policy: " + quoted(words.policy) + " is not NAMESPACE/NAME");
    filter.policy = words.policy;
  }
  auto direction = direction_of(words.direction);
  if (!direction) return tl::unexpected(direction.error());
  filter.direction = *direction;
  for (const auto& [flag, text, end] :
       {std::tuple("--pod", &words.pod, &filter.pod), std::tuple("--from", &words.from, &filter.from),
        std::tuple("--to", &words.to, &filter.to)}) {
    auto read = end_of(flag, *text);
    if (!read) return tl::unexpected(read.error());
    *end = *std::move(read);
  }
  return filter;
}

}  // namespace

void add_monitor(Grammar& grammar) {
  grammar.monitor = subcommand(grammar, "monitor", "denied packets as they happen, with pod and policy names",
                               R"(On a node whose daemon logs denials, with CAP_NET_ADMIN; until INT, TERM or as
--count or --for say. END: NAMESPACE/NAME of a pod, workload or Service,
node/NAME, an address or a block.
Exit status: 0; 3 when the group cannot be heard or objects cannot be read.

Examples:
  selvedge monitor
  selvedge monitor --to shop/postgres --output json | jq -r .source.name
  selvedge monitor --namespace shop --summary --for 10m)");
  CLI::App& sub = *grammar.monitor;
  MonitorWords& words = grammar.monitoring;
  add_source(sub, grammar);
  sub.add_option("--group", words.group, "NFLOG group of the rules [100]")->type_name("NUMBER");
  sub.add_option("-n,--namespace", words.ns, "either end is in it")->type_name("NAME");
  sub.add_option("--pod", words.pod, "either end is it")->type_name("END");
  sub.add_option("--from", words.from, "who sends")->type_name("END");
  sub.add_option("--to", words.to, "who is to receive")->type_name("END");
  sub.add_option("--direction", words.direction, "ingress or egress: whose isolation denied")->type_name("WORD");
  sub.add_option("--policy", words.policy, "NAMESPACE/NAME of one that isolates")->type_name("NAME");
  sub.add_flag("--summary", words.summary, "at the end who talked most, instead of each packet");
  sub.add_option("--every", words.every, "that summary, each time anew")->type_name("TIME");
  sub.add_option("--count", words.count, "end after so many packets")->type_name("NUMBER");
  sub.add_option("--for", words.duration, "end after 30s, 5m, 2h")->type_name("TIME");
  sub.add_option("-o,--output", grammar.output, "text or json [text]")->type_name("FORM");
}

Parsed<Command> monitor_command(const Grammar& grammar) {
  const MonitorWords& words = grammar.monitoring;
  MonitorCommand command{.from = grammar.from};
  const auto output = output_of(grammar);
  if (!output) return tl::unexpected(output.error());
  command.output = *output;
  const auto group = number_of<std::uint16_t>("--group", words.group, 0, std::numeric_limits<std::uint16_t>::max());
  if (!group) return tl::unexpected(group.error());
  command.group = *group;
  auto filter = filter_of(words);
  if (!filter) return tl::unexpected(filter.error());
  command.filter = *std::move(filter);
  command.summary = words.summary;
  if (!words.every.empty()) {
    const auto every = duration_of("--every", words.every);
    if (!every) return tl::unexpected(every.error());
    command.every = *every;
  }
  if (!words.duration.empty()) {
    const auto duration = duration_of("--for", words.duration);
    if (!duration) return tl::unexpected(duration.error());
    command.duration = *duration;
  }
  if (!words.count.empty()) {
    const auto count = number_of<std::uint64_t>("--count", words.count, 1, std::numeric_limits<std::uint64_t>::max());
    if (!count) return tl::unexpected(count.error());
    command.count = *count;
  }
  return command;
}

}  // namespace selvedge::cli
