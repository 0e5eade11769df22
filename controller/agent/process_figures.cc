// proc(5): the fields of /proc/self/stat are counted from behind the program's name, which may hold anything.
#include "controller/agent/process_figures.h"

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>

namespace selvedge::agent {
namespace {

std::vector<std::string> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t name_end = text.rfind(')');
  std::istringstream rest(name_end == std::string::npos ? "" : text.substr(name_end + 1));
  std::vector<std::string> fields;
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return std::nullopt;
}

std::string line(const char* name, const char* type, const char* help, double value) {
  char number[64];
  std::snprintf(number, sizeof number, "%.17g", value);
  const std::string text(name);
  return "# HELP " + text + ' ' + help + "\n# TYPE " + text + ' ' + type + '\n' + text + ' ' + number + '\n';
}

}  // namespace

std::string process_figures() {
  constexpr std::size_t state = 3;  // the first field behind the name, as proc(5) counts
  const auto fields = stat_fields();
  const auto field = [&](std::size_t number) {
    return number - state < fields.size() ? std::strtod(fields[number - state].c_str(), nullptr) : 0.0;
  };
  if (fields.empty()) return "";
  const double tick = static_cast<double>(sysconf(_SC_CLK_TCK)), page = static_cast<double>(sysconf(_SC_PAGESIZE));
  std::string text =
      line("process_cpu_seconds_total", "counter", "Time of the processors.", (field(14) + field(15)) / tick) +
      line("process_resident_memory_bytes", "gauge", "Memory in use.", field(24) * page);
  std::error_code error;
  double open = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end; at.increment(error))
    ++open;
  if (!error) text += line("process_open_fds", "gauge", "Open file descriptors.", open);
  if (const auto boot = boot_time())
    text +=
        line("process_start_time_seconds", "gauge", "When the process began, since 1970.", *boot + field(22) / tick);
  return text;
}

}  // namespace selvedge::agent
