#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>

#include "connectors/decision_json.h"
#include "connectors/decision_output.h"
#include "connectors/json_scan.h"
#include "connectors/json_text.h"
#include "connectors/output_file.h"
#include "runtime/base/time.h"

namespace lull::connectors {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

runtime::Ruleset SampleRuleset() {
  runtime::Ruleset ruleset;
  ruleset.name = "retail";
  ruleset.version = "abc";
  ruleset.entities.resize(2);
  ruleset.entities[0].name = "customer";
  ruleset.entities[0].key = "customer_id";
  ruleset.entities[1].name = "desk";
  ruleset.channels.push_back({"call", true});
  ruleset.units.push_back({"sales"});
  ruleset.scores.push_back({.name = "urgency", .value = 0, .parts = {}});
  runtime::NudgeSpec nudge;
  nudge.name = "call_about_quote";
  nudge.trigger = runtime::TriggerKind::kWhile;
  ruleset.nudges.push_back(nudge);
  return ruleset;
}

runtime::Decision SampleDecision(const runtime::Ruleset& ruleset) {
  runtime::Decision decision;
  decision.ruleset = &ruleset;
  decision.time.micros = 1'772'481'600'500'000;
  decision.key = "c-\"1\"";
  decision.title = "Call\nAda";
  decision.trigger = "quote_gone_quiet";
  decision.unit = 0;
  decision.unit_key = runtime::TextView::Of("Oak Park");
  decision.has_worth = true;
  decision.worth.integer = 4'305'000;
  decision.position.value = 17;
  return decision;
}

TEST(DecisionJsonTest, WritesAnAction) {
  const runtime::Ruleset ruleset = SampleRuleset();
  runtime::Decision decision = SampleDecision(ruleset);
  const std::string_view reasons[] = {"Quoted Civic"};
  const runtime::ScoreReason parts[] = {{30, "looked three times"}, {-2.5, ""}};
  const runtime::ScoreOutcome scores[] = {{0, 27.5, parts}};
  decision.reasons = reasons;
  decision.scores = scores;
  std::string out;
  AppendActionJson(out, decision);
  EXPECT_EQ(
      out, R"({"id":"00000000000000000000000000000000","time":"2026-03-02T20:00:00.500Z","ruleset":"retail",)"
           R"("version":"abc","nudge":"call_about_quote","entity":{"type":"customer","id":"c-\"1\""},)"
           R"("channel":"call","title":"Call\nAda","unit":"sales","key":"Oak Park","worth":430.5,)"
           R"("scores":[{"name":"urgency","value":27.5,"reasons":[{"points":30,"text":"looked three times"},)"
           R"({"points":-2.5,"text":""}]}],"reasons":["Quoted Civic","looked three times"],"due":null,)"
           R"("trigger":{"kind":"while","name":"quote_gone_quiet"},"position":17})");
}

TEST(DecisionJsonTest, LeavesOutWhatIsNot) {
  const runtime::Ruleset ruleset = SampleRuleset();
  runtime::Decision decision;
  decision.ruleset = &ruleset;
  decision.entity = 1;
  decision.time.micros = 0;
  std::string out;
  AppendActionJson(out, decision);
  EXPECT_THAT(out, HasSubstr(R"("entity":{"type":"desk","id":null})"));
  EXPECT_THAT(out, HasSubstr(R"("unit":null,"key":null,"worth":null,"scores":[],"reasons":[])"));
  EXPECT_THAT(out, HasSubstr(R"("time":"1970-01-01T00:00:00Z")"));
}

TEST(DecisionJsonTest, WritesWhyADecisionWasHeldBack) {
  const runtime::Ruleset ruleset = SampleRuleset();
  runtime::Decision decision = SampleDecision(ruleset);
  decision.kind = runtime::DecisionKind::kSuppressed;
  decision.code = runtime::DecisionCode::kCapped;
  decision.why = "capped: 2 nudges in 7 days";
  std::string out;
  AppendDecisionJson(out, decision);
  EXPECT_THAT(out,
              HasSubstr(R"({"kind":"suppressed","code":"capped","why":"capped: 2 nudges in 7 days","id":)"));
  EXPECT_THAT(out, Not(HasSubstr("title")));
}

