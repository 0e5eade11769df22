// What reviewing a large cluster costs: `report`, `lint`, `diff` as programs, and beside them a program that reads and
// decodes the same file and ends. The limit is that one: what is over it is the answering.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <stdexcept>

#include <CLI/CLI.hpp>

#include "k8sclient/manifests.h"
#include "test/bench/figure.h"
#include "test/support/temporary_directory.h"

namespace selvedge::bench {
namespace {

struct Size {
  int workloads = 2000;
  int policies = 500;
};
constexpr int per_namespace = 20;

std::string padded(int number) {
  return std::to_string(10000 + number).substr(1);
}

std::string team(int number) {
  return "team-" + padded(number);
}

// Two pods for each workload, as the API server prints them.
std::string pods_of(int workload) {
  std::string text;
  for (int replica = 0; replica < 2; ++replica) {
    const int number = 2 * workload + replica;
    const std::string app = "app-" + padded(workload % per_namespace);
    const std::string address = std::to_string(number / 256 % 256) + '.' + std::to_string(number % 256);
    text += R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + app + "-7d4f-" + std::to_string(replica) +
            R"(","namespace":")" + team(workload / per_namespace) + R"(","labels":{"app":")" + app +
            R"(","pod-template-hash":"7d4f","tier":")" + (workload % 4 == 0 ? "web" : "db") +
            R"("},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":")" + app +
            R"(-7d4f","controller":true}]},"spec":{"nodeName":"node-)" + std::to_string(number % 100) +
            R"(","containers":[{"name":"c","ports":[{"name":"http","containerPort":8080}]}]},)" +
            R"("status":{"phase":"Running","podIPs":[{"ip":"10.64.)" + address + "\"}]}},\n";
  }
  return text;
}

