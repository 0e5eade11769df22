// The configuration file: YAML, flat, keys named as the flags.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "controller/agent/options.h"

namespace selvedge::cli {

struct SettingsError {
  bool unreadable = false;  // the file could not be read or parsed; else a key or value of it is wrong
  std::string message;      // names file, line and column, key, and the nearest right key
};

// `name` stands for the file in messages.
tl::expected<agent::Layer, SettingsError> parse_settings(const std::string& text, const std::string& name);
tl::expected<agent::Layer, SettingsError> read_settings_file(const std::string& path);

}  // namespace selvedge::cli
