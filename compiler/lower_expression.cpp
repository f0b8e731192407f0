#include "compiler/lower_expression.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "compiler/lower_time.h"
#include "runtime/base/check.h"

namespace lull::compiler {

using dsl::Expr;
using dsl::ExprId;
using dsl::ExprKind;
using dsl::TypeKind;
using runtime::AbiId;

namespace {

/// digits / divisor, both whole.
struct Decimal {
  double digits = 0;
  double divisor = 1;
};

/// A literal as it was written: 2% is 2 / 100, not the nearest double. Nothing if it is whole, or too long
/// for this to be exact.
std::optional<Decimal> ExactDecimal(double number) {
  Decimal decimal{number, 1};
  for (int places = 1; places <= 9; ++places) {
    decimal.divisor *= 10;
    decimal.digits = std::round(number * decimal.divisor);
    if (decimal.digits / decimal.divisor == number) break;
  }
  const bool exact = decimal.digits / decimal.divisor == number && std::abs(decimal.digits) < 1e9;
  if (!exact || std::trunc(number) == number) return std::nullopt;
  return decimal;
}

}  // namespace

IrType IrTypeOf(TypeKind kind) {
  if (kind == TypeKind::kNumber) return IrType::kF64;
  return kind == TypeKind::kText ? IrType::kText : IrType::kI64;
}

runtime::FunctionId Lowering::Add(Function function) {
  module.functions.push_back(std::move(function));
  return static_cast<runtime::FunctionId>(module.functions.size() - 1);
}

ValueId ExpressionLowering::Remembered(ExprKind kind, std::uint32_t index) {
  const auto found = std::ranges::find_if(
      known_, [&](const Known& known) { return known.kind == kind && known.index == index; });
  return found == known_.end() ? kNone : found->value;
}

ValueId ExpressionLowering::Remember(ExprKind kind, std::uint32_t index, ValueId value) {
  if (!exact_age_) known_.push_back({kind, index, value});
  return value;
}

ValueId ExpressionLowering::ConditionOrYes(ExprId expr) {
  return expr == kNone ? builder_.ConstBool(true) : Condition(expr);
}

ValueId ExpressionLowering::Condition(ExprId id) {
  const Expr& expr = At(id);
  switch (expr.kind) {
    case ExprKind::kLiteral:
      return builder_.ConstBool(expr.integer == 1);
    case ExprKind::kNot:
      return builder_.Not(Condition(expr.args[0]));
    case ExprKind::kAnd:
    case ExprKind::kOr:
      return ShortCircuit(expr);
    case ExprKind::kCompare:
      return Compare(expr);
    case ExprKind::kOneOf:
      return OneOf(expr);
    case ExprKind::kStartsWith:
      return builder_.Call(AbiId::kTextStartsWith, {Value(expr.args[0]), Value(expr.args[1])});
    case ExprKind::kEndsWith:
      return builder_.Call(AbiId::kTextEndsWith, {Value(expr.args[0]), Value(expr.args[1])});
    case ExprKind::kContains:
      return builder_.Call(AbiId::kTextContains, {Value(expr.args[0]), Value(expr.args[1])});
    case ExprKind::kLike:
      return builder_.Call(AbiId::kTextLike, {Value(expr.args[0]), Value(expr.args[1])});
    case ExprKind::kIsKnown:
      return builder_.IsKnown(Value(expr.args[0]));
    case ExprKind::kIsUnknown:
      return builder_.Not(builder_.IsKnown(Value(expr.args[0])));
    case ExprKind::kStall:
      return builder_.Held(lowering_.plan.StallCondition(expr.index));
    case ExprKind::kCalendarOpen: {
      const ValueId clock = Clock();
      const ValueId arm = builder_.ConstBool(reading_.arm);
      return builder_.Call(AbiId::kCalendarIsOpen, {U32(expr.index), clock, arm});
    }
    case ExprKind::kIf:
      return If(expr, true);
    case ExprKind::kFeature:
      return builder_.FlagIsYes(Value(id));
    case ExprKind::kAggregate:
      if (lowering_.program().aggregates[expr.index].function == dsl::AggregateFunction::kAny) {
        return Aggregate(expr.index);
      }
      return builder_.FlagIsYes(Value(id));
    default:
      return builder_.FlagIsYes(Value(id));
  }
}

/// Worth computing where it may not be needed: no calls, no branches, nothing armed.
bool ExpressionLowering::IsCheap(ExprId id) const {
  const Expr& expr = At(id);
  if (expr.depends_on_time) return false;
  switch (expr.kind) {
    case ExprKind::kLiteral:
    case ExprKind::kAttribute:
    case ExprKind::kField:
    case ExprKind::kStage:
    case ExprKind::kStall:
      return true;
    case ExprKind::kNot:
    case ExprKind::kIsKnown:
    case ExprKind::kIsUnknown:
      return expr.args.empty() || IsCheap(expr.args[0]);
    case ExprKind::kCompare:
      return At(expr.args[0]).type.kind != TypeKind::kText && IsCheap(expr.args[0]) && IsCheap(expr.args[1]);
    default:
      return false;
  }
}

ValueId ExpressionLowering::ShortCircuit(const Expr& expr) {
  const bool is_and = expr.kind == ExprKind::kAnd;
  const ValueId left = Condition(expr.args[0]);
  if (IsCheap(expr.args[1])) {
    const ValueId right = Condition(expr.args[1]);
    return is_and ? builder_.And(left, right) : builder_.Or(left, right);
  }
  if (builder_.IsConstBool(left, !is_and)) return left;
  const LocalId result = builder_.NewLocal(IrType::kBool);
  const LabelId more = builder_.NewLabel();
  const LabelId done = builder_.NewLabel();
  builder_.Set(result, left);
  builder_.BranchIf(left, is_and ? more : done, is_and ? done : more);
  builder_.Bind(more);
  {
    const Scope scope(*this);
    builder_.Set(result, Condition(expr.args[1]));
  }
  builder_.Branch(done);
  builder_.Bind(done);
  return builder_.Get(result);
}

ValueId ExpressionLowering::CompareValues(dsl::CompareOp op, dsl::Type type, ValueId a, ValueId b) {
  const auto compare = static_cast<IrCompare>(op);
  if (type.kind == TypeKind::kNumber) return builder_.FCompare(compare, a, b);
  if (type.kind != TypeKind::kText) return builder_.ICompare(compare, a, b);
  const ValueId equal = builder_.Call(AbiId::kTextEqual, {a, b});
  if (op == dsl::CompareOp::kEqual) return equal;
  LULL_CHECK(op == dsl::CompareOp::kNotEqual);
  return builder_.And(builder_.Not(equal), builder_.And(builder_.IsKnown(a), builder_.IsKnown(b)));
}

ValueId ExpressionLowering::Compare(const Expr& expr) {
  const ValueId a = Value(expr.args[0]);
  const ValueId b = Value(expr.args[1]);
  // After the sides, which arm where they bend.
  if (reading_.arm && expr.depends_on_time) TimeLowering(*this).ArmComparison(expr);
  return CompareValues(expr.compare, At(expr.args[0]).type, a, b);
}

ValueId ExpressionLowering::OneOf(const Expr& expr) {
  const ValueId value = Value(expr.args[0]);
  const dsl::Type type = At(expr.args[0]).type;
  for (std::size_t i = 1; reading_.arm && expr.depends_on_time && i < expr.args.size(); ++i) {
    Value(expr.args[i]);
    TimeLowering(*this).ArmMeeting(expr.args[0], expr.args[i]);
  }
  ValueId any = builder_.ConstBool(false);
  for (std::size_t i = 1; i < expr.args.size(); ++i) {
    any = builder_.Or(any, CompareValues(dsl::CompareOp::kEqual, type, value, Value(expr.args[i])));
  }
  return any;
}

ValueId ExpressionLowering::If(const Expr& expr, bool as_condition) {
  const LocalId result = builder_.NewLocal(as_condition ? IrType::kBool : IrTypeOf(expr.type.kind));
  const LabelId yes = builder_.NewLabel();
  const LabelId no = builder_.NewLabel();
  const LabelId done = builder_.NewLabel();
  builder_.BranchIf(Condition(expr.args[0]), yes, no);
  for (const auto& [label, argument] : {std::pair{yes, expr.args[1]}, std::pair{no, expr.args[2]}}) {
    const Scope scope(*this);
    builder_.Bind(label);
    builder_.Set(result, as_condition ? Condition(argument) : Value(argument));
    builder_.Branch(done);
  }
  builder_.Bind(done);
  return builder_.Get(result);
}

ValueId ExpressionLowering::Literal(const Expr& expr) {
  if (expr.type.kind == TypeKind::kNumber) return builder_.ConstF64(expr.number);
  if (expr.type.kind == TypeKind::kText) return builder_.ConstText(expr.text);
  return builder_.ConstI64(expr.integer);
}

ValueId ExpressionLowering::Value(ExprId id) {
  const Expr& expr = At(id);
  LULL_CHECK(expr.type.kind != TypeKind::kCalendarDuration);
  switch (expr.kind) {
    case ExprKind::kLiteral:
      return Literal(expr);
    case ExprKind::kTemplate:
      LULL_CHECK(expr.args.empty());
      return builder_.ConstText(expr.texts.empty() ? expr.text : expr.texts.front());
    case ExprKind::kAttribute: {
      const Slot slot = lowering_.plan.attributes[expr.index];
      return builder_.Load(slot.offset, slot.kind);
    }
    case ExprKind::kField:
      if (expr.scope == dsl::FieldScope::kTrigger) return TriggerField(expr.index, expr.text, expr.text);
      if (expr.scope == dsl::FieldScope::kStep) {
        return TriggerField(expr.index, expr.text, std::to_string(expr.integer) + "." + expr.text);
      }
      return own_ == kNone ? Field(expr.index, expr.text) : OwnField(expr.text);
    case ExprKind::kFeature: {
      const ValueId known = Remembered(expr.kind, expr.index);
      if (known != kNone) return known;
      return Remember(expr.kind, expr.index, Value(lowering_.program().features[expr.index].value));
    }
    case ExprKind::kScore: {
      const ValueId known = Remembered(expr.kind, expr.index);
      return known != kNone ? known : Remember(expr.kind, expr.index, Score(expr.index));
    }
    case ExprKind::kArm: {
      const ValueId known = Remembered(expr.kind, expr.index);
      if (known != kNone) return known;
      return Remember(expr.kind, expr.index, builder_.Call(AbiId::kArm, {U32(expr.index)}));
    }
    case ExprKind::kTaskOutcome:
      return builder_.Call(AbiId::kTaskOutcome, {U32(expr.index)});
    case ExprKind::kStage: {
      const Slot slot = lowering_.plan.journeys[expr.index].stage;
      return builder_.Load(slot.offset, slot.kind);
    }
    case ExprKind::kAggregate: {
      const ValueId value = Aggregate(expr.index);
      return builder_.type_of(value) == IrType::kBool ? builder_.BoolToFlag(value) : value;
    }
    case ExprKind::kOfWhole:
      return OfWhole(expr);
    case ExprKind::kNegate:
    case ExprKind::kAdd:
    case ExprKind::kSubtract:
    case ExprKind::kMultiply:
    case ExprKind::kDivide:
      return Arithmetic(expr);
    case ExprKind::kIf:
      return If(expr, false);
    case ExprKind::kSmaller:
    case ExprKind::kLarger:
      return Extreme(expr);
    case ExprKind::kRound: {
      const AbiId round = expr.type.kind == TypeKind::kNumber ? AbiId::kRoundNumber : AbiId::kRoundMoney;
      return builder_.Call(round, {Value(expr.args[0]), U32(static_cast<std::uint32_t>(expr.rounding))});
    }
    case ExprKind::kLowerCase:
      return builder_.Call(AbiId::kTextLowerCase, {Value(expr.args[0])});
    case ExprKind::kLength:
      return builder_.Call(AbiId::kTextLength, {Value(expr.args[0])});
    case ExprKind::kUnknown:
      return builder_.Unknown(IrTypeOf(expr.type.kind));
    case ExprKind::kLookup:
      return LookUp(expr);
    case ExprKind::kOrElse: {
      const ValueId value = Value(expr.args[0]);
      return builder_.Select(builder_.IsKnown(value), value, Value(expr.args[1]));
    }
    case ExprKind::kTimeUntil:
      return TimeUntil(expr);
    case ExprKind::kTimeOnDay:
      return TimeOnDay(expr);
    case ExprKind::kNextYearly:
      return NextYearly(expr);
    case ExprKind::kTimeIn:
      return TimeIn(expr);
    case ExprKind::kOpenTimeIn:
      return OpenTimeIn(expr);
    case ExprKind::kBeforeThis:
      return builder_.Field(lowering_.plan.before_slots.at(id), IrTypeOf(expr.type.kind));
    case ExprKind::kKey:
      return builder_.Call(AbiId::kEntityKey, {});
    default:
      return builder_.BoolToFlag(Condition(id));
  }
}

// A part's function sees the part's record only: the value is a function of its own, run over the whole.
ValueId ExpressionLowering::OfWhole(const Expr& expr) {
  const Expr& value = At(expr.args[0]);
  const auto [found, is_new] = lowering_.whole_reads.try_emplace(
      {value.kind, value.index, reading_.age, reading_.arm, exact_age_, exact_until_}, runtime::kNoFunction);
  if (is_new) {
    Function function;
    function.name = "of_whole_" + std::to_string(lowering_.module.functions.size());
    IrBuilder builder(lowering_.module, function);
    ExpressionLowering read(lowering_, builder, reading_);
    read.exact_age_ = exact_age_;
    read.exact_until_ = exact_until_;
    const ValueId result = read.Value(expr.args[0]);
    if (reading_.arm) TimeLowering(read).ArmBends(expr.args[0], true);
    builder.Out(0, result);
    builder.Finish();
    found->second = lowering_.Add(std::move(function));
  }
  const IrType type = IrTypeOf(value.type.kind);
  const AbiId read = type == IrType::kF64    ? AbiId::kWholeF64
                     : type == IrType::kText ? AbiId::kWholeText
                                             : AbiId::kWholeI64;
  const ValueId function = U32(found->second);
  return builder_.Call(read, {function});
}

ValueId ExpressionLowering::Text(ExprId id) {
  const Expr& expr = At(id);
  if (expr.type.kind == TypeKind::kText) return Value(id);
  const bool is_choice = expr.type.kind == TypeKind::kChoice;
  LULL_CHECK(is_choice || expr.type.kind == TypeKind::kStage);
  std::vector<std::string> names;
  if (is_choice) {
    names = lowering_.program().choices[expr.type.of].values;
  } else {
    for (const dsl::Stage& stage : lowering_.program().journeys[expr.type.of].stages)
      names.push_back(stage.name);
  }
  const ValueId value = Value(id);
  ValueId text = builder_.Unknown(IrType::kText);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ValueId is =
        builder_.ICompare(IrCompare::kEqual, value, builder_.ConstI64(static_cast<std::int64_t>(i)));
    text = builder_.Select(is, builder_.ConstText(names[i]), text);
  }
  return text;
}

