// A world of one seed: its time, its chances, and the processes in it.
//
// Everything happens in one thread of the machine. A process is a fiber that runs until it waits; the world
// then does what comes next in its own time. The same seed gives the same run, to the last message, so each
// failure can be looked at as often as one likes. The method is that of FoundationDB
// (https://apple.github.io/foundationdb/testing.html).
//
// What a process touches of the machine is replaced when the test program is linked: the clocks and threads
// of runtime/base (machine.cpp), the checkpoint store (disk.cpp) and the client library of the broker
// (nats_client.cpp). All else is the code of the product.
#pragma once

#include <ucontext.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace lull::simulation {

inline constexpr std::int64_t kMilli = 1'000;
inline constexpr std::int64_t kSecond = 1'000 * kMilli;

/// A program that runs on a machine of the world.
struct Process {
  std::string name;
  std::function<void()> main;
  std::function<void()> on_kill;  // so that it ends: from then on nothing that it does has an effect

  bool finished = false;
  bool killed = false;
  std::int64_t paused_until = 0;  // SIGSTOP: nothing of it runs before

  std::int64_t local = 0;        // its own time; ahead of the world's while it works
  std::int64_t wall_offset = 0;  // of its machine's clock

  // The scheduler's.
  ucontext_t context{};
  void* stack = nullptr;
  bool waiting = false;
  std::uint64_t waits = 0;
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {}
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// The wall time at which it begins, since 1970; 2026-01-01 unless set.
  void set_begins(std::int64_t micros) { begins_ = micros; }
  std::int64_t begins() const { return begins_; }
  /// How long a process works, at most, from one look at a clock to the next.
  void set_work_max(std::int64_t micros) { work_max_ = micros; }
  /// The world's time in microseconds; it begins at 0.
  std::int64_t now() const { return now_; }

  // Chance, always from the seed.
  std::uint64_t Random(std::uint64_t below);
  std::int64_t Between(std::int64_t from, std::int64_t to);
  bool Chance(double share);

  /// Does something at a time; what is due at the same time is done in the order in which it was asked for.
  void At(std::int64_t when, std::function<void()> what);
  /// A process that begins now.
  Process& Spawn(std::string name, std::function<void()> main, std::function<void()> on_kill);
  /// kill -9.
  void Kill(Process& process);
  /// SIGSTOP and, after a while, SIGCONT.
  void Pause(Process& process, std::int64_t micros);

  /// Does what is due until `end`, or until `over` says so between two steps.
  void Run(std::int64_t end, const std::function<bool()>& over);

  /// The process in hand; null: the world itself.
  Process* current() { return current_; }
  /// What the process in hand takes for now; of the world itself: now().
  std::int64_t LocalNow() const;
  /// A clock was looked at, so a little time goes by.
  void Work();
  /// The process in hand waits, at most until this (of its own time), or until it is woken.
  void Block(std::int64_t until);
  void Wake(Process& process);
  /// Calls something in the name of a process, in the world's time.
  void InNameOf(Process& process, const std::function<void()>& what);

 private:
  struct Due {
    std::int64_t when;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const Due& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };

  void Resume(Process& process, std::uint64_t wait);
  void SwitchTo(Process& process);
  static void Enter();

  std::mt19937_64 random_;
  std::int64_t now_ = 0;
  std::int64_t begins_ = 1'767'225'600 * kSecond;
  std::int64_t work_max_ = 30;
  std::uint64_t order_ = 0;
  std::priority_queue<Due> due_;
  std::vector<std::unique_ptr<Process>> processes_;
  Process* current_ = nullptr;
  ucontext_t scheduler_{};
};

/// The world in hand; there is one at a time.
World& TheWorld();

}  // namespace lull::simulation
