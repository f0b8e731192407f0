// The functions of abi.h that concern the step: conditions, journeys, waits, nudges and wake-ups.
#include <array>
#include <cmath>

#include "runtime/abi.h"
#include "runtime/step.h"

namespace lull::runtime::abi {

void ConditionEdge(Moment* moment, std::uint32_t condition, std::uint64_t value) {
  StepOf(moment).OnConditionEdge(condition, value != 0);
}

void ConditionBefore(Moment* moment, std::uint32_t condition, std::uint64_t value) {
  StepOf(moment).OnConditionBefore(condition, value != 0);
}

std::uint64_t StallBegan(Moment* moment, std::uint32_t condition) {
  return StepOf(moment).StallBegan(condition) ? 1 : 0;
}

std::uint64_t MayEnter(Moment* moment, std::uint32_t journey, std::uint32_t stage) {
  return StepOf(moment).MayEnter(journey, stage) ? 1 : 0;
}

void Enter(Moment* moment, std::uint32_t journey, std::uint32_t stage) {
  StepOf(moment).Enter(journey, stage);
}

void EachOpen(Moment* moment, std::uint32_t wait, std::int64_t time, std::int64_t deadline) {
  StepOf(moment).OpenEach(wait, time, deadline);
}

void EachAnswer(Moment* moment, std::uint32_t wait, std::uint64_t with_same) {
  StepOf(moment).AnswerEach(wait, with_same != 0);
}

std::uint64_t EachUpdate(Moment* moment, std::uint32_t wait, std::uint64_t gate) {
  return StepOf(moment).UpdateEach(wait, gate != 0) ? 1 : 0;
}

std::uint64_t EachBefore(Moment* moment, std::uint32_t wait, std::uint64_t gate) {
  return StepOf(moment).OverdueBefore(wait, gate != 0) ? 1 : 0;
}

void Due(Moment* moment, std::uint32_t nudge) { StepOf(moment).Due(nudge); }

namespace {

enum class Side : std::uint8_t { kBelow, kZero, kAbove, kUnknown };

Side SideOfZero(double difference) {
  if (std::isnan(difference)) return Side::kUnknown;
  return difference < 0 ? Side::kBelow : difference > 0 ? Side::kAbove : Side::kZero;
}

/// A difference as a function of Moment::age_now. What evaluating it changes is put back.
class Difference {
 public:
  Difference(Moment* moment, std::uint32_t function)
      : moment_(moment),
        code_(moment->context->code->functions[function]),
        age_now_(moment->age_now),
        next_wake_(moment->next_wake),
        out_(moment->out),
        same_(moment->same) {
    moment_->out = results_.data();
  }
  ~Difference() { Restore(age_now_, out_); }
  Difference(const Difference&) = delete;
  Difference& operator=(const Difference&) = delete;

  double At(std::int64_t instant) {
    moment_->age_now = instant;
    code_(moment_);
    Restore(age_now_, results_.data());
    return results_[0].number;
  }

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

/// An instant after `from` at which the linear difference is on another side; kNever if it stays where it is
/// within the years that events may have.
std::int64_t BeyondCrossing(Difference& difference, std::int64_t from) {
  const double here = difference.At(from);
  const Side side = SideOfZero(here);
  const double in_a_day = difference.At(from + kMicrosPerDay);
  if (side == Side::kUnknown) return kNever;
  if (SideOfZero(in_a_day) != side) return from + kMicrosPerDay;
  if (std::fabs(in_a_day) >= std::fabs(here)) return kNever;
  const double days = here / (here - in_a_day);
  constexpr double kDaysMax = 400.0 * 366;
  if (!(days < kDaysMax)) return kNever;
  auto span = static_cast<std::int64_t>(days * static_cast<double>(kMicrosPerDay)) + 1;
  // The estimate may fall short by rounding.
  for (int attempt = 0; attempt < 16; ++attempt, span += span / 8 + 1) {
    if (SideOfZero(difference.At(from + span)) != side) return from + span;
  }
  return kNever;
}

/// While it lives, functions see the whole of the part in hand.
class OverWhole {
 public:
  explicit OverWhole(Moment* moment)
      : moment_(moment),
        record_(moment->record),
        out_(moment->out),
        same_(moment->same),
        entity_(moment->context->entity) {
    StepContext& context = *moment->context;
    moment->record = context.whole;
    moment->out = &result_;
    if (entity_->whole != kNoIndex) context.entity = &context.ruleset->entities[entity_->whole];
  }
  ~OverWhole() {
    moment_->record = record_;
    moment_->out = out_;
    moment_->same = same_;
    moment_->context->entity = entity_;
  }
  OverWhole(const OverWhole&) = delete;
  OverWhole& operator=(const OverWhole&) = delete;

  const FieldValue& Value(std::uint32_t function) {
    moment_->context->code->functions[function](moment_);
    return result_;
  }

 private:
  Moment* moment_;
  std::byte* record_;
  FieldValue* out_;
  FieldValue same_;
  const EntitySpec* entity_;
  FieldValue result_;
};

}  // namespace

std::int64_t WholeI64(Moment* moment, std::uint32_t function) {
  return OverWhole(moment).Value(function).integer;
}

double WholeF64(Moment* moment, std::uint32_t function) { return OverWhole(moment).Value(function).number; }

TextView WholeText(Moment* moment, std::uint32_t function) { return OverWhole(moment).Value(function).text; }

void ArmCrossing(Moment* moment, std::uint32_t difference_function) {
  std::int64_t found = kNever;
  {
    Difference difference(moment, difference_function);
    const std::int64_t from = moment->age_now;
    std::int64_t beyond = BeyondCrossing(difference, from);
    if (beyond == kNever) return;
    const Side side = SideOfZero(difference.At(from));
    std::int64_t before = from;
    while (beyond - before > 1) {
      const std::int64_t middle = before + (beyond - before) / 2;
      (SideOfZero(difference.At(middle)) == side ? before : beyond) = middle;
    }
    found = beyond;
  }
  if (found < moment->next_wake) moment->next_wake = found;
}

}  // namespace lull::runtime::abi
