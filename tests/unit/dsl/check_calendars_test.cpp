// Calendars and durations that count by them, as the parser and the checker understand them.
#include <gtest/gtest.h>

#include "dsl/program_printer.h"
#include "dsl/render.h"
#include "tests/unit/dsl/check_testing.h"

namespace lull::dsl::testing {
namespace {

LoadedRuleset Good(const std::string& rules) {
  LoadedRuleset loaded = LoadShop(rules);
  EXPECT_FALSE(loaded.diagnostics.has_errors()) << RenderAll(loaded.diagnostics, loaded.sources);
  return loaded;
}

constexpr const char* kOffice = R"(
calendar office {
  zone "Europe/Berlin"
  monday to wednesday, friday 09:00 to 12:00, 13:00 to 24:00
  thursday 22:00 to 02:00,
  sunday closed
  closed 2026-11-26, every 12-25 to 01-01, 2026-12-28 to 2026-12-30
  open 2026-12-24, 2026-12-29 to 2026-12-30 09:00 to 13:00
}
calendar robots { always }
calendar shop_floor { every day 08:00 to 20:00 }
)";

TEST(CalendarSyntaxTest, LinesBecomeHoursOfDays) {
  const LoadedRuleset loaded = Good(kOffice);
  const Calendar& office = loaded.program.calendars[0];
  EXPECT_EQ(office.zone, "Europe/Berlin");
  ASSERT_EQ(office.week[0].size(), 2u);
  EXPECT_EQ(office.week[0][1].from_minute, 13 * 60);
  EXPECT_EQ(office.week[0][1].to_minute, 24 * 60);
  ASSERT_EQ(office.week[3].size(), 1u);
  EXPECT_EQ(office.week[3][0].to_minute, 26 * 60);
  EXPECT_EQ(office.week[4].size(), 2u);
  EXPECT_TRUE(office.week[5].empty());
  EXPECT_EQ(office.closed.size(), 2u);
  ASSERT_EQ(office.closed_yearly.size(), 1u);
  EXPECT_EQ(office.closed_yearly[0].last_month, 1);
  EXPECT_EQ(office.special.size(), 3u);
  const Calendar& robots = loaded.program.calendars[1];
  EXPECT_EQ(robots.zone, "America/Chicago");
  EXPECT_EQ(robots.week[6][0].to_minute, 24 * 60);
  EXPECT_EQ(loaded.program.calendars[2].week[2][0].from_minute, 8 * 60);
}

TEST(CalendarSyntaxTest, DurationsCountByThem) {
  const struct {
    const char* written;
    const char* meant;
  } rows[] = {
      {"8 hours of office", "(8 hours of office)"},
      {"3 working days of office", "(3 working days of office)"},
      {"1 working day of office", "(1 working days of office)"},
      {"2 months", "(2 months)"},
      {"1 year 2 months", "(14 months)"},
      {"1 month 2 days", "((1 months) + 2 days)"},
      {"3 * 2 hours of office", "(6 hours of office)"},
      {"(count of page_viewed) * 1 hour of office", "(((count of page_viewed) * 1 hour) of office)"},
      {"2 * 1 month", "(2 months)"},
      {"if vip then 2 hours else 4 hours of office", "(if customer.vip : 2 hours : (4 hours of office))"},
      {"1 working day of office + 2 hours", "((1 working days of office) + 2 hours)"},
  };
  for (const auto& [written, meant] : rows) {
    const LoadedRuleset loaded = Good(std::string(kOffice) + "stall s of customer { quiet " + written + " }");
    ASSERT_FALSE(loaded.program.stalls.empty());
    EXPECT_EQ(PrintExpr(loaded.program, loaded.program.stalls[0].duration), meant);
  }
}

TEST(CalendarSyntaxTest, UnitsAndQuietHoursUseThem) {
  const LoadedRuleset loaded = Good(std::string(kOffice) + R"(
    unit desk { hours office  at most 20 open tasks per key }
    nudge n of customer { on page_viewed do email "x" to desk }
    policy p of customer {
      quiet hours outside office
      quiet hours 20:00 to 08:00 in zone customer.region
    })");
  const Unit& desk = loaded.program.units.back();
  EXPECT_EQ(desk.hours, 0u);
  EXPECT_EQ(desk.open_tasks_max, 20u);
  EXPECT_TRUE(desk.open_tasks_per_key);
  const Policy& policy = loaded.program.policies[0];
  ASSERT_EQ(policy.quiet_hours.size(), 2u);
  EXPECT_EQ(PrintExpr(loaded.program, policy.quiet_hours[0].condition), "(not (open office))");
  EXPECT_EQ(PrintExpr(loaded.program, policy.quiet_hours[1].zone), "customer.region");
}

TEST(CalendarSyntaxTest, ANewHolidayLeavesMeaningsAsTheyAre) {
  const auto meaning = [](const std::string& calendar) {
    const LoadedRuleset loaded = Good(calendar + "stall s of customer { quiet 2 hours of office }");
    return Meaning(loaded.program, DefinitionKind::kStall, 0);
  };
  const std::string before = meaning("calendar office { always }\n");
  EXPECT_EQ(before, meaning("calendar office {\n always\n closed 2026-12-25\n}\n"));
  EXPECT_NE(before.find("office"), std::string::npos);
}

}  // namespace
}  // namespace lull::dsl::testing
