// Texts and windows; arithmetic is in abi_arithmetic.cpp, conditions and journeys in abi_step.cpp.
#include "runtime/abi.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "runtime/aggregate.h"
#include "runtime/scratch_arena.h"
#include "runtime/step_context.h"
#include "runtime/text_pool.h"
#include "runtime/window.h"

namespace lull::runtime::abi {
namespace {

std::uint32_t& TextSlot(Moment* moment, std::uint32_t offset) {
  return *reinterpret_cast<std::uint32_t*>(moment->record + offset);
}

Window WindowOf(Moment* moment, std::uint32_t window) {
  const StepContext& context = *moment->context;
  return {*context.entity, window, moment->record, *context.texts};
}

bool BothKnown(TextView a, TextView b) { return a.known() && b.known(); }

/// `*` stands for any bytes. After a mismatch only the last star can take more: linear for one star, at worst
/// the product of the lengths.
bool IsLike(std::string_view text, std::string_view pattern) {
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_end = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      star_end = at;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[at]) {
      ++in_pattern;
      ++at;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++star_end;
    } else {
      return false;
    }
  }
  return pattern.substr(in_pattern).find_first_not_of('*') == std::string_view::npos;
}

char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

TextView TextLoad(Moment* moment, std::uint32_t offset) {
  return moment->context->texts->View(TextSlot(moment, offset));
}

void TextStore(Moment* moment, std::uint32_t offset, TextView value) {
  TextPool& texts = *moment->context->texts;
  std::uint32_t& slot = TextSlot(moment, offset);
  const TextView old = texts.View(slot);
  // Most stores repeat what is there.
  if (old.known() == value.known() && old.view() == value.view()) return;
  const std::uint32_t id = texts.Intern(value);
  texts.Release(slot);
  slot = id;
}

std::uint64_t TextEqual(TextView a, TextView b) { return BothKnown(a, b) && a.view() == b.view() ? 1 : 0; }

std::uint64_t TextStartsWith(TextView a, TextView b) {
  return BothKnown(a, b) && a.view().starts_with(b.view()) ? 1 : 0;
}

std::uint64_t TextEndsWith(TextView a, TextView b) {
  return BothKnown(a, b) && a.view().ends_with(b.view()) ? 1 : 0;
}

std::uint64_t TextContains(TextView a, TextView b) {
  return BothKnown(a, b) && a.view().find(b.view()) != std::string_view::npos ? 1 : 0;
}

std::uint64_t TextLike(TextView a, TextView pattern) {
  return BothKnown(a, pattern) && IsLike(a.view(), pattern.view()) ? 1 : 0;
}

TextView TextLowerCase(Moment* moment, TextView a) {
  if (!a.known()) return {};
  auto* bytes = reinterpret_cast<char*>(moment->context->scratch->Allocate(a.size));
  std::ranges::transform(a.view(), bytes, LowerAscii);
  return {bytes, a.size};
}

double TextLength(TextView a) {
  if (!a.known()) return std::bit_cast<double>(UnknownBits(ValueType::kNumber));
  const auto starts_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  return static_cast<double>(std::ranges::count_if(a.view(), starts_character));
}

void WindowPush(Moment* moment, std::uint32_t window, std::int64_t time) {
  WindowOf(moment, window).Push(moment->now, time);
}

void WindowColumnI64(Moment* moment, std::uint32_t window, std::uint32_t column, std::int64_t value) {
  WindowOf(moment, window).SetInteger(column, value);
}

void WindowColumnF64(Moment* moment, std::uint32_t window, std::uint32_t column, double value) {
  WindowOf(moment, window).SetNumber(column, value);
}

void WindowColumnText(Moment* moment, std::uint32_t window, std::uint32_t column, TextView value) {
  WindowOf(moment, window).SetText(column, value);
}

void WindowClear(Moment* moment, std::uint32_t window) { WindowOf(moment, window).Clear(); }

void SameI64(Moment* moment, std::int64_t value) { moment->same.integer = value; }
void SameF64(Moment* moment, double value) { moment->same.number = value; }
void SameText(Moment* moment, TextView value) { moment->same.text = value; }

std::int64_t AggregateI64(Moment* moment, std::uint32_t aggregate, std::uint64_t arm) {
  return std::bit_cast<std::int64_t>(EvaluateAggregate(*moment, aggregate, arm != 0));
}

double AggregateF64(Moment* moment, std::uint32_t aggregate, std::uint64_t arm) {
  return std::bit_cast<double>(EvaluateAggregate(*moment, aggregate, arm != 0));
}

TextView AggregateText(Moment* moment, std::uint32_t aggregate, std::uint64_t arm) {
  const std::uint64_t id = EvaluateAggregate(*moment, aggregate, arm != 0);
  return moment->context->texts->View(static_cast<std::uint32_t>(id));
}

}  // namespace lull::runtime::abi
