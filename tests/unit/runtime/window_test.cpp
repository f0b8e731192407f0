// Windows and aggregates against a brute-force list of entries.
#include "runtime/window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>

#include "runtime/abi.h"
#include "runtime/aggregate.h"
#include "runtime/wide.h"
#include "tests/unit/runtime/state_fixture.h"

namespace lull::runtime {
namespace {

// Columns of the windows below.
enum Column : std::uint32_t { kNumber, kMoney, kText, kColumnCount };

struct Entry {
  std::int64_t time = 0;
  std::optional<double> number;
  std::optional<std::int64_t> money;
  std::optional<std::string> text;
};

/// What the window should hold, and the values that it should give.
struct Judge {
  std::vector<Entry> entries;
  std::int64_t dropped_time = kUnknown;

  void Push(const WindowSpec& spec, std::int64_t now, const Entry& entry) {
    if (spec.retention_micros > 0) {
      std::erase_if(entries, [&](const Entry& e) { return e.time <= now - spec.retention_micros; });
      if (entry.time <= now - spec.retention_micros) return;
    }
    const auto place = std::ranges::upper_bound(entries, entry.time, {}, &Entry::time);
    entries.insert(place, entry);
    if (entries.size() > spec.keep_count) {
      dropped_time = std::max(dropped_time, entries.front().time);
      entries.erase(entries.begin());
    }
  }

