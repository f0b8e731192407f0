// Calendars and business time: each case stated by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace lull::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kOpeningHours = R"(
ruleset shop { zone "America/Chicago" currency USD channels call as task, note as message }
calendar store_hours {
  monday to friday  09:00 to 20:00
  saturday          10:00 to 18:00
  closed            2026-11-26, every 12-25
  open              2026-12-24 09:00 to 13:00
}
calendar office {
  monday to friday 09:00 to 17:00
  closed 2026-11-26
}
entity customer by customer_id { sla_hours number = 4  vip flag = no  home text }
event updated of customer sets sla_hours, vip, home
event viewed  of customer { page text? }
event quoted  of customer { quote_id text? }
event ordered of customer { quote_id text? }
unit sales { hours store_hours  at most 200 open tasks per key }
)";

// November 2026: the 2nd is a Monday; Chicago is at UTC-6. Thanksgiving is Thursday the 26th.

TEST(Calendars, QuietForOpenHoursCountsOpenTimeOnly) {
  // Friday 18:00, open until 20:00; Saturday from 10:00: two more hours end at noon.
  const std::string rules = kOpeningHours + R"(
    stall silent of customer { quiet 4 hours of store_hours }
    nudge n of customer { on silent do note "x" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-11-07T00:00:00Z","customer_id":"a"}
  )",
                          {.until = "2026-11-12T00:00:00Z"}),
              ElementsAre("2026-11-07T18:00:00Z sent n a -> sales: x"));
}

TEST(Calendars, OpenHoursThatAreFullAtClosingTimeEndThere) {
  const std::string rules = kOpeningHours + R"(
    stall late of customer { after quoted no ordered within 2 hours of store_hours }
    nudge n of customer { on late do note "x" to sales }
  )";
  // 18:00 on a Friday: due when the store closes at 20:00, not when it opens on Saturday. An order at exactly
  // that instant is in time.
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"quoted","time":"2026-11-07T00:00:00Z","customer_id":"a"}
    {"type":"quoted","time":"2026-11-07T00:00:00Z","customer_id":"b"}
    {"type":"ordered","time":"2026-11-07T02:00:00Z","customer_id":"b"}
  )",
                          {.until = "2026-11-12T00:00:00Z"}),
              ElementsAre("2026-11-07T02:00:00Z sent n a -> sales: x"));
}

TEST(Calendars, WorkingDaysKeepTheTimeOfDayAndSkipHolidays) {
  const std::string rules = kOpeningHours + R"(
    stall late of customer { after each quoted no ordered within 2 working days of office }
    nudge n of customer { on late do note "x" to sales }
  )";
  // Wednesday 15:00: Thursday is a holiday, so Friday is the first and Monday the second. Saturday 12:00:
  // Monday, Tuesday. Sunday 23:00, when the office is closed: Monday, Tuesday.
  EXPECT_THAT(
      RunScenario(rules, R"(
    {"type":"quoted","time":"2026-11-25T21:00:00Z","customer_id":"a"}
    {"type":"quoted","time":"2026-11-28T18:00:00Z","customer_id":"b"}
    {"type":"quoted","time":"2026-11-30T05:00:00Z","customer_id":"c"}
  )",
                  {.until = "2026-12-05T00:00:00Z"}),
      ElementsAre("2026-11-30T21:00:00Z sent n a -> sales: x", "2026-12-01T18:00:00Z sent n b -> sales: x",
                  "2026-12-02T05:00:00Z sent n c -> sales: x"));
}

TEST(Calendars, MonthsEndOnTheLastDayOfAShorterMonthAtTheSameLocalTime) {
  // 31 December 10:00 in Chicago, and 8 February: the clock changes before 8 April.
  const std::string rules = kOpeningHours + R"(
    stall late of customer { after quoted no ordered within 2 months }
    nudge n of customer { on late do note "x" to sales }
  )";
  EXPECT_THAT(
      RunScenario(rules, R"(
    {"type":"quoted","time":"2025-12-31T16:00:00Z","customer_id":"a"}
    {"type":"quoted","time":"2026-02-08T16:00:00Z","customer_id":"b"}
  )",
                  {.until = "2026-05-01T00:00:00Z"}),
      ElementsAre("2026-02-28T16:00:00Z sent n a -> sales: x", "2026-04-08T15:00:00Z sent n b -> sales: x"));
}

