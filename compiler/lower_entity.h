// The functions of an entity: what an event updates, which conditions it can change, where its journeys go.
//
// Each function returns kNoFunction if there is nothing to do. Their contracts are those of
// runtime::EntitySpec.
#pragma once

#include "compiler/lower_expression.h"
#include "compiler/rule_graph.h"

namespace lull::compiler {

/// A function in the making.
class FunctionInHand {
 public:
  FunctionInHand(Lowering& lowering, std::string name, Reading reading, dsl::EventId own = kNone)
      : lowering_(lowering), build(lowering.module, function_), read(lowering, build, reading, own) {
    function_.name = std::move(name);
  }
  FunctionInHand(const FunctionInHand&) = delete;
  FunctionInHand& operator=(const FunctionInHand&) = delete;

  /// kNoFunction if nothing was written.
  runtime::FunctionId Finish() {
    if (function_.code.empty()) return runtime::kNoFunction;
    build.Finish();
    return lowering_.Add(std::move(function_));
  }

  /// Runs `body` where `condition` holds.
  template <typename Body>
  void If(ValueId condition, Body body) {
    if (build.IsConstBool(condition, true)) {
      body();
      return;
    }
    const LabelId yes = build.NewLabel();
    const LabelId done = build.NewLabel();
    build.BranchIf(condition, yes, done);
    build.Bind(yes);
    body();
    build.Branch(done);
    build.Bind(done);
    read.Forget();
  }

  /// What else must hold for a stall beside its time: `while` and `unless`, or the latter alone.
  ValueId Gate(const dsl::Stall& stall);
  ValueId NotUnless(const dsl::Stall& stall);
  /// Silence counts from the latest event, from the entity's first event if there was none.
  ValueId QuietSince(const StallPlan& plan);

  /// `condition` and `more`, which is computed only if needed.
  template <typename More>
  ValueId AndThen(ValueId condition, More more) {
    if (build.IsConstBool(condition, true)) return more();
    const LocalId result = build.NewLocal(IrType::kBool);
    build.Set(result, build.ConstBool(false));
    If(condition, [&] { build.Set(result, more()); });
    return build.Get(result);
  }

 private:
  Lowering& lowering_;
  Function function_;

 public:
  IrBuilder build;
  ExpressionLowering read;
};

/// Attributes, features and waits, then the journeys' transitions on this event and by condition.
runtime::FunctionId LowerUpdate(Lowering& lowering, dsl::EntityId entity, dsl::EventId event);
/// Updates the bits of these conditions, in this order.
runtime::FunctionId LowerConditions(Lowering& lowering, dsl::EntityId entity,
                                    const std::vector<ConditionId>& conditions, std::string name);
/// Tells the runtime what the conditions that depend on time were just before an event.
runtime::FunctionId LowerBefore(Lowering& lowering, dsl::EntityId entity,
                                const std::vector<ConditionId>& conditions, std::string name);
/// A deadline function (runtime/ruleset.h); kNoFunction for kNone.
runtime::FunctionId LowerDeadline(Lowering& lowering, std::string name, dsl::ExprId duration,
                                  Reading reading);
/// Of a part: its transitions `when`, for moments of its whole that are not its own.
runtime::FunctionId LowerLevels(Lowering& lowering, dsl::EntityId entity);
/// What a wait of `after each` computes for itself.
void LowerEachWait(Lowering& lowering, dsl::StallId stall, runtime::EachWaitSpec& spec);
/// Automatic and timed transitions.
runtime::FunctionId LowerAutomatic(Lowering& lowering, dsl::EntityId entity);
/// The nudges `on` this event.
runtime::FunctionId LowerEventNudges(Lowering& lowering, dsl::EntityId entity, dsl::EventId event);

/// Makes the stream as if nothing had happened before the instant `since`.
void ClearStream(IrBuilder& build, const Stream& stream, ValueId since);
/// Of the streams that begin anew when the journey enters the stage.
runtime::FunctionId LowerRestarts(Lowering& lowering, dsl::JourneyId journey, std::uint32_t stage);

/// Appends what an event does to sequences.
void LowerSequences(FunctionInHand& function, Lowering& lowering, dsl::EntityId entity, dsl::EventId event);
/// Appends the journeys' part to an update (`event` given), to the automatic function (kNone), which then
/// returns whether a journey moved, or only the transitions `when` (kLevelsOnly).
inline constexpr dsl::EventId kLevelsOnly = kNone - 1;
void LowerJourneys(FunctionInHand& function, Lowering& lowering, dsl::EntityId entity, dsl::EventId event);

}  // namespace lull::compiler