TEST(DecisionJsonTest, WritesWhatBecameOfATask) {
  const runtime::Ruleset ruleset = SampleRuleset();
  runtime::Decision decision = SampleDecision(ruleset);
  decision.kind = runtime::DecisionKind::kEscalated;
  decision.code = runtime::DecisionCode::kOverdue;
  decision.due.micros = 0;
  decision.from_unit = 0;
  std::string out;
  AppendDecisionJson(out, decision);
  EXPECT_THAT(out, HasSubstr(R"("channel":"call","title":"Call\nAda","unit":"sales","key":"Oak Park",)"
                             R"("due":"1970-01-01T00:00:00Z","from":{"unit":"sales","key":null})"));
  decision.kind = runtime::DecisionKind::kDone;
  decision.outcome = runtime::TextView::Of("reached");
  out.clear();
  AppendDecisionJson(out, decision);
  EXPECT_THAT(out, HasSubstr(R"("unit":"sales","key":"Oak Park","outcome":"reached","by":null,"position")"));
}

TEST(DecisionJsonTest, WritesTheArmsOfExperiments) {
  runtime::Ruleset ruleset = SampleRuleset();
  ruleset.experiments.push_back({.name = "tone", .arms = {{"plain", 1, false}, {"warm", 2, false}}});
  runtime::Decision decision = SampleDecision(ruleset);
  const runtime::ArmChoice arms[] = {{0, 1}};
  decision.arms = arms;
  std::string out;
  AppendActionJson(out, decision);
  EXPECT_THAT(out, HasSubstr(R"("due":null,"arms":{"tone":"warm"},"trigger")"));
  decision.kind = runtime::DecisionKind::kGoal;
  decision.code = runtime::DecisionCode::kReached;
  decision.trigger = "order_placed";
  decision.exposed.micros = 0;
  out.clear();
  AppendDecisionJson(out, decision);
  EXPECT_THAT(out, HasSubstr(R"("kind":"goal","code":"reached")"));
  EXPECT_THAT(out,
              HasSubstr(R"("arms":{"tone":"warm"},"goal":"order_placed","exposed":"1970-01-01T00:00:00Z")"));
  EXPECT_THAT(out, Not(HasSubstr("nudge")));
}

TEST(DecisionJsonTest, WritesCsv) {
  const runtime::Ruleset ruleset = SampleRuleset();
  runtime::Decision decision = SampleDecision(ruleset);
  std::string out;
  AppendActionCsv(out, decision);
  decision.key = "plain";
  decision.time.micros = 1;
  AppendActionCsv(out, decision);
  decision.key = "a,b";
  decision.time.micros = 0;
  AppendActionCsv(out, decision);
  EXPECT_EQ(out,
            "call_about_quote,\"c-\"\"1\"\"\",2026-03-02T20:00:00.500Z\n"
            "call_about_quote,plain,1970-01-01T00:00:00.000001Z\n"
            "call_about_quote,\"a,b\",1970-01-01T00:00:00Z\n");
}

TEST(DecisionJsonTest, CsvNamesTheWholeOfAPart) {
  runtime::Ruleset ruleset = SampleRuleset();
  ruleset.entities.push_back({.name = "quote", .key = "quote_id", .whole = 0});
  runtime::Decision decision = SampleDecision(ruleset);
  decision.key = "q-1";
  decision.whole_key = "c/1";
  decision.entity = static_cast<std::uint32_t>(ruleset.entities.size() - 1);
  decision.time.micros = 0;
  std::string out;
  AppendActionCsv(out, decision);
  decision.key = "c/1";
  decision.whole_key = {};
  decision.entity = 0;
  AppendActionCsv(out, decision);
  EXPECT_EQ(out,
            "call_about_quote,q-1,1970-01-01T00:00:00Z,c/1\ncall_about_quote,c/1,1970-01-01T00:00:00Z,\n");
}

