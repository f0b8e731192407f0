// The nudges `on` an event. Many rules look at the same few values, so conditions over one value are merged:
// nudges that compare it with equal texts or choices share one comparison, and thresholds of one direction
// are asked weakest first, up to the first that does not hold. The cost of an event then grows with the rules
// that it meets, not with those there are.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "compiler/lower_entity.h"

namespace lull::compiler {
namespace {

using dsl::CompareOp;
using dsl::ExprId;
using dsl::ExprKind;
using runtime::AbiId;

/// Below so many nudges that ask the same value, merging only adds branches.
constexpr std::size_t kMergeMin = 4;

/// A nudge, and what of its `where` has not been asked yet: all of it must hold.
struct Item {
  dsl::NudgeId nudge = 0;
  std::vector<ExprId> conditions;
};

/// Comparisons that can be merged: of one value, in one direction. kEqual, kGreater (>, >=) or kLess (<, <=).
using AskedValue = std::tuple<CompareOp, ExprKind, std::uint32_t, std::string>;

/// What a value is compared with; only one of the three says something.
using Bound = std::tuple<std::int64_t, double, std::string>;

class EventNudges {
 public:
  EventNudges(Lowering& lowering, FunctionInHand& function)
      : lowering_(lowering), function_(function), program_(lowering.program()) {}

  void Lower(std::vector<Item> items) {
    while (!items.empty()) {
      const std::optional<AskedValue> asked = MostAsked(items);
      if (!asked) break;
      const auto others = std::stable_partition(
          items.begin(), items.end(), [&](const Item& item) { return PlaceOf(item, *asked).has_value(); });
      std::vector<Item> merged(std::make_move_iterator(items.begin()), std::make_move_iterator(others));
      items.erase(items.begin(), others);
      if (std::get<CompareOp>(*asked) == CompareOp::kEqual) {
        LowerEqual(std::move(merged), *asked);
      } else {
        LowerThresholds(std::move(merged), *asked);
      }
    }
    for (const Item& item : items) LowerOne(item);
  }

  /// The conditions of which all must hold.
  std::vector<ExprId> Split(ExprId condition) const {
    if (condition == kNone) return {};
    const dsl::Expr& expr = program_.expr(condition);
    if (expr.kind != ExprKind::kAnd) return {condition};
    std::vector<ExprId> parts;
    for (const ExprId argument : expr.args) {
      for (const ExprId part : Split(argument)) parts.push_back(part);
    }
    return parts;
  }

 private:
  const dsl::Expr& At(ExprId id) const { return program_.expr(id); }

  std::optional<AskedValue> AskedOf(ExprId id) const {
    const dsl::Expr& expr = At(id);
    if (expr.kind != ExprKind::kCompare || At(expr.args[1]).kind != ExprKind::kLiteral) return std::nullopt;
    const dsl::Expr& value = At(expr.args[0]);
    // The event in hand is one: its fields have one meaning by their names.
    const bool is_field = value.kind == ExprKind::kField && value.scope != dsl::FieldScope::kStep;
    if (!is_field && value.kind != ExprKind::kAttribute) return std::nullopt;
    const std::uint32_t index = is_field ? 0 : value.index;
    const std::string name = is_field ? value.text : std::string();
    switch (expr.compare) {
      case CompareOp::kEqual:
        return AskedValue{CompareOp::kEqual, value.kind, index, name};
      case CompareOp::kGreater:
      case CompareOp::kGreaterEqual:
        return AskedValue{CompareOp::kGreater, value.kind, index, name};
      case CompareOp::kLess:
      case CompareOp::kLessEqual:
        return AskedValue{CompareOp::kLess, value.kind, index, name};
      case CompareOp::kNotEqual:
        break;
    }
    return std::nullopt;
  }

  Bound BoundOf(ExprId comparison) const {
    const dsl::Expr& bound = At(At(comparison).args[1]);
    if (bound.type.kind == dsl::TypeKind::kText) return {0, 0, bound.text};
    if (bound.type.kind == dsl::TypeKind::kNumber) return {0, bound.number, {}};
    return {bound.integer, 0, {}};
  }

  /// Which condition of the item asks the value.
  std::optional<std::size_t> PlaceOf(const Item& item, const AskedValue& asked) const {
    for (std::size_t place = 0; place < item.conditions.size(); ++place) {
      if (AskedOf(item.conditions[place]) == asked) return place;
    }
    return std::nullopt;
  }

  std::optional<AskedValue> MostAsked(const std::vector<Item>& items) const {
    std::map<AskedValue, std::size_t> counts;
    for (const Item& item : items) {
      std::vector<AskedValue> own;
      for (const ExprId condition : item.conditions) {
        const std::optional<AskedValue> asked = AskedOf(condition);
        if (!asked || std::ranges::find(own, *asked) != own.end()) continue;
        own.push_back(*asked);
        ++counts[*asked];
      }
    }
    // Among equals the first: equality, which leaves fewest.
    const auto most = std::ranges::max_element(counts, {}, [](const auto& count) { return count.second; });
    if (most == counts.end() || most->second < kMergeMin) return std::nullopt;
    return most->first;
  }

  /// Takes the condition that asks the value out of the item.
  ExprId TakeOut(Item& item, const AskedValue& asked) const {
    const auto place = item.conditions.begin() + static_cast<std::ptrdiff_t>(*PlaceOf(item, asked));
    const ExprId condition = *place;
    item.conditions.erase(place);
    return condition;
  }

