// How aggregates are read: from the slots of their stream, or from its window.
#include "compiler/lower_expression.h"
#include "runtime/base/check.h"

namespace lull::compiler {

using dsl::AggregateFunction;
using dsl::ExprKind;
using dsl::TypeKind;
using runtime::AbiId;

ValueId ExpressionLowering::TimeSince(ValueId instant) {
  const ValueId since = builder_.ISub(Clock(), instant);
  if (exact_age_ || !reading_.age) return since;
  // Just before an event of this very instant its age would be negative.
  const ValueId zero = builder_.ConstI64(0);
  return builder_.Select(builder_.ICompare(IrCompare::kLess, since, zero), zero, since);
}

void ExpressionLowering::SetSame(ValueId value) {
  const IrType type = builder_.type_of(value);
  const AbiId set = type == IrType::kF64    ? AbiId::kSameF64
                    : type == IrType::kText ? AbiId::kSameText
                                            : AbiId::kSameI64;
  builder_.Call(set, {value});
}

ValueId ExpressionLowering::Aggregate(dsl::AggregateId id) {
  const ValueId known = Remembered(ExprKind::kAggregate, id);
  if (known != kNone) return known;
  const dsl::Aggregate& aggregate = lowering_.program().aggregates[id];
  const AggregatePlan& plan = lowering_.plan.aggregates[id];
  LULL_CHECK(plan.stream != kNone);
  const ValueId value = plan.spec == kNone ? ScalarAggregate(aggregate, lowering_.plan.streams[plan.stream])
                                           : WindowAggregate(aggregate, plan.spec);
  return Remember(ExprKind::kAggregate, id, value);
}

ValueId ExpressionLowering::ScalarAggregate(const dsl::Aggregate& aggregate, const Stream& stream) {
  const auto load = [&](const Slot& slot) { return builder_.Load(slot.offset, slot.kind); };
  const bool of_time = aggregate.field.empty() || aggregate.field == "time";
  switch (aggregate.function) {
    case AggregateFunction::kCount:
      return load(stream.count);
    case AggregateFunction::kSum:
      return load(stream.sum.at(aggregate.field));
    case AggregateFunction::kAverage: {
      const ValueId sum = load(stream.sum.at(aggregate.field));
      const ValueId count = load(stream.known_count.at(aggregate.field));
      if (builder_.type_of(sum) == IrType::kF64) return builder_.FDiv(sum, count);
      return builder_.Call(AbiId::kScaleDown, {sum, count});
    }
    case AggregateFunction::kMinimum:
      return load(stream.minimum.at(aggregate.field));
    case AggregateFunction::kMaximum:
      return load(stream.maximum.at(aggregate.field));
    case AggregateFunction::kFirst:
      return load(of_time ? stream.first_time : stream.first.at(aggregate.field));
    case AggregateFunction::kLatest:
      return load(of_time ? stream.latest_time : stream.latest.at(aggregate.field));
    case AggregateFunction::kAny:
      return builder_.IsKnown(load(stream.latest_time));
    case AggregateFunction::kTimeSince:
      return TimeSince(load(stream.latest_time));
    case AggregateFunction::kGap:
      return builder_.ISub(load(stream.latest_time), load(stream.previous_time));
    case AggregateFunction::kCountDifferent:
      break;
  }
  LULL_CHECK(false);
  return kNone;
}

ValueId ExpressionLowering::WindowAggregate(const dsl::Aggregate& aggregate, std::uint32_t spec) {
  if (aggregate.same_value != kNone) {
    SetSame(Value(aggregate.same_value));
  }
  const ValueId arm = builder_.ConstBool(reading_.arm);
  const auto read = [&](AbiId id) { return builder_.Call(id, {U32(spec), arm}); };
  switch (aggregate.function) {
    case AggregateFunction::kAny:
      return builder_.FCompare(IrCompare::kGreater, read(AbiId::kAggregateF64), builder_.ConstF64(0));
    case AggregateFunction::kTimeSince:
      return TimeSince(read(AbiId::kAggregateI64));
    case AggregateFunction::kCount:
    case AggregateFunction::kCountDifferent:
      return read(AbiId::kAggregateF64);
    default:
      break;
  }
  if (aggregate.type.kind == TypeKind::kNumber) return read(AbiId::kAggregateF64);
  return read(aggregate.type.kind == TypeKind::kText ? AbiId::kAggregateText : AbiId::kAggregateI64);
}

}  // namespace lull::compiler
