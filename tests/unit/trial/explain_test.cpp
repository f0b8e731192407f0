// Why, and why not.
#include "trial/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/json_decoder.h"
#include "connectors/raw_batch.h"
#include "connectors/time_text.h"
#include "dsl/render.h"

namespace lull::trial {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kExplainedRules = R"(
ruleset shop {
  zone "UTC"
  currency USD
  channels call as task, email as message
}
entity customer by customer_id {
  activity  page_viewed, quote_started
}
event page_viewed   of customer { page text }
event quote_started of customer { amount money }
event order_placed  of customer
feature views of customer = count of page_viewed in last 24 hours
journey purchase of customer {
  start browsing
  browsing -> quoting  on quote_started
  any      -> browsing on order_placed
}
stall gone_quiet of customer {
  while purchase is quoting
  quiet 36 hours
}
unit sales
nudge call_back of customer {
  while gone_quiet
  if    views < 3
  do    call "Call"
  to    sales
  worth latest quote_started.amount
}
nudge look_up of customer {
  while gone_quiet
  do    call "Look up"
  to    sales
  worth 20 USD
}
nudge greet of customer {
  on page_viewed where page starts with "/welcome"
  if views >= 2
  do email "Hello"
}
policy one of customer {
  covers      call_back, look_up
  best 1      by worth
}
policy mails of customer {
  covers  greet
  at most 1 email in 7 days
}
)";

class ExplainTest : public ::testing::Test {
 protected:
  Explanation ExplainAt(const char* log, const char* at) {
    loaded_ = dsl::LoadRulesetTexts({{"rules.lull", kExplainedRules}});
    EXPECT_TRUE(loaded_.good()) << dsl::RenderAll(loaded_.diagnostics, loaded_.sources);
    auto explainer = Explainer::Begin(loaded_, {0, "c"}, std::nullopt);
    EXPECT_TRUE(explainer.has_value());
    connectors::JsonDecoder decoder((*explainer)->ruleset());
    connectors::RawBatch raw;
    std::string_view rest = log;
    for (std::uint64_t line = 1; !rest.empty(); ++line) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      raw.Add(rest.substr(0, end), {line});
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    for (const runtime::EventFrame& frame : decoder.Decode(raw.events()).frames) {
      if ((*explainer)->Concerns(frame)) (*explainer)->Apply(frame);
    }
    const Explanation explanation = (*explainer)->Explain(*connectors::ParseRfc3339(at));
    text_ = ExplanationText(explanation, **explainer, false);
    json_ = ExplanationJson(explanation, **explainer);
    return explanation;
  }

  static const NudgeExplanation& Of(const Explanation& explanation, std::size_t nudge) {
    return explanation.nudges.at(nudge);
  }

  dsl::LoadedRuleset loaded_;
  std::string text_, json_;
};

constexpr const char* kQuoteEvents =
    R"({"type":"quote_started","time":"2026-03-02T10:00:00Z","customer_id":"c","amount":430}
{"type":"quote_started","time":"2026-03-02T10:00:00Z","customer_id":"other","amount":1})";

TEST_F(ExplainTest, WhatAStallWaitsFor) {
  const Explanation explanation = ExplainAt(kQuoteEvents, "2026-03-03T16:00:00Z");
  EXPECT_EQ(Of(explanation, 0).state, NudgeState::kNotDue);
  EXPECT_EQ(Of(explanation, 0).summary,
            "waiting until Tue 2026-03-03 22:00: quiet 36 hours, 30 hours of 36 hours");
  EXPECT_EQ(explanation.timeline.size(), 2u) << text_;
  EXPECT_THAT(text_, AllOf(StartsWith("customer c at Tue 2026-03-03 16:00\n"), HasSubstr("if views < 3"),
                           HasSubstr("views is 0"),
                           HasSubstr("Mon 2026-03-02 10:00  purchase: browsing -> quoting")));
  EXPECT_THAT(json_,
              AllOf(StartsWith(R"({"entity":"customer","key":"c","at":"2026-03-03T16:00:00Z","known":true,)"),
                    HasSubstr(R"("state":"not_due")"), HasSubstr(R"("kind":"stage")")));
}

TEST_F(ExplainTest, AnOpenTaskAndTheOneItKeepsOut) {
  const Explanation explanation = ExplainAt(kQuoteEvents, "2026-03-04T00:00:00Z");
  EXPECT_EQ(Of(explanation, 0).state, NudgeState::kOpen);
  EXPECT_EQ(Of(explanation, 0).summary,
            "its task is open, since Tue 2026-03-03 22:00; with sales; expires Thu 2026-04-02 22:00");
  EXPECT_EQ(Of(explanation, 1).state, NudgeState::kWaiting);
  EXPECT_THAT(Of(explanation, 1).summary, HasSubstr("call_back"));
}

TEST_F(ExplainTest, ARuleOnAnEventShowsItsLatestChance) {
  const Explanation none = ExplainAt(kQuoteEvents, "2026-03-02T12:00:00Z");
  EXPECT_EQ(Of(none, 2).state, NudgeState::kNoChance);
  EXPECT_EQ(Of(none, 2).summary, "had no chance yet: no page_viewed has come");
  const Explanation one = ExplainAt(
      R"({"type":"page_viewed","time":"2026-03-02T10:00:00Z","customer_id":"c","page":"/welcome/a"})",
      "2026-03-02T12:00:00Z");
  EXPECT_EQ(Of(one, 2).summary,
            "at its latest chance, Mon 2026-03-02 10:00, `if views >= 2` is no: views is 1");
  const Explanation other =
      ExplainAt(R"({"type":"page_viewed","time":"2026-03-02T10:00:00Z","customer_id":"c","page":"/a"})",
                "2026-03-02T12:00:00Z");
  EXPECT_THAT(Of(other, 2).summary, HasSubstr("`where page starts with \"/welcome\"` is no: page is \"/a\""));
}

TEST_F(ExplainTest, ALimitTellsWhenItWasUsedUp) {
  const Explanation explanation = ExplainAt(
      R"({"type":"page_viewed","time":"2026-03-02T10:00:00Z","customer_id":"c","page":"/a"}
{"type":"page_viewed","time":"2026-03-02T11:00:00Z","customer_id":"c","page":"/welcome"}
{"type":"page_viewed","time":"2026-03-02T12:00:00Z","customer_id":"c","page":"/welcome"})",
      "2026-03-02T12:00:00Z");
  EXPECT_EQ(Of(explanation, 2).state, NudgeState::kGone);
  EXPECT_EQ(Of(explanation, 2).summary,
            "suppressed at Mon 2026-03-02 12:00: capped: 1 email in 7 days (2026-03-02 11:00)");
}

TEST_F(ExplainTest, NothingIsKnown) {
  const Explanation explanation = ExplainAt("", "2026-03-02T12:00:00Z");
  EXPECT_FALSE(explanation.exists);
  EXPECT_THAT(text_, HasSubstr("nothing is known of it"));
}

}  // namespace
}  // namespace lull::trial
