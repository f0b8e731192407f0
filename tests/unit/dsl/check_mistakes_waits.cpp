// Mistakes in waits, and in the clauses that shape a rule over time.
#include "tests/unit/dsl/check_testing.h"

namespace lull::dsl::testing {

std::vector<Mistake> WaitMistakes() {
  return {
      {Code::kOnlyForOn, "2 days",
       "nudge n of customer { while vip do call \"x\" to sales valid for 2 days }"},
      {Code::kNotPositive, "0 days",
       "nudge n of customer { on page_viewed do call \"x\" to sales valid for 0 days }"},
      {Code::kOnlyForWhile, "1 day",
       "nudge n of customer { on page_viewed do call \"x\" to sales repeat every 1 day up to 2 times }"},
      {Code::kOutOfRange, "0",
       "nudge n of customer { while vip do call \"x\" to sales repeat every 1 day up to 0 times }"},
      {Code::kOnlyForWhile, "keep when over",
       "nudge n of customer { on page_viewed do call \"x\" to sales keep when over }"},
      {Code::kKeepMessage, "keep when over",
       "nudge n of customer { while vip do email \"x\" keep when over }"},
      {Code::kNothingExisting, "including existing",
       "nudge n of customer { on page_viewed do call \"x\" to sales including existing }"},
      {Code::kNothingExisting, "including existing",
       "stall s of customer { after each quote_started no order_placed within 2 days }\nnudge n of customer "
       "{ "
       "on s do call \"x\" to sales including existing }"},
      {Code::kUntilOfEach, "vip",
       "stall s of customer { after each quote_started no order_placed within 2 days until vip }"},
      {Code::kNotACondition, "budget", "stall s of customer { quiet 2 days until budget }"},
      {Code::kDuplicateName, "vip",
       "stall s of customer { after quote_started as vip no order_placed within 2 days }"},
      {Code::kNotATime, "budget", "stall s of customer { after quote_started no order_placed by budget }"},
      {Code::kNotATime, "2 days", "stall s of customer { after quote_started no order_placed by 2 days }"},
      {Code::kUnknownField, "amont",
       "stall s of customer { after quote_started as q no order_placed where amount >= q.amont within 2 days "
       "}"},
      {Code::kUnknownType, "mony",
       "event paid of customer { price mony }\nstall s of customer { after paid as q no order_placed within "
       "2 days because \"{q.price} were paid\" }"},
      {Code::kUnknownName, "q",
       "stall s of customer { after quote_started as q no order_placed within 2 days }\nstall t of customer "
       "{ "
       "while q.amount > 3 USD quiet 2 days }"},
      {Code::kEventNotInHand, "quote_started.amount",
       "stall s of customer { after each quote_started no order_placed within 2 days }\nnudge n of customer "
       "{ "
       "while s if quote_started.amount > 3 USD do call \"x\" to sales }"},
      {Code::kUnknownEvent, "page_vewed",
       "nudge n of customer { on page_vewed then order_placed within 2 days do call \"x\" to sales }"},
      {Code::kNotPositive, "0 days",
       "nudge n of customer { on page_viewed then order_placed within 0 days do call \"x\" to sales }"},
      {Code::kSameInSequence, "with same amount",
       "nudge n of customer { on quote_started then order_placed with same amount within 2 days do call "
       "\"x\" to "
       "sales }"},
      {Code::kDuplicateName, "sales",
       "nudge n of customer { on quote_started as sales then order_placed within 2 days do call \"x\" to "
       "sales "
       "}"},
  };
}

}  // namespace lull::dsl::testing
