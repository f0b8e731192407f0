// Experiments: arms and their shares, the goal, and the nudges that take part.
#include <algorithm>
#include <set>
#include <utility>

#include "dsl/checker.h"
#include "dsl/expr_writer.h"
#include "dsl/program_walk.h"

namespace lull::dsl {
namespace {

constexpr std::uint64_t kWhole = 1'000'000'000;
constexpr int kShareDecimals = 9;

/// The experiments that each nudge depends on, through whatever it reads.
class ArmReaders {
 public:
  explicit ArmReaders(const CheckedProgram& program) : program_(program) {}

  std::set<ExperimentId> Of(NudgeId id) {
    const Nudge& nudge = program_.nudges[id];
    open_.clear();
    seen_.clear();
    found_.clear();
    AddRoots(nudge);
    if (nudge.stall != kNone) AddOnce(ExprKind::kStall, nudge.stall);
    if (nudge.journey != kNone) AddOnce(ExprKind::kStage, nudge.journey);
    for (const Policy& policy : program_.policies) {
      if (std::find(policy.covers.begin(), policy.covers.end(), id) != policy.covers.end()) AddRoots(policy);
    }
    while (!open_.empty()) {
      const ExprId root = open_.back();
      open_.pop_back();
      VisitExprs(program_, root, [&](ExprId, const Expr& expr) {
        if (expr.kind == ExprKind::kArm) found_.insert(expr.index);
        AddOnce(expr.kind, expr.index);
      });
    }
    return found_;
  }

 private:
  template <typename Definition>
  void AddRoots(const Definition& definition) {
    VisitRoots(definition, [&](ExprId root, RootUse) { open_.push_back(root); });
  }

  void AddOnce(ExprKind kind, std::uint32_t index) {
    const bool is_definition = kind == ExprKind::kFeature || kind == ExprKind::kScore ||
                               kind == ExprKind::kStall || kind == ExprKind::kStage;
    if (!is_definition || !seen_.insert({kind, index}).second) return;
    if (kind == ExprKind::kFeature) open_.push_back(program_.features[index].value);
    if (kind == ExprKind::kScore) AddRoots(program_.scores[index]);
    if (kind == ExprKind::kStall) AddRoots(program_.stalls[index]);
    if (kind != ExprKind::kStage) return;
    AddRoots(program_.journeys[index]);
    for (const Transition& transition : program_.journeys[index].transitions) {
      if (transition.stall != kNone) AddOnce(ExprKind::kStall, transition.stall);
    }
  }

