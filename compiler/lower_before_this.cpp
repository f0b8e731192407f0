#include "compiler/lower_before_this.h"

#include <algorithm>
#include <tuple>

#include "compiler/meaning.h"
#include "dsl/program_walk.h"

namespace lull::compiler {
namespace {

using dsl::ExprKind;
using dsl::RootUse;

class BeforePlanner {
 public:
  explicit BeforePlanner(Plan& plan) : plan_(plan), program_(*plan.program) {}

  template <typename Definition>
  void AddAll(const Definition& definition) {
    dsl::VisitRoots(definition, [&](dsl::ExprId root, RootUse) {
      dsl::VisitExprs(program_, root, [&](dsl::ExprId id, const dsl::Expr& expr) {
        if (expr.kind == ExprKind::kBeforeThis) Add(definition.entity, id, expr);
      });
    });
  }

  /// A nudge that may wait for another moment keeps them with its event.
  void KeepAll() {
    for (dsl::NudgeId id = 0; id < program_.nudges.size(); ++id) {
      if (program_.nudges[id].valid_for != kNone) Keep(id);
    }
  }

 private:
  void Add(dsl::EntityId entity, dsl::ExprId id, const dsl::Expr& expr) {
    const auto next = plan_.frame_slot_count + static_cast<std::uint32_t>(plan_.before_values.size());
    const auto [found, is_new] =
        slots_.try_emplace({entity, expr.index, ExprMeaning(program_, expr.args[0])}, next);
    plan_.before_slots[id] = found->second;
    if (is_new) plan_.before_values.push_back({entity, expr.index, expr.args[0], next});
  }

  void Keep(dsl::NudgeId id) {
    std::map<std::uint32_t, std::pair<runtime::ValueType, std::uint64_t>> slots;
    dsl::VisitRoots(program_.nudges[id], [&](dsl::ExprId root, RootUse) {
      dsl::VisitExprs(program_, root, [&](dsl::ExprId expr_id, const dsl::Expr& expr) {
        if (expr.kind != ExprKind::kBeforeThis) return;
        slots[plan_.before_slots.at(expr_id)] = {
            ValueTypeOf(expr.type), MeaningHash("before " + ExprMeaning(program_, expr.args[0]))};
      });
    });
    for (const auto& [slot, what] : slots) {
      plan_.nudges[id].kept.push_back({slot, what.first, what.second});
    }
  }

  compiler::Plan& plan_;
  const dsl::CheckedProgram& program_;
  std::map<std::tuple<dsl::EntityId, dsl::EventSetId, std::string>, std::uint32_t> slots_;
};

}  // namespace

void PlanBeforeValues(Plan& plan) {
  BeforePlanner planner(plan);
  for (const dsl::Nudge& nudge : plan.program->nudges) planner.AddAll(nudge);
  for (dsl::JourneyId id = 0; id < plan.program->journeys.size(); ++id) {
    if (plan.journey_numbers[id] != kNone) planner.AddAll(plan.program->journeys[id]);
  }
  planner.KeepAll();
}

std::uint32_t BeforeSlotCount(const Plan& plan) {
  return static_cast<std::uint32_t>(plan.before_values.size());
}

void LowerBeforeValues(Lowering& lowering, dsl::EntityId entity, dsl::EventId event,
                       runtime::EntitySpec::EventFunctions& functions) {
  const dsl::CheckedProgram& program = lowering.program();
  FunctionInHand function(lowering,
                          "before_this_" + program.entities[entity].name + "_" + program.events[event].name,
                          kPlain, event);
  for (const BeforeValue& value : lowering.plan.before_values) {
    const bool concerned =
        value.entity == entity && std::ranges::count(lowering.plan.Events(value.events), event) > 0;
    if (!concerned) continue;
    function.build.Out(static_cast<std::uint32_t>(functions.before.size()), function.read.Value(value.value));
    functions.before.push_back({value.slot, ValueTypeOf(program.expr(value.value).type)});
  }
  functions.snapshot = function.Finish();
}

}  // namespace lull::compiler
