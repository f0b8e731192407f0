// The clocks and the threads of a machine in the world: in place of runtime/base/clock.cpp and worker.cpp.
#include <algorithm>
#include <deque>

#include "runtime/base/check.h"
#include "runtime/base/clock.h"
#include "runtime/base/worker.h"
#include "tests/simulation/world.h"

namespace lull {

using simulation::Process;
using simulation::TheWorld;
using simulation::World;

namespace {

constexpr std::int64_t kJobMicrosMax = 30 * simulation::kMilli;

}  // namespace

std::int64_t WallMicros() {
  World& world = TheWorld();
  world.Work();
  const std::int64_t offset = world.current() == nullptr ? 0 : world.current()->wall_offset;
  return world.begins() + world.LocalNow() + offset;
}

std::int64_t SteadyMicros() {
  TheWorld().Work();
  return simulation::kSecond + TheWorld().LocalNow();
}

std::int64_t ThreadCpuMicros() { return SteadyMicros(); }

void SleepMs(std::int64_t ms) {
  World& world = TheWorld();
  const std::int64_t until = world.LocalNow() + ms * simulation::kMilli;
  while (world.LocalNow() < until) world.Block(until);
}

/// Its jobs are done in the world's time, each a while after the one before; those of a process that was
/// killed have no effect any more, and are done at once when it asks.
struct Worker::Impl {
  Process& process;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  std::deque<Job> jobs;
  std::int64_t free_at = 0;

  void Do() {
    const Job job = std::move(jobs.front());
    jobs.pop_front();
    job();
  }

  void DoAt(std::int64_t when) {
    TheWorld().At(when, [this, still = std::weak_ptr(alive)] {
      if (still.expired() || process.killed || jobs.empty()) return;
      if (process.paused_until > TheWorld().now()) {
        DoAt(process.paused_until);
        return;
      }
      TheWorld().InNameOf(process, [this] { Do(); });
      TheWorld().Wake(process);
    });
  }
};

Worker::Worker() {
  LULL_CHECK(TheWorld().current() != nullptr);
  impl_.reset(new Impl{.process = *TheWorld().current()});
}

Worker::~Worker() = default;

void Worker::Post(Job job) {
  impl_->jobs.push_back(std::move(job));
  if (impl_->process.killed) return impl_->Do();
  World& world = TheWorld();
  impl_->free_at = std::max(impl_->free_at, world.LocalNow()) + world.Between(0, kJobMicrosMax);
  impl_->DoAt(impl_->free_at);
}

void Worker::Drain() {
  while (!impl_->jobs.empty()) {
    if (impl_->process.killed) {
      impl_->Do();
    } else {
      TheWorld().Block(impl_->free_at + kJobMicrosMax);
    }
  }
}

}  // namespace lull
