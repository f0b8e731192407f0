#include "dsl/check_bounds.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>

namespace lull::dsl {
namespace {

constexpr int kBranchesMax = 64;
constexpr int kDepthMax = 60;
constexpr std::size_t kKeyBytesMax = 2'000;

using Real = long double;  // holds every double and every 64-bit integer

/// One end of a range, and the comparison that set it.
struct Bound {
  Real value = 0;
  bool inclusive = false;
  ExprId by = kNone;
};

bool IsNamed(TypeKind kind) {
  return kind == TypeKind::kText || kind == TypeKind::kChoice || kind == TypeKind::kStage ||
         kind == TypeKind::kFlag;
}

Real ValueOf(const Expr& literal) {
  return literal.type.kind == TypeKind::kNumber ? static_cast<Real>(literal.number)
                                                : static_cast<Real>(literal.integer);
}

std::string LiteralName(const Expr& literal) {
  return literal.type.kind == TypeKind::kText ? "\"" + literal.text + "\"" : std::to_string(literal.integer);
}

CompareOp Turned(CompareOp op) {
  switch (op) {
    case CompareOp::kLess:
      return CompareOp::kGreater;
    case CompareOp::kLessEqual:
      return CompareOp::kGreaterEqual;
    case CompareOp::kGreater:
      return CompareOp::kLess;
    case CompareOp::kGreaterEqual:
      return CompareOp::kLessEqual;
    default:
      return op;
  }
}

CompareOp Negated(CompareOp op) {
  switch (op) {
    case CompareOp::kEqual:
      return CompareOp::kNotEqual;
    case CompareOp::kNotEqual:
      return CompareOp::kEqual;
    case CompareOp::kLess:
      return CompareOp::kGreaterEqual;
    case CompareOp::kLessEqual:
      return CompareOp::kGreater;
    case CompareOp::kGreater:
      return CompareOp::kLessEqual;
    default:
      return CompareOp::kLess;
  }
}

/// What is assumed of one value.
struct ValueFacts {
  std::optional<Bound> low;
  std::optional<Bound> high;
  std::optional<std::set<std::string>> allowed;  // of named values
  ExprId allowed_by = kNone;
  std::map<std::string, ExprId> excluded;
  ExprId known_by = kNone;
  ExprId unknown_by = kNone;
  /// Negated comparisons: they count only if the value is known.
  std::vector<std::pair<ExprId, bool>> if_known;
};

class Prover {
 public:
  explicit Prover(const CheckedProgram& program) : program_(program) {}

  std::optional<Contradiction> Run(const std::vector<Assumption>& assumptions) {
    State state;
    for (const Assumption& assumption : assumptions) state.open.push_back(assumption);
    return Refute(std::move(state), 0);
  }

 private:
  struct State {
    std::vector<Assumption> open;
    std::vector<std::vector<Assumption>> alternatives;  // one of each must hold
    std::map<std::string, ValueFacts> facts;
    std::set<std::pair<ExprId, bool>> seen;
    std::optional<Contradiction> found;
  };

  const Expr& At(ExprId id) const { return program_.exprs[id]; }

  /// A contradiction on every path, that of the first; nothing if a path is left.
  std::optional<Contradiction> Refute(State state, int depth) {
    while (!state.open.empty() && !state.found) {
      const Assumption next = state.open.back();
      state.open.pop_back();
      Assume(next, state);
    }
    if (!state.found) CheckNegated(state);
    if (state.found) return state.found;
    if (state.alternatives.empty() || depth > kDepthMax) return std::nullopt;
    const std::vector<Assumption> ways = std::move(state.alternatives.back());
    state.alternatives.pop_back();
    std::optional<Contradiction> first;
    for (const Assumption& way : ways) {
      if (++branches_ > kBranchesMax) return std::nullopt;
      State branch = state;
      branch.open.push_back(way);
      const std::optional<Contradiction> found = Refute(std::move(branch), depth + 1);
      if (!found) return std::nullopt;
      if (!first) first = found;
    }
    return first;
  }

