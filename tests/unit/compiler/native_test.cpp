// The life of native code: levels, the cache on disk, memory, its text.
#include "compiler/native.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "compiler/ir_builder.h"
#include "compiler/ir_hash.h"
#include "compiler/object_cache.h"
#include "tests/unit/compiler/fake_abi.h"
#include "tests/unit/compiler/random_ir.h"

namespace lull::compiler::test {
namespace {

using testing::HasSubstr;

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lull_native_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Module AnswerModule(std::int64_t answer) {
  Module module;
  module.functions.resize(1);
  module.functions[0].name = "answer";
  IrBuilder builder(module, module.functions[0]);
  builder.Out(0, builder.ConstI64(answer));
  builder.Out(2, builder.ConstText("a text"));
  builder.Return(builder.Held(5));
  return module;
}

std::int64_t Answer(const Module& module, const NativeOptions& options, NativeReport& report) {
  const auto code = CompileNative(module, options, &report);
  EXPECT_TRUE(code.has_value()) << (code ? "" : code.error().message);
  World world;
  runtime::SetBit(world.record.data(), 5, true);
  EXPECT_EQ((*code)->functions[0](&world.moment), 1U);
  EXPECT_EQ(world.out[2].text.view(), "a text");
  return world.out[0].integer;
}

std::size_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(Native, LevelsThatDoNotExistAreRefused) {
  const auto code = CompileNative(AnswerModule(1), {.level = 7, .cache_folder = {}, .abi = FakeAbi()});
  ASSERT_FALSE(code.has_value());
  EXPECT_THAT(code.error().message, HasSubstr("level 7"));
}

TEST(Native, AnEmptyModuleIsFine) {
  const auto code = CompileNative(Module{}, {.cache_folder = {}, .abi = FakeAbi()});
  ASSERT_TRUE(code.has_value()) << code.error().message;
  EXPECT_TRUE((*code)->functions.empty());
}

TEST(Native, TheSecondTimeComesFromTheCache) {
  const Folder folder;
  const NativeOptions options{.cache_folder = folder.path() / "new", .abi = FakeAbi()};
  NativeReport report;
  EXPECT_EQ(Answer(AnswerModule(42), options, report), 42);
  EXPECT_EQ(report.from_cache, 0U);
  EXPECT_EQ(Answer(AnswerModule(42), options, report), 42);
  EXPECT_EQ(report.from_cache, 1U);
  EXPECT_EQ(Answer(AnswerModule(43), options, report), 43);
  EXPECT_EQ(report.from_cache, 0U);
  NativeOptions other_level = options;
  other_level.level = 0;
  EXPECT_EQ(Answer(AnswerModule(42), other_level, report), 42);
  EXPECT_EQ(report.from_cache, 0U);
}

TEST(Native, ADamagedObjectIsMadeAgain) {
  const Folder folder;
  const NativeOptions options{.cache_folder = folder.path(), .abi = FakeAbi()};
  NativeReport report;
  EXPECT_EQ(Answer(AnswerModule(42), options, report), 42);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(200);
    file << "damage";
  }
  EXPECT_EQ(Answer(AnswerModule(42), options, report), 42);
  EXPECT_EQ(report.from_cache, 0U);
  EXPECT_EQ(Answer(AnswerModule(42), options, report), 42);
  EXPECT_EQ(report.from_cache, 1U);
}

TEST(Native, AFolderThatCannotBeWrittenIsHarmless) {
  NativeReport report;
  const NativeOptions options{.cache_folder = "/proc/nothing/here", .abi = FakeAbi()};
  EXPECT_EQ(Answer(AnswerModule(42), options, report), 42);
  EXPECT_EQ(report.from_cache, 0U);
}

TEST(Native, CodeLivesAsLongAsItsTable) {
  std::shared_ptr<const runtime::CodeTable> kept;
  {
    auto code = CompileNative(AnswerModule(42), {.cache_folder = {}, .abi = FakeAbi()});
    ASSERT_TRUE(code.has_value()) << code.error().message;
    kept = *code;
  }
  World world;
  kept->functions[0](&world.moment);
  EXPECT_EQ(world.out[0].integer, 42);
}

TEST(Native, TwoHundredModulesLeaveMemoryFlat) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "sanitizers keep what was freed for a while";
#endif
#endif
  Random random(7);
  const Module module = RandomModule(random, 3, 30);
  std::size_t before = 0;
  for (int i = 0; i < 200; ++i) {
    const auto code = CompileNative(module, {.cache_folder = {}, .threads = 1, .abi = FakeAbi()});
    ASSERT_TRUE(code.has_value()) << code.error().message;
    if (i == 40) before = ResidentBytes();
  }
  EXPECT_LT(ResidentBytes(), before + (std::size_t{6} << 20));
}

TEST(Native, PrintsItsText) {
  const auto before = PrintLlvm(AnswerModule(42), 0);
  ASSERT_TRUE(before.has_value()) << before.error().message;
  EXPECT_THAT(*before, HasSubstr("define dso_local i64 @lull_0_answer(ptr nonnull"));
  EXPECT_THAT(*before, HasSubstr("store i64 42"));
  EXPECT_FALSE(PrintLlvm(AnswerModule(42), -1).has_value());
}

TEST(IrHash, SeesEveryDifference) {
  const std::string same = HashOf(AnswerModule(1), FakeAbi());
  EXPECT_EQ(HashOf(AnswerModule(1), FakeAbi()), same);
  EXPECT_NE(HashOf(AnswerModule(2), FakeAbi()), same);
  Module renamed = AnswerModule(1);
  renamed.functions[0].name = "other";
  EXPECT_NE(HashOf(renamed, FakeAbi()), same);
  Module reworded = AnswerModule(1);
  reworded.texts[0] = "b text";
  EXPECT_NE(HashOf(reworded, FakeAbi()), same);
}

TEST(ObjectCacheTest, GivesBackWhatWasPut) {
  const Folder folder;
  const ObjectCache cache(folder.path() / "deep" / "er");
  EXPECT_FALSE(cache.Get("key").has_value());
  EXPECT_TRUE(cache.Put("key", "bytes"));
  EXPECT_EQ(cache.Get("key"), "bytes");
  EXPECT_FALSE(cache.Get("other").has_value());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path() / "deep" / "er"), {}), 1);
}

TEST(ObjectCacheTest, WithoutAFolderKeepsNothing) {
  const ObjectCache cache({});
  EXPECT_FALSE(cache.Put("key", "bytes"));
  EXPECT_FALSE(cache.Get("key").has_value());
}

}  // namespace
}  // namespace lull::compiler::test
