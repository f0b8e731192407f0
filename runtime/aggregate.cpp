#include "runtime/aggregate.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "runtime/base/check.h"
#include "runtime/hash.h"
#include "runtime/scratch_arena.h"
#include "runtime/step_context.h"
#include "runtime/wide.h"

namespace lull::runtime {
namespace {

/// Integers up to here are added as integers; so many of them stay far below 2^63.
constexpr double kSmallIntegerMax = 1'099'511'627'776.0;  // 2^40
constexpr std::uint64_t kExactSumMax = std::uint64_t{1} << 53;
constexpr std::size_t kFewValues = 16;

/// What the entries that a cursor counts, or a scan has found, are made of.
struct Reader {
  WindowBlock& block;
  const AggregateSpec& spec;
  ValueType type;

  std::uint64_t Value(std::uint32_t sequence) const {
    if (spec.column == kNoIndex) return std::bit_cast<std::uint64_t>(block.time(sequence));
    return block.value(spec.column, sequence);
  }
  bool is_number() const { return type == ValueType::kNumber; }
  bool Known(std::uint64_t bits) const {
    return is_number() ? !std::isnan(std::bit_cast<double>(bits)) : bits != UnknownBits(type);
  }
};

Reader MakeReader(const EntitySpec& entity, WindowBlock& block, const AggregateSpec& spec) {
  const ValueType type =
      spec.column == kNoIndex ? ValueType::kTime : entity.windows[spec.window].columns[spec.column];
  return {block, spec, type};
}

std::uint64_t BitsOf(double number) {
  if (!std::isfinite(number)) return UnknownBits(ValueType::kNumber);
  return std::bit_cast<std::uint64_t>(number + 0.0);
}

std::uint64_t BitsOf(Int128 integer) { return std::bit_cast<std::uint64_t>(NarrowOrUnknown(integer)); }

bool IsBetter(const Reader& reader, std::uint64_t a, std::uint64_t b) {
  const bool less = reader.is_number() ? std::bit_cast<double>(a) < std::bit_cast<double>(b)
                                       : std::bit_cast<std::int64_t>(a) < std::bit_cast<std::int64_t>(b);
  return reader.spec.function == WindowFunction::kMinimum ? less : !less && a != b;
}

// ---- Cursors
// -------------------------------------------------------------------------------------------------

/// What WindowCursor::known says of minimum, maximum and count different.
enum Remembered : std::uint32_t { kNothing, kValue, kForgotten };

Int128 SumOf(const WindowCursor& cursor) {
  return static_cast<Int128>((static_cast<Uint128>(cursor.high) << 64) | cursor.low);
}

void AddInteger(WindowCursor& cursor, Int128 value) {
  const auto sum = static_cast<Uint128>(SumOf(cursor) + value);
  cursor.low = static_cast<std::uint64_t>(sum);
  cursor.high = static_cast<std::uint64_t>(sum >> 64);
}

/// sign is 1 when an entry comes, -1 (all ones) when it goes.
void CountSum(const Reader& reader, WindowCursor& cursor, std::uint32_t sequence, std::int32_t sign) {
  const std::uint64_t bits = reader.Value(sequence);
  if (!reader.Known(bits)) return;
  cursor.known += static_cast<std::uint32_t>(sign);
  if (!reader.is_number()) {
    AddInteger(cursor, Int128{sign} * std::bit_cast<std::int64_t>(bits));
    return;
  }
  const auto number = std::bit_cast<double>(bits);
  if (std::fabs(number) > kSmallIntegerMax || number != std::trunc(number)) {
    cursor.other += static_cast<std::uint32_t>(sign);
    return;
  }
  const auto integer = static_cast<std::int64_t>(number);
  cursor.low += static_cast<std::uint64_t>(sign * integer);
  cursor.high += static_cast<std::uint64_t>(sign * std::abs(integer));
}

void ExtremumComes(const Reader& reader, WindowCursor& cursor, std::uint32_t sequence) {
  if (cursor.known == kForgotten) return;
  const std::uint64_t bits = reader.Value(sequence);
  if (!reader.Known(bits)) return;
  // Of equals the newest: it stays longest.
  if (cursor.known == kValue && IsBetter(reader, reader.Value(cursor.other), bits)) return;
  cursor.known = kValue;
  cursor.other = sequence;
}

/// Whether the value is made of what each entry holds, not only of where they begin and end.
bool AddsUp(WindowFunction function) {
  switch (function) {
    case WindowFunction::kSum:
    case WindowFunction::kAverage:
    case WindowFunction::kMinimum:
    case WindowFunction::kMaximum:
    case WindowFunction::kCountDifferent:
      return true;
    case WindowFunction::kCount:
    case WindowFunction::kFirst:
    case WindowFunction::kLatest:
    case WindowFunction::kGap:
      return false;
  }
  return false;
}

void EntryComes(const Reader& reader, WindowCursor& cursor, std::uint32_t sequence) {
  switch (reader.spec.function) {
    case WindowFunction::kSum:
    case WindowFunction::kAverage:
      return CountSum(reader, cursor, sequence, 1);
    case WindowFunction::kMinimum:
    case WindowFunction::kMaximum:
      return ExtremumComes(reader, cursor, sequence);
    case WindowFunction::kCountDifferent:
      cursor.known = kForgotten;
      return;
    case WindowFunction::kCount:
    case WindowFunction::kFirst:
    case WindowFunction::kLatest:
    case WindowFunction::kGap:
      return;
  }
}

void EntryGoes(const Reader& reader, WindowCursor& cursor, std::uint32_t sequence) {
  switch (reader.spec.function) {
    case WindowFunction::kSum:
    case WindowFunction::kAverage:
      return CountSum(reader, cursor, sequence, -1);
    case WindowFunction::kMinimum:
    case WindowFunction::kMaximum:
      if (cursor.known == kValue && cursor.other == sequence) cursor.known = kForgotten;
      return;
    case WindowFunction::kCountDifferent:
      cursor.known = kForgotten;
      return;
    case WindowFunction::kCount:
    case WindowFunction::kFirst:
    case WindowFunction::kLatest:
    case WindowFunction::kGap:
      return;
  }
}

/// The first of the entries [from, to) after an instant; mostly what is older has left the window.
std::uint32_t FirstAfter(WindowBlock& block, std::uint32_t from, std::uint32_t to, std::int64_t cutoff) {
  if (from == to || block.time(from) > cutoff) return from;
  while (from != to) {
    const std::uint32_t middle = from + (to - from) / 2;
    if (block.time(middle) <= cutoff) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

/// Which entries an aggregate looks at: those with time in (after, until].
struct Bounds {
  std::int64_t after = std::numeric_limits<std::int64_t>::min();
  std::int64_t until = kNever;
  std::int64_t next_period = kNever;  // by period: where the next one begins
};

Bounds BoundsOf(const Moment& moment, const AggregateSpec& spec) {
  Bounds bounds;
  if (spec.by_period) {
    const Zone& zone = *moment.context->zone;
    const PeriodSpan span = PeriodAt(zone, spec.period, moment.now, spec.periods_back);
    bounds.after = span.begin - 1;
    bounds.until = span.end - 1;
    bounds.next_period = spec.periods_back == 0 ? span.end : PeriodAt(zone, spec.period, moment.now, 0).end;
  } else if (spec.last_micros > 0) {
    bounds.after = InstantBefore(moment.now, spec.skip_micros + spec.last_micros);
    if (spec.skip_micros > 0) bounds.until = InstantBefore(moment.now, spec.skip_micros);
  }
  return bounds;
}

/// Brings a cursor to the entries in the bounds.
void MoveCursor(const Reader& reader, WindowCursor& cursor, const Bounds& bounds) {
  WindowBlock& block = reader.block;
  if (cursor.begin == cursor.end) {
    ResetCursor(block, cursor);
    cursor.begin = cursor.end = FirstAfter(block, block.head, block.tail(), bounds.after);
  }
  while (cursor.end != block.tail() && block.time(cursor.end) <= bounds.until) {
    EntryComes(reader, cursor, cursor.end++);
  }
  while (cursor.begin != cursor.end && block.time(cursor.begin) <= bounds.after) {
    EntryGoes(reader, cursor, cursor.begin++);
  }
  while (cursor.begin != cursor.end && block.time(cursor.end - 1) > bounds.until) {
    EntryGoes(reader, cursor, --cursor.end);
  }
  while (cursor.begin != block.head && block.time(cursor.begin - 1) > bounds.after) {
    EntryComes(reader, cursor, --cursor.begin);
  }
}

// ---- Values over entries [begin, end) that may have to match Moment::same
// --------------------------------------

struct Range {
  const Reader& reader;
  std::uint32_t begin;
  std::uint32_t end;
  bool with_same;
  std::uint64_t same;

  bool Counts(std::uint32_t sequence) const {
    return !with_same || reader.block.value(reader.spec.same_column, sequence) == same;
  }
  template <typename Visit>
  void ForEachKnown(Visit&& visit) const {
    for (std::uint32_t at = begin; at != end; ++at) {
      const std::uint64_t bits = reader.Value(at);
      if (reader.Known(bits) && Counts(at)) visit(at, bits);
    }
  }
};

/// Left fold from oldest to newest, the judge of all sums of numbers.
double FoldNumbers(const Range& range) {
  double sum = 0;
  range.ForEachKnown([&](std::uint32_t, std::uint64_t bits) { sum += std::bit_cast<double>(bits); });
  return sum;
}

/// The sum, or the average, of what the cursor has counted.
std::uint64_t SumValue(const Range& range, const WindowCursor& cursor) {
  const bool average = range.reader.spec.function == WindowFunction::kAverage;
  if (average && cursor.known == 0) return UnknownBits(range.reader.type);
  if (!range.reader.is_number()) {
    return BitsOf(average ? DivideHalfEven(SumOf(cursor), cursor.known) : SumOf(cursor));
  }
  const bool exact = cursor.other == 0 && cursor.high < kExactSumMax;
  const double sum =
      exact ? static_cast<double>(std::bit_cast<std::int64_t>(cursor.low)) : FoldNumbers(range);
  return BitsOf(average ? sum / static_cast<double>(cursor.known) : sum);
}

std::uint64_t ExtremumValue(const Range& range, WindowCursor& cursor) {
  if (cursor.known == kForgotten) {
    cursor.known = kNothing;
    range.ForEachKnown([&](std::uint32_t at, std::uint64_t) { ExtremumComes(range.reader, cursor, at); });
  }
  return cursor.known == kValue ? range.reader.Value(cursor.other) : UnknownBits(range.reader.type);
}

/// Adds a value to a set of values in open addressing; whether it is new. Free places have `used` false.
bool AddToSet(std::span<std::uint64_t> values, std::span<bool> used, std::uint64_t bits) {
  const std::size_t mask = values.size() - 1;
  for (std::size_t at = MixBits(bits) & mask;; at = (at + 1) & mask) {
    if (!used[at]) {
      used[at] = true;
      values[at] = bits;
      return true;
    }
    if (values[at] == bits) return false;
  }
}

std::uint32_t CountDifferent(const Range& range, ScratchArena& scratch) {
  const std::size_t entries = range.end - range.begin;
  std::uint32_t count = 0;
  if (entries <= kFewValues) {
    std::array<std::uint64_t, kFewValues> seen = {};
    range.ForEachKnown([&](std::uint32_t, std::uint64_t bits) {
      const auto end = seen.begin() + count;
      if (std::find(seen.begin(), end, bits) == end) seen[count++] = bits;
    });
    return count;
  }
  const std::size_t places = std::bit_ceil(entries * 2);
  const std::span<std::uint64_t> values = scratch.Array<std::uint64_t>(places);
  const std::span<bool> used = scratch.Array<bool>(places);
  std::ranges::fill(used, false);
  range.ForEachKnown(
      [&](std::uint32_t, std::uint64_t bits) { count += AddToSet(values, used, bits) ? 1 : 0; });
  return count;
}

std::uint64_t EndValue(const Range& range) {
  if (range.reader.spec.function == WindowFunction::kFirst) {
    for (std::uint32_t at = range.begin; at != range.end; ++at) {
      if (range.Counts(at)) return range.reader.Value(at);
    }
  } else {
    for (std::uint32_t at = range.end; at != range.begin; --at) {
      if (range.Counts(at - 1)) return range.reader.Value(at - 1);
    }
  }
  return UnknownBits(range.reader.type);
}

std::uint64_t GapValue(const Range& range) {
  std::int64_t later = kUnknown;
  for (std::uint32_t at = range.end; at != range.begin; --at) {
    if (!range.Counts(at - 1)) continue;
    const std::int64_t time = range.reader.block.time(at - 1);
    if (later != kUnknown) return std::bit_cast<std::uint64_t>(later - time);
    later = time;
  }
  return UnknownBits(ValueType::kDuration);
}

std::uint64_t CountValue(const Range& range) {
  std::uint32_t count = range.end - range.begin;
  if (range.with_same) {
    count = 0;
    for (std::uint32_t at = range.begin; at != range.end; ++at) count += range.Counts(at) ? 1 : 0;
  }
  return BitsOf(static_cast<double>(count));
}

std::uint64_t ValueOf(const Range& range, WindowCursor& cursor, ScratchArena& scratch) {
  switch (range.reader.spec.function) {
    case WindowFunction::kCount:
      return CountValue(range);
    case WindowFunction::kSum:
    case WindowFunction::kAverage:
      return SumValue(range, cursor);
    case WindowFunction::kMinimum:
    case WindowFunction::kMaximum:
      return ExtremumValue(range, cursor);
    case WindowFunction::kCountDifferent:
      if (cursor.known == kForgotten) {
        cursor.low = CountDifferent(range, scratch);
        cursor.known = kValue;
      }
      return BitsOf(static_cast<double>(cursor.low));
    case WindowFunction::kFirst:
    case WindowFunction::kLatest:
      return EndValue(range);
    case WindowFunction::kGap:
      return GapValue(range);
  }
  return 0;
}

/// The value changes when its oldest entry leaves; the latest's only when that one leaves.
void ArmExpiry(const Range& range, Moment& moment, std::int64_t stays_micros) {
  const bool latest = range.reader.spec.function == WindowFunction::kLatest;
  std::uint32_t at = latest ? range.end : range.begin;
  while (at != (latest ? range.begin : range.end)) {
    const std::uint32_t entry = latest ? at - 1 : at;
    if (range.Counts(entry)) return moment.Arm(InstantAfter(range.reader.block.time(entry), stays_micros));
    at = latest ? at - 1 : at + 1;
  }
}

/// The earliest instant at which other entries count.
void ArmChange(const Range& range, Moment& moment, const Bounds& bounds) {
  const AggregateSpec& spec = range.reader.spec;
  WindowBlock& block = range.reader.block;
  if (spec.by_period) {
    // What is older than all that counts now never counts again.
    if (block.count > 0 && block.time(block.tail() - 1) > bounds.after) moment.Arm(bounds.next_period);
  } else if (spec.last_micros > 0) {
    ArmExpiry(range, moment, spec.skip_micros + spec.last_micros);
    if (range.end != block.tail()) moment.Arm(InstantAfter(block.time(range.end), spec.skip_micros));
  }
}

std::uint64_t EmptyValue(const EntitySpec& entity, const AggregateSpec& spec) {
  switch (spec.function) {
    case WindowFunction::kCount:
    case WindowFunction::kCountDifferent:
      return BitsOf(0.0);
    case WindowFunction::kSum:
      return 0;  // of numbers and of integers
    default:
      break;
  }
  return UnknownBits(spec.column == kNoIndex ? ValueType::kTime
                                             : entity.windows[spec.window].columns[spec.column]);
}

/// The bits that an entry's same_column must have; unknown bits match nothing.
std::uint64_t SameBits(const Moment& moment, ValueType type) {
  switch (type) {
    case ValueType::kText:
      return moment.context->texts->Find(moment.same.text);
    case ValueType::kNumber:
      return BitsOf(moment.same.number);
    default:
      return std::bit_cast<std::uint64_t>(moment.same.integer);
  }
}

/// Counts anew, in a cursor of its own.
std::uint64_t EvaluateAnew(Moment& moment, const Reader& reader, const Bounds& bounds, bool arm) {
  const EntitySpec& entity = *moment.context->entity;
  const bool with_same = reader.spec.same_column != kNoIndex;
  std::uint64_t same = 0;
  if (with_same) {
    const ValueType same_type = entity.windows[reader.spec.window].columns[reader.spec.same_column];
    same = SameBits(moment, same_type);
    if (same == UnknownBits(same_type)) return EmptyValue(entity, reader.spec);
  }
  WindowBlock& block = reader.block;
  const std::uint32_t begin = FirstAfter(block, block.head, block.tail(), bounds.after);
  const std::uint32_t end =
      bounds.until == kNever ? block.tail() : FirstAfter(block, begin, block.tail(), bounds.until);
  const Range range{reader, begin, end, with_same, same};
  WindowCursor cursor;
  if (AddsUp(reader.spec.function)) {
    range.ForEachKnown([&](std::uint32_t at, std::uint64_t) { EntryComes(reader, cursor, at); });
  }
  if (arm) ArmChange(range, moment, bounds);
  return ValueOf(range, cursor, *moment.context->scratch);
}

/// How many entries there are since an instant: most of what rules ask, in a few instructions.
std::uint64_t CountSince(Moment& moment, WindowBlock& block, std::int64_t last_micros, bool arm) {
  const std::int64_t after = InstantBefore(moment.now, last_micros);
  const std::uint32_t begin = FirstAfter(block, block.head, block.tail(), after);
  if (arm && begin != block.tail()) moment.Arm(InstantAfter(block.time(begin), last_micros));
  return std::bit_cast<std::uint64_t>(static_cast<double>(block.tail() - begin));
}

bool IsCountSince(const AggregateSpec& spec) {
  return spec.function == WindowFunction::kCount && spec.same_column == kNoIndex && spec.last_micros > 0 &&
         spec.skip_micros == 0 && !spec.by_period;
}

}  // namespace

bool IsCarried(const AggregateSpec& spec) { return spec.same_column == kNoIndex && AddsUp(spec.function); }

void ResetCursor(const WindowBlock& block, WindowCursor& cursor) {
  cursor = WindowCursor{.begin = block.head, .end = block.head};
}

void CursorLosesFirst(const EntitySpec& entity, std::uint32_t aggregate, WindowBlock& block,
                      WindowCursor& cursor) {
  if (cursor.begin == cursor.end) {
    cursor.begin = ++cursor.end;
    return;
  }
  const Reader reader = MakeReader(entity, block, entity.aggregates[aggregate]);
  EntryGoes(reader, cursor, cursor.begin++);
}

std::uint64_t EvaluateAggregate(Moment& moment, std::uint32_t aggregate, bool arm) {
  const EntitySpec& entity = *moment.context->entity;
  const AggregateSpec& spec = entity.aggregates[aggregate];
  WindowBlock* block = *reinterpret_cast<WindowBlock**>(moment.record + entity.windows[spec.window].offset);
  if (block == nullptr) return EmptyValue(entity, spec);
  if (IsCountSince(spec)) return CountSince(moment, *block, spec.last_micros, arm);
  const Reader reader = MakeReader(entity, *block, spec);
  const Bounds bounds = BoundsOf(moment, spec);
  if (spec.cursor == kNoIndex) return EvaluateAnew(moment, reader, bounds, arm);
  WindowCursor& cursor = block->cursors()[spec.cursor];
  MoveCursor(reader, cursor, bounds);
  const Range range{reader, cursor.begin, cursor.end, false, 0};
  if (arm) ArmChange(range, moment, bounds);
  return ValueOf(range, cursor, *moment.context->scratch);
}

bool AggregateIsApproximate(const Moment& moment, std::uint32_t aggregate) {
  const EntitySpec& entity = *moment.context->entity;
  const AggregateSpec& spec = entity.aggregates[aggregate];
  const Window window(entity, spec.window, moment.record, *moment.context->texts);
  const WindowBlock* block = window.block();
  return block != nullptr && block->dropped_time != kUnknown &&
         block->dropped_time > BoundsOf(moment, spec).after;
}

}  // namespace lull::runtime