  /// One comparison, and all items that have it.
  struct Group {
    ExprId condition = kNone;
    std::vector<Item> items;
  };

  void LowerEqual(std::vector<Item> items, const AskedValue& asked) {
    std::map<Bound, Group> groups;
    for (Item& item : items) {
      const ExprId condition = TakeOut(item, asked);
      Group& group = groups[BoundOf(condition)];
      group.condition = condition;
      group.items.push_back(std::move(item));
    }
    for (auto& [bound, group] : groups) {
      function_.If(function_.read.Condition(group.condition), [&] { Lower(std::move(group.items)); });
    }
  }

  void LowerThresholds(std::vector<Item> items, const AskedValue& asked) {
    const bool is_lower_bound = std::get<CompareOp>(asked) == CompareOp::kGreater;
    // Of two with one bound the one that the bound itself meets is the weaker.
    std::map<std::pair<Bound, bool>, Group> groups;
    for (Item& item : items) {
      const ExprId condition = TakeOut(item, asked);
      const bool is_strict =
          At(condition).compare == CompareOp::kGreater || At(condition).compare == CompareOp::kLess;
      Group& group = groups[{BoundOf(condition), is_strict == is_lower_bound}];
      group.condition = condition;
      group.items.push_back(std::move(item));
    }
    std::vector<Group*> weakest_first;
    for (auto& [bound, group] : groups) weakest_first.push_back(&group);
    if (!is_lower_bound) std::ranges::reverse(weakest_first);
    IrBuilder& build = function_.build;
    const LabelId done = build.NewLabel();
    for (Group* group : weakest_first) {
      const LabelId holds = build.NewLabel();
      build.BranchIf(function_.read.Condition(group->condition), holds, done);
      build.Bind(holds);
      Lower(std::move(group->items));
    }
    build.Branch(done);
    build.Bind(done);
    function_.read.Forget();
  }

  ValueId Where(const Item& item) {
    const dsl::Nudge& nudge = program_.nudges[item.nudge];
    IrBuilder& build = function_.build;
    if (nudge.sequence != kNone) {
      const Slot done = lowering_.plan.sequences[nudge.sequence].done;
      return build.FlagIsYes(build.Load(done.offset, done.kind));
    }
    if (item.conditions == Split(nudge.where)) return function_.read.ConditionOrYes(nudge.where);
    return All(item.conditions, 0);
  }

  ValueId All(const std::vector<ExprId>& conditions, std::size_t from) {
    if (from == conditions.size()) return function_.build.ConstBool(true);
    const ValueId first = function_.read.Condition(conditions[from]);
    return from + 1 == conditions.size()
               ? first
               : function_.AndThen(first, [&] { return All(conditions, from + 1); });
  }

  ValueId IsFree(const Item& item) {
    const dsl::Nudge& nudge = program_.nudges[item.nudge];
    IrBuilder& build = function_.build;
    if (nudge.again_after == kNone) return build.ConstBool(true);
    const Slot last = lowering_.plan.nudges[item.nudge].last_due;
    const ValueId due = build.Load(last.offset, last.kind);
    const ValueId free_at = function_.read.After(due, nudge.again_after);
    const ValueId over = build.ICompare(IrCompare::kGreaterEqual, build.Now(), free_at);
    return build.Or(over, build.Not(build.IsKnown(due)));
  }

  void LowerOne(const Item& item) {
    const dsl::Nudge& nudge = program_.nudges[item.nudge];
    if (nudge.sequence != kNone) {
      function_.read.SetOpening(&lowering_.plan.sequences[nudge.sequence].fields.back());
    }
    const ValueId free = function_.AndThen(Where(item), [&] { return IsFree(item); });
    const ValueId due =
        function_.AndThen(free, [&] { return function_.read.ConditionOrYes(nudge.if_condition); });
    function_.If(due, [&] { function_.build.Call(AbiId::kDue, {function_.build.ConstI64(item.nudge)}); });
    function_.read.SetOpening(nullptr);
  }

  Lowering& lowering_;
  FunctionInHand& function_;
  const dsl::CheckedProgram& program_;
};

}  // namespace

runtime::FunctionId LowerEventNudges(Lowering& lowering, dsl::EntityId entity, dsl::EventId event) {
  const dsl::CheckedProgram& program = lowering.program();
  FunctionInHand function(
      lowering, "nudges_" + program.entities[entity].name + "_" + program.events[event].name, kPlain, event);
  EventNudges nudges(lowering, function);
  std::vector<Item> items;
  for (dsl::NudgeId n = 0; n < program.nudges.size(); ++n) {
    const dsl::Nudge& nudge = program.nudges[n];
    const bool concerned = nudge.entity == entity && nudge.trigger == dsl::TriggerKind::kEvent &&
                           std::ranges::count(lowering.plan.Events(nudge.events), event) > 0;
    if (!concerned) continue;
    // What a sequence's last step asks has been asked when the sequence went on.
    items.push_back({n, nudge.sequence == kNone ? nudges.Split(nudge.where) : std::vector<ExprId>{}});
  }
  nudges.Lower(std::move(items));
  return function.Finish();
}

}  // namespace lull::compiler
