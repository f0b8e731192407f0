// Features and scores. Features may build on each other in any order.
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {
namespace {

constexpr std::size_t kFeatureDepthMax = 64;

template <typename Visit>
void VisitChildren(const syntax::ExprNode& node, const Visit& visit) {
  if (const auto* text = std::get_if<syntax::TextLiteral>(&node)) {
    for (const syntax::TextPart& part : text->parts) {
      visit(part.expr);
    }
  } else if (const auto* field = std::get_if<syntax::FieldRef>(&node)) {
    visit(field->base);
  } else if (const auto* unary = std::get_if<syntax::Unary>(&node)) {
    visit(unary->operand);
  } else if (const auto* binary = std::get_if<syntax::Binary>(&node)) {
    visit(binary->left);
    visit(binary->right);
  } else if (const auto* between = std::get_if<syntax::Between>(&node)) {
    visit(between->value);
    visit(between->low);
    visit(between->high);
  } else if (const auto* one_of = std::get_if<syntax::OneOf>(&node)) {
    visit(one_of->value);
    for (const syntax::ExprId choice : one_of->choices) {
      visit(choice);
    }
  } else if (const auto* branch = std::get_if<syntax::IfThenElse>(&node)) {
    visit(branch->condition);
    visit(branch->then_value);
    visit(branch->else_value);
  } else if (const auto* pick = std::get_if<syntax::Pick>(&node)) {
    for (const syntax::ExprId value : pick->values) {
      visit(value);
    }
  } else if (const auto* aggregate = std::get_if<syntax::Aggregate>(&node)) {
    visit(aggregate->where);
  } else if (const auto* table = std::get_if<syntax::Table>(&node)) {
    for (const syntax::ExprId input : table->inputs) {
      visit(input);
    }
    for (const syntax::TableRow& row : table->rows) {
      for (const syntax::ExprId cell : row.cells) {
        visit(cell);
      }
      visit(row.result);
    }
  } else if (const auto* cell = std::get_if<syntax::RawCell>(&node)) {
    visit(cell->parsed);
  }
}

}  // namespace

// Features in an order in which each comes after those that it mentions, so that checking one seldom has to
// begin with others; a long chain must not become deep recursion.
std::vector<FeatureId> Checker::FeatureOrder() const {
  std::vector<std::vector<FeatureId>> mentioned(tree_.features.size());
  for (FeatureId id = 0; id < tree_.features.size(); ++id) {
    std::vector<syntax::ExprId> open = {tree_.features[id].value};
    while (!open.empty()) {
      const syntax::ExprId expr = open.back();
      open.pop_back();
      if (!expr.exists()) {
        continue;
      }
      const auto* name = std::get_if<syntax::NameRef>(&tree_[expr].node);
      const Symbol* symbol = name == nullptr ? nullptr : Find(name->name.text);
      if (symbol != nullptr && symbol->kind == SymbolKind::kFeature) {
        mentioned[id].push_back(symbol->index);
      }
      VisitChildren(tree_[expr].node, [&](syntax::ExprId child) { open.push_back(child); });
    }
  }
  std::vector<FeatureId> order;
  std::vector<bool> seen(tree_.features.size(), false);
  struct Step {
    FeatureId id;
    std::size_t next;
  };
  for (FeatureId root = 0; root < tree_.features.size(); ++root) {
    std::vector<Step> path;
    if (!seen[root]) {
      seen[root] = true;
      path.push_back({root, 0});
    }
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next == mentioned[step.id].size()) {
        order.push_back(step.id);
        path.pop_back();
        continue;
      }
      const FeatureId next = mentioned[step.id][step.next++];
      if (!seen[next]) {
        seen[next] = true;
        path.push_back({next, 0});
      }
    }
  }
  return order;
}

void Checker::CheckFeatures() {
  feature_states_.assign(tree_.features.size(), FeatureState::kUnchecked);
  handles_.resize(tree_.features.size());
  feature_uses_.resize(tree_.features.size(), false);
  for (const syntax::FeatureDecl& decl : tree_.features) {
    Feature feature;
    feature.name = decl.name.text;
    feature.entity = ResolveEntity(decl.entity);
    feature.doc = decl.doc;
    feature.span = decl.name.span;
    program_.features.push_back(std::move(feature));
  }
  for (const FeatureId id : FeatureOrder()) {
    const bool used = feature_uses_[id];
    CheckFeature(id);
    feature_uses_[id] = used;
  }
}

