// Explanations of parts, which share keys across their wholes, and of time that a calendar counts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/json_decoder.h"
#include "connectors/raw_batch.h"
#include "connectors/time_text.h"
#include "dsl/render.h"
#include "trial/explain.h"

namespace lull::trial {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Explains one entity of a ruleset from lines of events.
class Explained {
 public:
  Explained(const std::string& rules, Sought sought, const std::vector<std::string>& lines, const char* at)
      : loaded_(dsl::LoadRulesetTexts({{"rules.lull", rules}})) {
    EXPECT_TRUE(loaded_.good()) << dsl::RenderAll(loaded_.diagnostics, loaded_.sources);
    auto begun = Explainer::Begin(loaded_, std::move(sought), std::nullopt);
    EXPECT_TRUE(begun.has_value());
    explainer_ = std::move(*begun);
    connectors::RawBatch raw;
    for (std::size_t i = 0; i < lines.size(); ++i) raw.Add(lines[i], {i + 1});
    connectors::JsonDecoder decoder(explainer_->ruleset());
    for (const runtime::EventFrame& frame : decoder.Decode(raw.events()).frames) {
      if (explainer_->Concerns(frame)) explainer_->Apply(frame);
    }
    const std::int64_t instant = at == nullptr ? explainer_->latest() : *connectors::ParseRfc3339(at);
    const Explanation explanation = explainer_->Explain(instant);
    exists = explanation.exists;
    text = ExplanationText(explanation, *explainer_, false);
    json = ExplanationJson(explanation, *explainer_);
    found = explainer_->found();
  }

  bool exists = false;
  std::string text, json;
  std::vector<Who> found;

 private:
  dsl::LoadedRuleset loaded_;
  std::unique_ptr<Explainer> explainer_;
};

constexpr const char* kQuotesOfCustomers = R"(
ruleset shop { zone "UTC"  channels call as task }
entity customer by customer_id { name text = "somebody" }
entity quote by quote_id within customer { model text }
event named         of customer sets name
event quote_started of quote sets model
event quote_viewed  of quote
journey sale of quote { start open  open -> seen on quote_viewed  seen -> open after 400 days }
unit sales
stall unseen of quote { while sale is open  no quote_viewed for 2 days }
nudge chase of quote { while unseen  do call "Ask {customer.name} about the {model}"  to sales }
nudge note_view of quote { on quote_viewed  do call "{customer.name} looked at the {model}"  to sales }
)";

const std::vector<std::string> kQuotes = {
    R"({"type":"named","time":"2026-03-01T09:00:00Z","customer_id":"ada","name":"Ada"})",
    R"({"type":"named","time":"2026-03-01T09:00:00Z","customer_id":"ben","name":"Ben"})",
    R"({"type":"quote_started","time":"2026-03-02T09:00:00Z","customer_id":"ada","quote_id":"q","model":"Civic"})",
    R"({"type":"quote_started","time":"2026-03-02T10:00:00Z","customer_id":"ben","quote_id":"q","model":"Accord"})",
    R"({"type":"quote_viewed","time":"2026-03-03T10:00:00Z","customer_id":"ben","quote_id":"q"})",
    R"({"type":"quote_started","time":"2026-03-03T11:00:00Z","customer_id":"ben","quote_id":"other","model":"Jazz"})",
    R"({"type":"named","time":"2026-03-06T10:00:00Z","customer_id":"cleo","name":"Cleo"})",
};

TEST(ExplainPartsTest, APartIsNamedWithItsWhole) {
  for (const Sought& sought : {Sought{1, "q", "ada"}, Sought{1, "ada/q"}}) {
    const Explained ada(kQuotesOfCustomers, sought, kQuotes, "2026-03-05T09:00:00Z");
    EXPECT_THAT(ada.text, AllOf(StartsWith("quote q of customer ada at Thu 2026-03-05 09:00\n"),
                                HasSubstr("chase: its task is open, since Wed 2026-03-04 09:00"),
                                HasSubstr("\"Ask Ada about the Civic\""), Not(HasSubstr("Accord")),
                                HasSubstr("note_view: had no chance yet"), Not(HasSubstr("looked"))));
    EXPECT_THAT(ada.json,
                StartsWith(R"({"entity":"quote","key":"q","within":{"type":"customer","id":"ada"},"at":)"));
    EXPECT_EQ(ada.found.size(), 1u);
  }
  const Explained ben(kQuotesOfCustomers, {1, "q", "ben"}, kQuotes, "2026-03-05T09:00:00Z");
  EXPECT_THAT(ben.text, AllOf(HasSubstr("sale: open -> seen"), HasSubstr("\"Ben looked at the Accord\""),
                              Not(HasSubstr("Civic")), HasSubstr("chase: `")));
}

