// Random damage: whatever the bytes are, decoding ends with an event, an ignored one or one dead letter, and
// what counts as JSON is what simdjson's document parser takes for it.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>

#include "tests/unit/connectors/decoder_support.h"

namespace lull::connectors {
namespace {

using testing::Decoding;

const std::vector<std::string>& Seeds() {
  static const std::vector<std::string> kSeeds = {
      R"({"id":0,"ts":1767571200587,"customer_id":"C00056782","type":"seen","page":"/home","price":0,"amount":53.25,"urgent":false,"status":"open"})",
      R"({"type":"bought","time":"2026-03-02T20:00:00.123Z","customer_id":17,"amount":"21500.50","status":"closed","x":[1,{"y":[null,true]}]})",
      R"({"specversion":"1.0","type":"seen","source":"/s","id":"a\u00e9\n","time":"2026-03-02T20:00:00Z","data":{"customer_id":"ü","context":{"page":{"path":"/d"}}}})",
      R"( { "type" : "desk.opened" , "time" : -1.5e3 , "s" : "\ud83d\ude00 \"quoted\" \\ \/" } )",
  };
  return kSeeds;
}

std::string Mutate(std::string text, std::mt19937_64& random) {
  static constexpr std::string_view kInteresting = "{}[]\",:\\u0e-+. \t\x80\xC3\xA9\xF0\xFF\x01ntf19";
  const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  for (std::size_t count = 1 + pick(3); count > 0 && !text.empty(); --count) {
    const std::size_t at = pick(text.size());
    switch (pick(6)) {
      case 0:
        text[at] = kInteresting[pick(kInteresting.size())];
        break;
      case 1:
        text[at] = static_cast<char>(random());
        break;
      case 2:
        text.erase(at, 1 + pick(8));
        break;
      case 3:
        text.insert(at, 1, kInteresting[pick(kInteresting.size())]);
        break;
      case 4:
        text.insert(at, text.substr(pick(text.size()), 1 + pick(20)));
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

// What the two parsers see differently on purpose: numbers too large for 64 bits, half surrogate pairs,
// depth.
bool MayDiffer(simdjson::error_code error, std::string_view code) {
  return error == simdjson::NUMBER_ERROR || error == simdjson::DEPTH_ERROR || code == "too_deep";
}

bool HasSurrogateEscape(const std::string& line) {
  return line.find("\\ud") != std::string::npos || line.find("\\uD") != std::string::npos;
}

TEST(JsonDecoderFuzzTest, AgreesWithADocumentParserOnDamagedLines) {
  constexpr int kRounds = 100'000;
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  Decoding decoding;
  simdjson::dom::parser parser;
  int valid_count = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string line = Mutate(Seeds()[random() % Seeds().size()], random);
    const DecodedBatch& batch = decoding.Decode(line);
    const std::uint64_t ignored = decoding.decoder().ignored_count();
    ASSERT_LE(batch.frames.size() + batch.dead_letters.size(), 1U) << line;
    const std::string code =
        batch.dead_letters.empty() ? "" : std::string(NameOf(batch.dead_letters[0].code));
    const bool valid = code != "invalid_json" && code != "invalid_utf8" && code != "too_deep";
    if (batch.frames.empty() && batch.dead_letters.empty()) {
      ASSERT_GT(ignored, 0U);
    }
    valid_count += valid ? 1 : 0;
    const simdjson::error_code error = parser.parse(line).error();
    if (HasSurrogateEscape(line)) continue;
    if (valid != (error == simdjson::SUCCESS) && !MayDiffer(error, code)) {
      FAIL() << "round " << round << ": we say \"" << code << "\", simdjson says \""
             << simdjson::error_message(error) << "\" of\n"
             << line;
    }
  }
  EXPECT_GT(valid_count, kRounds / 20);
  EXPECT_LT(valid_count, kRounds * 19 / 20);
}

/// All that a batch of one line came to, as text.
std::string Told(const runtime::Ruleset& ruleset, const DecodedBatch& batch) {
  std::string text;
  for (const DeadLetter& letter : batch.dead_letters) {
    text +=
        std::string(NameOf(letter.code)) + ": " + letter.reason + " of " + std::string(letter.bytes) + "\n";
  }
  const auto add_text = [&](const runtime::TextView& view) {
    text += view.known() ? " '" + std::string(view.view()) + "'" : " -";
  };
  for (const runtime::EventFrame& frame : batch.frames) {
    const runtime::EventSchema& schema = ruleset.events[frame.event];
    text += schema.name + " " + std::to_string(frame.time.micros);
    add_text(frame.id);
    for (std::size_t key = 0; key < schema.entities.size(); ++key) add_text(frame.keys[key]);
    for (const runtime::FieldSchema& field : schema.fields) {
      const runtime::FieldValue& value = frame.fields[field.slot];
      if (field.type == runtime::ValueType::kText) {
        add_text(value.text);
      } else {
        text += " " + std::to_string(value.integer);  // a number's bits
      }
    }
  }
  return text;
}

// A decoder that has met an event's shape makes of the next one what a decoder makes that has met none.
void ExpectShapesToChangeNothing(const std::shared_ptr<runtime::Ruleset>& ruleset,
                                 const std::vector<std::string>& seeds) {
  constexpr int kRounds = 30'000;
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  Decoding met(ruleset);
  int events = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string& line = seeds[random() % seeds.size()];
    const std::string tried = random() % 4 == 0 ? line : Mutate(line, random);
    Decoding fresh(ruleset);
    const std::string expected = Told(*ruleset, fresh.Decode(tried));
    const std::uint64_t ignored = met.decoder().ignored_count();
    const DecodedBatch& batch = met.Decode(tried);
    events += static_cast<int>(batch.frames.size());
    ASSERT_EQ(Told(*ruleset, batch), expected) << tried;
    ASSERT_EQ(met.decoder().ignored_count() - ignored, fresh.decoder().ignored_count()) << tried;
  }
  EXPECT_GT(events, kRounds / 20);
  EXPECT_LT(events, kRounds);
}

TEST(JsonDecoderFuzzTest, ShapesThatWereMetChangeNothing) {
  std::vector<std::string> seeds = Seeds();
  seeds.push_back(
      R"({"type":"seen","account":{"number":"a1"},"time":5,"page":"/x","price":-0.5e1,"urgent":true,"wait":"PT2H","due":7,"day":"2026-03-01","status":"closed","context":{"page":{"path":"/d"}},"note":"n","z":null})");
  seeds.push_back(
      R"({"type": "seen", "time": 1, "customer_id": "c", "price": 0, "note": "\u00e9", "wait": 3})");
  ExpectShapesToChangeNothing(testing::SampleRuleset(), seeds);
}

// Types with the same names for other things, names before the type and behind it, fields that must be there,
// fields that are the type or the time, and types that do not count.
TEST(JsonDecoderFuzzTest, ShapesOfTypesThatShareNames) {
  using runtime::ValueType;
  using testing::Field;
  auto ruleset = std::make_shared<runtime::Ruleset>();
  ruleset->frame_slot_count = 6;
  runtime::EntitySpec customer;
  customer.name = customer.key = "customer";
  ruleset->entities = {customer};
  const auto add = [&](const char* name, std::vector<runtime::FieldSchema> fields) {
    runtime::EventSchema& schema = ruleset->events.emplace_back();
    schema.name = schema.wire_type = name;
    schema.entities = {0};
    schema.fields = std::move(fields);
  };
  add("alpha", {Field("a", ValueType::kText, 0, false), Field("b", ValueType::kNumber, 1, false),
                Field("c", ValueType::kFlag, 2, false)});
  add("beta", {Field("a", ValueType::kNumber, 1, true), Field("b", ValueType::kText, 0, true),
               Field("c", ValueType::kText, 3, true), Field("kind", ValueType::kText, 4, true, "type")});
  add("gamma", {Field("when", ValueType::kTime, 5, true, "time"), Field("a", ValueType::kText, 3, true),
                Field("again", ValueType::kText, 4, true, "a")});
  ruleset->events[1].fields[1].text_bytes_max = 3;
  std::vector<std::string> seeds;
  for (const char* type : {"alpha", "beta", "gamma", "delta", "other"}) {
    seeds.push_back(std::string(R"({"time":1767571200,"type":")") + type +
                    R"(","customer":"k","a":"text","b":12345678,"c":true})");
    seeds.push_back(std::string(R"({"customer":"k","a":7,"type":")") + type +
                    R"(","b":"xyz","time":"2026-03-02T20:00:00Z","c":null})");
    seeds.push_back(std::string(R"({"type":")") + type +
                    R"(","a":"4","b":-1.25,"id":9,"c":false,"customer":3,"time":1767571200123})");
  }
  ExpectShapesToChangeNothing(ruleset, seeds);
}

