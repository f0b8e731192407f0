// What declarations become in the checked program.
#include <gtest/gtest.h>

#include "dsl/program_printer.h"
#include "dsl/render.h"
#include "runtime/base/time.h"
#include "tests/unit/dsl/check_testing.h"

namespace lull::dsl::testing {
namespace {

class CheckProgramTest : public ::testing::Test {
 protected:
  const CheckedProgram& Load(const std::string& rules) {
    loaded_ = LoadShop(rules);
    EXPECT_TRUE(loaded_.good()) << RenderAll(loaded_.diagnostics, loaded_.sources);
    return loaded_.program;
  }
  std::string Printed(ExprId id) { return PrintExpr(loaded_.program, id); }
  std::string Events(EventSetId id) {
    std::string names;
    for (const EventId event : loaded_.program.event_sets[id].events) {
      names += loaded_.program.events[event].name + " ";
    }
    return names;
  }

  LoadedRuleset loaded_;
};

TEST_F(CheckProgramTest, HeaderAndItsDefaults) {
  const CheckedProgram& program = Load("");
  EXPECT_EQ(program.header.name, "shop");
  EXPECT_EQ(program.header.zone, "America/Chicago");
  EXPECT_EQ(program.header.currency, "USD");
  EXPECT_EQ(program.header.wire_type, "type");
  EXPECT_EQ(program.header.wire_time, "");
  EXPECT_EQ(program.header.keep_count, 4'096u);
  ASSERT_EQ(program.channels.size(), 2u);
  EXPECT_TRUE(program.channels[0].is_task);
  EXPECT_FALSE(program.channels[1].is_task);
  const LoadedRuleset other = LoadRulesetTexts({{"a.lull",
                                                 "ruleset r { wire type \"kind\" time \"at\" id \"uuid\" "
                                                 "late drop lateness 60 seconds dedupe 10 minutes keep "
                                                 "10_000 stale after 2 hours }"}});
  ASSERT_TRUE(other.good()) << RenderAll(other.diagnostics, other.sources);
  EXPECT_EQ(other.program.header.zone, "UTC");
  EXPECT_EQ(other.program.header.wire_type, "kind");
  EXPECT_EQ(other.program.header.wire_time, "at");
  EXPECT_EQ(other.program.header.wire_id, "uuid");
  EXPECT_EQ(other.program.header.late, LatePolicy::kDrop);
  EXPECT_EQ(other.program.header.lateness_micros, kMicrosPerMinute);
  EXPECT_EQ(other.program.header.dedupe_micros, 10 * kMicrosPerMinute);
  EXPECT_EQ(other.program.header.keep_count, 10'000u);
  EXPECT_EQ(other.program.header.stale_after_micros, 2 * kMicrosPerHour);
}

TEST_F(CheckProgramTest, EntitiesEventsAndWhatTheySet) {
  const CheckedProgram& program = Load(
      "entity desk { busy flag = no }\n"
      "event moved of customer, ticket, desk from \"web.moved\" { level number? from \"a.b\", vip flag, note "
      "text up to "
      "1_000 bytes } sets level, vip, region");
  const Event& moved = program.events.back();
  EXPECT_EQ(moved.wire_type, "web.moved");
  EXPECT_EQ(moved.entities, (std::vector<EntityId>{0, 1, 2}));
  ASSERT_EQ(moved.fields.size(), 4u);
  EXPECT_EQ(moved.fields[0].wire_path, "a.b");
  EXPECT_TRUE(moved.fields[0].optional);
  EXPECT_FALSE(moved.fields[1].optional);
  EXPECT_EQ(moved.fields[2].text_bytes_max, 1'000u);
  EXPECT_EQ(moved.fields[3].name, "region");
  EXPECT_TRUE(moved.fields[3].optional);
  ASSERT_EQ(moved.sets.size(), 3u);
  EXPECT_EQ(program.attributes[moved.sets[0].attribute].entity, 1u);  // only tickets have a level
  EXPECT_EQ(program.attributes[moved.sets[2].attribute].name, "region");
  EXPECT_EQ(moved.sets[2].field, 3u);
  EXPECT_EQ(program.entities[2].key, "");
  EXPECT_EQ(Printed(program.attributes[2].default_value), "web");
}

TEST_F(CheckProgramTest, SetsOfEventsAreSharedAndNamed) {
  const CheckedProgram& program = Load(
      "stall s of customer { no quote_started, page_viewed for 2 days }\n"
      "stall t of customer { no order_placed, profile for 2 days }\n"
      "stall u of customer { quiet 2 days }");
  EXPECT_EQ(program.event_sets[program.stalls[0].awaited].name, "touch");
  EXPECT_EQ(program.event_sets[program.stalls[1].awaited].name, "order_placed, profile");
  EXPECT_EQ(Events(program.stalls[1].awaited), "profile order_placed ");
  EXPECT_EQ(Events(program.entities[0].activity), "profile page_viewed quote_started order_placed ");
  EXPECT_EQ(program.event_sets[program.entities[0].activity].name, "activity");
}

TEST_F(CheckProgramTest, JourneysExpandAnyAndKeepOrder) {
  const CheckedProgram& program = Load(
      "journey j of customer {\n"
      "  start a\n"
      "  a -> b on page_viewed where seconds > 5\n"
      "  any -> done on order_placed\n"
      "  b -> a after 3 days\n"
      "  b -> c after 2 days quiet\n"
      "  c -> a when vip\n"
      "  c -> b on lazy\n"
      "  end done\n"
      "}\n"
      "stall lazy of customer { quiet 2 days }");
  const Journey& journey = program.journeys[1];
  ASSERT_EQ(journey.stages.size(), 4u);
  EXPECT_EQ(journey.stages[0].name, "a");
  EXPECT_EQ(journey.stages[2].name, "done");
  EXPECT_TRUE(journey.stages[2].is_end);
  ASSERT_EQ(journey.transitions.size(), 6u);
  EXPECT_EQ(journey.transitions[0].kind, TransitionKind::kEvent);
  EXPECT_EQ(Printed(journey.transitions[0].where), "(page_viewed.seconds > 5)");
  EXPECT_EQ(program.exprs[program.exprs[journey.transitions[0].where].args[0]].scope, FieldScope::kTrigger);
  EXPECT_EQ(journey.transitions[1].from, (std::vector<std::uint32_t>{0, 1, 3}));
  EXPECT_EQ(journey.transitions[2].kind, TransitionKind::kAfter);
  EXPECT_EQ(Printed(journey.transitions[2].duration), "3 days");
  EXPECT_EQ(journey.transitions[3].kind, TransitionKind::kAfterQuiet);
  EXPECT_EQ(journey.transitions[4].kind, TransitionKind::kWhen);
  EXPECT_EQ(journey.transitions[5].kind, TransitionKind::kStallBegins);
}

TEST_F(CheckProgramTest, StallsInAllForms) {
  const CheckedProgram& program = Load(
      "stall a of customer { while vip while region is known unless budget > 5 USD unless not vip quiet 2 "
      "days }\n"
      "stall b of customer { no page_viewed for 2 days * 2 }\n"
      "stall c of customer { after quote_started where amount > 5 USD no order_placed with same quote_id "
      "where amount "
      ">= 6 USD within 2 days }\n"
      "stall d of customer { after first quote_started no order_placed within 2 days }\n"
      "stall e of customer { after each page_viewed no order_placed within 5 minutes "
      "because "
      "\"Saw {page_viewed.page}\" when vip }\n"
      "stall f of customer { while vip for 2 days }");
  const auto& stalls = program.stalls;
  EXPECT_EQ(stalls[0].form, StallForm::kQuiet);
  EXPECT_EQ(Printed(stalls[0].while_condition), "(customer.vip and (customer.region is known))");
  EXPECT_EQ(Printed(stalls[0].unless_condition), "((customer.budget > 5 money) or (not customer.vip))");
  EXPECT_EQ(stalls[1].form, StallForm::kNo);
  EXPECT_EQ(program.exprs[stalls[1].duration].integer, 4 * kMicrosPerDay);
  EXPECT_EQ(stalls[2].form, StallForm::kAfter);
  EXPECT_EQ(Events(stalls[2].opening), "quote_started ");
  EXPECT_EQ(Events(stalls[2].awaited), "order_placed ");
  EXPECT_EQ(Printed(stalls[2].opening_where), "(amount > 5 money)");
  EXPECT_EQ(Printed(stalls[2].awaited_where), "(amount >= 6 money)");
  EXPECT_EQ(stalls[2].same_field, "quote_id");
  EXPECT_EQ(stalls[3].form, StallForm::kAfterFirst);
  EXPECT_EQ(stalls[4].form, StallForm::kAfterEach);
  EXPECT_EQ(Printed(stalls[4].duration), "5 minutes");
  ASSERT_EQ(stalls[4].reasons.size(), 1u);
  EXPECT_EQ(Printed(stalls[4].reasons[0].when), "customer.vip");
  EXPECT_EQ(stalls[5].form, StallForm::kFor);
}

TEST_F(CheckProgramTest, NudgesInAllForms) {
  const CheckedProgram& program = Load(
      "stall lazy of customer { quiet 2 days }\n"
      "stall each_quote of customer { after each quote_started no order_placed within 2 days }\n"
      "score heat of customer { start 5 }\n"
      "feature warm of customer = heat > 3\n"
      "nudge a of customer { on page_viewed where seconds > 5 if warm if vip do call \"{page_viewed.page}\" "
      "to sales / "
      "page_viewed.page, else managers worth 5 USD again after 2 days withdraw when vip }\n"
      "nudge b of customer { on lazy do email \"x\" }\n"
      "nudge c of customer { on purchase entering quoting do email \"x\" }\n"
      "nudge d of customer { on heat >= 3 do email \"x\" }\n"
      "nudge e of customer { while lazy do email \"x\" }\n"
      "nudge f of customer { while vip and not lazy do email \"x\" }\n"
      "nudge g of customer { on vip do email \"x\" }\n"
      "nudge h of customer { while each_quote do email \"{quote_started.quote_id}\" }");
  const auto& nudges = program.nudges;
  EXPECT_EQ(nudges[0].trigger, TriggerKind::kEvent);
  EXPECT_EQ(Printed(nudges[0].where), "(page_viewed.seconds > 5)");
  EXPECT_EQ(Printed(nudges[0].if_condition), "(warm and customer.vip)");
  ASSERT_EQ(nudges[0].routes.size(), 2u);
  EXPECT_EQ(nudges[0].routes[1].key, kNone);
  EXPECT_EQ(Printed(nudges[0].worth), "5 money");
  EXPECT_EQ(Printed(nudges[0].again_after), "2 days");
  EXPECT_EQ(nudges[0].scores, (std::vector<ScoreId>{0}));
  EXPECT_EQ(nudges[1].trigger, TriggerKind::kStallBegins);
  EXPECT_EQ(nudges[2].trigger, TriggerKind::kStageEntered);
  EXPECT_EQ(nudges[2].stage, 1u);
  EXPECT_EQ(nudges[3].trigger, TriggerKind::kConditionRises);
  EXPECT_EQ(nudges[4].trigger, TriggerKind::kWhileStall);
  EXPECT_EQ(nudges[5].trigger, TriggerKind::kWhileCondition);
  EXPECT_EQ(Printed(nudges[5].condition), "(customer.vip and (not lazy))");
  EXPECT_EQ(nudges[6].trigger, TriggerKind::kConditionRises);
  EXPECT_EQ(nudges[7].trigger, TriggerKind::kWhileStall);
}

TEST_F(CheckProgramTest, Policies) {
  const CheckedProgram& program = Load(
      "nudge a of customer { on page_viewed do call \"x\" to sales worth 5 }\n"
      "nudge b of customer { on page_viewed do email \"x\" worth 6 }\n"
      "nudge c of ticket { on ticket_opened do call \"x\" to sales }\n"
      "policy all of customer { best 2 by worth at most 2 nudges in 7 days at most 1 email per day at most 3 "
      "sales per "
      "week at most 4 a per month at most 5 in 2 hours quiet hours 20:00 to 08:30 quiet hours vip never when "
      "vip "
      "never when budget > 5 USD holdout 5% }\n"
      "policy some of customer { covers b best 1 by budget }\n"
      "policy kinds of customer { at most 3 messages in 7 days at most 1 task per day }");
  const Policy& all = program.policies[0];
  EXPECT_EQ(all.covers, (std::vector<NudgeId>{0, 1}));
  EXPECT_EQ(all.best_count, 2u);
  EXPECT_TRUE(all.best_by_worth);
  ASSERT_EQ(all.limits.size(), 5u);
  EXPECT_EQ(all.limits[0].rolling_micros, 7 * kMicrosPerDay);
  EXPECT_EQ(all.limits[0].scope, LimitScope::kAll);
  EXPECT_EQ(all.limits[1].scope, LimitScope::kChannel);
  EXPECT_EQ(all.limits[1].scope_index, 1u);
  EXPECT_EQ(all.limits[1].period, LimitPeriod::kDay);
  EXPECT_EQ(all.limits[2].scope, LimitScope::kUnit);
  EXPECT_EQ(all.limits[2].period, LimitPeriod::kWeek);
  EXPECT_EQ(all.limits[3].scope, LimitScope::kNudge);
  EXPECT_EQ(all.limits[3].period, LimitPeriod::kMonth);
  EXPECT_EQ(all.limits[4].scope, LimitScope::kAll);
  ASSERT_EQ(all.quiet_hours.size(), 2u);
  EXPECT_EQ(all.quiet_hours[0].from_minute, 1'200);
  EXPECT_EQ(all.quiet_hours[0].to_minute, 510);
  EXPECT_EQ(Printed(all.quiet_hours[1].condition), "customer.vip");
  EXPECT_EQ(all.never.size(), 2u);
  EXPECT_DOUBLE_EQ(all.holdout_share, 0.05);
  EXPECT_EQ(program.policies[1].covers, (std::vector<NudgeId>{1}));
  EXPECT_EQ(Printed(program.policies[1].best_by), "customer.budget");
  EXPECT_EQ(program.policies[2].limits[0].scope, LimitScope::kMessages);
  EXPECT_EQ(program.policies[2].limits[1].scope, LimitScope::kTasks);
}

TEST_F(CheckProgramTest, AJourneyMayFollowAStallThatReadsIt) {
  Load(
      "stall lazy of customer { while path is here for 2 days }\n"
      "journey path of customer { start here here -> there on lazy there -> here on page_viewed }");
}

TEST_F(CheckProgramTest, PrintsEverything) {
  Load(
      "stall lazy of customer { while vip quiet 36 hours because \"quiet\" }\n"
      "score heat of customer { start 5 add 3 when vip because \"vip\" kept between 0 and 10 }\n"
      "nudge a of customer { while lazy if heat > 3 do call \"x\" to sales worth budget * 2% }\n"
      "policy all of customer { best 1 by worth }");
  const std::string printed = PrintProgram(loaded_.program);
  for (const char* part :
       {"entity customer by customer_id", "quiet without activity 1 day 12 hours", "add 3 when",
        "while stall lazy", "worth (customer.budget * 2e-2)", "best 1 by worth", "reasons of heat"}) {
    EXPECT_NE(printed.find(part), std::string::npos) << part << "\n" << printed;
  }
}

TEST(LoadTest, SaysWhatCannotBeRead) {
  const auto missing = LoadRuleset("/nowhere/at/all");
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().message.find("/nowhere/at/all"), std::string::npos);
}

}  // namespace
}  // namespace lull::dsl::testing
