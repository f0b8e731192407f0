#include "tests/support/test_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <future>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace lull::testing {
namespace {

constexpr auto kStartWait = std::chrono::seconds(20);
constexpr auto kPoll = std::chrono::milliseconds(5);

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The server writes {"nats":["nats://127.0.0.1:PORT"], ...} when it listens.
int PortFromFile(const std::filesystem::path& folder, pid_t pid) {
  const std::string text = ReadText(folder / ("nats-server_" + std::to_string(pid) + ".ports"));
  constexpr std::string_view kBefore = "127.0.0.1:";
  const std::size_t at = text.find(kBefore);
  // A file that is not whole yet ends without its brace.
  return at == std::string::npos || text.find('}') == std::string::npos
             ? -1
             : std::atoi(text.c_str() + at + kBefore.size());
}

// The server greets each connection, so an answer means that it serves.
bool Greets(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  char byte = 0;
  const bool greets =
      connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 && recv(fd, &byte, 1, 0) == 1;
  close(fd);
  return greets;
}

[[noreturn]] void Execute(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out >= 0) {
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
  }
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  _exit(127);
}

// Forks on one thread that lives as long as the process: the kernel ends a server when the *thread* that
// forked it ends, and a test may restart one from a thread of its own.
class Keeper {
 public:
  static Keeper& Instance() {
    static auto* keeper = new Keeper;  // never destroyed: its thread uses it to the end
    return *keeper;
  }

  pid_t Fork(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
    std::packaged_task<pid_t()> task([&] {
      const pid_t pid = fork();
      if (pid == 0) {
        Execute(arguments, log);
      }
      return pid;
    });
    std::future<pid_t> pid = task.get_future();
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
    return pid.get();
  }

 private:
  Keeper() { std::thread(&Keeper::Run, this).detach(); }

  void Run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !tasks_.empty(); });
      std::packaged_task<pid_t()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<pid_t()>> tasks_;
};

}  // namespace

TestServer::TestServer(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
  std::string name = (std::filesystem::temp_directory_path() / "lull-nats-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("cannot make a temporary folder for the test server");
  }
  folder_ = name;
  Start();
}

TestServer::~TestServer() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;  // a leftover folder harms no test
  std::filesystem::remove_all(folder_, ignored);
}

std::string TestServer::url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

void TestServer::Start() {
  std::vector<std::string> command = {"nats-server",
                                      "-a",
                                      "127.0.0.1",
                                      "-p",
                                      std::to_string(port_),
                                      "-js",
                                      "-sd",
                                      (folder_ / "store").string(),
                                      "--ports_file_dir",
                                      folder_.string()};
  command.insert(command.end(), arguments_.begin(), arguments_.end());
  const std::filesystem::path log = folder_ / "server.log";
  pid_ = Keeper::Instance().Fork(command, log);
  const auto deadline = std::chrono::steady_clock::now() + kStartWait;
  while (std::chrono::steady_clock::now() < deadline) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("nats-server did not start (is it installed?): " + ReadText(log));
    }
    const int port = PortFromFile(folder_, pid_);
    if (port > 0 && Greets(port)) {
      port_ = port;
      return;
    }
    std::this_thread::sleep_for(kPoll);
  }
  throw std::runtime_error("nats-server does not answer: " + ReadText(log));
}

void TestServer::End(int signal) {
  if (pid_ <= 0) {
    throw std::runtime_error("the test server is not running");
  }
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void TestServer::Stop() { End(SIGTERM); }
void TestServer::Kill() { End(SIGKILL); }
void TestServer::Restart() { Start(); }

}  // namespace lull::testing
