#include "tests/unit/dsl/check_testing.h"

namespace lull::dsl::testing {

std::vector<Mistake> RuleMistakes() {
  return {
      {Code::kCalendarHours, "08:00 to 12:00",
       "calendar office {\n monday to friday 09:00 to 17:00\n monday 08:00 to 12:00\n}"},
      {Code::kCalendarHours, "01:00 to 03:00",
       "calendar office {\n monday 22:00 to 02:00\n tuesday 01:00 to 03:00\n}"},
      {Code::kCalendarHours, "09:00 to 09:00", "calendar office { monday 09:00 to 09:00 }"},
      {Code::kCalendarHours, "09:00:30 to 10:00", "calendar office { monday 09:00:30 to 10:00 }"},
      {Code::kCalendarHours, "sunday closed",
       "calendar office {\n every day 09:00 to 10:00\n sunday closed\n}"},
      {Code::kCalendarNeverOpen, "office", "calendar office { closed 2026-12-25 }"},
      {Code::kCalendarDays, "2026-12-31 to 2026-12-24",
       "calendar office {\n always\n closed 2026-12-31 to 2026-12-24\n}"},
      {Code::kUnknownZone, "\"Mars/Base\"", "calendar office {\n zone \"Mars/Base\"\n always\n}"},
      {Code::kUnknownZone, "\"Mars/Base\"",
       "policy p of customer { quiet hours 20:00 to 08:00 in zone \"Mars/Base\" }\n"
       "nudge n of customer { on page_viewed do call \"x\" to sales }"},
      {Code::kNoRuleset, "", "unit sales", true},
      {Code::kSecondRuleset, "again", "ruleset again { zone \"UTC\" }"},
      {Code::kUnknownZone, "\"Europe/Atlantis\"", "ruleset r { zone \"Europe/Atlantis\" }", true},
      {Code::kNotPositive, "0 days",
       "stall s of customer { while any page_viewed in last 0 days for 2 days }"},
      {Code::kNotPositive, "0 hours", "stall s of customer { quiet 0 hours }"},
      {Code::kNotPositive, "1 day - 2 days", "stall s of customer { no page_viewed for 1 day - 2 days }"},
      {Code::kCycle, "b",
       "feature a of customer = b + 1\nfeature b of customer = a + 1\nstall s of customer { while a > 3 for "
       "2 days }"},
      {Code::kCycle, "s", "stall s of customer { while not s for 2 days }"},
      {Code::kCycle, "urgency",
       "score urgency of customer { add 10 when slow }\nstall slow of customer { while urgency > 3 quiet 2 "
       "days }"},
      {Code::kCycle, "g", "events g = h\nevents h = g"},
      {Code::kStallWithoutForm, "s", "stall s of customer { while vip }"},
      {Code::kForWithoutWhile, "for 2 days", "stall s of customer { for 2 days }"},
      {Code::kNudgeWithoutMoment, "n", "nudge n of customer { do call \"x\" to sales }"},
      {Code::kNudgeTwoMoments, "on page_viewed",
       "nudge n of customer { on page_viewed while vip do call \"x\" to sales }"},
      {Code::kNudgeWithoutAction, "n", "nudge n of customer { on page_viewed to sales }"},
      {Code::kWithdrawOnWhile, "region is known",
       "nudge n of customer { while vip do call \"x\" to sales withdraw when region is known }"},
      {Code::kWhereNeedsEvent, "vip",
       "stall s of customer { quiet 2 days }\nnudge n of customer { on s where vip do call \"x\" to sales }"},
      {Code::kWhereNeedsEvent, "vip",
       "stall s of customer { quiet 2 days }\njourney j of customer { start a a -> b on s where vip b -> a "
       "on page_viewed }"},
      {Code::kSameNeedsEvent, "page",
       "stall s of customer { while count of page_viewed with same page > 3 for 2 days }"},
      {Code::kTriggerInWhere, "page_viewed.page",
       "nudge n of customer { on page_viewed if count of quote_started where quote_id is page_viewed.page in "
       "last 2 days > "
       "1 do call \"x\" to sales }"},
      {Code::kProductOfTimes, "time since page_viewed / 1 hour * (time since quote_started / 1 hour)",
       "stall s of customer { while time since page_viewed / 1 hour * (time since quote_started / 1 hour) > "
       "5 for 2 days }"},
      {Code::kQuietHoursEmpty, "quiet hours 20:00 to 20:00",
       "nudge n of customer { on page_viewed do call \"x\" to sales }\npolicy p of customer { quiet hours "
       "20:00 to 20:00 }"},
      {Code::kMixedWorth, "worth",
       "nudge n of customer { on page_viewed do call \"x\" to sales worth 5 }\nnudge m of customer { on "
       "page_viewed do call \"x\" to sales worth 5 USD }\npolicy p of customer { best 1 by worth }"},
      {Code::kUnknownStage, "quotin",
       "stall s of customer { while any page_viewed since purchase entered quotin for 2 days }"},
      {Code::kUnknownJourney, "purchas",
       "stall s of customer { while any page_viewed since purchas entered quoting for 2 days }"},
      {Code::kNotPositive, "0 days",
       "stall s of customer { while any page_viewed in the 0 days before that for 2 days }"},
      {Code::kMovingDuration, "time since page_viewed",
       "stall s of customer { quiet time since page_viewed }"},
      {Code::kMovingDuration, "(time in quoting) / 2",
       "journey j of customer { start a a -> b after (time in quoting) / 2 b -> a on page_viewed }"},
      {Code::kBeforeThisHere, "(count of page_viewed) before this",
       "stall s of customer { while (count of page_viewed) before this > 2 for 2 days }"},
      {Code::kBeforeThisHere, "vip before this", "feature was_vip of customer = vip before this"},
      {Code::kNothingCovered, "p", "policy p of ticket { best 1 by worth }"},
      {Code::kPartOfPart, "basket",
       "entity basket by basket_id within customer { }\nentity line by line_id within basket { }"},
      {Code::kPartKey, "customer_id", "entity basket by customer_id within customer { }"},
      {Code::kPartKey, "basket", "entity basket within customer { }"},
      {Code::kOtherEntity, "basket",
       "entity basket by basket_id within customer { size number }\nstall s of customer { while basket.size "
       "> 3 for 2 "
       "days }"},
      {Code::kUnknownName, "region",
       "entity basket by basket_id within customer { }\nevent filled of basket\nstall s of basket { while "
       "region is known "
       "quiet 2 days }"},
      {Code::kArmShares, "arm b 40%",
       "experiment x of customer { arm a 50% arm b 40% }\nnudge n of customer { on page_viewed if arm of x "
       "is a "
       "do call \"x\" to sales }"},
      {Code::kTooFewArms, "x",
       "experiment x of customer { arm a 100% }\nnudge n of customer { on page_viewed if arm of x is a do "
       "call "
       "\"x\" to sales }"},
      {Code::kOutOfRange, "50", "experiment x of customer { arm a 50 arm b 50% }"},
      {Code::kRepeated, "a",
       "experiment x of customer { arm a 50% arm a 50% }\nnudge n of customer { on "
       "page_viewed if arm of x is a do call \"x\" to sales }"},
      {Code::kUnknownExperiment, "y",
       "nudge n of customer { on page_viewed if arm of y is a do call \"x\" to sales }"},
      {Code::kUnknownExperiment, "x",
       "experiment x of ticket { arm a 50% arm b 50% }\nnudge n of customer { on page_viewed if arm of x is "
       "a do "
       "call \"x\" to sales }"},
      {Code::kUnknownName, "c",
       "experiment x of customer { arm a 50% arm b 50% }\nnudge n of customer { on page_viewed if arm of x "
       "is c do "
       "call \"x\" to sales }"},
      {Code::kMessageHasNoSteps, "n",
       "nudge n of customer { on page_viewed do email \"x\" to sales }\njourney j of customer { start a a -> "
       "b on done n b -> a on page_viewed }"},
      {Code::kMessageHasNoSteps, "2 days",
       "nudge n of customer { on page_viewed do email \"x\" to sales expires after 2 days }"},
      {Code::kStepDeclared, "\"lull.task.done\"", "event finished of customer from \"lull.task.done\""},
      {Code::kLadderWithoutTime, "otherwise to managers",
       "nudge n of customer { on page_viewed do call \"x\" to sales otherwise to managers }"},
      {Code::kNotATime, "2 days",
       "nudge n of customer { on page_viewed do call \"x\" to sales due by 2 days }"},
      {Code::kNotADuration, "page", "nudge n of customer { on page_viewed do call \"x\" to sales due page }"},
      {Code::kNotPositive, "0 hours",
       "nudge n of customer { on page_viewed do call \"x\" to sales expires after 0 hours }"},
      {Code::kUnknownNudge, "call_them",
       "journey j of customer { start a a -> b on done call_them b -> a on page_viewed }"},
      {Code::kUnknownNudge, "n",
       "nudge n of ticket { on ticket_opened do call \"x\" to sales }\njourney j of customer { start a a -> "
       "b "
       "on declined n b -> a on page_viewed }"},
      {Code::kWhereNeedsEvent, "vip",
       "nudge n of customer { on page_viewed do call \"x\" to sales }\njourney j of customer { start a a -> "
       "b "
       "on expired n where vip b -> a on page_viewed }"},
      {Code::kUnknownName, "reachd",
       "nudge n of customer { on page_viewed do call \"x\" to sales outcomes reached, not_reached }\njourney "
       "j "
       "of customer { start a a -> b on done n where outcome is reachd b -> a on page_viewed }"},
      {Code::kNoActivity, "quiet 2 days",
       "entity desk by desk_id { level number = 0 }\nstall s of desk { quiet 2 days }"},
  };
}

std::vector<Mistake> Lints() {
  return {
      {Code::kArmsAlike, "x", "experiment x of customer { arm a 50% arm b 50% }"},
      {Code::kAlwaysSame, "yes", "stall s of customer { while yes quiet 2 days }"},
      {Code::kAlwaysSame, "count of page_viewed >= 0",
       "stall s of customer { while count of page_viewed >= 0 quiet 2 days }"},
      {Code::kAlwaysSame, "3 > 4", "stall s of customer { while 3 > 4 quiet 2 days }"},
      {Code::kAlwaysSame, "points > 100",
       "score points of customer { add 5 when vip kept between 0 and 100 }\nstall s of customer { while "
       "points "
       "> 100 quiet 2 days }"},
      {Code::kNeverFires, "budget < 3 USD",
       "stall s of customer { while budget > 5 USD and budget < 3 USD quiet 2 days }"},
      {Code::kNeverFires, "source is store",
       "nudge n of customer { on page_viewed if source is web if source is store do call \"x\" to sales }"},
      {Code::kNeverFires, "views < 3",
       "feature views of customer = count of page_viewed in last 2 days\nfeature busy of customer = views > "
       "5\n"
       "stall s of customer { while busy quiet 2 days }\nnudge n of customer { while s if views < 3 do call "
       "\"x\" to sales }"},
      {Code::kNeverFires, "purchase is browsing",
       "stall s of customer { while purchase is quoting unless purchase is browsing or vip quiet 2 days }\n"
       "nudge n of customer { while s if purchase is browsing do call \"x\" to sales }"},
      {Code::kNeverLetOut, "n",
       "nudge n of customer { on page_viewed if vip do call \"x\" to sales }\npolicy p of customer { never "
       "when "
       "vip }"},
      {Code::kAlwaysLoses, "weak",
       "nudge strong of customer { on page_viewed do call \"x\" to sales worth 5 }\nnudge weak of customer { "
       "on "
       "page_viewed do call \"y\" to sales worth 3 }\npolicy p of customer { best 1 by worth }"},
      {Code::kEdgeDiffers, "time since order_placed > 2 days",
       "nudge n of customer { on page_viewed if any order_placed in last 2 days or time since order_placed > "
       "2 "
       "days do call \"x\" to sales }"},
      {Code::kBracesShown, "\"Call {{name}}\"",
       "nudge n of customer { on page_viewed do call \"Call {{name}}\" to sales }"},
      {Code::kNotOverUnknown, "not region is \"north\"",
       "stall s of customer { while not region is \"north\" quiet 2 days }"},
      {Code::kUnknownInText, "region",
       "nudge n of customer { on page_viewed do call \"Call {region}\" to sales }"},
      {Code::kUnknownInText, "page_viewed.vehicle",
       "nudge n of customer { on page_viewed do call \"Call about {page_viewed.vehicle}\" to sales }"},
      {Code::kAlwaysZero, "time since touch",
       "nudge n of customer { on page_viewed if time since touch < 2 days do call \"x\" to sales }"},
      {Code::kUnusedFeature, "f", "feature f of customer = count of page_viewed"},
      {Code::kKeyMayBeUnknown, "region",
       "nudge n of customer { on page_viewed do call \"x\" to sales / region }"},
      {Code::kLimitZero, "at most 0 nudges per day",
       "nudge n of customer { on page_viewed do call \"x\" to sales }\npolicy p of customer { at most 0 "
       "nudges per day }"},
      {Code::kLimitZero, "100%",
       "nudge n of customer { on page_viewed do call \"x\" to sales }\npolicy p of customer { holdout 100% "
       "}"},
      {Code::kShadowed, "a -> c on page_viewed where seconds > 5",
       "journey j of customer { start a\n a -> b on page_viewed\n a -> c on page_viewed where seconds > 5\n "
       "b, c -> a on order_placed }"},
      {Code::kNotRouted, "n", "nudge n of customer { on page_viewed do call \"x\" }"},
      {Code::kLikeWithoutStar, "\"ann\"", "stall s of customer { while name like \"ann\" quiet 2 days }"},
      {Code::kWithdrawMessage, "vip",
       "nudge n of customer { on page_viewed do email \"x\" to sales withdraw when vip }"},
  };
}

}  // namespace lull::dsl::testing
