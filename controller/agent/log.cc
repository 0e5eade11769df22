#include "controller/agent/log.h"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "controller/text/printable.h"

namespace selvedge::agent {
namespace {

bool needs_quotes(std::string_view value) {
  return value.empty() ||
         std::any_of(value.begin(), value.end(), [](char c) { return c == ' ' || c == '"' || c == '=' || c == '\\'; });
}

std::string logfmt_value(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted = printable(quoted);
  return needs_quotes(quoted) ? '"' + quoted + '"' : quoted;
}

std::string json_string(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

const char* pattern_of(LogFormat format) {
  return format == LogFormat::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                   : "time=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v";
}

}  // namespace

std::string to_logfmt(const LogLine& line) {
  std::string out = "msg=" + logfmt_value(line.message);
  for (const auto& [key, value] : line.fields) out += ' ' + key + '=' + logfmt_value(value);
  return out;
}

std::string to_json(const LogLine& line) {
  std::string out = "\"msg\":" + json_string(line.message);
  for (const auto& [key, value] : line.fields) out += ',' + json_string(key) + ':' + json_string(value);
  return out;
}

StderrLog::StderrLog(LogFormat format, LogLevel level) : output_(open(format, level)) {}

std::shared_ptr<const StderrLog::Output> StderrLog::open(LogFormat format, LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>("selvedge", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern(pattern_of(format), spdlog::pattern_time_type::utc);
  logger->set_level(level_of(level));
  return std::make_shared<const Output>(Output{format, std::move(logger)});
}

void StderrLog::write(const LogLine& line) const {
  const auto output = std::atomic_load(&output_);
  const auto level = level_of(line.level);
  if (!output->logger->should_log(level)) return;
  const std::string text = output->format == LogFormat::json ? to_json(line) : to_logfmt(line);
  output->logger->log(level, spdlog::string_view_t(text));
}

void StderrLog::change(LogFormat format, LogLevel level) {
  std::atomic_store(&output_, open(format, level));
}

}  // namespace selvedge::agent
