// selvedge-test-apiserver: the tests' API server for scripts (`./dev demo`). curl applies objects with PUT:
//   curl --cacert DIR/ca.crt -H "Authorization: Bearer T" -X PUT --data @pod.json URL/api/v1/namespaces/x/pods/a
#include <csignal>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include <CLI/CLI.hpp>

#include "test/support/api_server.h"

namespace {

using selvedge::test::ApiServer;
using selvedge::test::ApiServerOptions;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// Only for its owner: the kubeconfig holds the token.
void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  if (!(file << text).flush()) throw std::runtime_error("cannot write " + path.string());
}

void serve(const ApiServerOptions& options, const std::filesystem::path& directory,
           const std::vector<std::string>& loads) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before any thread starts, so that sigwait gets them
  ApiServer server(options);
  for (const auto& file : loads) server.put(read_file(file));
  std::filesystem::create_directories(directory);
  write_file(directory / "ca.crt", server.ca_pem());
  write_file(directory / "kubeconfig", server.kubeconfig());
  std::cout << "listening " << server.url() << std::endl;
  int caught = 0;
  sigwait(&ends, &caught);
}

}  // namespace

int main(int argc, char** argv) {
  ApiServerOptions options;
  std::string directory;
  std::vector<std::string> loads;
  CLI::App app("A small Kubernetes API server for tests and the demo; stops on SIGTERM");
  app.add_option("--address", options.address, "IP address to listen on")->capture_default_str();
  app.add_option("--port", options.port, "port to listen on; 0: any free one")->capture_default_str();
  app.add_option("--dir", directory, "where ca.crt and kubeconfig are written")->required();
  app.add_option("--token", options.token, "bearer token that clients must send; none: anybody may do anything");
  app.add_option("--name", options.more_names, "further name or address of the server in its certificate");
  app.add_option("--load", loads, "JSON object, or kind: List, to serve from the start");
  CLI11_PARSE(app, argc, argv);
  try {
    serve(options, directory, loads);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "selvedge-test-apiserver: " << error.what() << '\n';
    return 3;
  }
}