  std::vector<Entry> Counted(std::int64_t now, const AggregateSpec& spec, const Entry& same) const {
    std::vector<Entry> counted;
    for (const Entry& entry : entries) {
      if (spec.last_micros > 0 && entry.time <= now - spec.last_micros) continue;
      if (spec.same_column == kText && (!same.text || entry.text != same.text)) continue;
      if (spec.same_column == kMoney && (!same.money || entry.money != same.money)) continue;
      if (spec.same_column == kNumber && (!same.number || entry.number != same.number)) continue;
      counted.push_back(entry);
    }
    return counted;
  }
};

template <typename T>
std::vector<T> Known(const std::vector<Entry>& entries, std::optional<T> Entry::*column) {
  std::vector<T> known;
  for (const Entry& entry : entries) {
    if (entry.*column) known.push_back(*(entry.*column));
  }
  return known;
}

std::string Show(std::optional<double> value) {
  return value && std::isfinite(*value) ? std::to_string(std::bit_cast<std::uint64_t>(*value + 0.0))
                                        : "unknown";
}
std::string Show(std::optional<std::int64_t> value) { return value ? std::to_string(*value) : "unknown"; }
std::string Show(std::optional<std::string> value) { return value ? "'" + *value + "'" : "unknown"; }

template <typename T>
std::string Extreme(const std::vector<T>& known, bool minimum) {
  if (known.empty()) return "unknown";
  return Show(
      std::optional<T>(minimum ? *std::ranges::min_element(known) : *std::ranges::max_element(known)));
}

std::string NumberValue(const std::vector<Entry>& counted, WindowFunction function) {
  const std::vector<double> known = Known(counted, &Entry::number);
  double sum = 0;
  for (const double value : known) sum += value;
  if (function == WindowFunction::kSum) return Show(std::optional(sum));
  if (function == WindowFunction::kAverage) {
    return known.empty() ? "unknown" : Show(std::optional(sum / static_cast<double>(known.size())));
  }
  return Extreme(known, function == WindowFunction::kMinimum);
}

std::string MoneyValue(const std::vector<Entry>& counted, WindowFunction function) {
  const std::vector<std::int64_t> known = Known(counted, &Entry::money);
  Int128 sum = 0;
  for (const std::int64_t value : known) sum += value;
  if (function == WindowFunction::kSum || function == WindowFunction::kAverage) {
    if (function == WindowFunction::kAverage) {
      if (known.empty()) return "unknown";
      sum = DivideHalfEven(sum, static_cast<std::int64_t>(known.size()));
    }
    const std::int64_t value = NarrowOrUnknown(sum);
    return value == kUnknown ? "unknown" : std::to_string(value);
  }
  return Extreme(known, function == WindowFunction::kMinimum);
}

std::string EndOf(const Entry& entry, std::uint32_t column) {
  if (column == kNoIndex) return std::to_string(entry.time);
  return column == kNumber ? Show(entry.number) : column == kMoney ? Show(entry.money) : Show(entry.text);
}

std::string Different(const std::vector<Entry>& counted, std::uint32_t column) {
  std::set<std::string> values;
  for (const Entry& entry : counted) values.insert(EndOf(entry, column));
  values.erase("unknown");
  return Show(std::optional(static_cast<double>(values.size())));
}

std::string JudgedValue(const std::vector<Entry>& counted, const AggregateSpec& spec) {
  switch (spec.function) {
    case WindowFunction::kCount:
      return Show(std::optional(static_cast<double>(counted.size())));
    case WindowFunction::kCountDifferent:
      return Different(counted, spec.column);
    case WindowFunction::kFirst:
      return counted.empty() ? "unknown" : EndOf(counted.front(), spec.column);
    case WindowFunction::kLatest:
      return counted.empty() ? "unknown" : EndOf(counted.back(), spec.column);
    default:
      return spec.column == kNumber ? NumberValue(counted, spec.function)
                                    : MoneyValue(counted, spec.function);
  }
}

std::string Value(OneRecord& one, std::uint32_t index, bool arm) {
  const AggregateSpec& spec = one.entity.aggregates[index];
  const bool counts =
      spec.function == WindowFunction::kCount || spec.function == WindowFunction::kCountDifferent;
  if (counts || spec.column == kNumber) {
    const double value = abi::AggregateF64(&one.moment, index, arm ? 1 : 0);
    if (std::isnan(value)) {
      EXPECT_EQ(std::bit_cast<std::uint64_t>(value), 0x7FF8'0000'0000'0000U);
    }
    EXPECT_FALSE(value == 0 && std::signbit(value));
    return std::isnan(value) ? "unknown" : Show(std::optional(value));
  }
  if (spec.column == kText) {
    const TextView value = abi::AggregateText(&one.moment, index, arm ? 1 : 0);
    return value.known() ? Show(std::optional(std::string(value.view()))) : "unknown";
  }
  const std::int64_t value = abi::AggregateI64(&one.moment, index, arm ? 1 : 0);
  return value == kUnknown ? "unknown" : std::to_string(value);
}

Entry RandomEntry(std::mt19937_64& random, int flavour) {
  Entry entry;
  if (random() % 6 != 0) {
    const double integer = static_cast<double>(static_cast<std::int64_t>(random() % 2'001) - 1'000);
    entry.number = flavour == 0   ? integer
                   : flavour == 1 ? integer / 7
                                  : std::ldexp(integer, static_cast<int>(random() % 60));
    if (flavour == 3 && random() % 5 != 0) entry.number = integer;
  }
  if (random() % 6 != 0) {
    entry.money = static_cast<std::int64_t>(random() % 2'001) - 1'000;
    if (flavour == 2) *entry.money *= std::numeric_limits<std::int64_t>::max() / 2'000;
  }
  if (random() % 6 != 0) entry.text = std::string(1, static_cast<char>('a' + random() % 5));
  return entry;
}

void PushBoth(OneRecord& one, Judge& judge, std::int64_t now, const Entry& entry) {
  one.moment.now = now;
  abi::WindowPush(&one.moment, 0, entry.time);
  if (entry.number) abi::WindowColumnF64(&one.moment, 0, kNumber, *entry.number);
  if (entry.money) abi::WindowColumnI64(&one.moment, 0, kMoney, *entry.money);
  if (entry.text) abi::WindowColumnText(&one.moment, 0, kText, TextView::Of(*entry.text));
  judge.Push(one.entity.windows[0], now, entry);
}

std::vector<AggregateSpec> AllAggregates(std::int64_t retention) {
  std::vector<AggregateSpec> all;
  for (const std::int64_t last : {std::int64_t{0}, retention, retention / 3}) {
    // Without a window in time an aggregate reads what has not been cleared: not offered with a retention.
    if ((last == 0) != (retention == 0)) continue;
    for (const std::uint32_t same :
         {kNoIndex, std::uint32_t{kNumber}, std::uint32_t{kMoney}, std::uint32_t{kText}}) {
      all.push_back({.function = WindowFunction::kCount, .same_column = same, .last_micros = last});
      for (int function = 0; function <= static_cast<int>(WindowFunction::kLatest); ++function) {
        const auto f = static_cast<WindowFunction>(function);
        const bool ends = f == WindowFunction::kFirst || f == WindowFunction::kLatest;
        if (f == WindowFunction::kCount) continue;
        for (std::uint32_t column = 0; column < kColumnCount; ++column) {
          if (column == kText && !ends && f != WindowFunction::kCountDifferent) continue;
          all.push_back({.function = f, .column = column, .same_column = same, .last_micros = last});
        }
        if (ends) all.push_back({.function = f, .same_column = same, .last_micros = last});
      }
    }
  }
  return all;
}

void SetSame(OneRecord& one, const AggregateSpec& spec, const Entry& same) {
  if (spec.same_column == kNumber) {
    abi::SameF64(&one.moment, same.number.value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  if (spec.same_column == kMoney) abi::SameI64(&one.moment, same.money.value_or(kUnknown));
  if (spec.same_column == kText) {
    abi::SameText(&one.moment, same.text ? TextView::Of(*same.text) : TextView{});
  }
}

/// The latest instant from which on the value may still be the one at `now`, as `arm` should know it.
void CheckArm(OneRecord& one, const std::vector<Entry>& counted, const AggregateSpec& spec) {
  std::int64_t expected = kNever;
  if (spec.last_micros > 0 && !counted.empty()) {
    const bool latest = spec.function == WindowFunction::kLatest;
    expected = (latest ? counted.back() : counted.front()).time + spec.last_micros;
  }
  ASSERT_EQ(one.moment.next_wake, expected);
}

void CheckAll(OneRecord& one, const Judge& judge, std::int64_t now, std::mt19937_64& random) {
  one.moment.now = now;
  one.moment.age_now = now - 1;
  for (std::uint32_t i = 0; i < one.entity.aggregates.size(); ++i) {
    if (random() % 3 == 0) continue;
    const AggregateSpec& spec = one.entity.aggregates[i];
    const Entry same = RandomEntry(random, 0);
    SetSame(one, spec, same);
    one.moment.next_wake = kNever;
    const std::vector<Entry> counted = judge.Counted(now, spec, same);
    ASSERT_EQ(Value(one, i, true), JudgedValue(counted, spec))
        << "aggregate " << i << " function " << static_cast<int>(spec.function) << " column " << spec.column
        << " same " << spec.same_column << " last " << spec.last_micros;
    CheckArm(one, counted, spec);
    const bool approximate = judge.dropped_time != kUnknown &&
                             (spec.last_micros == 0 || judge.dropped_time > now - spec.last_micros);
    ASSERT_EQ(AggregateIsApproximate(one.moment, i), approximate);
  }
}

void PlayRound(std::mt19937_64& random) {
  const std::int64_t retention = random() % 3 == 0 ? 0 : static_cast<std::int64_t>(random() % 200 + 3);
  const auto keep = static_cast<std::uint32_t>(random() % 3 == 0 ? random() % 10 + 1 : 4'096);
  const int flavour = static_cast<int>(random() % 4);
  OneRecord one(EntityWith({{.columns = {ValueType::kNumber, ValueType::kMoney, ValueType::kText},
                             .retention_micros = retention,
                             .keep_count = keep}},
                           AllAggregates(retention)));
  Judge judge;
  std::int64_t now = 1'000;
  for (int step = 0; step < 150; ++step) {
    now += static_cast<std::int64_t>(random() % 8);
    if (random() % 100 == 0) now += 150;
    Entry entry = RandomEntry(random, flavour);
    entry.time = random() % 5 == 0 ? now - static_cast<std::int64_t>(random() % 220) : now;
    PushBoth(one, judge, now, entry);
    if (random() % 60 == 0) {
      abi::WindowClear(&one.moment, 0);
      judge = Judge();
    }
    if (random() % 3 == 0) {
      ASSERT_NO_FATAL_FAILURE(CheckAll(one, judge, now, random));
    }
    // Other instants may be asked for, in any order.
    if (random() % 9 == 0) {
      const std::int64_t other = now + static_cast<std::int64_t>(random() % 90);
      ASSERT_NO_FATAL_FAILURE(CheckAll(one, judge, other, random));
    }
    one.texts.Reclaim();
    one.scratch.Reset();
  }
  abi::WindowClear(&one.moment, 0);
  one.texts.Reclaim();
  EXPECT_EQ(one.texts.count(), 1U) << "only the key is left";
}

TEST(Window, AgreesWithBruteForce) {
  const std::uint32_t seed = PrintedSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    ASSERT_NO_FATAL_FAILURE(PlayRound(random));
  }
}

TEST(Window, AnEmptyOneHasTheValuesOfNothing) {
  OneRecord one(
      EntityWith({{.columns = {ValueType::kNumber, ValueType::kMoney, ValueType::kText}}}, AllAggregates(0)));
  for (std::uint32_t i = 0; i < one.entity.aggregates.size(); ++i) {
    abi::SameI64(&one.moment, 1);
    EXPECT_EQ(Value(one, i, true), JudgedValue({}, one.entity.aggregates[i]));
  }
  EXPECT_EQ(one.moment.next_wake, kNever);
}

TEST(Window, KeepsDistinctValuesOnce) {
  OneRecord one(EntityWith({{.columns = {ValueType::kText}, .keep_count = 3, .distinct_only = true}},
                           {{.function = WindowFunction::kCountDifferent, .column = 0}}));
  const auto push = [&](std::int64_t time, TextView text) {
    abi::WindowPush(&one.moment, 0, time);
    abi::WindowColumnText(&one.moment, 0, 0, text);
    return abi::AggregateF64(&one.moment, 0, 0);
  };
  EXPECT_EQ(push(1, TextView::Of("a")), 1);
  EXPECT_EQ(push(2, TextView::Of("a")), 1);
  EXPECT_EQ(push(3, {}), 1);
  EXPECT_EQ(push(1, TextView::Of("b")), 2);
  EXPECT_EQ(push(4, TextView::Of("c")), 3);
  EXPECT_EQ(push(5, TextView::Of("a")), 3) << "a known value pushes nothing out";
  EXPECT_FALSE(AggregateIsApproximate(one.moment, 0));
  EXPECT_EQ(push(6, TextView::Of("d")), 3);
  EXPECT_TRUE(AggregateIsApproximate(one.moment, 0));
}

TEST(Window, GivesMemoryBackAfterABurst) {
  OneRecord one(EntityWith({{.columns = {ValueType::kMoney}, .retention_micros = 1'000}},
                           {{.function = WindowFunction::kSum, .column = 0, .last_micros = 1'000}}));
  const auto push = [&](std::int64_t now) {
    one.moment.now = now;
    abi::WindowPush(&one.moment, 0, now);
    abi::WindowColumnI64(&one.moment, 0, 0, 1);
    return abi::AggregateI64(&one.moment, 0, 0);
  };
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(push(1), i + 1);
  const Window window(one.entity, 0, one.moment.record, one.texts);
  EXPECT_EQ(window.block()->capacity, 1'024U);
  for (std::int64_t i = 0; i < 10; ++i) EXPECT_EQ(push(5'000 + i), i + 1);
  EXPECT_LE(window.block()->capacity, 64U);
}

}  // namespace
}  // namespace lull::runtime