  void Assume(const Assumption& assumption, State& state) {
    if (assumption.condition == kNone ||
        !state.seen.insert({assumption.condition, assumption.holds}).second) {
      return;
    }
    const Expr& expr = At(assumption.condition);
    switch (expr.kind) {
      case ExprKind::kLiteral:
        if ((expr.integer != 0) != assumption.holds) state.found = {assumption.condition, kNone};
        return;
      case ExprKind::kNot:
        state.open.push_back({expr.args[0], !assumption.holds});
        return;
      case ExprKind::kAnd:
      case ExprKind::kOr:
        Join(expr, assumption.holds, state);
        return;
      case ExprKind::kStall:
        if (assumption.holds) EnterStall(program_.stalls[expr.index], state);
        Flag(assumption, state);
        return;
      case ExprKind::kFeature:
        state.open.push_back({program_.features[expr.index].value, assumption.holds});
        return;
      case ExprKind::kCompare:
        Compare(assumption, expr, state);
        return;
      case ExprKind::kOneOf:
        OneOf(assumption, expr, state);
        return;
      case ExprKind::kIsKnown:
      case ExprKind::kIsUnknown:
        Known(assumption.condition, expr.args[0], (expr.kind == ExprKind::kIsKnown) == assumption.holds,
              state);
        return;
      default:
        Flag(assumption, state);
    }
  }

  static void Join(const Expr& expr, bool holds, State& state) {
    const bool all = (expr.kind == ExprKind::kAnd) == holds;
    std::vector<Assumption> parts;
    for (const ExprId arg : expr.args) parts.push_back({arg, holds});
    if (all) {
      state.open.insert(state.open.end(), parts.rbegin(), parts.rend());
    } else {
      state.alternatives.push_back(std::move(parts));
    }
  }

  /// While a stall lasts its own conditions hold.
  void EnterStall(const Stall& stall, State& state) {
    state.open.push_back({stall.while_condition, true});
    if (stall.unless_condition != kNone) state.open.push_back({stall.unless_condition, false});
  }

  void Flag(const Assumption& assumption, State& state) {
    ValueFacts& facts = state.facts[KeyOf(program_, assumption.condition)];
    Allow({assumption.holds ? "1" : "0"}, assumption.condition, facts, state);
  }

  void Compare(const Assumption& assumption, const Expr& expr, State& state) {
    ExprId left = expr.args[0];
    ExprId right = expr.args[1];
    CompareOp op = expr.compare;
    if (At(left).kind == ExprKind::kLiteral) {
      std::swap(left, right);
      op = Turned(op);
    }
    if (At(left).kind == ExprKind::kLiteral) {
      ValueFacts fixed;
      Bind(kNone, CompareOp::kEqual, At(left), fixed, state);
      Bind(assumption.condition, assumption.holds ? op : Negated(op), At(right), fixed, state);
      return;
    }
    if (At(right).kind != ExprKind::kLiteral) {
      Order(assumption, left, right, op, state);
      return;
    }
    ValueFacts& facts = FactsOf(left, state);
    if (!assumption.holds && At(left).may_be_unknown && facts.known_by == kNone) {
      facts.if_known.emplace_back(assumption.condition, false);
      return;
    }
    if (assumption.holds) Known(assumption.condition, left, true, state);
    Bind(assumption.condition, assumption.holds ? op : Negated(op), At(right), facts, state);
  }

  /// Of two values that change, their order.
  void Order(const Assumption& assumption, ExprId left, ExprId right, CompareOp op, State& state) {
    if (IsNamed(At(left).type.kind)) return;
    std::string a = KeyOf(program_, left);
    std::string b = KeyOf(program_, right);
    if (b < a) {
      std::swap(a, b);
      op = Turned(op);
    }
    ValueFacts& facts = state.facts["order of " + a + " and " + b];
    const bool may_be_unknown = At(left).may_be_unknown || At(right).may_be_unknown;
    if (!assumption.holds && may_be_unknown) return;
    Expr zero;
    zero.type = {TypeKind::kNumber, kNone};
    if (a == b) {
      const bool same =
          op == CompareOp::kEqual || op == CompareOp::kLessEqual || op == CompareOp::kGreaterEqual;
      if (same != assumption.holds && assumption.holds) state.found = {assumption.condition, kNone};
      return;
    }
    Bind(assumption.condition, assumption.holds ? op : Negated(op), zero, facts, state);
  }

