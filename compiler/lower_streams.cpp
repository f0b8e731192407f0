// A stream that begins anew.
#include "compiler/lower_entity.h"

namespace lull::compiler {
namespace {

using runtime::AbiId;
using runtime::SlotKind;

void Clear(IrBuilder& build, const Slot& slot) {
  const IrType type = slot.kind == SlotKind::kF64    ? IrType::kF64
                      : slot.kind == SlotKind::kText ? IrType::kText
                                                     : IrType::kI64;
  const ValueId unknown = build.Unknown(type);
  build.Store(slot.offset, slot.kind, unknown);
}

void SetToZero(IrBuilder& build, const Slot& slot) {
  const ValueId zero = slot.kind == SlotKind::kF64 ? build.ConstF64(0) : build.ConstI64(0);
  build.Store(slot.offset, slot.kind, zero);
}

}  // namespace

void ClearStream(IrBuilder& build, const Stream& stream, ValueId since) {
  build.Store(stream.since_time.offset, stream.since_time.kind, since);
  if (stream.count.exists()) SetToZero(build, stream.count);
  for (const auto* zeros : {&stream.sum, &stream.known_count}) {
    for (const auto& [field, slot] : *zeros) SetToZero(build, slot);
  }
  for (const auto* slots : {&stream.latest, &stream.first, &stream.minimum, &stream.maximum}) {
    for (const auto& [field, slot] : *slots) Clear(build, slot);
  }
  for (const Slot& slot : {stream.latest_time, stream.previous_time, stream.first_time}) {
    if (slot.exists()) Clear(build, slot);
  }
  if (stream.window != kNone) build.Call(AbiId::kWindowClear, {build.ConstI64(stream.window)});
  for (const auto& [field, window] : stream.distinct) {
    build.Call(AbiId::kWindowClear, {build.ConstI64(window)});
  }
}

runtime::FunctionId LowerRestarts(Lowering& lowering, dsl::JourneyId journey, std::uint32_t stage) {
  FunctionInHand function(lowering, "restart_" + lowering.program().journeys[journey].name, kPlain);
  for (const Stream& stream : lowering.plan.streams) {
    if (stream.restart.IsEntering(journey, stage)) ClearStream(function.build, stream, function.build.Now());
  }
  return function.Finish();
}

}  // namespace lull::compiler
