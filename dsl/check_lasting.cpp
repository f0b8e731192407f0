// The clauses that shape a rule over time: `valid for`, `repeat every`, `keep when over`, `including
// existing`, and the `until` of a stall.
#include "dsl/checker.h"

namespace lull::dsl {
namespace {

constexpr std::int64_t kRemindersMax = 1'000;

}  // namespace

void Checker::CheckValidFor(const syntax::NudgeDecl& decl, const Scope& scope, Nudge& nudge) {
  if (!decl.valid_for.exists()) return;
  Scope valid = scope;
  if (nudge.sequence != kNone) valid.named.clear();
  nudge.valid_for = CheckDuration(decl.valid_for, valid);
  RequirePositive(nudge.valid_for);
  if (!nudge.lasts()) return;
  diagnostics_.Report(Code::kOnlyForOn, tree_[decl.valid_for].span, "`valid for` is for `on` nudges")
      .Explain("a `while` nudge waits as long as its state lasts")
      .Help("leave `valid for` out, or write `on` instead of `while`");
}

void Checker::CheckRepeat(const syntax::NudgeDecl& decl, const Scope& scope, Nudge& nudge) {
  if (!decl.repeat_every.exists()) return;
  nudge.repeat_every = CheckDuration(decl.repeat_every, scope);
  RequirePositive(nudge.repeat_every);
  if (decl.repeat_max.exists()) {
    const auto count = ConstantCount(decl.repeat_max, 1, kRemindersMax);
    nudge.repeat_max = static_cast<std::uint32_t>(count.value_or(1));
  }
  if (nudge.lasts()) return;
  diagnostics_.Report(Code::kOnlyForWhile, tree_[decl.repeat_every].span, "reminders are for `while` nudges")
      .Explain("they come as long as a state lasts, and a moment does not last")
      .Help("write `while` and a stall or a condition instead of `on`");
}

void Checker::CheckKeepWhenOver(const syntax::NudgeDecl& decl, Nudge& nudge) {
  nudge.keep_when_over = decl.keep_when_over.exists();
  if (!nudge.keep_when_over) return;
  if (!nudge.lasts()) {
    diagnostics_.Report(Code::kOnlyForWhile, decl.keep_when_over, "`keep when over` is for `while` nudges")
        .Explain("the task of an `on` nudge stays open anyway, unless a `withdraw when` takes it back")
        .Help("leave it out");
  } else if (nudge.channel != kNone && !program_.channels[nudge.channel].is_task) {
    diagnostics_.Report(Code::kKeepMessage, decl.keep_when_over, "a message is gone when it is sent")
        .Help("leave `keep when over` out, or use a channel of tasks");
  }
}

void Checker::CheckExisting(const syntax::NudgeDecl& decl, Nudge& nudge) {
  nudge.including_existing = decl.including_existing.exists();
  if (!nudge.including_existing) return;
  const bool of_event = nudge.trigger == TriggerKind::kEvent || nudge.trigger == TriggerKind::kClock;
  const bool of_each = nudge.trigger == TriggerKind::kStallBegins && nudge.stall != kNone &&
                       program_.stalls[nudge.stall].form == StallForm::kAfterEach;
  if (!of_event && !of_each) return;
  diagnostics_.Report(Code::kNothingExisting, decl.including_existing, "nothing can exist already here")
      .Explain(of_event ? "it happens at an instant; what was before the rule is over"
                        : "each wait begins with an event, and triggers once")
      .Help(of_event ? "leave it out, or use `while` and a condition such as `any E in last 2 days`"
                     : "leave it out, or write `while` instead of `on`");
}

void Checker::CheckUntil(const syntax::StallDecl& decl, const Scope& scope, Stall& stall) {
  stall.until_condition = JoinAll(decl.until, ExprKind::kOr, scope);
  if (decl.until.empty() || stall.form != StallForm::kAfterEach) return;
  diagnostics_
      .Report(Code::kUntilOfEach, tree_[decl.until.front()].span,
              "a stall `after each` cannot have an `until`")
      .Explain("it is many episodes at once, and each ends when its own event is answered")
      .Help("leave `each` or `until` out, or name more events after `no`");
}

}  // namespace lull::dsl
