#include "dsl/tree_printer.h"

#include <string_view>

namespace lull::dsl {
namespace {

using namespace syntax;  // NOLINT(google-build-using-namespace): the names of the tree are what this file is
                         // about

std::string Quoted(const PlainText& text) { return "\"" + text.text + "\""; }

std::string Join(const std::vector<Name>& names) {
  std::string text;
  for (const Name& name : names) text += (text.empty() ? "" : ", ") + name.text;
  return text;
}

class TreePrinter {
 public:
  explicit TreePrinter(const SyntaxTree& tree) : tree_(tree) {}

  std::string Print() {
    for (const RulesetDecl& each : tree_.rulesets) Ruleset(each);
    for (const ChoiceDecl& each : tree_.choices) Head("choice", each), Line("values", Join(each.values));
    for (const EntityDecl& each : tree_.entities) Entity(each);
    for (const EventDecl& each : tree_.events) Event(each);
    for (const EventGroupDecl& each : tree_.groups) Head("events", each), Line("=", Join(each.events));
    for (const FeatureDecl& each : tree_.features)
      Head("feature", each, each.entity), Line("=", Text(each.value));
    for (const JourneyDecl& each : tree_.journeys) Journey(each);
    for (const StallDecl& each : tree_.stalls) Stall(each);
    for (const ScoreDecl& each : tree_.scores) Score(each);
    for (const CalendarDecl& each : tree_.calendars) Calendar(each);
    for (const UnitDecl& each : tree_.units) Unit(each);
    for (const NudgeDecl& each : tree_.nudges) Nudge(each);
    for (const PolicyDecl& each : tree_.policies) Policy(each);
    for (const TestDecl& each : tree_.tests) out_ += PrintTest(tree_, each);
    for (const ExperimentDecl& each : tree_.experiments) Experiment(each);
    return std::move(out_);
  }

 private:
  std::string Text(ExprId id) const { return PrintExpr(tree_, id); }
  std::string When(std::string_view word, ExprId id) const {
    return id.exists() ? " " + std::string(word) + " " + Text(id) : std::string();
  }

  void Head(std::string_view kind, const Declaration& declaration, const Name& entity = {}) {
    out_ += std::string(kind) + " " + declaration.name.text;
    if (!declaration.name.first.empty()) out_ += " was " + declaration.name.first;
    if (entity.exists()) out_ += " of " + entity.text;
    out_ += declaration.incomplete ? " (incomplete)\n" : "\n";
    std::string_view doc = declaration.doc;
    while (!doc.empty()) {
      const std::size_t end = doc.find('\n');
      out_ += "  ## " + std::string(doc.substr(0, end)) + "\n";
      doc = end == std::string_view::npos ? std::string_view() : doc.substr(end + 1);
    }
  }
  void Line(std::string_view word, const std::string& rest) {
    out_ += "  " + std::string(word) + (rest.empty() ? "" : " " + rest) + "\n";
  }
  void LineIf(std::string_view word, ExprId id, std::string_view after = "") {
    if (id.exists()) Line(word, Text(id) + std::string(after));
  }
  void LineIf(std::string_view word, const PlainText& text) {
    if (text.exists()) Line(word, Quoted(text));
  }
  void Lines(std::string_view word, const std::vector<ExprId>& ids) {
    for (const ExprId id : ids) Line(word, Text(id));
  }

  void Ruleset(const RulesetDecl& ruleset) {
    Head("ruleset", ruleset);
    LineIf("title", ruleset.title);
    LineIf("zone", ruleset.zone);
    if (ruleset.currency.exists()) Line("currency", ruleset.currency.text);
    for (const Channel& channel : ruleset.channels) {
      Line("channel", channel.name.text + (channel.kind == ChannelKind::kTask ? " as task" : " as message"));
    }
    LineIf("wire type", ruleset.wire_type);
    LineIf("wire time", ruleset.wire_time);
    LineIf("wire id", ruleset.wire_id);
    constexpr const char* kLate[] = {"apply", "drop", "dead_letter"};
    if (ruleset.late) Line("late", kLate[static_cast<int>(*ruleset.late)]);
    LineIf("lateness", ruleset.lateness);
    LineIf("dedupe", ruleset.dedupe);
    LineIf("keep", ruleset.keep);
    LineIf("stale after", ruleset.stale_after);
  }

