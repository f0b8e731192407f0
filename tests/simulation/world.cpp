#include "tests/simulation/world.h"

#include <sys/mman.h>

#include <algorithm>

#include "runtime/base/check.h"

namespace lull::simulation {
namespace {

constexpr std::size_t kStackBytes = 8U << 20;

World* g_world = nullptr;
std::vector<void*> g_stacks;  // free ones

void* TakeStack() {
  if (!g_stacks.empty()) {
    void* stack = g_stacks.back();
    g_stacks.pop_back();
    return stack;
  }
  void* stack =
      mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  LULL_CHECK(stack != MAP_FAILED);
  return stack;
}

}  // namespace

World& TheWorld() {
  LULL_CHECK(g_world != nullptr);
  return *g_world;
}

World::~World() {
  // A fiber that is left would take its objects along unfreed: who makes processes ends them.
  for (const auto& process : processes_) LULL_CHECK(process->finished);
}

std::uint64_t World::Random(std::uint64_t below) { return below == 0 ? 0 : random_() % below; }
std::int64_t World::Between(std::int64_t from, std::int64_t to) {
  LULL_CHECK(from <= to);
  return from + static_cast<std::int64_t>(Random(static_cast<std::uint64_t>(to - from + 1)));
}
bool World::Chance(double share) { return static_cast<double>(random_() >> 11U) * 0x1p-53 < share; }

void World::At(std::int64_t when, std::function<void()> what) {
  due_.push({std::max(when, now_), order_++, std::move(what)});
}

Process& World::Spawn(std::string name, std::function<void()> main, std::function<void()> on_kill) {
  Process& process = *processes_.emplace_back(std::make_unique<Process>());
  process.name = std::move(name);
  process.main = std::move(main);
  process.on_kill = std::move(on_kill);
  process.local = now_;
  process.stack = TakeStack();
  getcontext(&process.context);
  process.context.uc_stack.ss_sp = process.stack;
  process.context.uc_stack.ss_size = kStackBytes;
  process.context.uc_link = nullptr;
  makecontext(&process.context, &World::Enter, 0);
  process.waiting = true;
  Wake(process);
  return process;
}

void World::Enter() {
  World& world = *g_world;
  Process& process = *world.current_;
  process.main();
  process.main = nullptr;
  process.finished = true;
  swapcontext(&process.context, &world.scheduler_);
}

void World::SwitchTo(Process& process) {
  LULL_CHECK(current_ == nullptr && !process.finished);
  current_ = &process;
  process.waiting = false;
  process.local = std::max(process.local, now_);
  swapcontext(&scheduler_, &process.context);
  current_ = nullptr;
  if (process.finished && process.stack != nullptr) {
    g_stacks.push_back(process.stack);
    process.stack = nullptr;
  }
}

void World::Resume(Process& process, std::uint64_t wait) {
  if (!process.waiting || process.waits != wait || process.finished) return;
  // What it did before it waited took until then.
  const std::int64_t earliest = process.killed ? now_ : std::max(process.local, process.paused_until);
  if (earliest > now_) {
    At(earliest, [this, &process, wait] { Resume(process, wait); });
    return;
  }
  SwitchTo(process);
}

void World::Wake(Process& process) {
  if (!process.waiting) return;
  At(now_, [this, &process, wait = process.waits] { Resume(process, wait); });
}

void World::Block(std::int64_t until) {
  LULL_CHECK(current_ != nullptr);
  Process& process = *current_;
  process.local = std::max(process.local, now_);
  if (process.killed) {
    process.local = std::max(process.local, until);
    return;
  }
  process.waiting = true;
  const std::uint64_t wait = ++process.waits;
  At(until, [this, &process, wait] { Resume(process, wait); });
  swapcontext(&process.context, &scheduler_);
}

void World::Kill(Process& process) {
  if (process.killed || process.finished) return;
  process.killed = true;
  process.on_kill();
  Wake(process);
}

void World::Pause(Process& process, std::int64_t micros) {
  process.paused_until = std::max(process.paused_until, now_ + micros);
}

std::int64_t World::LocalNow() const { return current_ == nullptr ? now_ : std::max(current_->local, now_); }

void World::Work() {
  if (current_ != nullptr) current_->local = LocalNow() + Between(0, work_max_);
}

void World::InNameOf(Process& process, const std::function<void()>& what) {
  LULL_CHECK(current_ == nullptr);
  current_ = &process;
  const std::int64_t before = process.local;
  what();
  process.local = before;
  current_ = nullptr;
}

void World::Run(std::int64_t end, const std::function<bool()>& over) {
  g_world = this;
  while (!due_.empty() && !over()) {
    if (due_.top().when > end) {
      now_ = end;
      return;
    }
    now_ = std::max(now_, due_.top().when);
    const std::function<void()> what = std::move(const_cast<Due&>(due_.top()).what);
    due_.pop();
    what();
  }
}

}  // namespace lull::simulation
