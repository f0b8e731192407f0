// Names with a dot: fields of the event at hand, of `latest E`, and what is known of the entity.
#include "dsl/checker.h"

namespace lull::dsl {

ExprId Checker::CheckFieldRef(const syntax::FieldRef& node, Span span, const Scope& scope) {
  if (const auto* base = std::get_if<syntax::NameRef>(&tree_[node.base].node)) {
    return CheckNamedField(base->name, node.field, span, scope);
  }
  bool is_handle = false;
  const std::optional<Aggregate> handle = FindHandle(node.base, scope, is_handle);
  if (is_handle) {
    return handle ? OfOwner(MakeHandleField(*handle, node.field, span), handle->entity, scope) : kNone;
  }
  const ExprId base = CheckExpr(node.base, scope);
  if (base != kNone) {
    diagnostics_
        .Report(Code::kNoFields, node.field.span, TypeNameOf(base) + " has no fields to read with a dot")
        .NoteAt(At(base).span, "this is " + TypeNameOf(base));
  }
  return kNone;
}

ExprId Checker::CheckNamedField(const syntax::Name& base, const syntax::Name& field, Span span,
                                const Scope& scope) {
  for (const NamedEvent& event : scope.named) {
    if (event.name == base.text) return CheckFieldOfNamed(event, base, field, span, scope);
  }
  if (const std::optional<EventSetId> set = EventsNamed(base.text, scope.entity)) {
    return *set == kNone ? kNone : CheckEventField(*set, base, field, span, scope);
  }
  const Symbol* symbol = Find(base.text);
  if (symbol != nullptr && symbol->kind == SymbolKind::kEntity) {
    return CheckEntityField(symbol->index, base, field, span, scope);
  }
  const std::optional<NameMeaning> meaning = FindUpwards(base.text, scope.entity);
  if (meaning && meaning->kind == NameMeaning::kFeature) {
    if (!CheckFeature(meaning->index)) {
      return kNone;
    }
    if (handles_[meaning->index]) {
      const Aggregate& handle = *handles_[meaning->index];
      return OfOwner(MakeHandleField(handle, field, span), handle.entity, scope);
    }
  }
  if (FindMeanings(base.text, scope).empty()) {
    ReportUnknownName(base, scope);
    return kNone;
  }
  diagnostics_.Report(Code::kNoFields, field.span, Quoted(base.text) + " has no fields to read with a dot")
      .Help("a dot reads a field of the event of the rule, of `latest E`, or what is known of the entity");
  return kNone;
}

void Checker::ReportTriggerInWhere(const syntax::Name& base, const syntax::Name& field, Span span) {
  diagnostics_
      .Report(Code::kTriggerInWhere, span,
              "a `where` of an aggregate cannot look at the event of the rule, " + Quoted(base.text))
      .Help("to count only what has the same " + field.text + " as that event, write `with same " +
            field.text + "`");
}

ExprId Checker::CheckFieldOfNamed(const NamedEvent& event, const syntax::Name& base,
                                  const syntax::Name& field, Span span, const Scope& scope) {
  const std::optional<SharedField> shared = RequireField(event.events, field);
  if (!shared) return kNone;
  if (scope.in_aggregate) {
    ReportTriggerInWhere(base, field, span);
    return kNone;
  }
  const ExprId id = MakeField(event.scope, event.events, field.text, *shared, span);
  if (id != kNone) program_.exprs[id].integer = event.step;
  return id;
}

ExprId Checker::CheckEventField(EventSetId set, const syntax::Name& base, const syntax::Name& field,
                                Span span, const Scope& scope) {
  if (set == scope.trigger || set == scope.own) {
    const std::optional<SharedField> shared = RequireField(set, field);
    if (!shared) {
      return kNone;
    }
    if (set == scope.own) {
      return MakeField(FieldScope::kOwn, set, field.text, *shared, span);
    }
    if (!scope.in_aggregate) {
      return MakeField(FieldScope::kTrigger, set, field.text, *shared, span);
    }
    ReportTriggerInWhere(base, field, span);
    return kNone;
  }
  const std::string latest = "latest " + base.text + "." + field.text;
  diagnostics_
      .Report(Code::kEventNotInHand, span,
              "this is not about one certain " + Quoted(base.text) + ": which one is meant?")
      .Help("for the one that happened last, write " + Quoted(latest))
      .Replace(span, latest);
  return kNone;
}

ExprId Checker::CheckEntityField(EntityId entity, const syntax::Name& base, const syntax::Name& field,
                                 Span span, const Scope& scope) {
  if (scope.entity != entity && (WholeOf(scope.entity) == kNone || WholeOf(scope.entity) != entity)) {
    Diagnostic& diagnostic = diagnostics_.Report(
        Code::kOtherEntity, base.span,
        "this cannot read from " + Quoted(base.text) +
            (scope.entity == kNone
                 ? "."
                 : ", because it is about " + Quoted(program_.entities[scope.entity].name)));
    if (scope.entity != kNone && program_.entities[entity].whole == scope.entity) {
      diagnostic.Help(
          "a whole has many parts and does not read them: count their events instead, or make this a "
          "rule of " +
          Quoted(base.text));
    }
    return kNone;
  }
  const std::optional<NameMeaning> meaning = FindOfEntity(field.text, entity);
  if (meaning) {
    return MakeMeaning(*meaning, field, scope, span);
  }
  if (field.exists() && program_.entities[entity].key == field.text) {
    return MakeMeaning({NameMeaning::kKey, entity}, field, scope, span);
  }
  ReportUnknownName(field, {entity, kNone, kNone, false, false});
  return kNone;
}

}  // namespace lull::dsl