ValueId ExpressionLowering::Field(dsl::EventSetId set, const std::string& name) {
  if (name == "time") return builder_.EventTime();
  return builder_.Field(lowering_.plan.FieldSlot(set, name),
                        IrTypeOf(lowering_.plan.FieldType(set, name).kind));
}

ValueId ExpressionLowering::TriggerField(dsl::EventSetId set, const std::string& name,
                                         const std::string& kept_as) {
  if (opening_ != nullptr && opening_->contains(kept_as)) {
    const Slot slot = opening_->at(kept_as);
    return builder_.Load(slot.offset, slot.kind);
  }
  if (beside_ != nullptr && beside_->contains(kept_as)) {
    return builder_.Field(beside_->at(kept_as), IrTypeOf(lowering_.plan.FieldType(set, name).kind));
  }
  return Field(set, name);
}

ValueId ExpressionLowering::OwnField(const std::string& name) {
  if (name == "time") return builder_.EventTime();
  const auto& fields = lowering_.program().events[own_].fields;
  const auto found = std::ranges::find(fields, name, &dsl::EventField::name);
  LULL_CHECK(found != fields.end());
  return builder_.Field(lowering_.plan.field_slots[own_][static_cast<std::size_t>(found - fields.begin())],
                        IrTypeOf(found->type.kind));
}

