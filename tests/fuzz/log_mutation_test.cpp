// Damaged logs: whatever the lines are, nothing breaks, each is accounted for, and both ways of executing a
// ruleset decide the same.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "connectors/event_file.h"
#include "tests/fuzz/fuzz_seed.h"
#include "tests/fuzz/log_mutations.h"
#include "tests/fuzz/log_run.h"
#include "tests/fuzz/sample_rules.h"

namespace lull::test {
namespace {

/// Native code runs one round in so many as well.
constexpr std::uint64_t kNativeEvery = 8;
/// One round in so many goes through a file.
constexpr std::uint64_t kFileEvery = 20;

std::string TraceOf(std::uint64_t seed) {
  return "LULL_FUZZ_SEED=" + std::to_string(seed) + " LULL_FUZZ_COUNT=1";
}

TEST(LogMutation, DamagedLinesAreAccountedFor) {
  const std::vector<SampleRules>& all = AllSampleRules();
  LogBooks sum;
  for (std::uint64_t i = 0; i < FuzzCount() && !HasFailure(); ++i) {
    const std::uint64_t seed = FirstFuzzSeed() + i;
    SCOPED_TRACE(TraceOf(seed));
    const FuzzRound round(seed);
    FuzzRandom random(seed);
    const SampleRules& rules = all[Below(random, all.size())];
    const std::vector<std::string> lines = DamagedPart(random, rules.log);
    const LogSetup setup = LogSetup::Random(random);
    const LogBooks books = RunLog(rules.interpreted, lines, setup);
    if (OneIn(random, kNativeEvery)) {
      EXPECT_EQ(books.decisions, RunLog(rules.native, lines, setup).decisions);
    }
    sum.lines += books.lines;
    sum.ignored += books.ignored;
    sum.dead_letters += books.dead_letters;
    sum.applied += books.applied;
    sum.duplicates += books.duplicates;
    sum.late_dropped += books.late_dropped;
    sum.after_end += books.after_end;
    sum.decisions.resize(sum.decisions.size() + books.decisions.size());
  }
  std::cout << sum.lines << " lines: " << sum.applied << " applied, " << sum.ignored << " ignored, "
            << sum.dead_letters << " dead letters, " << sum.duplicates << " duplicates, " << sum.late_dropped
            << " dropped as late, " << sum.after_end << " after the end; " << sum.decisions.size()
            << " decisions\n";
  if (FuzzCount() < 1'000) return;
  EXPECT_GT(sum.applied, sum.lines / 4);
  for (const std::uint64_t count : {sum.ignored, sum.dead_letters, sum.duplicates, sum.late_dropped,
                                    sum.after_end, sum.decisions.size()}) {
    EXPECT_GT(count, 0U);
  }
}

/// A file that goes with the test.
class ScratchFile {
 public:
  ScratchFile()
      : path_(std::filesystem::temp_directory_path() / ("lull_fuzz_" + std::to_string(getpid()) + ".jsonl")) {
  }
  ~ScratchFile() { std::filesystem::remove(path_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  void Write(const std::string& bytes) const {
    std::ofstream out(path_, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ASSERT_TRUE(out.flush().good());
  }
  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool IsBlank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

// What the reader promises of a file's lines, the plain way.
std::vector<std::string> LinesOf(const std::string& bytes) {
  std::vector<std::string> lines;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::size_t at = bytes.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  while (at < bytes.size()) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    std::string line = bytes.substr(at, end - at);
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line.substr(0, connectors::kRawEventBytesMax + 1));
    at = end + 1;
  }
  return lines;
}

// The numbers of a file's lines say where they stand, blank ones included.
void CheckFile(const std::string& path, const std::string& bytes, std::size_t batch_size) {
  auto file = connectors::EventFile::Open(path);
  ASSERT_TRUE(file.has_value());
  const std::vector<std::string> expected = LinesOf(bytes);
  std::size_t next = 0;
  for (;;) {
    const auto batch = file->Next(batch_size);
    ASSERT_TRUE(batch.has_value()) << batch.error().message;
    if (batch->empty()) break;
    for (const connectors::RawEvent& event : *batch) {
      while (next < expected.size() && IsBlank(expected[next])) ++next;
      ASSERT_LT(next, expected.size());
      ASSERT_EQ(event.position.value, next + 1);
      ASSERT_TRUE(event.bytes == expected[next]) << "line " << next + 1;
      ++next;
    }
  }
  while (next < expected.size() && IsBlank(expected[next])) ++next;
  EXPECT_EQ(next, expected.size());
  EXPECT_EQ(file->line_count(), expected.size());
}

TEST(LogMutation, DamagedFilesAreSplitIntoLines) {
  const std::vector<SampleRules>& all = AllSampleRules();
  const ScratchFile file;
  for (std::uint64_t i = 0; i < FuzzCount() / kFileEvery + 1 && !HasFailure(); ++i) {
    const std::uint64_t seed = FirstFuzzSeed() + i;
    SCOPED_TRACE(TraceOf(seed));
    const FuzzRound round(seed);
    FuzzRandom random(seed);
    constexpr std::string_view kEnds[] = {"\n", "\n", "\r\n", "\n\n", "\n \t\r\n", "\r", ""};
    std::string bytes = OneIn(random, 4) ? "\xEF\xBB\xBF" : "";
    for (const std::string& line : DamagedPart(random, all[Below(random, all.size())].log)) {
      bytes += line;
      bytes += kEnds[Below(random, std::size(kEnds))];
    }
    if (OneIn(random, 20))
      bytes.insert(Below(random, bytes.size() + 1), 3'000'000, OneIn(random, 2) ? ' ' : 'x');
    // By chance it may begin as gzip does.
    if (bytes.starts_with("\x1F\x8B")) continue;
    file.Write(bytes);
    CheckFile(file.path(), bytes, 1 + Below(random, 100));
  }
}

TEST(LogMutation, DamagedArchivesEndWithAnError) {
  const std::string archive =
      ReadAll(std::string(LULL_SOURCE_DIR) + "/rulesets/automotive_retail/events.small.jsonl.gz");
  ASSERT_GT(archive.size(), 1'000U);
  const ScratchFile file;
  std::uint64_t failures = 0;
  std::uint64_t rounds = 0;
  for (; rounds < FuzzCount() / kFileEvery + 1 && !HasFailure(); ++rounds) {
    const std::uint64_t seed = FirstFuzzSeed() + rounds;
    SCOPED_TRACE(TraceOf(seed));
    const FuzzRound round(seed);
    FuzzRandom random(seed);
    std::string bytes = archive;
    if (OneIn(random, 4)) {
      bytes.resize(2 + Below(random, bytes.size() - 2));
    } else {
      // Beyond the header, every byte counts: the data has a checksum and a size.
      char& c = bytes[10 + Below(random, bytes.size() - 10)];
      c = static_cast<char>(c ^ (1 << Below(random, 8)));
    }
    file.Write(bytes);
    auto opened = connectors::EventFile::Open(file.path());
    if (!opened) {
      EXPECT_FALSE(opened.error().message.empty());
      ++failures;
      continue;
    }
    for (;;) {
      const auto batch = opened->Next(100);
      if (!batch) {
        EXPECT_FALSE(batch.error().message.empty());
      }
      failures += batch ? 0 : 1;
      if (!batch || batch->empty()) break;
    }
  }
  EXPECT_GE(failures + rounds / 20, rounds) << "damage went unnoticed";
}

}  // namespace
}  // namespace lull::test