TEST(JsonDecoderFuzzTest, BatchesAndOrderOfLinesChangeNothing) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  std::vector<std::string> lines;
  for (int i = 0; i < 500; ++i) {
    const std::string& line = Seeds()[random() % Seeds().size()];
    lines.push_back(random() % 3 == 0 ? Mutate(line, random) : line);
  }
  Decoding together;
  const DecodedBatch& all = together.Decode(lines);
  std::size_t frame = 0;
  std::size_t letter = 0;
  for (const std::string& line : lines) {
    Decoding alone;
    const DecodedBatch& one = alone.Decode(line);
    if (!one.frames.empty()) {
      ASSERT_LT(frame, all.frames.size());
      EXPECT_EQ(all.frames[frame].time, one.frames[0].time);
      EXPECT_EQ(all.frames[frame].keys[0].view(), one.frames[0].keys[0].view());
      EXPECT_EQ(all.frames[frame].fields[testing::kAmount].integer,
                one.frames[0].fields[testing::kAmount].integer);
      ++frame;
    } else if (!one.dead_letters.empty()) {
      ASSERT_LT(letter, all.dead_letters.size());
      EXPECT_EQ(all.dead_letters[letter].reason, one.dead_letters[0].reason);
      ++letter;
    }
  }
  EXPECT_EQ(frame, all.frames.size());
  EXPECT_EQ(letter, all.dead_letters.size());
}

}  // namespace
}  // namespace lull::connectors
