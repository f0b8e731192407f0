#include "tests/unit/dsl/check_testing.h"

namespace lull::dsl::testing {
namespace {

// Each has one test of a customer with one mistake in it.
#define NUDGE "nudge n of customer { on page_viewed do call \"x\" to sales worth 5 USD }\n"
#define TEST_OF(steps) \
  NUDGE "test \"t\" {\n  customer \"c-1\"\n  at 2026-03-02 10:00\n  expect nothing\n  " steps "\n}"
#define TEST_WITHOUT_NUDGE(steps) \
  "test \"t\" {\n  customer \"c-1\"\n  at 2026-03-02 10:00\n  expect nothing\n  " steps "\n}"
#define MAIL "nudge mail of customer { on page_viewed do email \"x\" }\n"
#define TASK "nudge task of customer { on page_viewed do call \"x\" to sales outcomes reached, lost }\n"
#define ARMS(name)                               \
  "experiment " name                             \
  " of customer { arm warm 50% arm cold 50% }\n" \
  "nudge of_" name " of customer { on page_viewed if arm of " name " is warm do email \"x\" }\n"
// Two wholes with a part of one key.
#define TWO_PARTS_AND(subject, steps)                                                                     \
  "entity deal by deal_id within customer\nevent part_seen of deal\n"                                     \
  "nudge part_nudge of deal { on part_seen do call \"x\" to sales }\n"                                    \
  "test \"t\" {\n customer \"a\"\n customer \"b\"\n deal \"q\" of \"a\"\n deal \"q\" of \"b\"\n " subject \
  "\n at 2026-03-02 10:00\n  expect nothing\n  " steps "\n}"
#define TWO_PARTS(steps) TWO_PARTS_AND("", steps)
#define VIEW "page \"/\", seconds 3, length_of_stay 5 seconds"

}  // namespace

std::vector<Mistake> TestMistakes() {
  return {
      {Code::kNoTestStep, "page_view", TEST_OF("page_view { " VIEW " }")},
      {Code::kNoTestStep, "touch", TEST_OF("touch { }")},
      {Code::kNoTestStep, "n", TEST_OF("n")},
      {Code::kNoTestStep, "reached", TASK TEST_OF("done reached")},
      {Code::kNoTestStep, "\"reached\"", TASK TEST_OF("claim task \"reached\"")},
      {Code::kNoTestStep, "done { }", TASK TEST_OF("done { }")},
      {Code::kNoTestStep, "done", MAIL TEST_WITHOUT_NUDGE("done")},
      {Code::kMessageHasNoSteps, "mail", TASK MAIL TEST_OF("done mail")},
      {Code::kUnknownNudge, "m", TASK TEST_OF("done m")},
      {Code::kTestWhose, "\"c-2\"", TASK TEST_OF("done task of \"c-2\"")},
      {Code::kTestValueType, "\"raeched\"", TASK TEST_OF("done task \"raeched\"")},
      {Code::kTestExpectation, "4 hours", TEST_OF("expect n due 4 hours")},
      {Code::kNoTestStep, "in arm a", TEST_OF("in arm a")},
      {Code::kUnknownExperiment, "tine", ARMS("tone") TEST_OF("in arm warm of tine")},
      {Code::kUnknownExperiment, "worm", ARMS("tone") TEST_OF("in arm worm")},
      {Code::kTestWhose, "warm", ARMS("tone") ARMS("colour") TEST_OF("in arm warm")},
      {Code::kRepeated, "in arm cold", ARMS("tone") TEST_OF("in arm warm, in arm cold")},
      {Code::kNoTestStep, "\"c-1\"", TEST_OF("order_placed \"c-1\" { quote_id \"q\", amount 5 USD }")},
      {Code::kUnknownAttribute, "regoin",
       NUDGE "test \"t\" {\n  customer \"c-1\" { regoin \"west\" }\n  at "
             "2026-03-02 expect nothing\n}"},
      {Code::kUnknownField, "pag", TEST_OF("page_viewed { pag \"/\", " VIEW " }")},
      {Code::kRepeated, "page", TEST_OF("page_viewed { page \"/\", " VIEW " }")},
      {Code::kRepeated, "customer \"c-1\"",
       NUDGE "test \"t\" {\n  customer \"c-1\"\n  customer \"c-1\"\n  at "
             "2026-03-02 expect nothing\n}"},
      {Code::kTestWhose, "customer",
       NUDGE "test \"t\" {\n  customer { vip yes }\n  at 2026-03-02 expect nothing\n}"},
      {Code::kTestWhose, "\"c-2\"", TEST_OF("expect n of \"c-2\"")},
      {Code::kTestWhose, "ticket_opened", TEST_OF("ticket_opened { subject \"s\", level 1 }")},
      {Code::kTestWhose, "vip",
       NUDGE "test \"t\" {\n  customer \"a\"\n  customer \"b\"\n  at 2026-03-02 expect vip\n}"},
      {Code::kTestWhose, "\"ada\"", TEST_OF("expect n of \"c-1\" of \"ada\"")},
      {Code::kTestWhose, "\"ada\"", TEST_OF("page_viewed of \"c-1\" of \"ada\" { " VIEW " }")},
      {Code::kTestWhose, "\"q\"", TWO_PARTS("part_seen of \"q\"")},
      {Code::kTestWhose, "\"q\"", TWO_PARTS("expect part_nudge of \"q\"")},
      {Code::kTestWhose, "\"q\"", TWO_PARTS("part_seen of \"q\" of \"c\"")},
      {Code::kRepeated, "deal \"q\" of \"b\"",
       TWO_PARTS_AND("deal \"q\" of \"b\"", "part_seen of \"q\" of \"b\"")},
      {Code::kTestTime, "expect nothing", NUDGE "test \"t\" {\n  customer \"c-1\"\n  expect nothing\n}"},
      {Code::kReservedWord, "first",
       NUDGE "test \"t\" {\n  customer \"c-1\"\n"
             "  at 2026-03-02 10:00 first { x 1 }\n  at +3h expect nothing\n}"},
      {Code::kTestTime, "at +3h", NUDGE "test \"t\" {\n  customer \"c-1\"\n  at +3h expect nothing\n}"},
      {Code::kTestTime, "at 2026-03-01", TEST_OF("at 2026-03-01 expect nothing")},
      {Code::kTestTime, "customer", TEST_OF("customer \"c-2\"")},
      {Code::kTestMissingField, "order_placed", TEST_OF("order_placed { quote_id \"q\" }")},
      {Code::kTestValueType, "5", TEST_OF("order_placed { quote_id \"q\", amount 5 }")},
      {Code::kTestValueType, "3", TEST_OF("page_viewed { page \"/\", seconds 3, length_of_stay 3 }")},
      {Code::kTestValueType, "\"web\"",
       NUDGE "test \"t\" {\n  customer \"c-1\" { source \"web\" }\n  at 2026-03-02 "
             "expect nothing\n}"},
      {Code::kNotAValue, "n", TEST_OF("order_placed { quote_id \"q\", amount n }")},
      {Code::kUnknownNudge, "m", TEST_OF("expect m")},
      {Code::kUnknownNudge, "m", TEST_OF("expect m withdrawn")},
      {Code::kUnknownNudge, "m", TEST_OF("expect no m")},
      {Code::kUnknownUnit, "sale", TEST_OF("expect n to sale")},
      {Code::kUnknownNudge, "vip", TEST_OF("expect vip withdrawn")},
      {Code::kTestExpectation, "caped", TEST_OF("expect n suppressed because caped")},
      {Code::kTestExpectation, "capped", TEST_OF("expect n because capped")},
      {Code::kTestExpectation, "to sales", TEST_OF("expect nothing to sales")},
      {Code::kTestValueType, "7", TEST_OF("expect n worth 7")},
      {Code::kNotACondition, "budget", TEST_OF("expect budget")},
      {Code::kTestExpectsNothing, "\"t\"",
       NUDGE "test \"t\" {\n  customer \"c-1\"\n  at 2026-03-02 page_viewed { " VIEW " }\n}"},
  };
}

#undef VIEW
#undef ARMS
#undef TASK
#undef MAIL
#undef TEST_WITHOUT_NUDGE
#undef TEST_OF
#undef NUDGE

}  // namespace lull::dsl::testing
