#include "runtime/format.h"

#include <gtest/gtest.h>

#include <limits>

namespace lull::runtime {
namespace {

constexpr std::int64_t kMarch2 = 1'772'445'600 * kMicrosPerSecond;  // 2026-03-02 10:00 UTC

template <typename Append, typename... Values>
std::string Text(Append append, Values... values) {
  std::string out;
  append(out, values...);
  return out;
}

TEST(Format, Money) {
  const auto money = [](std::int64_t value) { return Text(AppendMoney, value, std::string_view("USD")); };
  EXPECT_EQ(money(215'000'000), "21,500 USD");
  EXPECT_EQ(money(215'005'000), "21,500.50 USD");
  EXPECT_EQ(money(1), "0.0001 USD");
  EXPECT_EQ(money(-9'999'900), "-999.99 USD");
  EXPECT_EQ(money(0), "0 USD");
  EXPECT_EQ(money(std::numeric_limits<std::int64_t>::max()), "922,337,203,685,477.5807 USD");
  EXPECT_EQ(Text(AppendMoney, std::int64_t{10'000'000}, std::string_view()), "1,000");
}

TEST(Format, Numbers) {
  const auto number = [](double value) { return Text(AppendNumber, value); };
  EXPECT_EQ(number(12'345.5), "12,345.5");
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(100), "100");
  EXPECT_EQ(number(0.1 + 0.2), "0.3");
  EXPECT_EQ(number(-1'000'000), "-1,000,000");
  EXPECT_EQ(number(2.0 / 3), "0.666667");
  EXPECT_EQ(number(999.9999999), "1,000");
  EXPECT_EQ(number(1.5e20), "1.5e+20");
  EXPECT_EQ(number(1e-9), "1e-09");
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "unknown");
}

TEST(Format, Durations) {
  const auto duration = [](std::int64_t value) { return Text(AppendDuration, value); };
  EXPECT_EQ(duration(36 * kMicrosPerHour), "36 hours");
  EXPECT_EQ(duration(51 * kMicrosPerHour), "2 days 3 hours");
  EXPECT_EQ(duration(48 * kMicrosPerHour), "2 days");
  EXPECT_EQ(duration(48 * kMicrosPerHour - 1), "47 hours 59 minutes");
  EXPECT_EQ(duration(48 * kMicrosPerHour + kMicrosPerMinute), "2 days");
  EXPECT_EQ(duration(35 * kMicrosPerMinute), "35 minutes");
  EXPECT_EQ(duration(kMicrosPerHour), "1 hour");
  EXPECT_EQ(duration(90 * kMicrosPerSecond), "1 minute 30 seconds");
  EXPECT_EQ(duration(kMicrosPerSecond), "1 second");
  EXPECT_EQ(duration(1'500'000), "1.5 seconds");
  EXPECT_EQ(duration(0), "0 seconds");
  EXPECT_EQ(duration(-kMicrosPerHour), "-1 hour");
  EXPECT_EQ(duration(5'000 * kMicrosPerDay), "5,000 days");
}

TEST(Format, Times) {
  const Zone utc = Zone::Utc();
  const auto time = [&](std::int64_t value) {
    return Text([&](std::string& out, std::int64_t micros) { AppendTime(out, micros, utc); }, value);
  };
  EXPECT_EQ(time(kMarch2), "2026-03-02 10:00");
  EXPECT_EQ(time(kMarch2 + 5 * kMicrosPerSecond), "2026-03-02 10:00:05");
  EXPECT_EQ(time(kMarch2 + 250'000), "2026-03-02 10:00:00.25");
  const Result<Zone> chicago = Zone::Find("America/Chicago");
  ASSERT_TRUE(chicago.has_value()) << chicago.error().message;
  std::string out;
  AppendTime(out, kMarch2, *chicago);
  EXPECT_EQ(out, "2026-03-02 04:00");
  EXPECT_EQ(Text(AppendDate, std::int64_t{0}), "1970-01-01");
}

TEST(Format, Rfc3339) {
  const auto time = [](std::int64_t value) { return Text(AppendRfc3339, value); };
  EXPECT_EQ(time(kMarch2), "2026-03-02T10:00:00Z");
  EXPECT_EQ(time(kMarch2 + 5'000), "2026-03-02T10:00:00.005Z");
  EXPECT_EQ(time(kMarch2 + 5), "2026-03-02T10:00:00.000005Z");
  EXPECT_EQ(time(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(time(kEventMicrosMin), "1900-01-01T00:00:00Z");
  EXPECT_EQ(time(kEventMicrosMax), "2200-01-01T00:00:00Z");
}

TEST(Format, RendersATemplate) {
  Ruleset ruleset;
  ruleset.currency = "USD";
  ruleset.choices.push_back({"lead_source", {"web", "store"}});
  EntitySpec entity;
  entity.journeys.emplace_back().stages = {"browsing", "quoting"};
  const FormatContext context{.ruleset = &ruleset, .entity = &entity};
  TemplateSpec text;
  text.pieces = {"Quoted ", " at ", ", ", "; ", "; ", "; ", "."};
  text.arguments = {{ValueType::kText},     {ValueType::kMoney}, {ValueType::kChoice, 0},
                    {ValueType::kStage, 0}, {ValueType::kFlag},  {ValueType::kDuration}};
  FieldValue values[6];
  values[0].text = TextView::Of("Civic");
  values[1].integer = 215'000'000;
  values[2].integer = 1;
  values[3].integer = 1;
  values[4].integer = 0;
  values[5].integer = 36 * kMicrosPerHour;
  std::string out;
  Render(out, text, values, context);
  EXPECT_EQ(out, "Quoted Civic at 21,500 USD, store; quoting; no; 36 hours.");
  for (FieldValue& value : values) value.integer = kUnknown;
  values[0].text = {};
  out.clear();
  Render(out, text, values, context);
  EXPECT_EQ(out, "Quoted unknown at unknown, unknown; unknown; unknown; unknown.");
}

}  // namespace
}  // namespace lull::runtime
