// What a new ruleset goes on with: by kind of declaration, added, removed and changed. Renamed ones are in
// sharing_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace lull::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string kHead = R"(
ruleset shop { zone "UTC" currency USD channels call as task, note as message }
choice rank { low, middle, high }
entity customer by customer_id { level rank  vip flag = no }
event updated of customer sets level, vip
event viewed of customer { page text  score number? }
event quoted of customer { quote_id text  amount money }
event ordered of customer { quote_id text? }
unit sales
)";

struct Change {
  std::string before;
  std::string after;
  std::size_t at = 0;
  std::string until = {};
};

std::vector<std::string> After(const Change& change, const std::string& log) {
  return RunScenario(kHead + change.before, log,
                     {.until = change.until, .next_rules = kHead + change.after, .swap_at = change.at});
}

std::string Event(const std::string& type, const std::string& time, const std::string& more = "") {
  return R"({"type":")" + type + R"(","time":")" + time + R"(","customer_id":"a")" +
         (more.empty() ? "" : "," + more) + "}\n";
}
std::string Viewed(const std::string& time, int score) {
  return Event("viewed", time, R"("page":"p","score":)" + std::to_string(score));
}
std::string Quoted(const std::string& time, int amount) {
  return Event("quoted", time, R"("quote_id":"q","amount":)" + std::to_string(amount));
}

// ---- Features

constexpr const char* kCounted =
    "nudge n of customer { on viewed if views >= 3 do note \"{views}\" to sales }\n";
const std::string kThreeViews =
    Viewed("2026-03-01T00:00:00Z", 1) + Viewed("2026-03-01T01:00:00Z", 2) + Viewed("2026-03-02T12:00:00Z", 3);

TEST(ChangedFeature, AnotherOneOfTheSameEventsLeavesItAlone) {
  const std::string counted =
      "feature views of customer = count of viewed in last 2 days\n" + std::string(kCounted);
  const std::string more = counted + R"(
    feature points of customer = sum of viewed.score in last 30 days
    feature place of customer = latest viewed.page in last 9 days
    nudge m of customer { on viewed if points > 2 do note "{points} {place}" to sales }
  )";
  EXPECT_THAT(After({counted, more, 2}, kThreeViews),
              ElementsAre("2026-03-02T12:00:00Z sent m a -> sales: 3 p",
                          "2026-03-02T12:00:00Z sent n a -> sales: 3"));
  EXPECT_THAT(After({more, counted, 2}, kThreeViews),
              ElementsAre("2026-03-01T01:00:00Z sent m a -> sales: 3 p",
                          "2026-03-02T12:00:00Z sent n a -> sales: 3"));
}

TEST(ChangedFeature, AWindowOfAnotherLengthKeepsWhatItStillNeeds) {
  const auto within = [](const std::string& length) {
    return "feature views of customer = count of viewed in last " + length + "\n" + kCounted;
  };
  EXPECT_THAT(After({within("2 days"), within("9 days"), 2}, kThreeViews),
              ElementsAre(HasSubstr("sent n a")));
  EXPECT_THAT(After({within("9 days"), within("2 days"), 2}, kThreeViews),
              ElementsAre(HasSubstr("sent n a")));
  EXPECT_THAT(After({within("9 days"), within("1 day"), 2}, kThreeViews), IsEmpty());
}

TEST(ChangedFeature, OtherEventsAreCountedFromTheChangeOn) {
  const std::string plain =
      "feature views of customer = count of viewed in last 2 days\n" + std::string(kCounted);
  const std::string where =
      "feature views of customer = count of viewed where score > 0 in last 2 days\n" + std::string(kCounted);
  EXPECT_THAT(After({plain, where, 2}, kThreeViews), IsEmpty());
}