std::string namespace_of(int number) {
  return R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + team(number) + R"(","labels":{"env":")" +
         (number % 3 == 0 ? "test" : "prod") + R"(","kubernetes.io/metadata.name":")" + team(number) + "\"}}},\n";
}

// Of four kinds: closed, from the same namespace, from another one and a block, and both ways.
std::string policy_of(int number, int namespaces, const std::string& port) {
  const std::string web = R"("podSelector":{"matchLabels":{"tier":"web"}})";
  const std::string other = R"({"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":")" +
                            team((number * 7 + 1) % namespaces) + "\"}}," + web + '}';
  const std::string block = R"({"ipBlock":{"cidr":"203.0.)" + std::to_string(number % 8) + ".0/24\"}}";
  const std::string ports = R"("ports":[{"port":)" + port + "}]";
  const std::string rules[] = {R"("ingress":[])", R"("ingress":[{"from":[{)" + web + "}]," + ports + "}]",
                               R"("ingress":[{"from":[)" + other + ',' + block + "]," + ports + "}]",
                               R"("policyTypes":["Ingress","Egress"],"ingress":[{"from":[)" + other +
                                   R"(]}],"egress":[{"to":[)" + other + "]," + ports +
                                   R"(},{"ports":[{"protocol":"UDP","port":53}]}])"};
  return R"({"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"p)" +
         std::to_string(number) + R"(","namespace":")" + team(number % namespaces) +
         R"("},"spec":{"podSelector":{"matchLabels":{"app":"app-)" + padded(number / namespaces % per_namespace) +
         "\"}}," + rules[number % 4] + "}},\n";
}

std::string cluster_text(const Size& size, const std::string& port) {
  const int namespaces = std::max(1, size.workloads / per_namespace);
  std::string text = R"({"apiVersion":"v1","kind":"List","items":[)";
  for (int i = 0; i < namespaces; ++i) text += namespace_of(i);
  for (int i = 0; i < size.workloads; ++i) text += pods_of(i);
  for (int i = 0; i < size.policies; ++i) text += policy_of(i, namespaces, port);
  text.resize(text.size() - 2);
  return text + "]}\n";
}

struct Cost {
  double seconds = 0;
  double megabytes = 0;  // the largest it was
};

// `work` in a process of its own, its output to `out`; its status must be 0 or 1.
Cost cost_of(const std::string& out, const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    const int to = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), nowhere = open("/dev/null", O_WRONLY);
    dup2(to, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    work();
    _exit(127);
  }
  int status = 0;
  rusage used{};
  if (child < 0 || wait4(child, &status, 0, &used) != child) throw std::runtime_error("cannot start a process");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
    throw std::runtime_error("a command ended with status " + std::to_string(status));
  return {took.count(), static_cast<double>(used.ru_maxrss) * 1024 / 1e6};
}

void execute(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
}

struct Measured {
  std::vector<double> milliseconds, megabytes, ratios;
  std::size_t bytes = 0;  // of output
};

void tell(const std::string& name, const Size& size, const Measured& measured, const Measured& bare) {
  Figure figure{.section = "review", .name = name};
  figure.params = {{"workloads", std::int64_t{size.workloads}}, {"policies", std::int64_t{size.policies}}};
  Figure memory = figure;
  summarize(figure, measured.milliseconds);
  figure.unit = "ms";
  figure.limit = median(bare.milliseconds);
  figure.limit_name = "read and decode";
  figure.ratio = median(measured.ratios);
  figure.goal = "<= 2000";
  figure.met = figure.value <= 2000;
  figure.note = std::to_string(measured.bytes / 1000) + " kB of output";
  print(figure);
  summarize(memory, measured.megabytes);
  memory.name += ", memory";
  memory.unit = "MB";
  memory.limit = median(bare.megabytes);
  memory.limit_name = "read and decode";
  memory.goal = "<= 200";
  memory.met = memory.value <= 200;
  print(memory);
}

void run_all(const Size& size, int turns, const std::string& program, bool quiet) {
  test::TemporaryDirectory directory;
  const std::string before = directory.write("before.json", cluster_text(size, "5432"));
  const std::string after = directory.write("after.json", cluster_text(size, "5433"));
  const std::string out = (directory.path() / "out").string();
  const std::vector<std::pair<std::string, std::vector<std::string>>> commands{
      {"report, page", {program, "report", "-f", before}},
      {"report, text", {program, "report", "-f", before, "-o", "text"}},
      {"report, JSON", {program, "report", "-f", before, "-o", "json"}},
      {"lint", {program, "lint", "-f", before, "--fail-on", "never"}},
      {"diff", {program, "diff", before, after}}};
  Measured bare;
  std::vector<Measured> all(commands.size());
  for (int turn = 0; turn < turns; ++turn) {
    for (std::size_t i = 0; i < commands.size(); ++i) {
      const Cost reading = cost_of(out, [&] { _exit(k8s::read_manifests(before) ? 0 : 2); });
      const Cost cost = cost_of(out, [&] { execute(commands[i].second); });
      bare.milliseconds.push_back(reading.seconds * 1e3);
      bare.megabytes.push_back(reading.megabytes);
      all[i].milliseconds.push_back(cost.seconds * 1e3);
      all[i].megabytes.push_back(cost.megabytes);
      all[i].ratios.push_back(cost.seconds / reading.seconds);
      all[i].bytes = static_cast<std::size_t>(std::ifstream(out, std::ios::ate).tellg());
    }
  }
  for (std::size_t i = 0; i < commands.size() && !quiet; ++i) tell(commands[i].first, size, all[i], bare);
}

}  // namespace
}  // namespace selvedge::bench

int main(int argc, char** argv) {
  bool quick = false;
  int turns = 7;
  selvedge::bench::Size size;
  std::string program = SELVEDGE_PROGRAM;
  CLI::App app("report, lint and diff of a large cluster, beside reading it.");
  app.add_flag("--quick", quick, "once, of a small one");
  app.add_option("--workloads", size.workloads);
  app.add_option("--policies", size.policies);
  app.add_option("--turns", turns);
  app.add_option("--program", program);
  CLI11_PARSE(app, argc, argv);
  if (quick) size = {.workloads = 40, .policies = 20};
  try {
    selvedge::bench::run_all(size, quick ? 1 : turns, program, quick);
  } catch (const std::exception& error) {
    std::cerr << "bench-review: " << error.what() << "\n";
    return 1;
  }
}
