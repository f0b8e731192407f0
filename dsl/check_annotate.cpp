// What is known of each expression beyond its type: whether it may be unknown, and whether it moves with
// time.
//
// Features, scores, stalls and journeys lean on each other, so passes over the table are made until nothing
// changes. Everything starts as "no" and only ever becomes "yes", so this ends with the least that is true.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "dsl/checker.h"

namespace lull::dsl {
namespace {

constexpr double kIntegerMax = 9.2e18;
constexpr double kNumberMax = std::numeric_limits<double>::max();
constexpr double kTimeMax = 7.3e15;
constexpr double kCountMax = 9.1e15;

double LimitOf(Type type) { return type.kind == TypeKind::kNumber ? kNumberMax : kIntegerMax; }

// The largest absolute value that data of a type can have.
double DataBound(Type type) {
  return type.kind == TypeKind::kTime || type.kind == TypeKind::kDate ? kTimeMax : LimitOf(type);
}

// How a value moves between the instants at which windows lose entries: not at all, evenly, or in some other
// way.
enum Motion : std::uint8_t { kStill, kEven, kCurved };

struct Facts {
  bool unknown = false;
  bool timed = false;
  double bound = 0;  // of the absolute value
  Motion motion = kStill;
  friend bool operator==(const Facts&, const Facts&) = default;
};

class Annotator {
 public:
  explicit Annotator(CheckedProgram& program) : program_(program), facts_(program.exprs.size()) {}

  void Run() {
    bool changed = true;
    for (int pass = 0; changed && pass < kPassesMax; ++pass) {
      changed = false;
      for (ExprId id = 0; id < facts_.size(); ++id) {
        const Facts now = FactsOf(program_.exprs[id]);
        changed = changed || now != facts_[id];
        facts_[id] = now;
      }
    }
    for (ExprId id = 0; id < facts_.size(); ++id) {
      program_.exprs[id].may_be_unknown = facts_[id].unknown;
      program_.exprs[id].depends_on_time = facts_[id].timed;
    }
  }

  bool IsCurved(ExprId id) const { return facts_[id].motion == kCurved; }
  bool Moves(ExprId id) const { return id != kNone && facts_[id].motion != kStill; }
  /// Whether its value runs with the clock, so that a reader has to find out when it gets somewhere. What
  /// only jumps now and then tells by itself.
  bool Runs(ExprId id) const {
    return Moves(id) || (facts_[id].timed && program_.exprs[id].type.kind == TypeKind::kText);
  }

 private:
  // More than any sane ruleset needs; cycles through journeys settle in a few.
  static constexpr int kPassesMax = 1'000;

  Facts FactsOf(const Expr& expr) const;
  Facts FactsOfArithmetic(const Expr& expr) const;
  Facts FactsOfAggregate(const Expr& expr) const;
  Facts FactsOfScore(const Score& score) const;
  bool StageMoves(const Journey& journey) const;
  Facts Of(ExprId id) const { return id == kNone ? Facts{} : facts_[id]; }

  Facts Joined(const std::vector<ExprId>& args) const {
    Facts all;
    for (const ExprId arg : args) {
      const Facts each = Of(arg);
      all.unknown = all.unknown || each.unknown;
      all.timed = all.timed || each.timed;
      all.bound = std::max(all.bound, each.bound);
      all.motion = std::max(all.motion, each.motion);
    }
    return all;
  }