ValueId ExpressionLowering::Arithmetic(const Expr& expr) {
  if (expr.kind == ExprKind::kMultiply) return Product(expr);
  if (expr.kind == ExprKind::kDivide) return Quotient(expr);
  const bool is_number = expr.type.kind == TypeKind::kNumber;
  const ValueId a = Value(expr.args[0]);
  if (expr.kind != ExprKind::kNegate && At(expr.args[1]).type.kind == TypeKind::kCalendarDuration) {
    return Counted(a, expr.args[1], {expr.kind == ExprKind::kSubtract, expr.type.kind == TypeKind::kDate});
  }
  if (expr.kind == ExprKind::kNegate) return is_number ? builder_.FNeg(a) : builder_.INeg(a);
  const ValueId b = Value(expr.args[1]);
  const bool add = expr.kind == ExprKind::kAdd;
  if (is_number) return add ? builder_.FAdd(a, b) : builder_.FSub(a, b);
  if (add) return builder_.IAdd(a, b);
  const ValueId difference = builder_.ISub(a, b);
  const bool of_dates =
      At(expr.args[0]).type.kind == TypeKind::kDate && expr.type.kind == TypeKind::kDuration;
  if (!of_dates) return difference;
  return builder_.Call(AbiId::kScale, {difference, builder_.ConstF64(static_cast<double>(kMicrosPerDay))});
}

