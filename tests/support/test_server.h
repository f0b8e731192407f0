// A real nats-server with JetStream on a free loopback port, storing in a temporary folder, for one test.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace lull::testing {

/// Starts on construction and stops on destruction; the folder goes with it. Failing to start or stop throws
/// std::runtime_error, which fails the test with its message.
class TestServer {
 public:
  /// `arguments` are added to the server's command line (`--user`, `--auth`, `-c FILE`, ...).
  explicit TestServer(std::vector<std::string> arguments = {});
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer();

  /// nats://127.0.0.1:PORT
  std::string url() const;
  int port() const { return port_; }
  const std::filesystem::path& folder() const { return folder_; }

  /// Stops it in order, storing everything.
  void Stop();
  /// Kills it at once, as a crash would.
  void Kill();
  /// Starts it again on the same port and folder, after Stop or Kill.
  void Restart();

 private:
  void Start();
  void End(int signal);

  std::vector<std::string> arguments_;
  std::filesystem::path folder_;
  pid_t pid_ = -1;
  int port_ = -1;
};

}  // namespace lull::testing