  const CheckedProgram& program_;
  std::vector<ExprId> open_;
  std::set<std::pair<ExprKind, std::uint32_t>> seen_;
  std::set<ExperimentId> found_;
};

}  // namespace

// The arms are a choice of their own, behind those that have a name.
void Checker::DeclareArms() {
  for (const syntax::ExperimentDecl& decl : tree_.experiments) {
    Experiment experiment;
    experiment.name = decl.name.text;
    experiment.doc = decl.doc;
    experiment.span = decl.name.span;
    Choice choice{decl.name.text, {}, decl.name.span};
    std::vector<syntax::Name> names;
    for (const syntax::Arm& arm : decl.arms) {
      choice.values.push_back(arm.name.text);
      names.push_back(arm.name);
    }
    ReportRepeats(names);
    experiment.choice = static_cast<ChoiceId>(program_.choices.size());
    program_.choices.push_back(std::move(choice));
    program_.experiments.push_back(std::move(experiment));
  }
}

std::optional<std::uint64_t> Checker::ShareOf(syntax::ExprId id) {
  const ExprId checked = CheckNumber(id, {});
  if (checked == kNone) return std::nullopt;
  const Expr& share = At(checked);
  if (share.kind != ExprKind::kLiteral) {
    diagnostics_.Report(Code::kNotConstant, share.span, "the share of an arm has to be fixed")
        .Help("write a percentage, such as `50%`");
    return std::nullopt;
  }
  if (share.decimals == 0 || share.decimals > kShareDecimals || share.integer < 0 || share.number > 1) {
    diagnostics_.Report(Code::kOutOfRange, share.span, "the share of an arm is a percentage from 0% to 100%")
        .Help("write it with `%` and at most 7 decimals, such as `12.5%`");
    return std::nullopt;
  }
  std::uint64_t billionths = static_cast<std::uint64_t>(share.integer);
  for (int decimals = share.decimals; decimals < kShareDecimals; ++decimals) billionths *= 10;
  return billionths;
}

void Checker::CheckShares(const syntax::ExperimentDecl& decl, Experiment& experiment) {
  std::uint64_t all = 0;
  bool good = true;
  for (const syntax::Arm& written : decl.arms) {
    const std::optional<std::uint64_t> share = ShareOf(written.share);
    good = good && share.has_value();
    experiment.arms.push_back({written.name.text, share.value_or(0), written.held_out});
    all += share.value_or(0);
  }
  if (decl.incomplete || !good) return;
  if (decl.arms.size() < 2) {
    diagnostics_
        .Report(Code::kTooFewArms, decl.name.span,
                "the experiment " + Quoted(decl.name.text) + " has " +
                    (decl.arms.empty() ? "no arm" : "one arm only"))
        .Help("write two arms at least: `arm a 50%  arm b 50%`");
    return;
  }
  if (all == kWhole) return;
  const double percent = static_cast<double>(all) / 1e7;
  diagnostics_
      .Report(
          Code::kArmShares, decl.arms.back().span,
          "the shares of " + Quoted(decl.name.text) + " add up to " + NumberText(percent) + "%, not to 100%")
      .Label("the last of them")
      .Help("every " +
            (experiment.entity == kNone ? std::string("entity") : program_.entities[experiment.entity].name) +
            " is in one arm; an arm that gets nothing says `held out`");
}

void Checker::CheckGoal(const syntax::ExperimentDecl& decl, Experiment& experiment) {
  if (!decl.goal.exists()) return;
  experiment.goal = ResolveEvents(decl.goal, experiment.entity);
  experiment.goal_micros = ConstantDuration(decl.goal_within, false).value_or(0);
  if (experiment.goal == kNone || !decl.goal_where.exists()) return;
  Scope scope{experiment.entity, experiment.goal, kNone, false, false};
  scope.trigger_first = true;
  experiment.goal_where = CheckCondition(decl.goal_where, scope);
}

void Checker::CheckExperiments() {
  for (ExperimentId id = 0; id < tree_.experiments.size(); ++id) {
    const syntax::ExperimentDecl& decl = tree_.experiments[id];
    Experiment& experiment = program_.experiments[id];
    experiment.entity = ResolveEntity(decl.entity);
    CheckShares(decl, experiment);
    if (experiment.entity != kNone) CheckGoal(decl, experiment);
  }
  CollectExperiments();
}

void Checker::CollectExperiments() {
  if (program_.experiments.empty()) return;
  ArmReaders readers(program_);
  std::set<ExperimentId> read;
  for (NudgeId id = 0; id < program_.nudges.size(); ++id) {
    const std::set<ExperimentId> experiments = readers.Of(id);
    program_.nudges[id].experiments.assign(experiments.begin(), experiments.end());
    read.insert(experiments.begin(), experiments.end());
  }
  if (diagnostics_.has_errors()) return;
  for (ExperimentId id = 0; id < program_.experiments.size(); ++id) {
    if (read.contains(id)) continue;
    const Experiment& experiment = program_.experiments[id];
    diagnostics_
        .Report(Code::kArmsAlike, experiment.span,
                "no nudge depends on the arm of " + Quoted(experiment.name) + ", so nobody takes part in it")
        .Help("narrow a nudge with `if arm of " + experiment.name + " is " + experiment.arms.front().name +
              "`");
  }
}

ExprId Checker::CheckArm(const syntax::ArmRef& node, Span span, const Scope& scope) {
  const ExperimentId id =
      Resolve(node.experiment, SymbolKind::kExperiment, Code::kUnknownExperiment, "an experiment");
  if (id == kNone) return kNone;
  const Symbol* entity = Find(tree_.experiments[id].entity.text);
  if (entity == nullptr || entity->kind != SymbolKind::kEntity) return kNone;  // reported there
  const bool of_whole = scope.entity != kNone && program_.entities[scope.entity].whole == entity->index;
  if (entity->index != scope.entity && !of_whole) {
    diagnostics_
        .Report(Code::kUnknownExperiment, node.experiment.span,
                Quoted(node.experiment.text) + " is an experiment of " +
                    Quoted(tree_.experiments[id].entity.text))
        .NoteAt(tree_.experiments[id].name.span, "declared here");
    return kNone;
  }
  const ExprId arm = Make(ExprKind::kArm, {TypeKind::kChoice, program_.experiments[id].choice}, {}, span);
  program_.exprs[arm].index = id;
  return OfOwner(arm, entity->index, scope);
}

}  // namespace lull::dsl