TEST(ExplainPartsTest, AKeyOfSeveralWholesIsToldAndOneOfOnlyOneWillDo) {
  const Explained both(kQuotesOfCustomers, {1, "q"}, kQuotes, "2026-03-05T09:00:00Z");
  EXPECT_THAT(both.found, ElementsAre(Who{1, "q", "ada"}, Who{1, "q", "ben"}));
  const Explained other(kQuotesOfCustomers, {1, "other"}, kQuotes, "2026-03-05T09:00:00Z");
  EXPECT_THAT(other.found, ElementsAre(Who{1, "other", "ben"}));
  EXPECT_THAT(other.text, StartsWith("quote other of customer ben at"));
  const Explained nobody(kQuotesOfCustomers, {1, "q", "cleo"}, kQuotes, "2026-03-05T09:00:00Z");
  EXPECT_FALSE(nobody.exists);
}

TEST(ExplainPartsTest, TheLatestEventIsThatOfItsOwnWhole) {
  const Explained ben(kQuotesOfCustomers, {1, "ben/q"}, kQuotes, nullptr);
  EXPECT_THAT(ben.text, StartsWith("quote q of customer ben at Tue 2026-03-03 11:00\n"));
}

constexpr const char* kOfficeRules = R"(
ruleset office { zone "UTC"  currency USD  channels call as task, letter as message }
calendar office { monday to friday 09:00 to 17:00 }
entity client by client_id { vip flag = no  opted_out flag = no  promised date  activity asked, answered }
event asked    of client { amount money }
event answered of client
event changed  of client sets vip, opted_out, promised
feature patience of client = if vip then 2 hours of office else 3 working days of office
feature asks of client = count of asked
unit desk
stall waiting of client { after asked no answered within patience }
stall promise_broken of client { after asked no answered by promised }
stall each_one of client {
  after each asked as q no answered within (if q.amount > 10 USD then 1 day else 3 days)
}
nudge call_back of client { while waiting  do call "Call back"  to desk }
nudge keep_promise of client { while promise_broken  do letter "Sorry" }
nudge look_at of client { while each_one  do letter "Asked {q.amount}" }
policy contact of client { never when opted_out  never when asks > 2 or vip }
)";

std::string Asked(const char* time, int amount) {
  return std::string(R"({"type":"asked","client_id":"c","amount":)") + std::to_string(amount) +
         R"(,"time":")" + time + "\"}";
}

TEST(ExplainTimeTest, WhatACalendarCountsStaysInItsWords) {
  const std::vector<std::string> lines = {
      R"({"type":"changed","time":"2026-03-06T08:00:00Z","client_id":"c","promised":"2026-03-09"})",
      Asked("2026-03-06T10:00:00Z", 5)};
  const Explained usual(kOfficeRules, {0, "c"}, lines, "2026-03-08T10:00:00Z");
  EXPECT_THAT(usual.text,
              AllOf(HasSubstr("call_back: waiting until Wed 2026-03-11 10:00: after asked no answered within "
                              "patience, 3 working days of office from Fri 2026-03-06 10:00"),
                    HasSubstr("after asked no answered by promised  NO  2 days of 3 days 14 hours, until Tue "
                              "2026-03-10 00:00"),
                    Not(HasSubstr("of 5 days"))));
  const std::vector<std::string> of_vip = {
      R"({"type":"changed","time":"2026-03-06T08:00:00Z","client_id":"c","vip":true})",
      Asked("2026-03-06T16:30:00Z", 5)};
  const Explained vip(kOfficeRules, {0, "c"}, of_vip, "2026-03-09T10:00:00Z");
  EXPECT_THAT(vip.text, HasSubstr("2 hours of office from Fri 2026-03-06 16:30, until Mon 2026-03-09 10:30"));
}

TEST(ExplainTimeTest, WaitsOfTheirOwnAreCounted) {
  const Explained some(kOfficeRules, {0, "c"},
                       {Asked("2026-03-02T10:00:00Z", 50), Asked("2026-03-03T12:00:00Z", 5)},
                       "2026-03-03T18:00:00Z");
  EXPECT_THAT(some.text, HasSubstr("2 waits, the oldest from Mon 2026-03-02 10:00; 1 overdue"));
}

TEST(ExplainNeverTest, ThePolicySaysWhichConditionAndWithWhatValues) {
  const std::vector<std::string> out = {
      Asked("2026-03-02T10:00:00Z", 50),
      R"({"type":"changed","time":"2026-03-02T11:00:00Z","client_id":"c","opted_out":true})"};
  EXPECT_THAT(Explained(kOfficeRules, {0, "c"}, out, "2026-03-06T10:00:00Z").text,
              HasSubstr("call_back: waiting: never, says policy contact: opted_out\n"));
  const std::vector<std::string> thrice = {Asked("2026-03-02T10:00:00Z", 50),
                                           Asked("2026-03-02T11:00:00Z", 50),
                                           Asked("2026-03-02T12:00:00Z", 50)};
  EXPECT_THAT(Explained(kOfficeRules, {0, "c"}, thrice, "2026-03-06T12:00:00Z").text,
              HasSubstr("never, says policy contact: asks > 2 or vip (asks is 3, vip is no)\n"));
}

}  // namespace
}  // namespace lull::trial
