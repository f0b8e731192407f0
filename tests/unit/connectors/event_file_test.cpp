#include "connectors/event_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace lull::connectors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class EventFileTest : public ::testing::Test {
 protected:
  EventFileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lull_event_file_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~EventFileTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& bytes) const {
    const std::string path = folder_ + "/events";
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  static std::string Packed(const std::string& bytes) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string packed(deflateBound(&stream, bytes.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
  }

  using Lines = std::vector<std::pair<std::uint64_t, std::string>>;
  static Result<Lines> ReadAll(const std::string& path, std::size_t count_max = 3) {
    Result<EventFile> file = EventFile::Open(path);
    if (!file) return std::unexpected(file.error());
    Lines lines;
    for (;;) {
      const auto batch = file->Next(count_max);
      if (!batch) return std::unexpected(batch.error());
      if (batch->empty()) return lines;
      EXPECT_LE(batch->size(), count_max);
      for (const RawEvent& raw : *batch) {
        EXPECT_EQ(raw.bytes.data()[raw.bytes.size()], '\0');
        lines.emplace_back(raw.position.value, raw.bytes);
      }
    }
  }

  std::string folder_;
};

TEST_F(EventFileTest, SplitsLinesAndCountsBlankOnes) {
  EXPECT_THAT(*ReadAll(Write("\xEF\xBB\xBFone\r\n\n  \t\ntwo\nthree")),
              ElementsAre(Pair(1, "one"), Pair(4, "two"), Pair(5, "three")));
  EXPECT_THAT(*ReadAll(Write("")), ElementsAre());
  EXPECT_THAT(*ReadAll(Write("\n")), ElementsAre());
  EXPECT_THAT(*ReadAll(Write("x")), ElementsAre(Pair(1, "x")));
  EXPECT_THAT(*ReadAll(Write("x\r")), ElementsAre(Pair(1, "x")));
}

TEST_F(EventFileTest, PackedFilesGiveTheSame) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "line number " + std::to_string(i) + "\n";
  const auto plain = ReadAll(Write(text), 256);
  ASSERT_EQ(plain->size(), 200'000U);
  EXPECT_EQ(plain->at(123'456).second, "line number 123456");
  EXPECT_EQ(*ReadAll(Write(Packed(text)), 256), *plain);
  const std::size_t middle = text.size() / 2;
  EXPECT_EQ(*ReadAll(Write(Packed(text.substr(0, middle)) + Packed(text.substr(middle))), 1'000), *plain);
  EXPECT_EQ(ReadAll(Write(Packed(text) + std::string(512, '\0')), 256)->size(), 200'000U);
}

TEST_F(EventFileTest, DamagedPackedFilesAreErrors) {
  const std::string packed = Packed(std::string(100'000, 'x') + "\n");
  EXPECT_THAT(ReadAll(Write(packed.substr(0, packed.size() / 2))).error().message,
              HasSubstr("in the middle"));
  std::string damaged = packed;
  damaged[packed.size() / 2] = static_cast<char>(~damaged[packed.size() / 2]);
  damaged[packed.size() - 6] = static_cast<char>(~damaged[packed.size() - 6]);
  EXPECT_THAT(ReadAll(Write(damaged)).error().message, HasSubstr("damaged"));
  EXPECT_THAT(ReadAll(Write(packed + "more")).error().message, HasSubstr("behind"));
}

TEST_F(EventFileTest, LongLinesAreCutToTheSameLengthEverywhere) {
  const std::string longest(kRawEventBytesMax, 'a');
  const std::string longer(kRawEventBytesMax + 1, 'b');
  const std::string huge(5 * kRawEventBytesMax, 'c');
  for (const std::string& line_end : {std::string("\n"), std::string("\r\n")}) {
    const auto lines =
        ReadAll(Write(huge + line_end + longest + line_end + longer + line_end + "d" + line_end + huge));
    ASSERT_EQ(lines->size(), 5U);
    EXPECT_THAT(lines->at(0), Pair(1, std::string(kRawEventBytesMax + 1, 'c')));
    EXPECT_THAT(lines->at(1), Pair(2, longest));
    EXPECT_THAT(lines->at(2), Pair(3, longer));
    EXPECT_THAT(lines->at(3), Pair(4, "d"));
    EXPECT_THAT(lines->at(4), Pair(5, std::string(kRawEventBytesMax + 1, 'c')));
  }
}

TEST_F(EventFileTest, ReadsStandardInput) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string text = "one\ntwo\n";
  ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  const int saved = ::dup(STDIN_FILENO);
  ::dup2(ends[0], STDIN_FILENO);
  const auto lines = ReadAll("-");
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
  ::close(ends[0]);
  EXPECT_THAT(*lines, ElementsAre(Pair(1, "one"), Pair(2, "two")));
}

TEST_F(EventFileTest, SaysWhatCannotBeOpened) {
  EXPECT_THAT(ReadAll(folder_ + "/nowhere").error().message, HasSubstr("nowhere"));
  EXPECT_THAT(ReadAll(folder_).error().message, HasSubstr("folder"));
}

TEST_F(EventFileTest, TellsProgress) {
  Result<EventFile> file = EventFile::Open(Write("one\ntwo\n"));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->bytes_total(), 8U);
  EXPECT_EQ(file->Next(10)->size(), 2U);
  EXPECT_EQ(file->bytes_read(), 8U);
}

}  // namespace
}  // namespace lull::connectors
