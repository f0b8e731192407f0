#include "runtime/base/worker.h"

#include <condition_variable>
#include <deque>
#include <thread>

namespace lull {

struct Worker::Impl {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> jobs;
  bool busy = false;
  bool ending = false;
  std::thread thread;

  void Loop();
};

void Worker::Impl::Loop() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [this] { return ending || !jobs.empty(); });
    if (ending) return;
    {
      const Job job = std::move(jobs.front());
      jobs.pop_front();
      busy = true;
      lock.unlock();
      job();
    }
    lock.lock();
    busy = false;
    changed.notify_all();
  }
}

Worker::Worker() : impl_(std::make_unique<Impl>()) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->Loop(); });
}

Worker::~Worker() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->ending = true;
  }
  impl_->changed.notify_all();
  impl_->thread.join();
}

void Worker::Post(Job job) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->jobs.push_back(std::move(job));
  }
  impl_->changed.notify_all();
}

void Worker::Drain() {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [this] { return !impl_->busy && impl_->jobs.empty(); });
}

}  // namespace lull
