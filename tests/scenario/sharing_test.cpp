// Decision tables, and renames across a change of the ruleset.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace lull::test {
namespace {

using testing::ElementsAre;

const std::string kTableShop = R"(
ruleset shop { zone "UTC" currency USD channels call as task, note as message }
choice tier { gold, silver, plain }
entity customer by customer_id { tier tier  points number  store text }
event updated of customer sets tier, points, store
event asked   of customer
unit sales
nudge n of customer { on asked do note "{t}" to sales }
)";

std::string Customer(const std::string& key, const std::string& fields) {
  return fmt::format(R"({{"type":"updated","time":"2026-03-01T00:00:00Z","customer_id":"{0}"{1}}}
{{"type":"asked","time":"2026-03-01T00:00:01Z","customer_id":"{0}"}}
)",
                     key, fields);
}

/// What the table gives for customers a, b, ... with these fields.
std::vector<std::string> Gives(const std::string& table, const std::vector<std::string>& customers) {
  std::string log;
  for (std::size_t i = 0; i < customers.size(); ++i) {
    log += Customer(std::string(1, static_cast<char>('a' + i)), customers[i]);
  }
  std::vector<std::string> values;
  for (const std::string& line : RunScenario(kTableShop + table, log))
    values.push_back(line.substr(line.rfind(' ') + 1));
  return values;
}

TEST(Tables, TheFirstRowThatFitsDecides) {
  const std::vector<std::string> customers = {R"(,"tier":"gold","points":1)",
                                              R"(,"tier":"gold","points":3)",
                                              R"(,"tier":"silver","points":2.5)",
                                              R"(,"tier":"silver","points":9)",
                                              R"(,"points":2)",
                                              R"(,"tier":"plain")"};
  EXPECT_THAT(Gives(R"(table t of customer (tier, points) gives number {
      | gold                   | >= 3            | 1 |
      | one of (gold, silver)  | between 2 and 5 | 2 |
      | is unknown             | -               | 3 |
      | not plain              | is known        | 4 |
    })",
                    customers),
              ElementsAre("4", "1", "2", "4", "3", "unknown"));
}

/// With more rows than a chain has.
TEST(Tables, ALongTableGivesTheSame) {
  std::string rows;
  for (int i = 0; i < 20; ++i) rows += fmt::format("| \"store {}\" | - | {} |\n", i, 100 + i);
  rows += "| - | < 0 | 1 |\n| - | 0 | 2 |\n| - | > 0 | 3 |\n| is unknown | is unknown | 4 |\n";
  EXPECT_THAT(Gives("table t of customer (store, points) gives number {\n" + rows + "}",
                    {R"(,"store":"store 7","points":5)", R"(,"store":"store 19")",
                     R"(,"store":"store 2O","points":-0.5)", R"(,"points":0)",
                     R"(,"store":"x","points":1e300)", "", R"(,"store":"x")"}),
              ElementsAre("107", "119", "1", "2", "3", "4", "unknown"));
}

TEST(Tables, ARowOfTimeIsReachedAtItsInstant) {
  const std::string rules = kTableShop + R"(
    table t of customer (time since asked) gives number {
      | < 2 hours | 1 |
      | < 5 hours | 2 |
      | -         | 3 |
    }
    nudge late of customer { on t >= 3 do note "late" to sales }
  )";
  EXPECT_THAT(RunScenario(rules, R"({"type":"asked","time":"2026-03-01T00:00:00Z","customer_id":"a"})",
                          {.until = "2026-03-02T00:00:00Z"}),
              ElementsAre("2026-03-01T00:00:00Z sent n a -> sales: 1",
                          "2026-03-01T05:00:00Z sent late a -> sales: late"));
}

constexpr const char* kBeforeRenaming = R"(
ruleset shop { zone "UTC" channels call as task }
choice level { low, high }
entity client by id { rank level = low  visits number = 0 }
event came of client { rank level? } sets rank
unit desk
journey path of client { start idle  idle -> active on came where rank is high  active -> idle after 90 days quiet }
stall gone of client { while path is active  quiet 36 hours }
nudge ring of client { while gone do call "Ring {rank}" to desk }
policy calm of client { at most 1 ring in 30 days }
)";

constexpr const char* kAfterRenaming = R"(
ruleset shop { zone "UTC" channels call as task }
choice grade was level { small was low, great was high }
entity customer was client by id { grade was rank grade = small  visits number = 0 }
event came of customer { grade grade? from "rank" } sets grade
unit helpers was desk
journey way was path of customer {
  start quiet_now
  quiet_now was idle
  busy was active
  quiet_now -> busy on came where came.grade is great
  busy -> quiet_now after 90 days quiet
}
stall left of customer { while way is busy  quiet 36 hours }
nudge phone was ring of customer { while left do call "Phone {grade}" to helpers }
policy rest was calm of customer { at most 1 phone in 30 days }
)";

constexpr const char* kVisits = R"(
{"type":"came","time":"2026-03-01T00:00:00Z","id":"a","rank":"high"}
{"type":"came","time":"2026-03-01T12:00:00Z","id":"b","rank":"high"}
{"type":"came","time":"2026-03-10T00:00:00Z","id":"c","rank":"low"}
)";

TEST(Renames, WhatWasRenamedGoesOn) {
  EXPECT_THAT(RunScenario(kBeforeRenaming, kVisits, {.next_rules = kAfterRenaming, .swap_at = 2}),
              ElementsAre("2026-03-02T12:00:00Z sent phone a -> helpers: Phone great",
                          "2026-03-03T00:00:00Z sent phone b -> helpers: Phone great"));
}

// What counts for a limit, and how far a sequence has come, is remembered under the first names.
TEST(Renames, LimitsAndSequencesGoOn) {
  constexpr const char* kTwice =
      "nudge twice of client { on came then came within 9 days where rank is high do note \"twice\" to desk "
      "}";
  constexpr const char* kAgain =
      "nudge again was twice of customer"
      " { on came then came within 9 days where grade is great do note \"twice\" to helpers }";
  constexpr const char* kLog = R"(
{"type":"came","time":"2026-03-01T00:00:00Z","id":"a","rank":"high"}
{"type":"came","time":"2026-03-03T00:00:00Z","id":"a","rank":"high"}
{"type":"came","time":"2026-03-04T00:00:00Z","id":"a","rank":"high"}
{"type":"came","time":"2026-03-06T00:00:00Z","id":"a","rank":"great"}
)";
  const auto with = [](std::string rules, const std::string& nudge) {
    return rules.replace(rules.find("call as task"), 12, "call as task, note as message") + nudge;
  };
  EXPECT_THAT(
      RunScenario(
          with(kBeforeRenaming, kTwice), kLog,
          {.until = "2026-03-09T00:00:00Z", .next_rules = with(kAfterRenaming, kAgain), .swap_at = 3}),
      ElementsAre("2026-03-02T12:00:00Z sent ring a -> desk: Ring high",
                  "2026-03-03T00:00:00Z withdrawn ring a -> desk (what it was about is over)",
                  "2026-03-03T00:00:00Z sent twice a -> desk: twice",
                  "2026-03-04T00:00:00Z sent twice a -> desk: twice",
                  "2026-03-05T12:00:00Z waiting phone a (capped: 1 phone in 30 days (2026-03-02 12:00))",
                  "2026-03-06T00:00:00Z sent again a -> helpers: twice",
                  "2026-03-07T12:00:00Z waiting phone a (capped: 1 phone in 30 days (2026-03-02 12:00))"));
}

}  // namespace
}  // namespace lull::test