  void OneOf(const Assumption& assumption, const Expr& expr, State& state) {
    std::set<std::string> names;
    for (std::size_t i = 1; i < expr.args.size(); ++i) {
      const Expr& value = At(expr.args[i]);
      if (value.kind != ExprKind::kLiteral || !IsNamed(value.type.kind)) return;
      names.insert(LiteralName(value));
    }
    ValueFacts& facts = FactsOf(expr.args[0], state);
    if (assumption.holds) {
      Known(assumption.condition, expr.args[0], true, state);
      Allow(names, assumption.condition, facts, state);
    } else if (!At(expr.args[0]).may_be_unknown || facts.known_by != kNone) {
      for (const std::string& name : names) Exclude(name, assumption.condition, facts, state);
    } else {
      facts.if_known.emplace_back(assumption.condition, false);
    }
  }

  void Known(ExprId by, ExprId value, bool known, State& state) {
    ValueFacts& facts = FactsOf(value, state);
    ExprId& slot = known ? facts.known_by : facts.unknown_by;
    if (slot == kNone) slot = by;
    if (facts.known_by != kNone && facts.unknown_by != kNone) {
      state.found = {facts.known_by, facts.unknown_by};
    }
  }

  /// Negated comparisons of values that turned out to be known.
  void CheckNegated(State& state) {
    std::vector<std::pair<ExprId, bool>> due;
    for (auto& [key, facts] : state.facts) {
      if (facts.known_by == kNone) continue;
      due.insert(due.end(), facts.if_known.begin(), facts.if_known.end());
      facts.if_known.clear();
    }
    for (const auto& [condition, holds] : due) {
      const Expr& expr = At(condition);
      if (expr.kind == ExprKind::kCompare) Compare({condition, holds}, expr, state);
      if (expr.kind == ExprKind::kOneOf) OneOf({condition, holds}, expr, state);
      if (state.found) return;
    }
  }

  void Bind(ExprId by, CompareOp op, const Expr& literal, ValueFacts& facts, State& state) {
    if (IsNamed(literal.type.kind)) {
      if (op == CompareOp::kEqual) Allow({LiteralName(literal)}, by, facts, state);
      if (op == CompareOp::kNotEqual) Exclude(LiteralName(literal), by, facts, state);
      return;
    }
    const Real value = ValueOf(literal);
    if (op == CompareOp::kEqual || op == CompareOp::kGreater || op == CompareOp::kGreaterEqual) {
      const Bound low{value, op != CompareOp::kGreater, by};
      const bool tighter =
          !facts.low || low.value > facts.low->value || (low.value == facts.low->value && !low.inclusive);
      if (tighter) facts.low = low;
    }
    if (op == CompareOp::kEqual || op == CompareOp::kLess || op == CompareOp::kLessEqual) {
      const Bound high{value, op != CompareOp::kLess, by};
      const bool tighter = !facts.high || high.value < facts.high->value ||
                           (high.value == facts.high->value && !high.inclusive);
      if (tighter) facts.high = high;
    }
    if (!facts.low || !facts.high) return;
    const bool empty =
        facts.low->value > facts.high->value ||
        (facts.low->value == facts.high->value && !(facts.low->inclusive && facts.high->inclusive));
    if (!empty) return;
    const bool alone =
        by == kNone || facts.low->by == kNone || facts.high->by == kNone || facts.low->by == facts.high->by;
    state.found = alone ? Contradiction{by, kNone} : Contradiction{facts.low->by, facts.high->by};
  }

  static void Allow(const std::set<std::string>& names, ExprId by, ValueFacts& facts, State& state) {
    if (!facts.allowed) {
      facts.allowed = names;
      facts.allowed_by = by;
    } else {
      std::set<std::string> both;
      std::set_intersection(names.begin(), names.end(), facts.allowed->begin(), facts.allowed->end(),
                            std::inserter(both, both.end()));
      if (both.empty()) {
        state.found =
            facts.allowed_by == kNone ? Contradiction{by, kNone} : Contradiction{facts.allowed_by, by};
        return;
      }
      if (both.size() < facts.allowed->size()) facts.allowed_by = by;
      facts.allowed = std::move(both);
    }
    CheckExcluded(by, facts, state);
  }