ValueId ExpressionLowering::Product(const Expr& expr) {
  const ValueId a = Value(expr.args[0]);
  const ValueId b = Value(expr.args[1]);
  if (expr.type.kind == TypeKind::kNumber) return builder_.FMul(a, b);
  const bool number_first = builder_.type_of(a) == IrType::kF64;
  const ValueId amount = number_first ? b : a;
  const Expr& factor = At(expr.args[number_first ? 0 : 1]);
  const std::optional<Decimal> decimal =
      factor.kind == ExprKind::kLiteral ? ExactDecimal(factor.number) : std::nullopt;
  if (!decimal) return builder_.Call(AbiId::kScale, {amount, number_first ? a : b});
  const ValueId scaled = builder_.Call(AbiId::kScale, {amount, builder_.ConstF64(decimal->digits)});
  return builder_.Call(AbiId::kScaleDown, {scaled, builder_.ConstF64(decimal->divisor)});
}

ValueId ExpressionLowering::Quotient(const Expr& expr) {
  const ValueId a = Value(expr.args[0]);
  const ValueId b = Value(expr.args[1]);
  if (builder_.type_of(a) == IrType::kF64) return builder_.FDiv(a, b);
  const bool by_number = builder_.type_of(b) == IrType::kF64;
  return builder_.Call(by_number ? AbiId::kScaleDown : AbiId::kRatio, {a, b});
}

