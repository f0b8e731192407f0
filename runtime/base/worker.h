// Work beside the path of events: a thread that does one job after another.
//
// What a service does at the same time as it decides goes through here and nowhere else, so that a simulation
// can say when each job is done (tests/simulation/).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "runtime/base/check.h"

namespace lull {

/// Its calls are of one thread; the jobs run on another, in the order in which they were posted.
class Worker {
 public:
  using Job = std::function<void()>;

  Worker();
  /// Waits for the job in hand; those that have not begun are dropped.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Post(Job job);
  /// Waits until all that was posted is done.
  void Drain();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A value that is worked out on a thread of its own, and asked for until it is there. One at a time.
template <typename T>
class Background {
 public:
  void Start(std::function<T()> make) {
    LULL_CHECK(!running());
    result_ = std::make_shared<Slot>();
    worker_ = std::make_unique<Worker>();
    worker_->Post([slot = result_, make = std::move(make)] {
      T value = make();
      const std::lock_guard lock(slot->mutex);
      slot->value = std::move(value);
    });
  }
  /// It has begun, and nobody has taken what came of it.
  bool running() const { return result_ != nullptr; }
  /// What came of it, once, when it is there.
  std::optional<T> Take() {
    if (!running()) return {};
    std::optional<T> taken;
    {
      const std::lock_guard lock(result_->mutex);
      taken.swap(result_->value);
    }
    if (taken) {
      worker_.reset();
      result_.reset();
    }
    return taken;
  }

 private:
  struct Slot {
    std::mutex mutex;
    std::optional<T> value;
  };
  std::shared_ptr<Slot> result_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace lull
