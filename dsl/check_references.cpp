// What names in expressions stand for.
#include <algorithm>
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {

std::optional<NameMeaning> Checker::FindOfEntity(std::string_view name, EntityId entity) const {
  if (entity == kNone) {
    return std::nullopt;
  }
  const auto attribute = attributes_[entity].find(name);
  if (attribute != attributes_[entity].end()) {
    return NameMeaning{NameMeaning::kAttribute, attribute->second};
  }
  const Symbol* symbol = Find(name);
  if (symbol != nullptr && symbol->kind == SymbolKind::kCalendar) {
    return NameMeaning{NameMeaning::kCalendar, symbol->index};
  }
  if (symbol == nullptr || EntityOf(*symbol) != entity) {
    return std::nullopt;
  }
  switch (symbol->kind) {
    case SymbolKind::kFeature:
      return NameMeaning{NameMeaning::kFeature, symbol->index};
    case SymbolKind::kScore:
      return NameMeaning{NameMeaning::kScore, symbol->index};
    case SymbolKind::kStall:
      return NameMeaning{NameMeaning::kStall, symbol->index};
    case SymbolKind::kJourney:
      return NameMeaning{NameMeaning::kJourney, symbol->index};
    default:
      return std::nullopt;
  }
}

std::optional<NameMeaning> Checker::FindUpwards(std::string_view name, EntityId entity) const {
  const std::optional<NameMeaning> own = FindOfEntity(name, entity);
  if (own || WholeOf(entity) == kNone) {
    return own;
  }
  const std::optional<NameMeaning> of_whole = FindOfEntity(name, WholeOf(entity));
  return of_whole && of_whole->kind != NameMeaning::kAttribute ? of_whole : std::nullopt;
}

EntityId Checker::OwnerOf(const NameMeaning& meaning) const {
  switch (meaning.kind) {
    case NameMeaning::kAttribute:
      return program_.attributes[meaning.index].entity;
    case NameMeaning::kFeature:
      return EntityOf({SymbolKind::kFeature, meaning.index, {}});
    case NameMeaning::kScore:
      return EntityOf({SymbolKind::kScore, meaning.index, {}});
    case NameMeaning::kStall:
      return EntityOf({SymbolKind::kStall, meaning.index, {}});
    case NameMeaning::kJourney:
      return EntityOf({SymbolKind::kJourney, meaning.index, {}});
    case NameMeaning::kKey:
      return meaning.index;
    default:
      return kNone;
  }
}

ExprId Checker::OfOwner(ExprId value, EntityId owner, const Scope& scope) {
  if (value == kNone || owner == scope.entity) {
    return value;
  }
  // A calendar is nobody's; the outcome is the step's.
  if (At(value).kind == ExprKind::kCalendarOpen || At(value).kind == ExprKind::kTaskOutcome) {
    return value;
  }
  if (RefuseCalendarDuration(value, "a part cannot read it from its whole")) {
    return kNone;
  }
  return Make(ExprKind::kOfWhole, At(value).type, {value}, At(value).span);
}

std::vector<NameMeaning> Checker::FindMeanings(std::string_view name, const Scope& scope) const {
  if (scope.own != kNone && FieldOf(scope.own, name)) {
    return {{NameMeaning::kOwnField, kNone}};
  }
  if (scope.step_of != kNone && name == "outcome") {
    return {{NameMeaning::kOutcome, scope.step_of}};
  }
  const bool trigger_field = scope.trigger != kNone && scope.own == kNone && FieldOf(scope.trigger, name);
  if (trigger_field && scope.trigger_first) {
    return {{NameMeaning::kTriggerField, kNone}};
  }
  std::vector<NameMeaning> meanings;
  meanings.reserve(2);
  if (const auto meaning = FindUpwards(name, scope.entity)) {
    meanings.push_back(*meaning);
  }
  if (trigger_field && (meanings.empty() || !scope.trigger_last)) {
    meanings.push_back({NameMeaning::kTriggerField, kNone});
  }
  // A field or an attribute may well have the name of the key, and is then meant.
  for (const EntityId entity : {scope.entity, WholeOf(scope.entity)}) {
    if (meanings.empty() && entity != kNone && !name.empty() && program_.entities[entity].key == name) {
      meanings.push_back({NameMeaning::kKey, entity});
    }
  }
  return meanings;
}

ExprId Checker::CheckName(const syntax::Name& name, const Scope& scope, std::optional<Type> expected) {
  const std::vector<NameMeaning> meanings = FindMeanings(name.text, scope);
  if (expected && (expected->kind == TypeKind::kChoice || expected->kind == TypeKind::kStage)) {
    const ExprId value = CheckValueName(name, *expected);
    // A value of the choice wins over what has another type anyway.
    if (value != kNone && !(meanings.size() == 1 && TypeOf(meanings.front(), name.text, scope) == expected)) {
      return value;
    }
    if (value != kNone) {
      ReportAmbiguous(name, scope);
      return kNone;
    }
  }
  if (meanings.empty()) {
    if (expected && expected->kind == TypeKind::kChoice && Find(name.text) == nullptr) {
      const Choice& choice = program_.choices[expected->of];
      ReportUnknown(Code::kUnknownName, name,
                    Quoted(name.text) + " is not a value of the choice " + Quoted(choice.name),
                    {choice.values.begin(), choice.values.end()});
    } else if (expected && expected->kind == TypeKind::kStage && Find(name.text) == nullptr) {
      ResolveStage(expected->of, name);
    } else {
      ReportUnknownName(name, scope, expected);
    }
    return kNone;
  }
  if (meanings.size() > 1) {
    ReportAmbiguous(name, scope);
    return kNone;
  }
  return MakeMeaning(meanings.front(), name, scope, name.span);
}

std::optional<Type> Checker::TypeOf(const NameMeaning& meaning, std::string_view name, const Scope& scope) {
  switch (meaning.kind) {
    case NameMeaning::kOwnField:
      return FieldOf(scope.own, name)->type;
    case NameMeaning::kTriggerField:
      return FieldOf(scope.trigger, name)->type;
    case NameMeaning::kAttribute:
      return program_.attributes[meaning.index].type;
    case NameMeaning::kFeature:
      return CheckFeature(meaning.index) ? std::optional(program_.features[meaning.index].type)
                                         : std::nullopt;
    case NameMeaning::kJourney:
      return Type{TypeKind::kStage, meaning.index};
    case NameMeaning::kScore:
      return kNumberType;
    case NameMeaning::kStall:
    case NameMeaning::kCalendar:
      return kFlagType;
    case NameMeaning::kKey:
      return kTextType;
    case NameMeaning::kOutcome:
      return Type{TypeKind::kChoice, outcomes_[meaning.index]};
  }
  return std::nullopt;
}

// The value of a choice, or the stage, that has this name; kNone without a report if there is none.
ExprId Checker::CheckValueName(const syntax::Name& name, Type type) {
  if (type.kind == TypeKind::kStage) {
    const std::optional<std::uint32_t> stage = FindStage(type.of, name.text);
    return stage ? MakeLiteral(type, *stage, name.span) : kNone;
  }
  const std::vector<std::string>& values = program_.choices[type.of].values;
  const auto at = std::find(values.begin(), values.end(), name.text);
  return at == values.end() ? kNone : MakeLiteral(type, at - values.begin(), name.span);
}

ExprId Checker::MakeMeaning(const NameMeaning& meaning, const syntax::Name& name, const Scope& scope,
                            Span span) {
  const auto make = [&](ExprKind kind, Type type) {
    const ExprId id = Make(kind, type, {}, span);
    program_.exprs[id].index = meaning.index;
    return OfOwner(id, OwnerOf(meaning), scope);
  };
  if (meaning.kind == NameMeaning::kAttribute && program_.attributes[meaning.index].type.of == kBadType) {
    return kNone;
  }
  switch (meaning.kind) {
    case NameMeaning::kOwnField:
      return MakeField(FieldScope::kOwn, scope.own, name.text, *FieldOf(scope.own, name.text), span);
    case NameMeaning::kTriggerField:
      return MakeField(FieldScope::kTrigger, scope.trigger, name.text, *FieldOf(scope.trigger, name.text),
                       span);
    case NameMeaning::kAttribute:
      return make(ExprKind::kAttribute, program_.attributes[meaning.index].type);
    case NameMeaning::kScore:
      return make(ExprKind::kScore, kNumberType);
    case NameMeaning::kStall:
      return make(ExprKind::kStall, kFlagType);
    case NameMeaning::kCalendar:
      return make(ExprKind::kCalendarOpen, kFlagType);
    case NameMeaning::kJourney:
      return make(ExprKind::kStage, {TypeKind::kStage, meaning.index});
    case NameMeaning::kKey:
      return make(ExprKind::kKey, kTextType);
    case NameMeaning::kOutcome:
      return make(ExprKind::kTaskOutcome, {TypeKind::kChoice, outcomes_[meaning.index]});
    case NameMeaning::kFeature:
      break;
  }
  if (!CheckFeature(meaning.index)) {
    return kNone;
  }
  const Feature& feature = program_.features[meaning.index];
  if (feature.value == kNone) {
    diagnostics_
        .Report(Code::kNeedsField, span,
                Quoted(name.text) + " stands for a whole event; which of its fields is meant?")
        .Help("read a field with a dot, such as " +
              Quoted(name.text + "." + std::string(FieldNames(handles_[meaning.index]->events).front())));
    return kNone;
  }
  return make(ExprKind::kFeature, feature.type);
}

ExprId Checker::MakeField(FieldScope which, EventSetId set, const std::string& field, SharedField shared,
                          Span span) {
  if (shared.type.of == kBadType) {
    return kNone;
  }
  Expr expr;
  expr.kind = ExprKind::kField;
  expr.type = shared.type;
  expr.scope = which;
  expr.index = set;
  expr.text = field;
  expr.may_be_unknown = shared.optional;
  expr.span = span;
  return Add(std::move(expr));
}

void Checker::ReportAmbiguous(const syntax::Name& name, const Scope& scope) {
  const std::string of_entity = program_.entities[scope.entity].name + "." + name.text;
  const EventSetId set = scope.own != kNone ? scope.own : scope.trigger;
  const std::string of_event =
      (set == kNone ? std::string() : program_.event_sets[set].name) + "." + name.text;
  Diagnostic& diagnostic =
      diagnostics_.Report(Code::kAmbiguousName, name.span, Quoted(name.text) + " could mean two things here");
  if (set == kNone) {
    diagnostic.Help("it is a value of a choice or a stage, and something else too: write " +
                    Quoted(of_entity) + " for the latter");
    return;
  }
  diagnostic.Help("write " + Quoted(of_event) + " for the field of the event, or " + Quoted(of_entity) +
                  " for what is known of the " + program_.entities[scope.entity].name);
}

void Checker::ReportUnknownName(const syntax::Name& name, const Scope& scope, std::optional<Type> expected) {
  const Symbol* symbol = Find(name.text);
  if (symbol != nullptr && symbol->kind == SymbolKind::kLater) {
    return;
  }
  if (symbol != nullptr && EntityOf(*symbol) != kNone && scope.entity != kNone) {
    const EntityId owner = EntityOf(*symbol);
    Diagnostic& diagnostic =
        diagnostics_
            .Report(Code::kOtherEntity, name.span,
                    Quoted(name.text) + " belongs to " + Quoted(program_.entities[owner].name) +
                        ", and this is about " + Quoted(program_.entities[scope.entity].name))
            .NoteAt(symbol->span, "declared here");
    if (WholeOf(owner) == scope.entity) {
      diagnostic.Help("a whole does not read its parts: count their events instead, or make this a rule of " +
                      Quoted(program_.entities[owner].name));
    } else if (WholeOf(scope.entity) == owner) {
      diagnostic.Help("a part reads a stall or a journey of its whole as a condition: `when " +
                      program_.entities[owner].name + "." + name.text + "`" +
                      (symbol->kind == SymbolKind::kJourney ? ", with `is STAGE`" : ""));
    }
    return;
  }
  if (const EntityId whole = WholeOf(scope.entity);
      whole != kNone && attributes_[whole].contains(name.text)) {
    const std::string written = program_.entities[whole].name + "." + name.text;
    diagnostics_
        .Report(Code::kUnknownName, name.span,
                Quoted(name.text) + " is an attribute of " + Quoted(program_.entities[whole].name) +
                    ", the whole of " + Quoted(program_.entities[scope.entity].name))
        .Help("write " + Quoted(written))
        .Replace(name.span, written);
    return;
  }
  if (symbol != nullptr && symbol->kind == SymbolKind::kFeature && tree_.features[symbol->index].incomplete) {
    return;
  }
  if (symbol != nullptr) {
    Diagnostic& diagnostic = diagnostics_
                                 .Report(Code::kNotAValue, name.span,
                                         Quoted(name.text) + " is " + std::string(KindWords(symbol->kind)) +
                                             ", which has no value")
                                 .NoteAt(symbol->span, "declared here");
    if (symbol->kind == SymbolKind::kEvent || symbol->kind == SymbolKind::kGroup) {
      diagnostic.Help("ask about the events: `any " + name.text + "`, `count of " + name.text +
                      " in last 24 hours`");
    }
    return;
  }
  // A field or an attribute that could not be read may have been this one.
  const bool may_be_lost = (scope.entity != kNone && tree_.entities[scope.entity].incomplete) ||
                           (scope.own != kNone && IsIncomplete(scope.own)) ||
                           (scope.trigger != kNone && IsIncomplete(scope.trigger));
  if (may_be_lost || ReportKnownSlip(name, scope, expected)) {
    return;
  }
  for (const Choice& choice : program_.choices) {
    if (std::find(choice.values.begin(), choice.values.end(), name.text) != choice.values.end()) {
      diagnostics_
          .Report(
              Code::kUnknownName, name.span,
              Quoted(name.text) + " is a value of the choice " + Quoted(choice.name) + ", not a condition")
          .Help("compare something with it, as in `... is " + name.text + "`");
      return;
    }
  }
  for (JourneyId id = 0; id < program_.journeys.size(); ++id) {
    if (FindStage(id, name.text)) {
      const std::string written = program_.journeys[id].name + " is " + name.text;
      diagnostics_
          .Report(Code::kUnknownName, name.span,
                  Quoted(name.text) + " is a stage of the journey " + Quoted(program_.journeys[id].name))
          .Help("write " + Quoted(written))
          .Replace(name.span, written);
      return;
    }
  }
  std::vector<std::string_view> candidates;
  if (scope.own != kNone) {
    candidates = FieldNames(scope.own);
  } else if (scope.trigger != kNone) {
    candidates = FieldNames(scope.trigger);
  }
  if (scope.entity != kNone) {
    for (const auto& [attribute, id] : attributes_[scope.entity]) {
      candidates.push_back(attribute);
    }
  }
  for (const auto& [other, declared] : symbols_) {
    if (scope.entity != kNone && EntityOf(declared) == scope.entity) {
      candidates.push_back(other);
    }
  }
  const std::string whose =
      scope.entity == kNone ? std::string() : " for a " + Quoted(program_.entities[scope.entity].name);
  Diagnostic& diagnostic = ReportUnknown(
      Code::kUnknownName, name, "nothing is named " + Quoted(name.text) + " here" + whose, candidates);
  if (diagnostic.help.empty()) {
    diagnostic.Help("declare it, as an attribute, as a feature, or as a field of the event");
  }
}

}  // namespace lull::dsl
