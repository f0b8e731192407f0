// The functions of abi.h that concern time: wake-ups of what moves with the clock, and the calendar.
#include <algorithm>
#include <array>
#include <cmath>

#include "runtime/abi.h"
#include "runtime/step.h"

namespace lull::runtime::abi {
namespace {

/// What depends on the clock is looked ahead for no longer.
constexpr std::int64_t kAheadMicrosMax = 400LL * 366 * kMicrosPerDay;

/// A value function of Moment::age_now. What evaluating it changes is put back.
class ValueAt {
 public:
  ValueAt(Moment* moment, std::uint32_t function)
      : moment_(moment),
        code_(moment->context->code->functions[function]),
        age_now_(moment->age_now),
        next_wake_(moment->next_wake),
        out_(moment->out),
        same_(moment->same) {
    moment_->out = results_.data();
  }
  ~ValueAt() { Restore(age_now_, out_); }
  ValueAt(const ValueAt&) = delete;
  ValueAt& operator=(const ValueAt&) = delete;

  FieldValue operator()(std::int64_t instant) {
    moment_->age_now = instant;
    code_(moment_);
    Restore(age_now_, results_.data());
    return results_[0];
  }
  /// Of the wake-up that stays when this is gone.
  void Lower(std::int64_t instant) { next_wake_ = std::min(next_wake_, instant); }

 private:
  void Restore(std::int64_t age_now, FieldValue* out) {
    moment_->age_now = age_now;
    moment_->out = out;
    moment_->next_wake = next_wake_;
    moment_->same = same_;
  }

  Moment* moment_;
  Code code_;
  std::int64_t age_now_;
  std::int64_t next_wake_;
  FieldValue* out_;
  FieldValue same_;
  std::array<FieldValue, 8> results_;
};

/// The first instant after age_now, and before the next wake-up, at which `is_other` holds, which then stays
/// so; kNever if there is none. Up to that wake-up everything moves evenly.
template <typename IsOther>
std::int64_t FirstOther(const Moment& moment, IsOther is_other) {
  std::int64_t before = moment.age_now;
  std::int64_t beyond = std::min(before + kAheadMicrosMax, moment.next_wake - 1);
  if (beyond <= before || !is_other(beyond)) return kNever;
  while (beyond - before > 1) {
    const std::int64_t middle = before + (beyond - before) / 2;
    (is_other(middle) ? beyond : before) = middle;
  }
  return beyond;
}

enum class Side : std::uint8_t { kBelow, kZero, kAbove, kUnknown };

Side SideOfZero(double difference) {
  if (std::isnan(difference)) return Side::kUnknown;
  return difference < 0 ? Side::kBelow : difference > 0 ? Side::kAbove : Side::kZero;
}

}  // namespace

void ArmCrossing(Moment* moment, std::uint32_t difference) {
  ValueAt value(moment, difference);
  const Side side = SideOfZero(value(moment->age_now).number);
  if (side == Side::kUnknown) return;
  const std::int64_t found =
      FirstOther(*moment, [&](std::int64_t instant) { return SideOfZero(value(instant).number) != side; });
  value.Lower(found);
}

void ArmStep(Moment* moment, std::uint32_t function) {
  ValueAt value(moment, function);
  const std::int64_t bits = value(moment->age_now).integer;
  value.Lower(FirstOther(*moment, [&](std::int64_t instant) { return value(instant).integer != bits; }));
}

TextView EntityKey(Moment* moment) {
  const Step& step = StepOf(moment);
  return TextView::Of(moment->record == step.whole ? step.members[0].key : step.key);
}

std::int64_t TimeOnDay(Moment* moment, std::int64_t day, std::int64_t second) {
  return day == kUnknown ? kUnknown : moment->context->zone->SecondOfDay(day, second);
}

std::int64_t NextYearly(Moment* moment, std::int64_t day, std::int64_t clock) {
  if (day == kUnknown || clock == kUnknown) return kUnknown;
  const LocalDate yearly = DateOfDay(day);
  const std::int64_t today = moment->context->zone->DayOf(clock);
  const std::int32_t year = DateOfDay(today).year;
  const auto in_year = [&](std::int32_t of) {
    const std::int64_t found = DayOfDate({of, yearly.month, yearly.day});
    return found == kUnknown ? DayOfDate({of, yearly.month, yearly.day - 1}) : found;
  };
  const std::int64_t this_year = in_year(year);
  return this_year >= today ? this_year : in_year(year + 1);
}

}  // namespace lull::runtime::abi
