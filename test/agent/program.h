// The built program, run as a person or a script would.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace selvedge::test {

struct Finished {
  int status = -1;  // 128 + the signal's number if it was killed
  std::string out;
  std::string err;
};

using Environment = std::map<std::string, std::string>;  // beside PATH: nothing of ours leaks into a test

enum class Privilege { ours, no_net_admin };

// Runs to the end, with `input` on standard input.
Finished run_program(const std::vector<std::string>& arguments, const std::string& input = "",
                     const Environment& environment = {}, Privilege privilege = Privilege::ours);

// The CNI plugin, with a configuration on standard input.
Finished run_plugin(const std::string& config, const Environment& environment);

// Runs in the background until stopped; its destructor kills it. Standard error goes to a file.
class Background {
 public:
  explicit Background(const std::vector<std::string>& arguments, const Environment& environment = {});
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void signal(int number) const;
  int wait();  // its exit status
  pid_t pid() const { return pid_; }
  std::string err() const;  // so far

 private:
  std::string err_path_;
  pid_t pid_ = -1;
};

}  // namespace selvedge::test