// What was kept of a field of another kind, or from another place on the wire, is not the field's.
TEST(ChangedEvent, AFieldThatIsAnotherNowStartsUnknown) {
  const std::string rules = R"(
    nudge n of customer { on updated if latest viewed.score is known do note "{latest viewed.score}" to sales }
  )";
  const std::string log = Viewed("2026-03-01T00:00:00Z", 7) + Event("updated", "2026-03-01T01:00:00Z");
  const auto with = [&](const std::string& field) {
    std::string head = kHead;
    head.replace(head.find("score number?"), 13, field);
    return RunScenario(kHead + rules, log, {.next_rules = head + rules, .swap_at = 1});
  };
  EXPECT_THAT(with("score number?  width number?"), ElementsAre(HasSubstr("sales: 7")));
  EXPECT_THAT(with("score money?"), IsEmpty());
  EXPECT_THAT(with("score number? from \"points\""), IsEmpty());
}

// ---- Attributes and choices

TEST(ChangedChoice, ValuesAreKnownByName) {
  const std::string rules = R"(nudge n of customer { on viewed do note "{level}" to sales })";
  const std::string log =
      Event("updated", "2026-03-01T00:00:00Z", R"("level":"high")") + Viewed("2026-03-01T01:00:00Z", 1);
  const auto with = [&](const std::string& values) {
    std::string head = kHead;
    head.replace(head.find("low, middle, high"), 17, values);
    return RunScenario(kHead + rules, log, {.next_rules = head + rules, .swap_at = 1});
  };
  EXPECT_THAT(with("none, high, low"), ElementsAre(HasSubstr("sales: high")));
  EXPECT_THAT(with("low, top was high"), ElementsAre(HasSubstr("sales: top")));
  EXPECT_THAT(with("low, middle"), ElementsAre(HasSubstr("sales: unknown")));
}

TEST(ChangedAttribute, OneOfAnotherTypeOrNameStartsFromItsDefault) {
  const auto rules = [](const std::string& attribute) {
    std::string head = kHead;
    head.replace(head.find("vip flag = no"), 13, attribute);
    if (!attribute.starts_with("vip")) head.replace(head.find("sets level, vip"), 15, "sets level     ");
    return head + "nudge n of customer { on viewed do note \"{" + attribute.substr(0, attribute.find(' ')) +
           "}\" to sales }";
  };
  const std::string log =
      Event("updated", "2026-03-01T00:00:00Z", R"("vip":true)") + Viewed("2026-03-01T01:00:00Z", 1);
  const auto after = [&](const std::string& attribute) {
    return RunScenario(rules("vip flag = no"), log, {.next_rules = rules(attribute), .swap_at = 1});
  };
  EXPECT_THAT(after("vip flag = yes  other text"), ElementsAre(HasSubstr("sales: yes")));
  EXPECT_THAT(after("vip number = 3"), ElementsAre(HasSubstr("sales: 3")));
  EXPECT_THAT(after("big flag = no"), ElementsAre(HasSubstr("sales: no")));
}

// ---- Stalls

std::string Unordered(const std::string& wait) {
  return "stall unordered of customer { " + wait +
         " }\nnudge n of customer { while unordered do call \"x\" to sales }\n";
}
const std::string kOneQuote = Quoted("2026-03-01T00:00:00Z", 5) + Viewed("2026-03-01T04:00:00Z", 1);

TEST(ChangedStall, AWaitOfAnotherLengthMovesItsDeadline) {
  const auto change = [](const char* before, const char* after) {
    return After({Unordered(before), Unordered(after), 1, "2026-03-02T00:00:00Z"}, kOneQuote);
  };
  EXPECT_THAT(change("after quoted no ordered within 5 hours", "after quoted no ordered within 9 hours"),
              ElementsAre(StartsWith("2026-03-01T09:00:00Z sent n a")));
  EXPECT_THAT(
      change("after each quoted no ordered within 5 hours", "after each quoted no ordered within 9 hours"),
      ElementsAre(StartsWith("2026-03-01T09:00:00Z sent n a")));
  EXPECT_THAT(change("no quoted for 5 hours", "no quoted for 9 hours"),
              ElementsAre(StartsWith("2026-03-01T09:00:00Z sent n a")));
  EXPECT_THAT(change("quiet 2 days", "quiet 9 hours"),
              ElementsAre(StartsWith("2026-03-01T13:00:00Z sent n a")));
}

