#include "connectors/time_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "runtime/base/time.h"
#include "runtime/format.h"

namespace lull::connectors {
namespace {

TEST(TimeTextTest, ReadsRfc3339) {
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ParseRfc3339("1969-12-31 23:59:59.5z"), -500'000);
  EXPECT_EQ(ParseRfc3339("2024-02-29T12:00:00-05:30"), ParseRfc3339("2024-02-29T17:30:00Z"));
  EXPECT_EQ(ParseRfc3339("2016-12-31T23:59:60Z"), ParseRfc3339("2017-01-01T00:00:00Z"));
  EXPECT_EQ(ParseRfc3339("2026-03-02T20:00:00.1234567Z"), *ParseRfc3339("2026-03-02T20:00:00Z") + 123'456);
  for (const char* wrong :
       {"", "2026-03-02", "2026-03-02T20:00Z", "2026-03-02T24:00:00Z", "2026-03-02T20:60:00Z",
        "2026-03-02T20:00:61Z", "2026-03-02T20:00:00", "2026-03-02T20:00:00.Z", "2026-03-02T20:00:00+0100",
        "2026-03-02T20:00:00+24:00", "2026-3-02T20:00:00Z", "2023-02-29T20:00:00Z", "2026-03-02T20:00:00Zx",
        " 2026-03-02T20:00:00Z"}) {
    EXPECT_EQ(ParseRfc3339(wrong), std::nullopt) << wrong;
  }
}

TEST(TimeTextTest, WhatIsWrittenReadsBack) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<std::int64_t> any(kEventMicrosMin, kEventMicrosMax);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    const std::int64_t micros = any(random) /
                                (i % 3 == 0   ? 1
                                 : i % 3 == 1 ? 1'000
                                              : 1'000'000) *
                                (i % 3 == 0   ? 1
                                 : i % 3 == 1 ? 1'000
                                              : 1'000'000);
    runtime::AppendRfc3339(text, micros);
    ASSERT_EQ(ParseRfc3339(text), micros) << text;
  }
}

TEST(TimeTextTest, ReadsIsoDurations) {
  EXPECT_EQ(ParseIsoDuration("P2W"), 14 * kMicrosPerDay);
  EXPECT_EQ(ParseIsoDuration("P1DT2H3M4.5S"),
            kMicrosPerDay + 2 * kMicrosPerHour + 3 * kMicrosPerMinute + 4'500'000);
  EXPECT_EQ(ParseIsoDuration("-PT5M"), -5 * kMicrosPerMinute);
  EXPECT_EQ(ParseIsoDuration("PT0S"), 0);
  for (const char* wrong : {"", "P", "PT", "P1DT", "1D", "P1H", "PT1D", "P1Y", "P1M", "PT1M1H", "PT1S1S",
                            "PTS", "P99999999999999W", "PT1.S", "P1D "}) {
    EXPECT_EQ(ParseIsoDuration(wrong), std::nullopt) << wrong;
  }
}

TEST(TimeTextTest, ReadsSpokenDurations) {
  EXPECT_EQ(ParseSpokenDuration("60s"), kMicrosPerMinute);
  EXPECT_EQ(ParseSpokenDuration("36h"), 36 * kMicrosPerHour);
  EXPECT_EQ(ParseSpokenDuration("60 seconds"), kMicrosPerMinute);
  EXPECT_EQ(ParseSpokenDuration("1 day 12 hours"), 36 * kMicrosPerHour);
  EXPECT_EQ(ParseSpokenDuration("1h30m"), 90 * kMicrosPerMinute);
  EXPECT_EQ(ParseSpokenDuration("250ms"), 250'000);
  EXPECT_EQ(ParseSpokenDuration("1.5 weeks"), 10 * kMicrosPerDay + 12 * kMicrosPerHour);
  EXPECT_EQ(ParseSpokenDuration("0s"), 0);
  for (const char* wrong : {"", "60", "s", "-5s", "1 fortnight", "1h,30m", "99999999999999d"}) {
    EXPECT_EQ(ParseSpokenDuration(wrong), std::nullopt) << wrong;
  }
}

TEST(TimeTextTest, ScalesDecimalsExactly) {
  EXPECT_EQ(ParseScaled("0.00005", 4), 0);
  EXPECT_EQ(ParseScaled("0.00015", 4), 2);
  EXPECT_EQ(ParseScaled("0.00025", 4), 2);
  EXPECT_EQ(ParseScaled("-0.000250001", 4), -3);
  EXPECT_EQ(ParseScaled("5e-5", 4), 0);
  EXPECT_EQ(ParseScaled("1e-999999999999", 4), 0);
  EXPECT_EQ(ParseScaled("0e999999999999", 4), 0);
  EXPECT_EQ(ParseScaled("1e999999999999", 4), std::nullopt);
  EXPECT_EQ(ParseScaled("922337203685477.5807", 4), 9'223'372'036'854'775'807);
  EXPECT_EQ(ParseScaled("922337203685477.5808", 4), std::nullopt);
  EXPECT_EQ(ParseScaled("922337203685477.58075", 4), std::nullopt);
  EXPECT_EQ(ParseScaled("-922337203685477.5808", 4), std::nullopt);
  for (const char* wrong : {"", "-", ".5", "5.", "1e", "1 ", "0x1", "+1"}) {
    EXPECT_EQ(ParseScaled(wrong, 4), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace lull::connectors
