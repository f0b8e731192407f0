#include "service/supervisor.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include "runtime/base/clock.h"

namespace lull::service {
namespace {

constexpr std::int64_t kWaitForServerMs = 30'000;
constexpr std::int64_t kTurnMs = 100;
/// A partition's process that keeps dying is not started more often.
constexpr std::int64_t kRestartMs = 1'000;
constexpr std::int64_t kStopWaitMs = 30'000;
/// Of a lease: it is refreshed so many times while it lasts.
constexpr std::int64_t kRefreshes = 4;

std::string NewInstanceName() {
  char host[64] = {};
  if (gethostname(host, sizeof(host) - 1) != 0) host[0] = 0;
  std::string name;
  for (const char* c = host; *c != 0; ++c) name += std::isalnum(static_cast<unsigned char>(*c)) ? *c : '_';
  std::random_device random;
  return fmt::format("{}-{}-{:08x}", name.empty() ? "host" : name, getpid(), random());
}

}  // namespace

Supervisor::Supervisor(const connectors::ServeConfig& config, const Signals& signals,
                       std::vector<std::string> arguments, ServiceLog& log)
    : config_(config),
      signals_(signals),
      arguments_(std::move(arguments)),
      log_(log),
      instance_(NewInstanceName()) {}

Status Supervisor::Run() {
  connectors::ConnectionOptions options = config_.nats;
  options.wait_for_server_ms = kWaitForServerMs;
  options.log = [this](std::string_view line) { log_.Warn(line); };
  auto connection = connectors::Connection::Open(std::move(options));
  if (!connection) return std::unexpected(connection.error());
  connection_.emplace(std::move(*connection));
  auto leases = connectors::LeaseBucket::Open(*connection_, config_.name, config_.lease_micros / 1'000);
  if (!leases) return std::unexpected(leases.error());
  leases_.emplace(std::move(*leases));
  log_.Info("sharing the partitions", {{"instance", instance_}, {"partitions", config_.partition_count}});
  while (!signals_.stop) {
    Turn();
    SleepMs(kTurnMs);
  }
  StopAll();
  return {};
}

void Supervisor::Turn() {
  Reap();
  const std::int64_t now = SteadyMs();
  if (now - refreshed_ms_ >= config_.lease_micros / 1'000 / kRefreshes) {
    refreshed_ms_ = now;
    RefreshLeases();
    Move();
  }
  for (auto& [partition, child] : children_) {
    if (child.pid == -1 && !child.ending && now >= child.restart_ms) Start(partition, child);
  }
}

void Supervisor::Complain(const char* what, const Error& error) {
  log_.Warn(what, {{"instance", instance_}, {"why", error.message}});
}

void Supervisor::RefreshLeases() {
  if (const Status announced = leases_->Announce(instance_); !announced) {
    Complain("the leases cannot be refreshed; the partitions go on as long as the broker takes their outputs",
             announced.error());
    return;
  }
  for (auto child = children_.begin(); child != children_.end();) {
    const auto held = leases_->Refresh(child->first, instance_);
    if (!held) {
      Complain("a lease cannot be refreshed", held.error());
      return;
    }
    if (*held) {
      ++child;
      continue;
    }
    log_.Warn("a partition has gone to another instance", {{"partition", child->first}});
    if (child->second.pid != -1) kill(child->second.pid, SIGTERM);
    child = children_.erase(child);
  }
}

void Supervisor::Move() {
  const auto now = leases_->Look();
  if (!now) return Complain("the owners of the partitions are not known", now.error());
  const connectors::OwnershipMoves moves = connectors::MovesOf(*now, instance_, config_.partition_count);
  for (const std::uint32_t partition : moves.release) End(partition);
  for (const std::uint32_t partition : moves.acquire) {
    const auto acquired = leases_->Acquire(partition, instance_);
    if (!acquired) return Complain("a partition cannot be taken", acquired.error());
    if (!*acquired) continue;
    log_.Info("owning a partition", {{"instance", instance_}, {"partition", partition}});
    children_[partition] = {};
  }
}

/// Its lease ends once its process has.
void Supervisor::End(std::uint32_t partition) {
  const auto child = children_.find(partition);
  if (child == children_.end() || child->second.ending) return;
  child->second.ending = true;
  if (child->second.pid != -1) kill(child->second.pid, SIGTERM);
}

void Supervisor::Reap() {
  for (auto child = children_.begin(); child != children_.end();) {
    auto& [partition, process] = *child;
    int status = 0;
    if (process.pid != -1 && waitpid(process.pid, &status, WNOHANG) == process.pid) {
      process.pid = -1;
      process.restart_ms = SteadyMs() + kRestartMs;
      if (!process.ending) {
        log_.Error("the process of a partition has ended; it is started again",
                   {{"partition", partition},
                    {"status", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status)}});
      }
    }
    if (!process.ending || process.pid != -1) {
      ++child;
      continue;
    }
    if (const Status released = leases_->Release(partition); !released) {
      Complain("a lease could not be released; it ends by itself", released.error());
    }
    log_.Info("a partition is free for another instance", {{"partition", partition}});
    child = children_.erase(child);
  }
}

void Supervisor::Start(std::uint32_t partition, Child& child) {
  std::vector<std::string> words = {"lull", "serve"};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  words.insert(words.end(), {"--partition", std::to_string(partition)});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    // Only what is safe after a fork of a program with threads.
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
    execv("/proc/self/exe", argv.data());
    _exit(127);
  }
  child.restart_ms = SteadyMs() + kRestartMs;
  if (pid < 0) {
    log_.Error("no process could be started for a partition", {{"partition", partition}});
    return;
  }
  child.pid = pid;
}

void Supervisor::StopAll() {
  for (auto& [partition, child] : children_) End(partition);
  const std::int64_t until = SteadyMs() + kStopWaitMs;
  while (!children_.empty() && SteadyMs() < until) {
    Reap();
    SleepMs(kTurnMs);
  }
  for (auto& [partition, child] : children_) {
    if (child.pid != -1) kill(child.pid, SIGKILL);
    if (child.pid != -1) waitpid(child.pid, nullptr, 0);
  }
  if (const Status left = leases_->Leave(instance_); !left) Complain("could not take leave", left.error());
  log_.Info("stopped", {{"instance", instance_}});
}

}  // namespace lull::service