  CheckedProgram& program_;
  std::vector<Facts> facts_;
};

Facts Annotator::FactsOf(const Expr& expr) const {
  Facts facts = Joined(expr.args);
  switch (expr.kind) {
    case ExprKind::kLiteral:
      facts.bound = expr.type.kind == TypeKind::kNumber ? std::abs(expr.number)
                                                        : std::abs(static_cast<double>(expr.integer));
      return facts;
    case ExprKind::kAttribute:
      facts.unknown = program_.attributes[expr.index].default_value == kNone;
      facts.bound = DataBound(expr.type);
      return facts;
    case ExprKind::kTaskOutcome:
      facts.unknown = true;
      facts.bound = DataBound(expr.type);
      return facts;
    case ExprKind::kField:
      facts.unknown = expr.may_be_unknown;  // set when it was made
      facts.bound = DataBound(expr.type);
      return facts;
    case ExprKind::kFeature:
      return Of(program_.features[expr.index].value);
    case ExprKind::kScore:
      return FactsOfScore(program_.scores[expr.index]);
    case ExprKind::kStage:
      facts.timed = StageMoves(program_.journeys[expr.index]);
      return facts;
    case ExprKind::kStall:
    case ExprKind::kCalendarOpen:
      facts.timed = true;
      return facts;
    case ExprKind::kOpenTime:
    case ExprKind::kOpenDays:
    case ExprKind::kMonths:  // one that never ends makes an unknown instant
      facts.unknown = true;
      return facts;
    case ExprKind::kAggregate:
      return FactsOfAggregate(expr);
    case ExprKind::kNegate:
    case ExprKind::kAdd:
    case ExprKind::kSubtract:
    case ExprKind::kMultiply:
    case ExprKind::kDivide:
      return FactsOfArithmetic(expr);
    case ExprKind::kIf:
      facts.unknown = Of(expr.args[1]).unknown || Of(expr.args[2]).unknown;
      facts.motion = std::max(Of(expr.args[1]).motion, Of(expr.args[2]).motion);
      return facts;
    case ExprKind::kSmaller:
    case ExprKind::kLarger:
    case ExprKind::kLowerCase:
      return facts;
    case ExprKind::kRound:
      facts.bound = std::min(facts.bound + 1, kNumberMax);
      return facts;
    case ExprKind::kLength:
      facts.bound = kCountMax;
      return facts;
    case ExprKind::kOfWhole:
      return Of(expr.args[0]);
    case ExprKind::kOrElse:
      facts.unknown = Of(expr.args[0]).unknown && Of(expr.args[1]).unknown;
      return facts;
    case ExprKind::kTimeUntil:
      return {facts.unknown, true, 2 * kTimeMax, std::max(facts.motion, kEven)};
    case ExprKind::kNextYearly:
      return {facts.unknown, true, kTimeMax, kStill};
    case ExprKind::kTimeOnDay:
      facts.bound = kTimeMax;
      return facts;
    case ExprKind::kBeforeThis:
      return {facts.unknown, false, facts.bound, kStill};
    case ExprKind::kKey:
      return {};
    case ExprKind::kTimeIn:
    case ExprKind::kOpenTimeIn:
      return {true, true, 2 * kTimeMax, kEven};
    case ExprKind::kUnknown:
      facts.unknown = true;
      return facts;
    case ExprKind::kLookup: {
      const Lookup& lookup = program_.lookups[expr.index];
      facts.unknown = facts.unknown || lookup.has_gap;
      facts.motion = kStill;
      facts.bound = 0;
      for (const ExprId result : lookup.results) facts.bound = std::max(facts.bound, Of(result).bound);
      return facts;
    }
    default:  // texts with braces, and whatever is yes or no
      return {false, facts.timed, 1, kStill};
  }
}

Facts Annotator::FactsOfArithmetic(const Expr& expr) const {
  Facts facts = Joined(expr.args);
  if (expr.kind == ExprKind::kNegate) {
    return facts;
  }
  const Facts left = Of(expr.args[0]);
  const Facts right = Of(expr.args[1]);
  const Expr& divisor = program_.exprs[expr.args[1]];
  switch (expr.kind) {
    case ExprKind::kMultiply:
      facts.bound = left.bound * right.bound;
      facts.motion = left.motion != kStill && right.motion != kStill ? kCurved : facts.motion;
      break;
    case ExprKind::kDivide: {
      const double by = divisor.type.kind == TypeKind::kNumber
                            ? std::abs(divisor.number)
                            : std::abs(static_cast<double>(divisor.integer));
      const bool fixed = divisor.kind == ExprKind::kLiteral && by > 0;
      facts.unknown = facts.unknown || !fixed;
      facts.bound = fixed ? left.bound / by : LimitOf(expr.type);
      facts.motion = right.motion != kStill ? kCurved : facts.motion;
      break;
    }
    default:
      facts.bound = left.bound + right.bound;
  }
  if (facts.bound > LimitOf(expr.type)) {
    facts.unknown = true;
    facts.bound = LimitOf(expr.type);
  }
  return facts;
}

Facts Annotator::FactsOfAggregate(const Expr& expr) const {
  const Aggregate& aggregate = program_.aggregates[expr.index];
  const bool moves = aggregate.function == AggregateFunction::kTimeSince;
  Facts facts;
  const bool by_journey =
      aggregate.since_journey != kNone && StageMoves(program_.journeys[aggregate.since_journey]);
  const bool slides = aggregate.window == WindowKind::kLast || aggregate.window == WindowKind::kBeforeThat ||
                      aggregate.window == WindowKind::kPeriod;
  facts.timed = slides || by_journey || moves;
  facts.motion = moves ? kEven : kStill;
  switch (aggregate.function) {
    case AggregateFunction::kCount:
    case AggregateFunction::kCountDifferent:
    case AggregateFunction::kAny:
      facts.bound = kCountMax;
      return facts;
    case AggregateFunction::kTimeSince:
    case AggregateFunction::kGap:
      facts.unknown = true;
      facts.bound = 2 * kTimeMax;
      return facts;
    default:  // a sum may grow too large; the others are unknown without events
      facts.unknown = true;
      facts.bound = DataBound(expr.type);
      return facts;
  }
}

Facts Annotator::FactsOfScore(const Score& score) const {
  Facts facts = Joined({score.start, score.minimum, score.maximum});
  facts.bound = Of(score.start).bound;
  for (const ScorePart& part : score.parts) {
    const Facts points = Of(part.points);
    facts.unknown = facts.unknown || points.unknown;
    facts.timed = facts.timed || points.timed || Of(part.when).timed;
    facts.motion = std::max(facts.motion, points.motion);
    facts.bound += points.bound;
  }
  if (facts.bound > kNumberMax) {
    facts.unknown = true;
    facts.bound = kNumberMax;
  }
  facts.bound = std::max({facts.bound, Of(score.minimum).bound, Of(score.maximum).bound});
  return facts;
}

// Only an event can take it.
bool IsByEvent(const Transition& transition) {
  const bool by_step =
      transition.kind == TransitionKind::kTaskEnd && transition.task_end != TaskEnd::kExpired;
  return transition.kind == TransitionKind::kEvent || by_step;
}

bool Annotator::StageMoves(const Journey& journey) const {
  return std::any_of(
      journey.transitions.begin(), journey.transitions.end(), [&](const Transition& transition) {
        return transition.kind == TransitionKind::kWhen ? Of(transition.when).timed : !IsByEvent(transition);
      });
}

// A deadline is a start and a duration after it; one that runs with the clock would never come to an end.
void ReportMovingDurations(const CheckedProgram& program, const Annotator& annotator,
                           Diagnostics& diagnostics) {
  std::vector<ExprId> durations;
  for (const Stall& stall : program.stalls) {
    durations.push_back(stall.duration);
  }
  for (const Journey& journey : program.journeys) {
    for (const Transition& transition : journey.transitions) {
      durations.push_back(transition.duration);
    }
  }
  for (const Nudge& nudge : program.nudges) {
    durations.push_back(nudge.again_after);
  }
  for (const ExprId duration : durations) {
    if (annotator.Moves(duration)) {
      diagnostics
          .Report(Code::kMovingDuration, program.exprs[duration].span,
                  "this duration changes all by itself while time passes")
          .Explain("it says how long to wait from a start on, and so it has to stand still meanwhile")
          .Help("put it into the `while` as a comparison, such as `time since E > 2 days`");
    }
  }
}

}  // namespace

// Tables with an input that runs with the clock are chains of `if`, which wake up where it leads to another
// row.
static void MakeRunningTablesChains(CheckedProgram& program, const Annotator& annotator,
                                    Diagnostics& diagnostics) {
  for (Expr& expr : program.exprs) {
    if (expr.kind != ExprKind::kLookup) continue;
    const auto running =
        std::find_if(expr.args.begin(), expr.args.end(), [&](ExprId id) { return annotator.Runs(id); });
    if (running == expr.args.end()) continue;
    if (const ExprId chain = program.lookups[expr.index].chain; chain != kNone) {
      const Span span = expr.span;
      expr = Expr(program.exprs[chain]);
      expr.span = span;
      continue;
    }
    diagnostics
        .Report(Code::kTableTooLong, program.exprs[*running].span,
                "this input of a long table runs with the clock")
        .Explain("a table of many rows is looked up at once, and cannot tell when time leads to another row")
        .Help("make groups with `feature` or a short table first, and look those up");
  }
}

void AnnotateProgram(CheckedProgram& program, Diagnostics& diagnostics) {
  Annotator annotator(program);
  annotator.Run();
  ReportMovingDurations(program, annotator, diagnostics);
  MakeRunningTablesChains(program, annotator, diagnostics);
  for (const Expr& expr : program.exprs) {
    if (expr.kind != ExprKind::kCompare && expr.kind != ExprKind::kOneOf) {
      continue;
    }
    for (const ExprId arg : expr.args) {
      if (annotator.IsCurved(arg)) {
        diagnostics
            .Report(Code::kProductOfTimes, program.exprs[arg].span,
                    "two passing times are multiplied or divided here, and the result is compared")
            .Explain("the exact instant at which such a condition becomes true cannot be computed")
            .Help("compare each of the two times on its own");
        break;
      }
    }
  }
}

}  // namespace lull::dsl
