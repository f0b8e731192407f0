// Sets of events: single events, groups, activities and lists, and the fields that all of a set share.
#include <algorithm>

#include "dsl/checker.h"

namespace lull::dsl {

EventSetId Checker::InternSet(std::vector<EventId> events, const std::string& name) {
  std::sort(events.begin(), events.end());
  events.erase(std::unique(events.begin(), events.end()), events.end());
  const auto [at, is_new] = sets_.emplace(events, static_cast<EventSetId>(program_.event_sets.size()));
  if (is_new) {
    program_.event_sets.push_back({std::move(events), name});
  }
  return at->second;
}

// Events come first, so that the set of a single event has the event's number.
void Checker::MakeEventSets() {
  for (EventId id = 0; id < program_.events.size(); ++id) {
    InternSet({id}, program_.events[id].name);
  }
  group_sets_.assign(tree_.groups.size(), kNone);
  // A group may hold groups in any order, so passes are made until nothing changes.
  bool changed = true;
  std::vector<bool> done(tree_.groups.size(), false);
  const auto is_open_group = [&](const syntax::Name& name) {
    const Symbol* symbol = Find(name.text);
    return symbol != nullptr && symbol->kind == SymbolKind::kGroup && !done[symbol->index];
  };
  while (changed) {
    changed = false;
    for (std::size_t i = 0; i < tree_.groups.size(); ++i) {
      const syntax::EventGroupDecl& group = tree_.groups[i];
      if (!done[i] && std::none_of(group.events.begin(), group.events.end(), is_open_group)) {
        done[i] = changed = true;
        ReportRepeats(group.events);
        group_sets_[i] = ResolveEventList(group.events, kNone, group.name.text);
      }
    }
  }
  for (std::size_t i = 0; i < tree_.groups.size(); ++i) {
    if (!done[i]) {  // those that hold it are stuck as well
      diagnostics_.Report(
          Code::kCycle, tree_.groups[i].name.span,
          "the group " + Quoted(tree_.groups[i].name.text) + " holds itself, by way of its groups");
      return;
    }
  }
}

void Checker::CheckActivities() {
  for (EntityId id = 0; id < tree_.entities.size(); ++id) {
    const syntax::EntityDecl& decl = tree_.entities[id];
    if (decl.activity_span.exists()) {
      ReportRepeats(decl.activity);
      program_.entities[id].activity = ResolveEventList(decl.activity, id, "activity");
      continue;
    }
    // Without the clause, every event of the entity counts.
    std::vector<EventId> events;
    for (EventId event = 0; event < program_.events.size(); ++event) {
      const std::vector<EntityId>& entities = program_.events[event].entities;
      const bool is_step = program_.events[event].task_step != TaskStep::kNo;
      if (!is_step && std::find(entities.begin(), entities.end(), id) != entities.end()) {
        events.push_back(event);
      }
    }
    if (!events.empty()) {
      program_.entities[id].activity = InternSet(std::move(events), "activity");
    }
  }
}

std::optional<EventSetId> Checker::EventsNamed(std::string_view name, EntityId entity) const {
  if (name == "activity" && entity != kNone) {
    const EventSetId activity = program_.entities[entity].activity;
    return activity == kNone ? std::nullopt : std::optional(activity);
  }
  const Symbol* symbol = Find(name);
  if (symbol == nullptr) {
    return std::nullopt;
  }
  if (symbol->kind == SymbolKind::kEvent) {
    return sets_.at({symbol->index});
  }
  if (symbol->kind == SymbolKind::kGroup) {
    return group_sets_[symbol->index];
  }
  return std::nullopt;
}

EventSetId Checker::ResolveEvents(const syntax::Name& name, EntityId entity) {
  if (!name.exists()) {
    return kNone;
  }
  const std::optional<EventSetId> set = EventsNamed(name.text, entity);
  if (!set) {
    if (name.text == "activity" && entity != kNone) {
      // A bad `activity` clause was reported where it stands.
      if (!tree_.entities[entity].activity_span.exists()) {
        diagnostics_.Report(Code::kNoActivity, name.span,
                            Quoted(program_.entities[entity].name) + " has no events, so it has no activity");
      }
      return kNone;
    }
    const Symbol* symbol = Find(name.text);
    if (symbol != nullptr && symbol->kind != SymbolKind::kLater) {
      diagnostics_
          .Report(Code::kUnknownEvent, name.span,
                  Quoted(name.text) + " is " + std::string(KindWords(symbol->kind)) + ", not an event")
          .NoteAt(symbol->span, "declared here")
          .Help("name an event, such as " + ListOf(NamesOf({SymbolKind::kEvent})));
    } else if (symbol == nullptr) {
      ReportUnknown(Code::kUnknownEvent, name, "there is no event " + Quoted(name.text),
                    NamesOf({SymbolKind::kEvent, SymbolKind::kGroup}));
    }
    return kNone;
  }
  if (*set == kNone || entity == kNone) {
    return *set;
  }
  for (const EventId id : program_.event_sets[*set].events) {
    const Event& event = program_.events[id];
    const bool sees = std::find(event.entities.begin(), event.entities.end(), entity) != event.entities.end();
    if (!sees && !event.entities.empty()) {
      const std::string entity_name = program_.entities[entity].name;
      Diagnostic& diagnostic =
          diagnostics_
              .Report(Code::kEventNotOfEntity, name.span,
                      Quoted(event.name) + " is not an event of " + Quoted(entity_name))
              .NoteAt(tree_.events[id].name.span, "declared here, without `of " + entity_name + "`");
      const EntityId whole = WholeOf(entity);
      if (whole != kNone &&
          std::find(event.entities.begin(), event.entities.end(), whole) != event.entities.end()) {
        diagnostic.Help("it is an event of its whole: declare a feature of " +
                        Quoted(program_.entities[whole].name) + " over it and read that here");
      } else {
        diagnostic.Help("if its events carry the key of " + Quoted(entity_name) +
                        ", add it to the list after `of`");
      }
      return kNone;
    }
  }
  return *set;
}

EventSetId Checker::ResolveEventList(const std::vector<syntax::Name>& names, EntityId entity,
                                     std::string text) {
  std::vector<EventId> events;
  const bool named = !text.empty();
  bool good = !names.empty();
  for (const syntax::Name& name : names) {
    const EventSetId set = ResolveEvents(name, entity);
    good = good && set != kNone;
    if (set != kNone) {
      events.insert(events.end(), program_.event_sets[set].events.begin(),
                    program_.event_sets[set].events.end());
    }
    if (!named) {
      text += (text.empty() ? "" : ", ") + name.text;
    }
  }
  return good ? InternSet(std::move(events), text) : kNone;
}

std::optional<SharedField> Checker::FieldOf(EventSetId set, std::string_view field) const {
  if (field == "time") {
    return SharedField{{TypeKind::kTime, kNone}, false};
  }
  std::optional<SharedField> shared;
  for (const EventId id : program_.event_sets[set].events) {
    const std::vector<EventField>& fields = program_.events[id].fields;
    const auto at = std::find_if(fields.begin(), fields.end(),
                                 [&](const EventField& each) { return each.name == field; });
    if (at == fields.end() || (shared && shared->type != at->type)) {
      return std::nullopt;
    }
    shared = SharedField{at->type, at->optional || (shared && shared->optional)};
  }
  return shared;
}

std::vector<std::string_view> Checker::FieldNames(EventSetId set) const {
  std::vector<std::string_view> names;
  const std::vector<EventId>& events = program_.event_sets[set].events;
  if (!events.empty()) {
    for (const EventField& field : program_.events[events.front()].fields) {
      if (FieldOf(set, field.name)) {
        names.push_back(field.name);
      }
    }
  }
  names.push_back("time");
  return names;
}

bool Checker::IsIncomplete(EventSetId set) const {
  const std::vector<EventId>& events = program_.event_sets[set].events;
  return std::any_of(events.begin(), events.end(), [&](EventId id) { return tree_.events[id].incomplete; });
}

std::optional<SharedField> Checker::RequireField(EventSetId set, const syntax::Name& field) {
  const std::optional<SharedField> shared = FieldOf(set, field.text);
  if (shared || !field.exists()) {
    return shared;
  }
  const EventSet& events = program_.event_sets[set];
  if (IsIncomplete(set)) {
    return std::nullopt;
  }
  if (events.events.size() == 1) {
    ReportUnknown(Code::kUnknownField, field,
                  "the event " + Quoted(events.name) + " has no field " + Quoted(field.text), FieldNames(set))
        .NoteAt(tree_.events[events.events.front()].name.span, "declared here");
    return std::nullopt;
  }
  ReportUnknown(Code::kUnknownField, field,
                "not all events of " + Quoted(events.name) + " have a field " + Quoted(field.text) +
                    " of the same type",
                FieldNames(set));
  return std::nullopt;
}

}  // namespace lull::dsl