void Checker::ReportUnusedFeatures() {
  for (FeatureId id = 0; id < tree_.features.size(); ++id) {
    if (!feature_uses_[id]) {
      diagnostics_
          .Report(Code::kUnusedFeature, tree_.features[id].name.span,
                  "nothing uses the feature " + Quoted(tree_.features[id].name.text))
          .Help("leave it out, or use it in a stall, score or nudge");
    }
  }
}

bool Checker::CheckFeature(FeatureId id) {
  feature_uses_[id] = true;
  if (feature_states_[id] != FeatureState::kUnchecked && feature_states_[id] != FeatureState::kInProgress) {
    return feature_states_[id] == FeatureState::kGood;
  }
  const syntax::FeatureDecl& decl = tree_.features[id];
  if (feature_states_[id] == FeatureState::kInProgress) {
    std::string chain;
    for (std::size_t i = features_in_progress_.size(); i > 0; --i) {
      const FeatureId each = features_in_progress_[i - 1];
      chain = Quoted(tree_.features[each].name.text) + " needs " + chain;
      if (each == id) {
        break;
      }
    }
    diagnostics_
        .Report(Code::kCycle, decl.name.span,
                "the feature " + Quoted(decl.name.text) + " needs its own value")
        .Explain(chain + Quoted(decl.name.text));
    return false;
  }
  if (features_in_progress_.size() >= kFeatureDepthMax) {
    diagnostics_.Report(Code::kTooDeep, decl.name.span, "features build on each other too deeply here");
    feature_states_[id] = FeatureState::kBad;
    return false;
  }
  const EntityId entity = program_.features[id].entity;
  feature_states_[id] = FeatureState::kInProgress;
  features_in_progress_.push_back(id);
  bool good = false;
  if (entity != kNone) {
    bool is_handle = false;
    const Scope scope{entity, kNone, kNone, false, false};
    handles_[id] = FindHandle(decl.value, scope, is_handle);
    if (is_handle) {
      good = handles_[id].has_value();
    } else {
      const ExprId value = CheckExpr(decl.value, scope);
      program_.features[id].value = value;
      program_.features[id].type = value == kNone ? Type{} : At(value).type;
      good = value != kNone;
    }
  }
  features_in_progress_.pop_back();
  feature_states_[id] = good ? FeatureState::kGood : FeatureState::kBad;
  return good;
}

void Checker::CheckScores() {
  for (const syntax::ScoreDecl& decl : tree_.scores) {
    Score score;
    score.name = decl.name.text;
    score.entity = ResolveEntity(decl.entity);
    score.doc = decl.doc;
    score.span = decl.name.span;
    if (score.entity != kNone) {
      const Scope scope{score.entity, kNone, kNone, false, false};
      score.start = CheckNumber(decl.start, scope);
      for (const syntax::ScoreLine& line : decl.lines) {
        CheckScoreLine(line, scope, score);
      }
      score.minimum = CheckNumber(decl.kept_low, scope);
      score.maximum = CheckNumber(decl.kept_high, scope);
      if (score.minimum != kNone && score.maximum != kNone && At(score.minimum).kind == ExprKind::kLiteral &&
          At(score.maximum).kind == ExprKind::kLiteral &&
          At(score.minimum).number > At(score.maximum).number) {
        diagnostics_
            .Report(Code::kOutOfRange, At(score.minimum).span, "the lowest score is above the highest")
            .NoteAt(At(score.maximum).span, "the highest")
            .Help("the lower one comes first: `kept between 0 and 100`");
      }
    }
    program_.scores.push_back(std::move(score));
  }
}

void Checker::CheckScoreLine(const syntax::ScoreLine& line, const Scope& scope, Score& score) {
  ScorePart part;
  part.take = line.take;
  part.points = CheckNumber(line.points, scope);
  part.when = line.when.exists() ? CheckCondition(line.when, scope) : kNone;
  part.because = line.because.exists() ? CheckExpr(line.because, scope) : kNone;
  if (part.points != kNone) {
    score.parts.push_back(part);
  }
}

}  // namespace lull::dsl