// A deadline that is past then falls at the change; a level that is already there is held without triggering.
TEST(ChangedStall, AShorterWaitMayFallDueAtTheChange) {
  const auto change = [](const char* before, const char* after) {
    return After({Unordered(before), Unordered(after), 2, "2026-03-02T00:00:00Z"},
                 kOneQuote + Event("updated", "2026-03-01T05:00:00Z"));
  };
  EXPECT_THAT(change("after quoted no ordered within 9 hours", "after quoted no ordered within 2 hours"),
              ElementsAre(StartsWith("2026-03-01T04:00:00Z sent n a")));
  EXPECT_THAT(
      change("after each quoted no ordered within 9 hours", "after each quoted no ordered within 2 hours"),
      ElementsAre(StartsWith("2026-03-01T04:00:00Z sent n a")));
  EXPECT_THAT(change("no quoted for 9 hours", "no quoted for 2 hours"), IsEmpty());
}

TEST(ChangedStall, AnotherConditionHoldsWhatIsAlreadySo) {
  EXPECT_THAT(After({Unordered("after quoted no ordered within 2 hours while vip"),
                     Unordered("after quoted no ordered within 2 hours"), 2, "2026-03-02T00:00:00Z"},
                    kOneQuote + Event("updated", "2026-03-01T05:00:00Z")),
              IsEmpty());
  EXPECT_THAT(After({Unordered("after quoted no ordered within 9 hours while vip"),
                     Unordered("after quoted no ordered within 9 hours"), 2, "2026-03-02T00:00:00Z"},
                    kOneQuote + Event("updated", "2026-03-01T05:00:00Z")),
              ElementsAre(StartsWith("2026-03-01T09:00:00Z sent n a")));
}

TEST(ChangedStall, WhatWaitsForOtherEventsBeginsAnew) {
  EXPECT_THAT(After({Unordered("after quoted no ordered within 9 hours"),
                     Unordered("after quoted no viewed within 9 hours"), 1, "2026-03-02T00:00:00Z"},
                    kOneQuote),
              IsEmpty());
}

// ---- Nudges

TEST(ChangedNudge, ItsTasksStayOpenAsLongAsTheirStateLasts) {
  const auto with = [](const std::string& clause) {
    return "stall unordered of customer { after quoted no ordered within 2 hours }\n"
           "nudge n of customer { while unordered " +
           clause + " do call \"x\" to sales }\n";
  };
  const std::string log = kOneQuote + Event("updated", "2026-03-01T05:00:00Z", R"("vip":true)") +
                          Event("ordered", "2026-03-01T06:00:00Z");
  EXPECT_THAT(After({with(""), with("if vip"), 2}, log),
              ElementsAre(StartsWith("2026-03-01T02:00:00Z sent n a"),
                          StartsWith("2026-03-01T06:00:00Z withdrawn n a")));
  EXPECT_THAT(After({with(""), "nudge other of customer { on ordered do note \"y\" to sales }", 2}, log),
              ElementsAre(StartsWith("2026-03-01T02:00:00Z sent n a"),
                          StartsWith("2026-03-01T04:00:00Z withdrawn n a"),
                          StartsWith("2026-03-01T06:00:00Z sent other a")));
}

TEST(ChangedNudge, WhatItsStateIsNotAnyMoreIsWithdrawn) {
  const auto with = [](const std::string& condition) {
    return "nudge n of customer { while " + condition + " do call \"x\" to sales }\n";
  };
  EXPECT_THAT(After({with("any quoted"), with("any quoted and vip"), 1}, kOneQuote),
              ElementsAre(StartsWith("2026-03-01T00:00:00Z sent n a"),
                          StartsWith("2026-03-01T00:00:00Z withdrawn n a")));
}