ValueId ExpressionLowering::Extreme(const Expr& expr) {
  const auto op = expr.kind == ExprKind::kSmaller ? IrCompare::kLess : IrCompare::kGreater;
  ValueId best = Value(expr.args[0]);
  for (std::size_t i = 1; i < expr.args.size(); ++i) {
    const ValueId next = Value(expr.args[i]);
    const ValueId better = expr.type.kind == TypeKind::kNumber ? builder_.FCompare(op, next, best)
                                                               : builder_.ICompare(op, next, best);
    // Unknown beats all: an unknown `best` is never beaten, an unknown `next` always wins.
    best = builder_.Select(builder_.Or(better, builder_.Not(builder_.IsKnown(next))), next, best);
  }
  return best;
}

ValueId ExpressionLowering::Score(dsl::ScoreId id) {
  const dsl::Score& score = lowering_.program().scores[id];
  ValueId total = score.start == kNone ? builder_.ConstF64(0) : Value(score.start);
  for (const dsl::ScorePart& part : score.parts) {
    const ValueId applies = ConditionOrYes(part.when);
    ValueId points = Value(part.points);
    if (part.take) points = builder_.FNeg(points);
    total = builder_.Select(applies, builder_.FAdd(total, points), total);
  }
  if (score.minimum != kNone) {
    const ValueId minimum = Value(score.minimum);
    total = builder_.Select(builder_.FCompare(IrCompare::kLess, total, minimum), minimum, total);
  }
  if (score.maximum != kNone) {
    const ValueId maximum = Value(score.maximum);
    total = builder_.Select(builder_.FCompare(IrCompare::kGreater, total, maximum), maximum, total);
  }
  return total;
}

ValueId ExpressionLowering::Later(ValueId instant, ValueId other) {
  return builder_.Select(builder_.ICompare(IrCompare::kGreater, instant, other), instant, other);
}

ValueId ExpressionLowering::Reached(ValueId instant) {
  if (reading_.arm) builder_.Arm(instant);
  return builder_.ICompare(IrCompare::kGreaterEqual, Clock(), instant);
}

}  // namespace lull::compiler