TEST(JsonTextTest, RandomBytesAreWrittenAsJsonThatReadsBack) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  simdjson::dom::parser parser;
  for (int round = 0; round < 5'000; ++round) {
    std::string text;
    for (std::size_t size = random() % 20; size > 0; --size) {
      text += static_cast<char>(round % 2 == 0 ? random() % 128 : random());
    }
    std::string json;
    AppendJsonText(json, text);
    std::string_view back;
    ASSERT_EQ(parser.parse(json).get(back), simdjson::SUCCESS) << json;
    if (IsUtf8(text)) {
      ASSERT_EQ(back, text);
    }
  }
}

TEST(JsonTextTest, WritesNumbers) {
  const auto number = [](double value) {
    std::string out;
    AppendJsonNumber(out, value);
    return out;
  };
  EXPECT_EQ(number(65), "65");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(-0.0), "0");
  EXPECT_EQ(number(std::nan("")), "null");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
  const auto money = [](std::int64_t value) {
    std::string out;
    AppendJsonMoney(out, value);
    return out;
  };
  EXPECT_EQ(money(215'000'000), "21500");
  EXPECT_EQ(money(-5), "-0.0005");
  EXPECT_EQ(money(10'100), "1.01");
  EXPECT_EQ(money(std::numeric_limits<std::int64_t>::max()), "922337203685477.5807");
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo\xFF"), "Zm9v/w==");
}

TEST(DeadLetterOutputTest, WritesLineReasonCodeAndBytes) {
  std::string out;
  AppendDeadLetterJson(out, {{7}, DeadLetterCode::kMissingField, "`bought` lacks `amount`", "{\"a\":1}"});
  EXPECT_EQ(out,
            R"({"line":7,"reason":"`bought` lacks `amount`","code":"missing_field","bytes":"{\"a\":1}"})");
  out.clear();
  AppendDeadLetterJson(out, {{8}, DeadLetterCode::kInvalidUtf8, "not UTF-8", "\xFF"});
  EXPECT_THAT(out, HasSubstr(R"("bytes_base64":"/w==")"));
  DeadLetterOutput output(nullptr);
  output.Add({{1}, DeadLetterCode::kLate, "late", "x"});
  output.Add({{2}, DeadLetterCode::kLate, "late", "x"});
  EXPECT_EQ(output.total(), 2U);
  EXPECT_EQ(output.counts()[static_cast<std::size_t>(DeadLetterCode::kLate)], 2U);
}

TEST(OutputFileTest, WritesEverythingAndReplaces) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("lull_output_" + std::to_string(::getpid()))).string();
  for (const std::size_t count : {std::size_t{100'000}, std::size_t{3}}) {
    Result<OutputFile> file = OutputFile::Create(path);
    ASSERT_TRUE(file.has_value());
    std::string expected;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string line = "line " + std::to_string(i) + "\n";
      file->Write(line);
      expected += line;
    }
    ASSERT_TRUE(file->Close().has_value());
    std::ostringstream written;
    written << std::ifstream(path, std::ios::binary).rdbuf();
    EXPECT_EQ(written.str(), expected);
  }
  std::filesystem::remove(path);
}

TEST(OutputFileTest, AFullDiskIsReported) {
  Result<OutputFile> file = OutputFile::Create("/dev/full");
  ASSERT_TRUE(file.has_value());
  file->Write("text");
  const Status closed = file->Close();
  ASSERT_FALSE(closed.has_value());
  EXPECT_THAT(closed.error().message, HasSubstr("make room"));
  EXPECT_FALSE(file->is_broken_pipe());
  EXPECT_FALSE(OutputFile::Create("/nowhere/file").has_value());
}

TEST(OutputFileTest, ABrokenPipeIsTold) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  Result<OutputFile> file = OutputFile::Create("/dev/fd/" + std::to_string(ends[1]));
  if (!file) {
    // Opening the writing end anew fails where the reader has gone; that is as good an answer.
    ::close(ends[1]);
    EXPECT_THAT(file.error().message, HasSubstr("Cannot write"));
    return;
  }
  file->Write("text");
  EXPECT_FALSE(file->Close().has_value());
  EXPECT_TRUE(file->is_broken_pipe());
  ::close(ends[1]);
}

}  // namespace
}  // namespace lull::connectors