// Fields of the trigger that waits are told apart by what they are, not by where they lie.
TEST(ChangedNudge, WhatWaitsKeepsTheFieldsOfItsEvent) {
  const std::string policy = "policy p of customer { quiet hours 20:00 to 08:00 }\n";
  const auto with = [&](const std::string& text) {
    return "nudge n of customer { on quoted do note \"" + text + "\" to sales valid for 1 day }\n" + policy;
  };
  const std::string log = Quoted("2026-03-01T21:00:00Z", 5) + Viewed("2026-03-01T22:00:00Z", 1);
  const auto after = [&](std::string head, const std::string& text) {
    return RunScenario(kHead + with("{quoted.amount}"), log,
                       {.until = "2026-03-02T09:00:00Z", .next_rules = head + with(text), .swap_at = 1});
  };
  std::string more = kHead;
  more.replace(more.find("quote_id text  amount"), 21, "quote_id text  aaa money?  amount");
  EXPECT_THAT(after(more, "{quoted.amount}"), ElementsAre(HasSubstr("waiting"), HasSubstr("sales: 5 USD")));
  std::string other = kHead;
  other.replace(other.find("amount money"), 12, "fee money?");
  EXPECT_THAT(after(other, "{quoted.fee}"), ElementsAre(HasSubstr("waiting"), HasSubstr("sales: unknown")));
}

// ---- Journeys

std::string Way(const std::string& body) {
  return "journey way of customer { " + body +
         " }\n"
         "nudge n of customer { on updated do note \"{way}\" to sales }\n";
}
const std::string kOneView = Viewed("2026-03-01T00:00:00Z", 1) + Event("updated", "2026-03-01T01:00:00Z");

TEST(ChangedJourney, StagesAreKnownByName) {
  const std::string before = Way("start fresh  fresh -> looking on viewed  looking -> fresh on ordered");
  const auto after = [&](const std::string& body) { return After({before, Way(body), 1}, kOneView); };
  EXPECT_THAT(
      after(
          "start fresh  fresh -> looking on viewed  looking -> fresh on ordered  looking -> fresh on quoted"),
      ElementsAre(HasSubstr("sales: looking")));
  EXPECT_THAT(after("start new_here  new_here -> fresh on quoted  fresh -> looking on viewed  looking -> "
                    "fresh on ordered"),
              ElementsAre(HasSubstr("sales: looking")));
  EXPECT_THAT(after("start fresh  fresh -> browsing on viewed  browsing -> fresh on ordered"),
              ElementsAre(HasSubstr("sales: fresh")));
}

TEST(ChangedJourney, AStageThatIsGoneBeginsAnewAtTheStart) {
  const std::string before = Way("start fresh  fresh -> looking on viewed  looking -> fresh on ordered");
  EXPECT_THAT(After({before,
                     Way("start fresh  fresh -> lost after 3 hours  lost -> fresh on ordered") +
                         "nudge m of customer { on way entering lost do note \"lost\" to sales }",
                     1, "2026-03-02T00:00:00Z"},
                    kOneView),
              ElementsAre(HasSubstr("sales: fresh"), "2026-03-01T03:00:00Z sent m a -> sales: lost"));
}

// ---- Policies

TEST(ChangedPolicy, WhatWentOutCountsForALimitThatIsAnotherNow) {
  const auto with = [](const std::string& limit) {
    return "nudge n of customer { on viewed do note \"x\" to sales }\n"
           "policy p of customer { at most " +
           limit + " }\n";
  };
  const auto change = [&](const char* before, const char* after) {
    std::vector<std::string> sent;
    for (std::string& line :
         After({with(before), with(after), 2}, kThreeViews + Viewed("2026-03-02T13:00:00Z", 4))) {
      if (line.find(" sent ") != std::string::npos) sent.push_back(line.substr(0, 16));
    }
    return sent;
  };
  EXPECT_THAT(change("1 nudge in 7 days", "2 nudges in 7 days"),
              ElementsAre("2026-03-01T00:00", "2026-03-02T12:00"));
  EXPECT_THAT(change("3 nudges in 7 days", "1 nudge in 36 hours"),
              ElementsAre("2026-03-01T00:00", "2026-03-01T01:00", "2026-03-02T13:00"));
  EXPECT_THAT(change("2 nudges per month", "3 nudges per month"),
              ElementsAre("2026-03-01T00:00", "2026-03-01T01:00", "2026-03-02T12:00"));
}

}  // namespace
}  // namespace lull::test
