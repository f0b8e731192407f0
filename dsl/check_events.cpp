// Entities, events, what they set, and sets of events.
#include <algorithm>
#include <utility>

#include "dsl/checker.h"

namespace lull::dsl {

void Checker::CheckEntities() {
  attributes_.resize(tree_.entities.size());
  for (EntityId id = 0; id < tree_.entities.size(); ++id) {
    const syntax::EntityDecl& decl = tree_.entities[id];
    Entity entity;
    entity.name = decl.name.text;
    entity.key = decl.key.text;
    entity.doc = decl.doc;
    entity.span = decl.span;
    if (decl.forget_after.exists()) {
      entity.forget_after_micros = ConstantDuration(decl.forget_after, false).value_or(0);
    }
    for (const syntax::Attribute& attribute : decl.attributes) {
      const auto attribute_id = static_cast<AttributeId>(program_.attributes.size());
      const auto [at, is_new] = attributes_[id].emplace(attribute.name.text, attribute_id);
      if (!is_new) {
        diagnostics_
            .Report(Code::kDuplicateName, attribute.name.span,
                    "the attribute " + Quoted(attribute.name.text) + " is declared twice")
            .NoteAt(program_.attributes[at->second].span, "first declared here")
            .Help("leave one of them out, or give it another name");
      }
      program_.attributes.push_back({attribute.name.text, id,
                                     ResolveType(attribute.type, attribute.name.text), kNone,
                                     attribute.name.span});
      entity.attributes.push_back(attribute_id);
    }
    program_.entities.push_back(std::move(entity));
  }
  CheckParts();
}

void Checker::CheckParts() {
  for (EntityId id = 0; id < tree_.entities.size(); ++id) {
    const syntax::EntityDecl& decl = tree_.entities[id];
    const EntityId whole = ResolveEntity(decl.whole);
    if (whole == kNone) {
      continue;
    }
    const std::string name = Quoted(decl.name.text);
    if (whole == id || tree_.entities[whole].whole.exists()) {
      diagnostics_
          .Report(Code::kPartOfPart, decl.whole.span,
                  whole == id ? name + " cannot live within itself"
                              : Quoted(decl.whole.text) + " is a part itself, and parts have no parts")
          .Help("name an entity that stands for itself after `within`");
      continue;
    }
    if (!decl.key.exists()) {
      diagnostics_.Report(Code::kPartKey, decl.name.span, "the part " + name + " has no key")
          .Help("say which field of its events tells one from the other: `entity " + decl.name.text +
                " by KEY within " + decl.whole.text + "`");
      continue;
    }
    if (decl.key.text == tree_.entities[whole].key.text) {
      diagnostics_
          .Report(Code::kPartKey, decl.key.span,
                  "the part " + name + " has the key of its whole, " + Quoted(decl.key.text))
          .NoteAt(tree_.entities[whole].key.span, "the whole's key")
          .Help("its events carry both, so the part needs a key of its own");
      continue;
    }
    program_.entities[id].whole = whole;
  }
}

// The whole sees what its parts see.
void Checker::AddWholes(Event& event) const {
  event.named_count = static_cast<std::uint32_t>(event.entities.size());
  for (std::uint32_t i = 0; i < event.named_count; ++i) {
    const EntityId whole = program_.entities[event.entities[i]].whole;
    if (whole != kNone &&
        std::find(event.entities.begin(), event.entities.end(), whole) == event.entities.end()) {
      event.entities.push_back(whole);
    }
  }
}

void Checker::CheckDefaults() {
  AttributeId id = 0;
  for (const syntax::EntityDecl& decl : tree_.entities) {
    for (const syntax::Attribute& written : decl.attributes) {
      const Type type = program_.attributes[id].type;
      const AttributeId attribute = id++;
      if (!written.default_value.exists() || type.of == kBadType) {
        continue;
      }
      const ExprId value = CheckExpr(written.default_value, {}, type);
      if (value == kNone) {
        continue;
      }
      if (At(value).kind == ExprKind::kLiteral && At(value).type == type) {
        program_.attributes[attribute].default_value = value;
        continue;
      }
      Diagnostic& diagnostic =
          diagnostics_
              .Report(Code::kWrongDefault, At(value).span,
                      "the default of " + Quoted(written.name.text) + " has to be a fixed value of its type")
              .Label("this is " + TypeNameOf(value))
              .NoteAt(written.type.name.span, Quoted(written.name.text) + " is " + TypeName(type))
              .Help("write " + ExampleOf(type));
      const Span after{At(value).span.source, At(value).span.end, At(value).span.end};
      if (type.kind == TypeKind::kMoney && At(value).type.kind == TypeKind::kNumber) {
        diagnostic.Help("write the currency after the amount, as in `500 " + program_.header.currency + "`")
            .Replace(after, " " + program_.header.currency);
      }
    }
  }
}

void Checker::CheckEvents() {
  for (const syntax::EventDecl& decl : tree_.events) {
    Event event;
    event.name = decl.name.text;
    event.wire_type = decl.wire_name.exists() ? decl.wire_name.text : decl.name.text;
    event.doc = decl.doc;
    event.span = decl.span;
    for (const syntax::Name& name : decl.entities) {
      const EntityId entity = ResolveEntity(name);
      if (entity != kNone &&
          std::find(event.entities.begin(), event.entities.end(), entity) == event.entities.end()) {
        event.entities.push_back(entity);
      }
    }
    ReportRepeats(decl.entities);
    CheckEventFields(decl, event);
    CheckSets(decl, event);
    AddWholes(event);
    program_.events.push_back(std::move(event));
  }
  CheckWireNames();
}

void Checker::CheckEventFields(const syntax::EventDecl& decl, Event& event) {
  for (const syntax::EventField& written : decl.fields) {
    EventField field;
    field.name = written.name.text;
    field.wire_path = written.wire_path.exists() ? written.wire_path.text : field.name;
    field.type = ResolveType(written.type, written.name.text);
    field.optional = written.optional;
    field.text_bytes_max = static_cast<std::uint32_t>(written.type.bytes_max.value_or(field.text_bytes_max));
    field.span = written.name.span;
    if (field.name == "time") {
      diagnostics_.Report(Code::kReservedField, written.name.span, "every event has a `time` already")
          .Label("the instant at which it happened")
          .Help("give the field another name, and say `from \"time\"` if it comes under this one");
    }
    for (const EventField& other : event.fields) {
      if (other.name == field.name) {
        diagnostics_
            .Report(Code::kDuplicateName, written.name.span,
                    "the field " + Quoted(field.name) + " is declared twice")
            .NoteAt(other.span, "first declared here")
            .Help("leave one of them out, or give it another name");
        break;
      }
    }
    event.fields.push_back(std::move(field));
  }
}

void Checker::CheckSets(const syntax::EventDecl& decl, Event& event) {
  ReportRepeats(decl.sets);
  for (const syntax::Name& name : decl.sets) {
    auto at = std::find_if(event.fields.begin(), event.fields.end(),
                           [&](const EventField& field) { return field.name == name.text; });
    bool found = false;
    std::vector<std::string_view> candidates;
    for (const EntityId entity : event.entities) {
      for (const auto& [attribute_name, id] : attributes_[entity]) {
        candidates.push_back(attribute_name);
      }
      const auto attribute = attributes_[entity].find(name.text);
      if (attribute == attributes_[entity].end()) {
        continue;
      }
      found = true;
      const Type type = program_.attributes[attribute->second].type;
      if (at == event.fields.end()) {
        EventField field;
        field.name = field.wire_path = name.text;
        field.type = type;
        field.optional = true;
        field.span = name.span;
        event.fields.push_back(std::move(field));
        at = event.fields.end() - 1;
      }
      if (at->type != type && at->type.of != kBadType && type.of != kBadType) {
        diagnostics_
            .Report(Code::kSetsWrongType, name.span,
                    "the attribute " + Quoted(name.text) + " of " + Quoted(program_.entities[entity].name) +
                        " is " + TypeName(type) + ", and the field is " + TypeName(at->type))
            .NoteAt(program_.attributes[attribute->second].span, "the attribute is declared here")
            .Help("give both the same type; a field that only `sets` names takes the attribute's");
      }
      event.sets.push_back({attribute->second, static_cast<std::uint32_t>(at - event.fields.begin())});
    }
    const bool lost = std::any_of(event.entities.begin(), event.entities.end(),
                                  [&](EntityId entity) { return tree_.entities[entity].incomplete; });
    if (!found && !lost && !event.entities.empty() && name.exists()) {
      ReportUnknown(Code::kUnknownAttribute, name,
                    "no entity of this event has an attribute " + Quoted(name.text), candidates);
    }
  }
}

void Checker::CheckWireNames() {
  std::map<std::string_view, EventId> seen;
  for (EventId id = 0; id < program_.events.size(); ++id) {
    const Event& event = program_.events[id];
    const auto [at, is_new] = seen.emplace(event.wire_type, id);
    const bool same_name = !is_new && program_.events[at->second].name == event.name;
    if (is_new || same_name) {
      continue;
    }
    const syntax::EventDecl& decl = tree_.events[id];
    diagnostics_
        .Report(Code::kDuplicateWireName, decl.wire_name.exists() ? decl.wire_name.span : decl.name.span,
                "two events arrive as \"" + event.wire_type + "\"")
        .NoteAt(tree_.events[at->second].name.span, "the other one is here")
        .Help("give each a wire name of its own with `from \"...\"`");
  }
}

}  // namespace lull::dsl