TEST(Calendars, ACalendarIsAConditionThatBecomesYesWhenItOpens) {
  const std::string rules = kOpeningHours + R"(
    nudge n of customer { on store_hours do note "open" to sales }
    nudge m of customer { while store_hours and any viewed in last 1 hour do note "viewed" to sales }
  )";
  // Christmas is closed, the day before has its own hours. The view at exactly 09:00 comes before the store
  // is open: both become due in the deadline moment of that instant.
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-12-24T15:00:00Z","customer_id":"a"}
  )",
                          {.until = "2026-12-27T00:00:00Z"}),
              testing::UnorderedElementsAre("2026-12-24T15:00:00Z sent n a -> sales: open",
                                            "2026-12-24T15:00:00Z sent m a -> sales: viewed",
                                            "2026-12-26T16:00:00Z sent n a -> sales: open"));
}

TEST(Calendars, QuietHoursOutsideACalendarWaitForItsOpening) {
  const std::string rules = kOpeningHours + R"(
    stall silent of customer { quiet 1 hour }
    nudge n of customer { while silent do call "x" to sales }
    policy p of customer { quiet hours outside store_hours }
  )";
  const auto lines = RunScenario(rules, R"(
    {"type":"viewed","time":"2026-11-08T03:00:00Z","customer_id":"a"}
  )",
                                 {.until = "2026-11-10T00:00:00Z"});
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back(), "2026-11-09T15:00:00Z sent n a -> sales: x");
}

TEST(Calendars, QuietHoursAreThoseOfTheEntitysOwnZone) {
  const std::string rules = kOpeningHours + R"(
    nudge n of customer { on viewed do note "x" to sales }
    policy p of customer { quiet hours 20:00 to 08:00 in zone customer.home }
  )";
  // 03:00 UTC: 21:00 in Chicago, 12:00 in Tokyo. What is no zone is the ruleset's.
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"updated","time":"2026-11-09T00:00:00Z","customer_id":"a","home":"Asia/Tokyo"}
    {"type":"updated","time":"2026-11-09T00:00:00Z","customer_id":"b","home":"Tokyo, Japan"}
    {"type":"viewed","time":"2026-11-09T03:00:00Z","customer_id":"a"}
    {"type":"viewed","time":"2026-11-09T03:00:00Z","customer_id":"b"}
    {"type":"viewed","time":"2026-11-09T03:00:00Z","customer_id":"c"}
  )"),
              ElementsAre("2026-11-09T03:00:00Z sent n a -> sales: x",
                          testing::StartsWith("2026-11-09T03:00:00Z suppressed n b"),
                          testing::StartsWith("2026-11-09T03:00:00Z suppressed n c")));
}

TEST(Calendars, AComputedAmountIsReadAgainWhenItChanges) {
  const std::string rules = kOpeningHours + R"(
    feature sla of customer = if vip then 1 hour of store_hours else sla_hours * 1 hour of store_hours
    stall late of customer { after quoted no ordered within sla }
    nudge n of customer { on late do note "x" to sales }
  )";
  // Monday 10:00. Four hours end at 14:00; b has ten (20:00); c becomes a VIP at noon, when the hour is over:
  // it falls due now.
  EXPECT_THAT(
      RunScenario(rules, R"(
    {"type":"updated","time":"2026-11-09T15:00:00Z","customer_id":"b","sla_hours":10}
    {"type":"quoted","time":"2026-11-09T16:00:00Z","customer_id":"a"}
    {"type":"quoted","time":"2026-11-09T16:00:00Z","customer_id":"b"}
    {"type":"quoted","time":"2026-11-09T16:00:00Z","customer_id":"c"}
    {"type":"updated","time":"2026-11-09T18:00:00Z","customer_id":"c","vip":true}
  )",
                  {.until = "2026-11-11T00:00:00Z"}),
      ElementsAre("2026-11-09T18:00:00Z sent n c -> sales: x", "2026-11-09T20:00:00Z sent n a -> sales: x",
                  "2026-11-10T02:00:00Z sent n b -> sales: x"));
}

