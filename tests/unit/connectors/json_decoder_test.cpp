#include "connectors/json_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/connectors/decoder_support.h"

namespace lull::connectors {
namespace {

using testing::Decoding;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(JsonDecoderTest, ReadsAFlatEventInAnyOrder) {
  Decoding decoding;
  for (
      const char* line :
      {R"({"type":"seen","time":"2026-03-02T20:00:00Z","id":"e1","customer_id":"c1","page":"/a","price":2.5})",
       R"( { "price" : 2.5 , "page" : "/a" , "customer_id":"c1","id":"e1" ,"ts":1772481600,"type":"seen" } )",
       R"({"other":[1,{"page":"/x"}],"page":"\/a","timestamp":1772481600000,"customer_id":"c1","price":25e-1,"id":"e1","\u0074ype":"seen"})"}) {
    const DecodedBatch& batch = decoding.Decode(std::string(line));
    ASSERT_EQ(batch.frames.size(), 1U) << line;
    const runtime::EventFrame& frame = batch.frames[0];
    EXPECT_EQ(frame.event, 0U);
    EXPECT_EQ(frame.time.micros, 1'772'481'600'000'000);
    EXPECT_EQ(frame.id.view(), "e1");
    EXPECT_EQ(frame.keys[0].view(), "c1");
    EXPECT_FALSE(frame.keys[1].known());
    EXPECT_EQ(frame.fields[testing::kPage].text.view(), "/a");
    EXPECT_EQ(frame.fields[testing::kPrice].number, 2.5);
    EXPECT_EQ(frame.fields[testing::kAmount].integer, kUnknown);
    EXPECT_EQ(frame.position.value, 1U);
  }
}

TEST(JsonDecoderTest, WhatIsMissingOrNullIsUnknown) {
  Decoding decoding;
  const DecodedBatch& batch =
      decoding.Decode(R"({"type":"seen","time":0,"id":null,"customer_id":"c","page":null,"price":null})");
  ASSERT_EQ(batch.frames.size(), 1U);
  const runtime::FieldValue* fields = batch.frames[0].fields;
  EXPECT_FALSE(batch.frames[0].id.known());
  EXPECT_FALSE(fields[testing::kPage].text.known());
  EXPECT_FALSE(fields[testing::kDeep].text.known());
  EXPECT_TRUE(std::isnan(fields[testing::kPrice].number));
  for (const testing::Slot slot :
       {testing::kAmount, testing::kUrgent, testing::kWait, testing::kDue, testing::kDay, testing::kStatus}) {
    EXPECT_EQ(fields[slot].integer, kUnknown);
  }
}

TEST(JsonDecoderTest, NothingOfAnEarlierEventShowsInALaterOne) {
  Decoding decoding;
  const DecodedBatch& batch =
      decoding.Decode({R"({"type":"seen","time":0,"customer_id":"a","page":"/a","price":1})",
                       R"({"type":"seen","time":0,"customer_id":"b","page":7})",
                       R"({"type":"seen","time":0,"customer_id":"c"})"});
  ASSERT_EQ(batch.frames.size(), 3U);
  EXPECT_EQ(batch.frames[0].fields[testing::kPage].text.view(), "/a");
  EXPECT_EQ(batch.frames[1].fields[testing::kPage].text.view(), "7");
  EXPECT_FALSE(batch.frames[2].fields[testing::kPage].text.known());
  EXPECT_TRUE(std::isnan(batch.frames[2].fields[testing::kPrice].number));
  EXPECT_THAT(batch.sources, ElementsAre(0, 1, 2));
}

TEST(JsonDecoderTest, ReadsEveryType) {
  Decoding d;
  EXPECT_EQ(d.Value("page", R"("caf\u00e9 \ud83d\ude00")", testing::kPage).text.view(), "café 😀");
  EXPECT_EQ(d.Value("page", "1.50", testing::kPage).text.view(), "1.50");
  EXPECT_EQ(d.Value("page", "true", testing::kPage).text.view(), "true");
  EXPECT_EQ(d.Value("price", "-0.0", testing::kPrice).number, 0.0);
  EXPECT_FALSE(std::signbit(d.Value("price", "-0.0", testing::kPrice).number));
  EXPECT_EQ(d.Value("price", "123456789012345678901234567890", testing::kPrice).number,
            123456789012345678901234567890.0);
  EXPECT_EQ(d.Value("price", "-9223372036854775808", testing::kPrice).number, -9223372036854775808.0);
  EXPECT_EQ(d.Value("price", "1e-400", testing::kPrice).number, 0.0);
  EXPECT_EQ(d.Value("amount", "21500", testing::kAmount).integer, 215'000'000);
  EXPECT_EQ(d.Value("amount", "\"-0.1\"", testing::kAmount).integer, -1'000);
  EXPECT_EQ(d.Value("amount", "0.00005", testing::kAmount).integer, 0);
  EXPECT_EQ(d.Value("amount", "0.00015", testing::kAmount).integer, 2);
  EXPECT_EQ(d.Value("amount", "0.000050000001", testing::kAmount).integer, 1);
  EXPECT_EQ(d.Value("amount", "2.15e3", testing::kAmount).integer, 21'500'000);
  EXPECT_EQ(d.Value("urgent", "true", testing::kUrgent).integer, 1);
  EXPECT_EQ(d.Value("urgent", "\"no\"", testing::kUrgent).integer, 0);
  EXPECT_EQ(d.Value("wait", "90", testing::kWait).integer, 90 * kMicrosPerSecond);
  EXPECT_EQ(d.Value("wait", "0.25", testing::kWait).integer, 250'000);
  EXPECT_EQ(d.Value("wait", "\"P1DT12H\"", testing::kWait).integer, 36 * kMicrosPerHour);
  EXPECT_EQ(d.Value("due", "\"1970-01-01T01:00:00+01:00\"", testing::kDue).integer, 0);
  EXPECT_EQ(d.Value("day", "\"1970-02-01\"", testing::kDay).integer, 31);
  EXPECT_EQ(d.Value("status", "\"on_hold\"", testing::kStatus).integer, 2);
  EXPECT_EQ(d.Value("status", "\"lost\"", testing::kStatus).integer, kUnknown);
  EXPECT_EQ(d.Value("context", R"({"page":{"x":1,"path":"/deep"}})", testing::kDeep).text.view(), "/deep");
  EXPECT_FALSE(d.Value("context", R"({"page":"flat"})", testing::kDeep).text.known());
}

TEST(JsonDecoderTest, ValuesOfTheWrongTypeAreDeadLetters) {
  Decoding d;
  const std::pair<const char*, const char*> wrong[] = {{"page", "{}"},
                                                       {"page", "[1]"},
                                                       {"price", "\"2.5\""},
                                                       {"price", "true"},
                                                       {"price", "1e999"},
                                                       {"amount", "\"21 500\""},
                                                       {"amount", "true"},
                                                       {"amount", "1e30"},
                                                       {"urgent", "1"},
                                                       {"urgent", "\"maybe\""},
                                                       {"wait", "\"P1Y\""},
                                                       {"wait", "\"36 hours\""},
                                                       {"wait", "\"PT\""},
                                                       {"due", "\"tomorrow\""},
                                                       {"due", "\"2026-03-02T20:00:00\""},
                                                       {"day", "20514"},
                                                       {"day", "\"2026-02-29\""},
                                                       {"status", "1"},
                                                       {"context", R"({"page":{"path":{}}})"}};
  for (const auto& [name, json] : wrong)
    EXPECT_EQ(d.FateOfValue(name, json), "wrong_type") << name << " " << json;
  EXPECT_EQ(d.FateOfValue("note", "\"1234\""), "event");
  EXPECT_EQ(d.FateOfValue("note", "\"12345\""), "text_too_long");
  EXPECT_EQ(d.FateOfValue("note", R"("\u00e9\u00e9")"), "event");
}

TEST(JsonDecoderTest, RequiredFieldsMustBeThereAndGood) {
  Decoding d;
  const std::string head = R"({"type":"bought","time":0,"customer_id":"c",)";
  EXPECT_EQ(d.Fate(head + R"("amount":1,"status":"open"})"), "event");
  EXPECT_EQ(d.Fate(head + R"("status":"open"})"), "missing_field");
  EXPECT_THAT(d.Decode(head + R"("status":"open"})").dead_letters[0].reason, HasSubstr("`amount`"));
  EXPECT_EQ(d.Fate(head + R"("amount":null,"status":"open"})"), "missing_field");
  EXPECT_EQ(d.Fate(head + R"("amount":1,"status":"lost"})"), "not_one_of");
  EXPECT_THAT(d.Decode(head + R"("amount":1,"status":"lost"})").dead_letters[0].reason,
              HasSubstr("open, closed, on_hold"));
}

TEST(JsonDecoderTest, KeysAreTextsOrNumbers) {
  Decoding d;
  const auto key = [&](const std::string& json, std::size_t index) {
    const DecodedBatch& batch = d.Decode(R"({"type":"seen","time":0,)" + json + "}");
    return batch.frames.empty() ? std::string("none") : std::string(batch.frames[0].keys[index].view());
  };
  EXPECT_EQ(key(R"("customer_id":"a b")", 0), "a b");
  EXPECT_EQ(key(R"("customer_id":0017)", 0), "none");
  EXPECT_EQ(key(R"("customer_id":12345678901234567890123)", 0), "12345678901234567890123");
  EXPECT_EQ(key(R"("account":{"number":42})", 1), "42");
  EXPECT_EQ(d.Fate(R"({"type":"seen","time":0})"), "no_key");
  EXPECT_EQ(d.Fate(R"({"type":"seen","time":0,"customer_id":null,"account":{"number":""}})"), "no_key");
  EXPECT_EQ(d.Fate(R"({"type":"seen","time":0,"customer_id":true})"), "wrong_type");
  EXPECT_EQ(d.Fate(R"({"type":"seen","time":0,"customer_id":")" + std::string(257, 'x') + "\"}"),
            "text_too_long");
  const DecodedBatch& desk = d.Decode(R"({"type":"desk.opened","time":0})");
  ASSERT_EQ(desk.frames.size(), 1U);
  EXPECT_TRUE(desk.frames[0].keys[0].known());
}

TEST(JsonDecoderTest, TimesAreToldApartBySize) {
  Decoding d;
  const auto time = [&](const std::string& json) {
    const DecodedBatch& batch = d.Decode(R"({"type":"desk.opened","time":)" + json + "}");
    return batch.frames.empty() ? kUnknown : batch.frames[0].time.micros;
  };
  EXPECT_EQ(time("1772481600"), 1'772'481'600'000'000);
  EXPECT_EQ(time("1772481600123"), 1'772'481'600'123'000);
  EXPECT_EQ(time("1772481600123456"), 1'772'481'600'123'456);
  EXPECT_EQ(time("1772481600.5"), 1'772'481'600'500'000);
  EXPECT_EQ(time("1772481600123.5"), 1'772'481'600'123'500);
  EXPECT_EQ(time("-86400"), -kMicrosPerDay);
  EXPECT_EQ(time("\"2026-03-02T20:00:00.123456789+00:00\""), 1'772'481'600'123'456);
  EXPECT_EQ(time("\"2026-03-02t14:00:00.5-06:00\""), 1'772'481'600'500'000);
  const auto fate = [&](const std::string& json) {
    return d.Fate(R"({"type":"desk.opened","time":)" + json + "}");
  };
  EXPECT_EQ(fate("99999999999"), "time_out_of_range");
  EXPECT_EQ(fate("-99999999999"), "time_out_of_range");
  EXPECT_EQ(fate("1e300"), "bad_time");
  EXPECT_EQ(fate("\"2026-13-02T20:00:00Z\""), "bad_time");
  EXPECT_EQ(fate("true"), "bad_time");
  EXPECT_EQ(fate("null"), "no_time");
  d.decoder().set_max_time({1'000'000});
  EXPECT_EQ(fate("1"), "event");
  EXPECT_EQ(fate("1.000001"), "too_far_ahead");
}

TEST(JsonDecoderTest, ReadsCloudEvents) {
  Decoding d;
  const std::string head =
      R"({"specversion":"1.0","type":"seen","source":"/web","id":"7","time":"1970-01-01T00:00:01Z",)";
  const DecodedBatch& batch = d.Decode(head + R"("data":{"customer_id":"c1","page":"/a","type":"other"}})");
  ASSERT_EQ(batch.frames.size(), 1U);
  EXPECT_EQ(batch.frames[0].time.micros, kMicrosPerSecond);
  EXPECT_EQ(batch.frames[0].id.view(), "7");
  EXPECT_EQ(batch.frames[0].keys[0].view(), "c1");
  EXPECT_EQ(batch.frames[0].fields[testing::kPage].text.view(), "/a");

  const DecodedBatch& top = d.Decode(head + R"("customer_id":"top","page":"/not","data":{"price":1}})");
  ASSERT_EQ(top.frames.size(), 1U);
  EXPECT_EQ(top.frames[0].keys[0].view(), "top");
  EXPECT_FALSE(top.frames[0].fields[testing::kPage].text.known());
  EXPECT_EQ(top.frames[0].fields[testing::kPrice].number, 1.0);

  EXPECT_EQ(d.Fate(head + R"("data":{"customer_id":"a","customer_id":"b"}})"), "duplicate_name");
  EXPECT_EQ(d.Fate(head + R"("customer_id":"a","data":"text"})"), "wrong_type");
  EXPECT_EQ(d.Fate(R"({"specversion":"0.3","type":"seen","time":0,"customer_id":"c"})"), "unknown_envelope");
}

TEST(JsonDecoderTest, WireNamesMayBeOthersAndNested) {
  auto ruleset = testing::SampleRuleset();
  ruleset->wire.type = "meta.kind";
  ruleset->wire.time = {"meta.at", "at"};
  ruleset->wire.id = "uuid";
  Decoding d(ruleset);
  const DecodedBatch& batch =
      d.Decode(R"({"uuid":9,"customer_id":"c","meta":{"kind":"seen","at":5},"page":"p"})");
  ASSERT_EQ(batch.frames.size(), 1U);
  EXPECT_EQ(batch.frames[0].time.micros, 5 * kMicrosPerSecond);
  EXPECT_EQ(batch.frames[0].id.view(), "9");
  EXPECT_EQ(batch.frames[0].fields[testing::kPage].text.view(), "p");
  EXPECT_EQ(d.Decode(R"({"meta":{"kind":"seen"},"at":6,"customer_id":"c"})").frames[0].time.micros,
            6 * kMicrosPerSecond);
}

TEST(JsonDecoderTest, OtherTypesAreCountedAndIgnored) {
  Decoding d;
  EXPECT_EQ(d.Fate(R"({"type":"noise"})"), "ignored");
  EXPECT_EQ(d.Fate(R"({"type":"noise","time":"never"})"), "ignored");
  EXPECT_EQ(d.Fate(R"({"type":"hum"})"), "ignored");
  EXPECT_EQ(d.decoder().ignored_count(), 3U);
  EXPECT_THAT(d.decoder().IgnoredTypes(), ElementsAre(Pair("hum", 1), Pair("noise", 2)));
  EXPECT_EQ(d.Fate(R"({"time":0})"), "no_type");
  EXPECT_EQ(d.Fate(R"({"type":3,"time":0})"), "no_type");
}

TEST(JsonDecoderTest, LinesMustBeOneWholeObject) {
  Decoding d;
  const std::pair<std::string, const char*> lines[] = {
      {"", "invalid_json"},
      {"{", "invalid_json"},
      {R"({"type":"noise"}})", "invalid_json"},
      {R"({"type":"noise"} x)", "invalid_json"},
      {R"({"type":"noise",})", "invalid_json"},
      {R"({"type":"noise","a":tru})", "invalid_json"},
      {R"({"type":"noise","a":01})", "invalid_json"},
      {R"({"type":"noise","a":1.})", "invalid_json"},
      {R"({"type":"noise","a":-})", "invalid_json"},
      {R"({"type":"noise","a":+1})", "invalid_json"},
      {R"({"type":"noise","a":"\x"})", "invalid_json"},
      {R"({"type":"noise","a":"\ud800"})", "invalid_json"},
      {R"({"type":"noise","a":[1,2})", "invalid_json"},
      {R"({"type":"noise" "a":1})", "invalid_json"},
      {R"({type:"noise"})", "invalid_json"},
      {"{\"type\":\"noise\",\"a\":\"\t\"}", "invalid_json"},
      {std::string("{\"type\":\"noise\"\0}", 17), "invalid_json"},
      {"{\"type\":\"noise\",\"a\":\"\xC3\"}", "invalid_utf8"},
      {"{\"type\":\"noise\",\"\xFF\":1}", "invalid_utf8"},
      {"{\"type\":\"noise\",\"a\":\"\xED\xA0\x80\"}", "invalid_utf8"},
      {R"({"type":"noise","type":"noise"})", "duplicate_name"},
      {R"({"type":"noise","a":1,"\u0061":2})", "duplicate_name"},
      {"[1]", "not_an_object"},
      {"\"text\"", "not_an_object"},
      {"{\"type\":\"noise\",\"a\":" + std::string(63, '[') + std::string(63, ']') + "}", "ignored"},
      {"{\"type\":\"noise\",\"a\":" + std::string(64, '[') + std::string(64, ']') + "}", "too_deep"},
      {"{\"type\":\"noise\",\"a\":" + std::string(100'000, '['), "too_deep"},
      {"{\"type\":\"noise\",\"a\":\"" + std::string(kRawEventBytesMax - 23, 'x') + "\"}", "ignored"},
      {"{\"type\":\"noise\",\"a\":\"" + std::string(kRawEventBytesMax, 'x') + "\"}", "too_long"},
  };
  for (const auto& [line, fate] : lines) EXPECT_EQ(d.Fate(line), fate) << line.substr(0, 60);
}

TEST(JsonDecoderTest, ManyNamesAreFoundTwice) {
  Decoding d;
  std::string line = "{\"type\":\"noise\"";
  for (int i = 0; i < 5'000; ++i) line += ",\"name_" + std::to_string(i) + "\":0";
  EXPECT_EQ(d.Fate(line + "}"), "ignored");
  EXPECT_EQ(d.Fate(line + ",\"name_3\":0}"), "duplicate_name");
  EXPECT_EQ(d.Fate(line + ",\"name_4999\":0}"), "duplicate_name");
}

TEST(JsonDecoderTest, DeadLettersKeepPositionAndBytes) {
  Decoding d;
  const DecodedBatch& batch =
      d.Decode({R"({"type":"noise"})", "{oops", R"({"type":"desk.opened","time":0})"});
  ASSERT_EQ(batch.dead_letters.size(), 1U);
  EXPECT_EQ(batch.dead_letters[0].position.value, 2U);
  EXPECT_EQ(batch.dead_letters[0].bytes, "{oops");
  EXPECT_THAT(batch.dead_letters[0].reason, HasSubstr("byte 2"));
  ASSERT_EQ(batch.frames.size(), 1U);
  EXPECT_EQ(batch.sources[0], 2U);
}

}  // namespace
}  // namespace lull::connectors