  std::string Type(const TypeRef& type) const {
    return type.name.text + (type.bytes_max ? " up to " + std::to_string(*type.bytes_max) + " bytes" : "");
  }
  void Entity(const EntityDecl& entity) {
    Head("entity", entity);
    if (entity.key.exists()) Line("by", entity.key.text);
    if (entity.whole.exists()) Line("within", entity.whole.text);
    for (const Attribute& attribute : entity.attributes) {
      Line("attribute",
           attribute.name.text + " " + Type(attribute.type) + When("=", attribute.default_value));
    }
    if (entity.activity_span.exists()) Line("activity", Join(entity.activity));
    LineIf("forget after", entity.forget_after, " quiet");
  }
  void Event(const EventDecl& event) {
    Head("event", event);
    Line("of", Join(event.entities));
    LineIf("from", event.wire_name);
    for (const EventField& field : event.fields) {
      Line("field", field.name.text + " " + Type(field.type) + (field.optional ? "?" : "") +
                        (field.wire_path.exists() ? " from " + Quoted(field.wire_path) : ""));
    }
    if (!event.sets.empty()) Line("sets", Join(event.sets));
  }

  void Calendar(const CalendarDecl& calendar) {
    Head("calendar", calendar);
    LineIf("zone", calendar.zone);
    constexpr const char* kWords[] = {"week", "closed", "open"};
    const auto date = [](const DateLiteral& day) {
      return std::to_string(day.year) + "-" + std::to_string(day.month) + "-" + std::to_string(day.day);
    };
    const auto year_day = [](const YearDay& day) {
      return std::to_string(day.month) + "-" + std::to_string(day.day);
    };
    for (const CalendarClause& clause : calendar.clauses) {
      std::string rest;
      const auto range = [&rest](const std::string& first, const std::string& last) {
        rest += (rest.empty() ? "" : ", ") + first + (first == last ? "" : " to " + last);
      };
      for (const WeekdayRange& days : clause.weekdays) {
        range(std::to_string(days.first), std::to_string(days.last));
      }
      for (const DateRange& days : clause.dates) range(date(days.first), date(days.last));
      for (const YearlyRange& days : clause.yearly) {
        range("every " + year_day(days.first), "every " + year_day(days.last));
      }
      for (const CalendarHours& hours : clause.hours) {
        range("second " + std::to_string(hours.from_second), "second " + std::to_string(hours.to_second));
      }
      Line(kWords[static_cast<int>(clause.kind)], rest);
    }
  }
  void Unit(const UnitDecl& unit) {
    Head("unit", unit);
    if (unit.hours.exists()) Line("hours", unit.hours.text);
    LineIf("open tasks at most", unit.open_tasks, unit.per_key ? " per key" : "");
  }

  std::string Steps(const Sequence& sequence) const {
    std::string text;
    for (const SequenceStep& step : sequence.steps) {
      text += (text.empty() ? "" : " then ") + step.event.text +
              (step.name.exists() ? " as " + step.name.text : "") + When("where", step.where);
    }
    text += When("within", sequence.within);
    return sequence.without.empty() ? text : text + " without " + Join(sequence.without);
  }
  void Journey(const JourneyDecl& journey) {
    Head("journey", journey, journey.entity);
    if (journey.start.exists()) Line("start", journey.start.text);
    if (!journey.ends.empty()) Line("end", Join(journey.ends));
    constexpr const char* kEnds[] = {"done", "declined", "expired"};
    for (const Transition& each : journey.transitions) {
      const std::string value = Text(each.value);
      const std::string on = each.sequence.steps.empty() ? each.trigger.text : Steps(each.sequence);
      const std::string triggers[] = {"on " + on + When("where", each.where), "after " + value,
                                      "after " + value + " quiet", "when " + value,
                                      std::string("on ") + kEnds[static_cast<int>(each.task_end)] + " " +
                                          each.trigger.text + When("where", each.where)};
      Line(each.any ? "any" : Join(each.from),
           "-> " + each.to.text + " " + triggers[static_cast<int>(each.kind)]);
    }
  }
  void Stall(const StallDecl& stall) {
    Head("stall", stall, stall.entity);
    Lines("while", stall.while_conditions);
    Lines("unless", stall.unless);
    Lines("until", stall.until);
    if (stall.including_existing.exists()) Line("including existing", "");
    const StallTrigger& trigger = stall.trigger;
    const std::string duration = Text(trigger.duration);
    constexpr const char* kWait[] = {"after", "after first", "after each"};
    if (trigger.kind == StallKind::kQuiet) Line("quiet", duration);
    if (trigger.kind == StallKind::kFor) Line("for", duration);
    if (trigger.kind == StallKind::kNoFor) {
      Line("no", Join(trigger.absent) + When("where", trigger.absent_where) + " for " + duration);
    }
    if (trigger.kind >= StallKind::kAfter) {
      Line(kWait[static_cast<int>(trigger.kind) - static_cast<int>(StallKind::kAfter)],
           trigger.event.text + (trigger.opening_name.exists() ? " as " + trigger.opening_name.text : "") +
               When("where", trigger.event_where) + " no " + Join(trigger.absent) +
               (trigger.same_field.exists() ? " with same " + trigger.same_field.text : "") +
               When("where", trigger.absent_where) +
               (trigger.by.exists() ? " by " + Text(trigger.by) : " within " + duration));
    }
    for (const Because& because : stall.because)
      Line("because", Text(because.text) + When("when", because.when));
  }
  void Score(const ScoreDecl& score) {
    Head("score", score, score.entity);
    LineIf("start", score.start);
    for (const ScoreLine& line : score.lines) {
      Line(line.take ? "take" : "add",
           Text(line.points) + When("when", line.when) + When("because", line.because));
    }
    if (score.kept_low.exists()) Line("kept between", Text(score.kept_low) + " and " + Text(score.kept_high));
  }

