// Network namespaces without names, held by a file descriptor: when the program ends, however it ends, the kernel
// takes them and all that is in them away.
#pragma once

#include <functional>
#include <string>

#include "k8sclient/fd.h"

namespace selvedge::bench {

// All of these throw std::runtime_error, which says what failed and why.

k8s::Fd new_namespace();

// Runs `work` in a thread of its own, in that namespace; what it throws is thrown here.
void in_namespace(const k8s::Fd& ns, const std::function<void()>& work);

// Moves the calling thread.
void enter(const k8s::Fd& ns);

// Of the calling thread's namespace; `name` as below /proc/sys/net.
void set_sysctl(const std::string& name, int value);

// Runs a shell command with `input` on its stdin; it must succeed. Returns what it printed.
std::string run(const std::string& command, const std::string& input = "");

bool is_installed(const std::string& program);

}  // namespace selvedge::bench
