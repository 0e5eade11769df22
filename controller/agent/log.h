// The log: one line per event on standard error, with the names of the objects
// it is about, as logfmt or JSON. Names come from outside, so both forms escape
// them. Only `run` logs; the other subcommands print.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace spdlog {
class logger;
}

namespace selvedge::agent {

enum class LogFormat { logfmt, json };
enum class LogLevel { debug, info, warning, error };

struct LogLine {
  LogLevel level = LogLevel::info;
  std::string message;
  std::vector<std::pair<std::string, std::string>> fields;  // keys are ours, values may be anyone's

  bool operator==(const LogLine&) const = default;
};

// Where lines go; tests collect them.
using Log = std::function<void(const LogLine&)>;

// A line without time and level, which the writer puts before it.
std::string to_logfmt(const LogLine& line);  // msg="policy applied" policy=shop/api
std::string to_json(const LogLine& line);    // "msg":"policy applied","policy":"shop/api"

// Writes to standard error. All members may be called from any thread.
class StderrLog {
 public:
  StderrLog(LogFormat format, LogLevel level);

  void write(const LogLine& line) const;
  void change(LogFormat format, LogLevel level);

 private:
  struct Output {
    LogFormat format;
    std::shared_ptr<spdlog::logger> logger;
  };
  static std::shared_ptr<const Output> open(LogFormat format, LogLevel level);

  std::shared_ptr<const Output> output_;  // replaced as a whole, by atomic_load and atomic_store
};

}  // namespace selvedge::agent