  static void Exclude(const std::string& name, ExprId by, ValueFacts& facts, State& state) {
    facts.excluded.emplace(name, by);
    CheckExcluded(by, facts, state);
  }

  static void CheckExcluded(ExprId by, const ValueFacts& facts, State& state) {
    if (!facts.allowed) return;
    const bool left = std::any_of(facts.allowed->begin(), facts.allowed->end(),
                                  [&](const std::string& name) { return !facts.excluded.contains(name); });
    if (left) return;
    const ExprId excluder = facts.excluded.at(*facts.allowed->begin());
    const bool alone = excluder == facts.allowed_by || excluder == kNone || facts.allowed_by == kNone;
    state.found = alone ? Contradiction{by, kNone} : Contradiction{facts.allowed_by, excluder};
  }

  /// The facts of a value, with what holds of it by its nature: counts and times since are never negative, a
  /// score stays between its bounds.
  ValueFacts& FactsOf(ExprId value, State& state) {
    const auto [at, is_new] = state.facts.try_emplace(KeyOf(program_, value));
    if (!is_new) return at->second;
    ValueFacts& facts = at->second;
    const Expr* expr = &At(value);
    for (int depth = 0; expr->kind == ExprKind::kFeature && depth < kDepthMax; ++depth) {
      const ExprId inside = program_.features[expr->index].value;
      if (inside == kNone) return facts;
      expr = &At(inside);
    }
    if (expr->kind == ExprKind::kAggregate) {
      const AggregateFunction function = program_.aggregates[expr->index].function;
      const bool never_negative =
          function == AggregateFunction::kCount || function == AggregateFunction::kCountDifferent ||
          function == AggregateFunction::kTimeSince || function == AggregateFunction::kGap;
      if (never_negative) facts.low = Bound{0, true, kNone};
    } else if (expr->kind == ExprKind::kLength || expr->kind == ExprKind::kTimeUntil ||
               expr->kind == ExprKind::kTimeIn || expr->kind == ExprKind::kOpenTimeIn) {
      facts.low = Bound{0, true, kNone};
    } else if (expr->kind == ExprKind::kScore) {
      const Score& score = program_.scores[expr->index];
      const auto literal = [&](ExprId id) { return id != kNone && At(id).kind == ExprKind::kLiteral; };
      if (literal(score.minimum)) facts.low = Bound{ValueOf(At(score.minimum)), true, kNone};
      if (literal(score.maximum)) facts.high = Bound{ValueOf(At(score.maximum)), true, kNone};
    }
    return facts;
  }

  const CheckedProgram& program_;
  int branches_ = 0;
};

void AppendKey(const CheckedProgram& program, ExprId id, int depth, std::string& key) {
  // Features that use each other several times would make the key grow without bound.
  if (id == kNone || depth > kDepthMax || key.size() > kKeyBytesMax) {
    key += "?" + std::to_string(id);
    return;
  }
  const Expr& expr = program.exprs[id];
  if (expr.kind == ExprKind::kFeature && program.features[expr.index].value != kNone) {
    AppendKey(program, program.features[expr.index].value, depth + 1, key);
    return;
  }
  key += "(" + std::to_string(static_cast<int>(expr.kind)) + " " +
         std::to_string(static_cast<int>(expr.scope)) + " " + std::to_string(static_cast<int>(expr.compare)) +
         " " + std::to_string(static_cast<int>(expr.rounding)) + " " + std::to_string(expr.index) + " " +
         std::to_string(expr.integer) + " " + std::to_string(expr.number) + " " + expr.text;
  for (const std::string& text : expr.texts) key += "|" + text;
  for (const ExprId arg : expr.args) AppendKey(program, arg, depth + 1, key);
  key += ")";
}

}  // namespace

std::string KeyOf(const CheckedProgram& program, ExprId expr) {
  std::string key;
  AppendKey(program, expr, 0, key);
  return key;
}

std::optional<Contradiction> FindContradiction(const CheckedProgram& program,
                                               const std::vector<Assumption>& assumptions) {
  return Prover(program).Run(assumptions);
}

}  // namespace lull::dsl