TEST(Calendars, JourneysPausesAndDwellingCountByCalendars) {
  const std::string rules = kOpeningHours + R"(
    journey way of customer {
      start fresh
      fresh   -> waiting on quoted
      waiting -> stale   after 1 working day of office
      stale   -> fresh   after 30 minutes of office quiet
    }
    stall stuck of customer { while way is waiting for 2 hours of office }
    nudge n of customer { on way entering stale do note "stale" to sales }
    nudge f of customer { on way entering fresh do note "fresh" to sales }
    nudge s of customer { on stuck again after 1 month do note "stuck" to sales }
  )";
  // Friday 16:00: an hour of Friday and one of Monday make two.
  EXPECT_THAT(
      RunScenario(rules, R"(
    {"type":"quoted","time":"2026-11-06T22:00:00Z","customer_id":"a"}
    {"type":"quoted","time":"2026-11-10T22:00:00Z","customer_id":"a"}
    {"type":"quoted","time":"2026-12-10T22:00:00Z","customer_id":"a"}
  )",
                  {.until = "2026-12-12T00:00:00Z"}),
      ElementsAre(
          "2026-11-09T16:00:00Z sent s a -> sales: stuck", "2026-11-09T22:00:00Z sent n a -> sales: stale",
          "2026-11-09T22:30:00Z sent f a -> sales: fresh", "2026-11-11T22:00:00Z sent n a -> sales: stale",
          "2026-11-11T22:30:00Z sent f a -> sales: fresh", "2026-12-11T16:00:00Z sent s a -> sales: stuck",
          "2026-12-11T22:00:00Z sent n a -> sales: stale", "2026-12-11T22:30:00Z sent f a -> sales: fresh"));
}

TEST(Calendars, InstantsCanBeMovedByThem) {
  const std::string rules = kOpeningHours + R"(
    nudge n of customer { on ordered do note
      "{latest quoted.time + 2 working days of office} {latest quoted.time - 1 hour of office} {latest quoted.time + 1 month 1 day}"
      to sales }
    nudge m of customer { on time since ordered >= 0 seconds and latest quoted.time + 1 hour of office > latest ordered.time
      do note "quick" to sales }
  )";
  // Friday 16:30 in Chicago.
  const auto lines = RunScenario(rules, R"(
    {"type":"quoted","time":"2026-11-06T22:30:00Z","customer_id":"a"}
    {"type":"ordered","time":"2026-11-09T15:29:59Z","customer_id":"a"}
    {"type":"quoted","time":"2026-11-06T22:30:00Z","customer_id":"b"}
    {"type":"ordered","time":"2026-11-09T15:30:00Z","customer_id":"b"}
  )",
                                 {.until = "2026-11-10T00:00:00Z"});
  EXPECT_THAT(lines, testing::Contains("2026-11-09T15:29:59Z sent m a -> sales: quick"));
  EXPECT_THAT(lines, testing::Not(testing::Contains(testing::HasSubstr("sent m b"))));
  EXPECT_THAT(lines, testing::Contains(testing::AllOf(
                         testing::StartsWith("2026-11-09T15:30:00Z sent n b"),
                         testing::HasSubstr("2026-11-10 16:30 2026-11-06 15:30 2026-12-07 16:30"))));
}

TEST(Calendars, ANewHolidayMovesWhatIsPending) {
  const std::string first = kOpeningHours + R"(
    stall late of customer { after quoted no ordered within 1 working day of office }
    nudge n of customer { on late do note "x" to sales }
  )";
  std::string second = first;
  second.replace(second.find("closed 2026-11-26"), 17, "closed 2026-11-10 ");
  EXPECT_THAT(RunScenario(first, R"(
    {"type":"quoted","time":"2026-11-09T18:00:00Z","customer_id":"a"}
    {"type":"viewed","time":"2026-11-09T19:00:00Z","customer_id":"b"}
  )",
                          {.until = "2026-11-14T00:00:00Z", .next_rules = second, .swap_at = 1}),
              ElementsAre("2026-11-11T18:00:00Z sent n a -> sales: x"));
}

TEST(Calendars, MistakesAreReported) {
  EXPECT_THAT(CodesOf(kOpeningHours + "stall s of customer { quiet 1 hour of store_hours }\n"
                                      "nudge n of customer { on s do note \"x\" to sales }"),
              IsEmpty());
  EXPECT_THAT(CodesOf(kOpeningHours + "calendar never_open { closed 2026-01-01 }"), ElementsAre("L0432"));
}

TEST(Calendars, AJourneyIsQuietForAWorkingDayFromTheLatestEventAlsoIfThatIsEarlier) {
  // Saturday 11:00 would fall due on Monday at 11:00, Sunday 00:35 does so on Monday at 00:35.
  const std::string rules = kOpeningHours + R"(
    journey path of customer { start fresh  fresh -> stale after 1 working day of office quiet  stale -> fresh on ordered }
    nudge n of customer { on path entering stale do note "x" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"(
    {"type":"viewed","time":"2026-11-07T17:00:00Z","customer_id":"a"}
    {"type":"viewed","time":"2026-11-08T06:35:00Z","customer_id":"a"}
  )",
                          {.until = "2026-11-12T00:00:00Z"}),
              ElementsAre("2026-11-09T06:35:00Z sent n a -> sales: x"));
}

}  // namespace
}  // namespace lull::test
