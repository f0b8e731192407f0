#include "runtime/base/worker.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>
#include <vector>

namespace lull {
namespace {

using ::testing::ElementsAre;

TEST(Worker, DoesWhatIsPostedInOrderOnAThreadOfItsOwn) {
  std::vector<int> done;
  std::thread::id where;
  Worker worker;
  worker.Post([&] { where = std::this_thread::get_id(); });
  for (int i = 0; i < 3; ++i) worker.Post([&, i] { done.push_back(i); });
  worker.Drain();
  EXPECT_THAT(done, ElementsAre(0, 1, 2));
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(Worker, EndsAfterTheJobInHandAndDropsTheOthers) {
  std::atomic<bool> begun = false;
  std::atomic<bool> go = false;
  std::atomic<int> done = 0;
  std::thread release;
  {
    Worker worker;
    worker.Post([&] {
      begun = true;
      while (!go) std::this_thread::yield();
      ++done;
    });
    for (int i = 0; i < 100; ++i) worker.Post([&] { ++done; });
    while (!begun) std::this_thread::yield();
    // Let go only when the worker has been told to end, or well after.
    release = std::thread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      go = true;
    });
  }
  EXPECT_EQ(done, 1);
  release.join();
}

TEST(Background, GivesItsResultOnceWhenItIsThere) {
  Background<int> answer;
  EXPECT_FALSE(answer.running());
  EXPECT_FALSE(answer.Take());
  std::atomic<bool> go = false;
  answer.Start([&] {
    while (!go) std::this_thread::yield();
    return 42;
  });
  EXPECT_TRUE(answer.running());
  EXPECT_FALSE(answer.Take());
  go = true;
  std::optional<int> taken;
  while (!taken) taken = answer.Take();
  EXPECT_EQ(taken, 42);
  EXPECT_FALSE(answer.running());
  answer.Start([] { return 43; });
  for (taken.reset(); !taken;) taken = answer.Take();
  EXPECT_EQ(taken, 43);
}

}  // namespace
}  // namespace lull