  std::string Text(const Schedule& schedule) {
    std::string days = Join(schedule.days);
    if (schedule.month_day.exists()) days = "month on day " + Text(schedule.month_day);
    if (schedule.calendar.exists()) days = "open day of " + schedule.calendar.text;
    return "every " + days + " at " + Text(schedule.clock);
  }
  void Nudge(const NudgeDecl& nudge) {
    Head("nudge", nudge, nudge.entity);
    if (nudge.on) {
      const std::string moments[] = {nudge.on->name.text + When("where", nudge.on->where),
                                     nudge.on->name.text + " entering " + nudge.on->stage.text,
                                     Text(nudge.on->condition), Text(nudge.on->schedule),
                                     Steps(nudge.on->sequence)};
      Line("on", moments[static_cast<int>(nudge.on->kind)]);
    }
    LineIf("while", nudge.while_condition);
    Lines("if", nudge.if_conditions);
    if (nudge.channel.exists()) Line("do", nudge.channel.text + " " + Text(nudge.text));
    for (std::size_t i = 0; i < nudge.to.size(); ++i) {
      Line(i == 0 ? "to" : "else", nudge.to[i].unit.text + When("/", nudge.to[i].key));
    }
    LineIf("worth", nudge.worth);
    LineIf("again after", nudge.again_after);
    Lines("withdraw when", nudge.withdraw_when);
    LineIf("valid for", nudge.valid_for);
    LineIf("repeat every", nudge.repeat_every, When("up to", nudge.repeat_max));
    if (nudge.keep_when_over.exists()) Line("keep when over", "");
    if (nudge.including_existing.exists()) Line("including existing", "");
    if (!nudge.outcomes.empty()) Line("outcomes", Join(nudge.outcomes));
    LineIf(nudge.due_by ? "due by" : "due", nudge.due);
    for (const Rung& rung : nudge.ladder) {
      Line("otherwise", (rung.after.exists() ? "after " + Text(rung.after) + " to " : "to ") +
                            rung.to.unit.text + When("/", rung.to.key));
    }
    LineIf("expires after", nudge.expires_after);
  }
  void Experiment(const ExperimentDecl& experiment) {
    Head("experiment", experiment, experiment.entity);
    for (const Arm& arm : experiment.arms) {
      Line("arm", arm.name.text + " " + Text(arm.share) + (arm.held_out ? " held out" : ""));
    }
    if (!experiment.goal.exists()) return;
    Line("goal", experiment.goal.text + When("where", experiment.goal_where) +
                     When("within", experiment.goal_within));
  }
  void Policy(const PolicyDecl& policy) {
    Head("policy", policy, policy.entity);
    if (policy.covers_span.exists()) Line("covers", Join(policy.covers));
    if (policy.best_count.exists()) Line("best", Text(policy.best_count) + " by " + Text(policy.best_by));
    constexpr const char* kPer[] = {"", " per day", " per week", " per month"};
    for (const Limit& limit : policy.limits) {
      Line("at most", Text(limit.count) + (limit.subject.exists() ? " " + limit.subject.text : "") +
                          kPer[static_cast<int>(limit.per)] + When("in", limit.duration));
    }
    for (const QuietHours& quiet : policy.quiet_hours) {
      Line("quiet hours", quiet.from.exists()
                              ? Text(quiet.from) + When("to", quiet.to) + When("in zone", quiet.zone)
                              : (quiet.outside ? "outside " : "") + Text(quiet.condition));
    }
    Lines("never when", policy.never);
    LineIf("holdout", policy.holdout);
  }

  const SyntaxTree& tree_;
  std::string out_;
};

}  // namespace

std::string PrintTree(const SyntaxTree& tree) { return TreePrinter(tree).Print(); }

}  // namespace lull::dsl
