#include "dsl/program_text.h"

#include <fmt/format.h>

#include <array>

#include "dsl/program_printer.h"

namespace lull::dsl {
namespace {

// Writes "  word text\n", or nothing if there is no text.
void Clause(std::string& out, const char* word, const std::string& text) {
  if (!text.empty()) {
    out += fmt::format("  {} {}\n", word, text);
  }
}

std::string Conditional(const char* word, const std::string& text) {
  return text.empty() ? "" : std::string(" ") + word + " " + text;
}

constexpr std::array<const char*, 3> kTaskEnds = {"done", "declined", "expired"};

std::string Events(EventSetId set, ExprWriter& writer) { return set == kNone ? "" : writer.EventsText(set); }

}  // namespace

std::string SequenceText(const CheckedProgram& program, SequenceId id, ExprWriter& writer) {
  std::string text;
  if (id == kNone) return text;
  const Sequence& sequence = program.sequences[id];
  for (const SequenceStep& step : sequence.steps) {
    text += (text.empty() ? "" : " then ") + Events(step.events, writer) +
            Conditional("where", writer.Write(step.where));
  }
  return text + " within " + writer.Write(sequence.duration) +
         Conditional("without", Events(sequence.without, writer));
}

std::string DefinitionText(const CheckedProgram& program, const Journey& journey, ExprWriter& writer) {
  std::string out = "  stages";
  for (const Stage& stage : journey.stages) {
    out += " " + stage.name + (stage.is_end ? "(end)" : "");
  }
  out += "\n  start " + journey.stages[journey.start].name + "\n";
  for (const Transition& transition : journey.transitions) {
    std::string line = "  from";
    for (const std::uint32_t from : transition.from) {
      line += " " + journey.stages[from].name;
    }
    line += " -> " + journey.stages[transition.to].name;
    switch (transition.kind) {
      case TransitionKind::kEvent:
        line += " on " + Events(transition.events, writer) +
                Conditional("where", writer.Write(transition.where)) +
                Conditional("after", SequenceText(program, transition.sequence, writer));
        break;
      case TransitionKind::kTaskEnd:
        line += std::string(" on ") + kTaskEnds[static_cast<std::size_t>(transition.task_end)] + " " +
                (transition.nudge == kNone ? "" : writer.program().nudges[transition.nudge].name) +
                Conditional("where", writer.Write(transition.where));
        break;
      case TransitionKind::kStallBegins:
        line += " on begin of " + writer.Reference(ExprKind::kStall, transition.stall);
        break;
      case TransitionKind::kAfter:
        line += " after " + writer.Write(transition.duration);
        break;
      case TransitionKind::kAfterQuiet:
        line += " after " + writer.Write(transition.duration) + " without " +
                Events(writer.program().entities[journey.entity].activity, writer);
        break;
      case TransitionKind::kWhen:
        line += " when " + writer.Write(transition.when);
        break;
    }
    out += line + "\n";
  }
  return out;
}

std::string DefinitionText(const CheckedProgram& program, const Stall& stall, ExprWriter& writer) {
  constexpr std::array<const char*, 6> kForms = {"quiet", "no", "after", "after first", "after each", "for"};
  std::string out;
  Clause(out, "while", writer.Write(stall.while_condition));
  Clause(out, "unless", writer.Write(stall.unless_condition));
  Clause(out, "until", writer.Write(stall.until_condition));
  std::string form = kForms[static_cast<std::size_t>(stall.form)];
  if (stall.form == StallForm::kQuiet && stall.entity != kNone) {
    form += " without " + Events(program.entities[stall.entity].activity, writer);
  }
  form += Conditional("opened by", Events(stall.opening, writer)) +
          Conditional("where", writer.Write(stall.opening_where)) +
          Conditional("awaits", Events(stall.awaited, writer)) +
          Conditional("where", writer.Write(stall.awaited_where));
  if (!stall.same_field.empty() && stall.awaited != kNone && stall.opening != kNone) {
    form += " with same " + writer.FieldText(stall.awaited, FieldScope::kOwn, stall.same_field) + " as " +
            writer.FieldText(stall.opening, FieldScope::kTrigger, stall.same_field);
  }
  Clause(out, form.c_str(),
         (stall.by == kNone ? "" : "by ") + writer.Write(stall.by == kNone ? stall.duration : stall.by));
  if (stall.including_existing && writer.writes_outputs()) out += "  including existing\n";
  for (std::size_t i = 0; writer.writes_outputs() && i < stall.reasons.size(); ++i) {
    const Reason& reason = stall.reasons[i];
    Clause(out, "because", writer.Write(reason.text) + Conditional("when", writer.Write(reason.when)));
  }
  return out;
}

std::string DefinitionText(const CheckedProgram&, const Score& score, ExprWriter& writer) {
  std::string out;
  Clause(out, "start", writer.Write(score.start));
  for (const ScorePart& part : score.parts) {
    Clause(out, part.take ? "take" : "add",
           writer.Write(part.points) + Conditional("when", writer.Write(part.when)) +
               Conditional("because", writer.writes_outputs() ? writer.Write(part.because) : ""));
  }
  Clause(out, "at least", writer.Write(score.minimum));
  Clause(out, "at most", writer.Write(score.maximum));
  return out;
}

static void OutputText(const CheckedProgram& program, const Nudge& nudge, ExprWriter& writer,
                       std::string& out) {
  Clause(out, "text", writer.Write(nudge.title));
  for (const Route& route : nudge.routes) {
    if (route.unit != kNone) {
      Clause(out, "to", program.units[route.unit].name + Conditional("/", writer.Write(route.key)));
    }
  }
  Clause(out, "worth", writer.Write(nudge.worth));
  if (nudge.outcomes != kNone) {
    Clause(out, "outcomes", fmt::format("{}", fmt::join(program.choices[nudge.outcomes].values, ", ")));
  }
  Clause(out, "due", writer.Write(nudge.due));
  for (const Rung& rung : nudge.ladder) {
    if (rung.to.unit == kNone) {
      continue;
    }
    Clause(out, "otherwise",
           Conditional("after", writer.Write(rung.after)) + " to " + program.units[rung.to.unit].name +
               Conditional("/", writer.Write(rung.to.key)));
  }
  Clause(out, "expires after", writer.Write(nudge.expires_after));
  for (const ScoreId score : nudge.scores) {
    Clause(out, "reasons of", writer.Reference(ExprKind::kScore, score));
  }
}

std::string DefinitionText(const CheckedProgram& program, const Nudge& nudge, ExprWriter& writer) {
  std::string out;
  switch (nudge.trigger) {
    case TriggerKind::kEvent:
      Clause(out, "on",
             Events(nudge.events, writer) + Conditional("where", writer.Write(nudge.where)) +
                 Conditional("after", SequenceText(program, nudge.sequence, writer)));
      break;
    case TriggerKind::kStallBegins:
    case TriggerKind::kWhileStall:
      Clause(out, nudge.trigger == TriggerKind::kWhileStall ? "while stall" : "on begin of",
             nudge.stall == kNone ? "" : writer.Reference(ExprKind::kStall, nudge.stall));
      break;
    case TriggerKind::kStageEntered:
      if (nudge.journey != kNone) {
        Clause(out, "on",
               writer.Reference(ExprKind::kStage, nudge.journey) + " entering " +
                   program.journeys[nudge.journey].stages[nudge.stage].name);
      }
      break;
    case TriggerKind::kConditionRises:
      Clause(out, "on", writer.Write(nudge.condition));
      break;
    case TriggerKind::kClock:
      Clause(out, "on", PrintSchedule(program, nudge.schedule));
      break;
    case TriggerKind::kWhileCondition:
      Clause(out, "while", writer.Write(nudge.condition));
      break;
  }
  Clause(out, "if", writer.Write(nudge.if_condition));
  if (nudge.channel != kNone) {
    Clause(out, "do", program.channels[nudge.channel].name);
  }
  Clause(out, "again after", writer.Write(nudge.again_after));
  Clause(out, "withdraw when", writer.Write(nudge.withdraw_when));
  Clause(out, "valid for", writer.Write(nudge.valid_for));
  Clause(out, "repeat every",
         writer.Write(nudge.repeat_every) +
             (nudge.repeat_max == 0 ? "" : fmt::format(" up to {}", nudge.repeat_max)));
  if (nudge.keep_when_over) out += "  keep when over\n";
  if (writer.writes_outputs()) {
    if (nudge.including_existing) out += "  including existing\n";
    OutputText(program, nudge, writer, out);
  }
  return out;
}

std::string DefinitionText(const CheckedProgram& program, const Policy& policy, ExprWriter& writer) {
  constexpr std::array<const char*, 4> kPeriods = {"", "day", "week", "month"};
  std::string out;
  for (const NudgeId nudge : policy.covers) {
    Clause(out, "covers", program.nudges[nudge].name);
  }
  if (policy.best_count > 0) {
    Clause(out, "best",
           fmt::format("{} by {}", policy.best_count,
                       policy.best_by_worth ? "worth" : writer.Write(policy.best_by)));
  }
  for (const Limit& limit : policy.limits) {
    std::string subject = "nudges";
    if (limit.scope == LimitScope::kNudge) {
      subject = "nudge " + program.nudges[limit.scope_index].name;
    } else if (limit.scope == LimitScope::kChannel) {
      subject = "channel " + program.channels[limit.scope_index].name;
    } else if (limit.scope == LimitScope::kUnit) {
      subject = "unit " + program.units[limit.scope_index].name;
    } else if (limit.scope != LimitScope::kAll) {
      subject = limit.scope == LimitScope::kMessages ? "messages" : "tasks";
    }
    const std::string period = limit.period == LimitPeriod::kRolling
                                   ? "in " + writer.Micros(TypeKind::kDuration, limit.rolling_micros)
                                   : std::string("per ") + kPeriods[static_cast<std::size_t>(limit.period)];
    Clause(out, "at most", fmt::format("{} {} {}", limit.count_max, subject, period));
  }
  for (const QuietHours& hours : policy.quiet_hours) {
    Clause(out, "quiet hours",
           hours.condition != kNone ? writer.Write(hours.condition)
                                    : fmt::format("minute {} to {}", hours.from_minute, hours.to_minute) +
                                          Conditional("in zone", writer.Write(hours.zone)));
  }
  for (const ExprId never : policy.never) {
    Clause(out, "never when", writer.Write(never));
  }
  if (policy.holdout_share > 0) {
    Clause(out, "holdout", NumberText(policy.holdout_share));
  }
  return out;
}

}  // namespace lull::dsl
