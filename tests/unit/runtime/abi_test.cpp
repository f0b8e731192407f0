#include "runtime/abi.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <string>

#include "tests/unit/runtime/state_fixture.h"

namespace lull::runtime {
namespace {

TEST(AbiTable, HasARowForEachFunctionWithItsTypes) {
  const std::span<const AbiFunction> table = AbiFunctions();
  ASSERT_EQ(table.size(), static_cast<std::size_t>(AbiId::kLookupGivesText) + 1);
  std::set<std::string> names;
  for (const AbiFunction& function : table) names.insert(function.name);
  EXPECT_EQ(names.size(), table.size());

  const AbiFunction& scale = table[static_cast<std::size_t>(AbiId::kScale)];
  EXPECT_STREQ(scale.name, "Scale");
  EXPECT_EQ(scale.result, AbiType::kI64);
  EXPECT_EQ(scale.parameters, (std::vector{AbiType::kI64, AbiType::kF64}));
  EXPECT_FALSE(scale.takes_moment);

  const AbiFunction& column = table[static_cast<std::size_t>(AbiId::kWindowColumnText)];
  EXPECT_EQ(column.result, AbiType::kVoid);
  EXPECT_EQ(column.parameters, (std::vector{AbiType::kU32, AbiType::kU32, AbiType::kText}));
  EXPECT_TRUE(column.takes_moment);
}

AbiValue Boxed(std::int64_t integer) {
  AbiValue value;
  value.integer = integer;
  return value;
}
AbiValue Boxed(double number) {
  AbiValue value;
  value.number = number;
  return value;
}
AbiValue Boxed(const char* text) {
  AbiValue value;
  value.text = text == nullptr ? TextView{} : TextView::Of(text);
  return value;
}

AbiValue Call(AbiId id, Moment* moment, std::vector<AbiValue> arguments) {
  const AbiFunction& function = AbiFunctions()[static_cast<std::size_t>(id)];
  return function.call(function.address, moment, arguments.data());
}

TEST(AbiTable, BoxedCallsAreTheCalls) {
  EXPECT_EQ(Call(AbiId::kScale, nullptr, {Boxed(std::int64_t{215'000'000}), Boxed(0.5)}).integer,
            107'500'000);
  EXPECT_EQ(Call(AbiId::kRoundNumber, nullptr, {Boxed(2.5), Boxed(std::int64_t{1})}).number, 3.0);
  EXPECT_EQ(Call(AbiId::kTextEqual, nullptr, {Boxed("a"), Boxed("a")}).bits, 1U);
  EXPECT_EQ(Call(AbiId::kTextEqual, nullptr, {Boxed("a"), Boxed(nullptr)}).bits, 0U);

  OneRecord one(EntityWith({}, {}, 1));
  const AbiValue offset = Boxed(std::int64_t{one.entity.text_offsets[0]});
  Call(AbiId::kTextStore, &one.moment, {offset, Boxed("Ada")});
  EXPECT_EQ(Call(AbiId::kTextLoad, &one.moment, {offset}).text.view(), "Ada");
  EXPECT_EQ(Call(AbiId::kTextLowerCase, &one.moment, {Boxed("Oak PARK Ä")}).text.view(), "oak park Ä");
}

TEST(AbiTexts, StoringKeepsOneCountPerSlot) {
  OneRecord one(EntityWith({}, {}, 2));
  const std::uint32_t a = one.entity.text_offsets[0];
  const std::uint32_t b = one.entity.text_offsets[1];
  abi::TextStore(&one.moment, a, TextView::Of("x"));
  abi::TextStore(&one.moment, b, abi::TextLoad(&one.moment, a));
  abi::TextStore(&one.moment, a, TextView::Of("x"));
  abi::TextStore(&one.moment, a, {});
  one.texts.Reclaim();
  EXPECT_FALSE(abi::TextLoad(&one.moment, a).known());
  EXPECT_EQ(abi::TextLoad(&one.moment, b).view(), "x");
  abi::TextStore(&one.moment, b, TextView::Of(""));
  one.texts.Reclaim();
  EXPECT_TRUE(abi::TextLoad(&one.moment, b).known());
  EXPECT_EQ(one.texts.count(), 2U) << "the key and the empty text";
}

TEST(AbiTexts, Comparisons) {
  const TextView text = TextView::Of("/vehicle/civic/finance");
  EXPECT_EQ(abi::TextStartsWith(text, TextView::Of("/vehicle")), 1U);
  EXPECT_EQ(abi::TextStartsWith(text, TextView::Of("vehicle")), 0U);
  EXPECT_EQ(abi::TextEndsWith(text, TextView::Of("finance")), 1U);
  EXPECT_EQ(abi::TextContains(text, TextView::Of("civic")), 1U);
  EXPECT_EQ(abi::TextContains(text, {}), 0U);
  EXPECT_EQ(abi::TextStartsWith({}, TextView::Of("")), 0U);
  EXPECT_EQ(abi::TextLike(text, TextView::Of("/vehicle/*/finance")), 1U);
  EXPECT_EQ(abi::TextLike(text, TextView::Of("/vehicle/*/loan")), 0U);
  EXPECT_EQ(abi::TextLike({}, TextView::Of("*")), 0U);
  EXPECT_EQ(abi::TextLength(TextView::Of("Zoë €")), 5);
  EXPECT_TRUE(std::isnan(abi::TextLength({})));
}

bool SlowLike(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return SlowLike(text, pattern.substr(1)) || (!text.empty() && SlowLike(text.substr(1), pattern));
  }
  return !text.empty() && text[0] == pattern[0] && SlowLike(text.substr(1), pattern.substr(1));
}

TEST(AbiTexts, LikeAgreesWithRecursion) {
  const std::uint32_t seed = PrintedSeed();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  int matches = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    std::string pattern;
    for (auto n = random() % 9; n > 0; --n) text += "ab"[random() % 2];
    for (auto n = random() % 7; n > 0; --n) pattern += "ab**"[random() % 4];
    const bool expected = SlowLike(text, pattern);
    matches += expected ? 1 : 0;
    ASSERT_EQ(abi::TextLike(TextView::Of(text), TextView::Of(pattern)) != 0, expected)
        << text << " " << pattern;
  }
  EXPECT_GT(matches, 1'000);
}

}  // namespace
}  // namespace lull::runtime
