// Making of checked expressions.
#include <cmath>
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {

ExprId Checker::Add(Expr expr) {
  program_.exprs.push_back(std::move(expr));
  return static_cast<ExprId>(program_.exprs.size() - 1);
}

ExprId Checker::MakeLiteral(Type type, std::int64_t value, Span span) {
  Expr expr;
  expr.kind = ExprKind::kLiteral;
  expr.type = type;
  expr.integer = value;
  expr.span = span;
  return Add(std::move(expr));
}

ExprId Checker::MakeNumber(double value, Span span) {
  Expr expr;
  expr.kind = ExprKind::kLiteral;
  expr.type = {TypeKind::kNumber, kNone};
  expr.number = value == 0 ? 0 : value;  // there is no negative zero
  expr.span = span;
  return Add(std::move(expr));
}

ExprId Checker::MakeText(std::string text, Span span) {
  Expr expr;
  expr.kind = ExprKind::kLiteral;
  expr.type = {TypeKind::kText, kNone};
  expr.text = std::move(text);
  expr.span = span;
  return Add(std::move(expr));
}

ExprId Checker::Make(ExprKind kind, Type type, std::vector<ExprId> args, Span span) {
  Expr expr;
  expr.kind = kind;
  expr.type = type;
  expr.args = std::move(args);
  expr.span = span;
  return Add(std::move(expr));
}

std::string Checker::TypeName(Type type) const {
  switch (type.kind) {
    case TypeKind::kFlag:
      return "yes or no";
    case TypeKind::kNumber:
      return "a number";
    case TypeKind::kMoney:
      return "an amount of money";
    case TypeKind::kDuration:
      return "a duration";
    case TypeKind::kTime:
      return "a point in time";
    case TypeKind::kDate:
      return "a date";
    case TypeKind::kText:
      return "a text";
    case TypeKind::kChoice:
      return "a value of " + Quoted(program_.choices[type.of].name);
    case TypeKind::kStage:
      return "a stage of " + Quoted(program_.journeys[type.of].name);
    case TypeKind::kCalendarDuration:
      return "a duration by the calendar";
  }
  return "";
}

CheckedProgram Check(const syntax::SyntaxTree& tree, Diagnostics& diagnostics) {
  if (tree.incomplete) return {};
  return Checker(tree, diagnostics).Run();
}

CheckedProgram Checker::Run() {
  DeclareAll();
  CheckHeader();
  CheckCalendars();
  CheckChoices();
  DeclareOutcomes();
  DeclareArms();
  CheckEntities();
  CheckEvents();
  AddTaskStepEvents();
  MakeEventSets();
  CheckActivities();
  DeclareStages();
  DeclareValuesOfEntities();
  CheckDefaults();
  CheckFeatures();
  CheckScores();
  CheckStalls();
  CheckJourneys();
  CheckUnits();
  CheckNudges();
  CheckPolicies();
  CheckExperiments();
  CheckTests();
  ReportCycles(program_, diagnostics_);
  AnnotateProgram(program_, diagnostics_);
  CheckRenames();
  if (!diagnostics_.has_errors()) {
    ReportUnusedFeatures();
    ReportLints(program_, diagnostics_);
    ReportNeverLints(program_, diagnostics_);
  }
  return std::move(program_);
}

}  // namespace lull::dsl
