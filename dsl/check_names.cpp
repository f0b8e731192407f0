// The namespace of a ruleset: who is declared, and what a name was probably meant to be.
#include <algorithm>
#include <array>
#include <tuple>

#include "dsl/checker.h"

namespace lull::dsl {
namespace {

constexpr std::array<std::string_view, 15> kKindWords = {
    "a choice",   "an entity",     "an event",     "a group of events", "a feature", "a journey",
    "a stall",    "a score",       "a unit",       "a channel",         "a nudge",   "a policy",
    "a calendar", "an experiment", "not there yet"};

struct Declared {
  const syntax::Name* name = nullptr;
  Symbol symbol;
};

template <typename Decl>
void Collect(const std::vector<Decl>& declarations, SymbolKind kind, std::vector<Declared>& all) {
  for (std::uint32_t i = 0; i < declarations.size(); ++i) {
    const syntax::Name& name = declarations[i].name;
    all.push_back({&name, {kind, i, name.span}});
  }
}

auto PlaceOf(const Declared& declared) {
  const Span& span = declared.symbol.span;
  return std::tuple(span.source.index, span.begin);
}

}  // namespace

std::string_view KindWords(SymbolKind kind) { return kKindWords[static_cast<std::size_t>(kind)]; }

void Checker::DeclareAll() {
  std::vector<Declared> all;
  Collect(tree_.choices, SymbolKind::kChoice, all);
  Collect(tree_.entities, SymbolKind::kEntity, all);
  Collect(tree_.events, SymbolKind::kEvent, all);
  Collect(tree_.groups, SymbolKind::kGroup, all);
  Collect(tree_.features, SymbolKind::kFeature, all);
  Collect(tree_.journeys, SymbolKind::kJourney, all);
  Collect(tree_.stalls, SymbolKind::kStall, all);
  Collect(tree_.scores, SymbolKind::kScore, all);
  Collect(tree_.units, SymbolKind::kUnit, all);
  Collect(tree_.nudges, SymbolKind::kNudge, all);
  Collect(tree_.policies, SymbolKind::kPolicy, all);
  Collect(tree_.calendars, SymbolKind::kCalendar, all);
  Collect(tree_.experiments, SymbolKind::kExperiment, all);
  Collect(tree_.lost_names, SymbolKind::kLater, all);
  if (!tree_.rulesets.empty()) {
    Collect(tree_.rulesets.front().channels, SymbolKind::kChannel, all);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Declared& a, const Declared& b) { return PlaceOf(a) < PlaceOf(b); });
  for (const Declared& declared : all) {
    if (!declared.name->exists()) {
      continue;
    }
    const auto [at, is_new] = symbols_.emplace(declared.name->text, declared.symbol);
    const bool lost = declared.symbol.kind == SymbolKind::kLater || at->second.kind == SymbolKind::kLater;
    if (!is_new && !lost) {
      diagnostics_
          .Report(Code::kDuplicateName, declared.name->span,
                  "the name " + Quoted(declared.name->text) + " is declared twice")
          .Label("already taken by " + std::string(KindWords(at->second.kind)))
          .NoteAt(at->second.span, "first declared here")
          .Help("give one of them another name; units and channels share the namespace with all else");
    }
  }
}

// Attributes and what is computed of an entity are read by the same bare names.
void Checker::DeclareValuesOfEntities() {
  for (const Attribute& attribute : program_.attributes) {
    const Symbol* symbol = Find(attribute.name);
    if (symbol == nullptr || EntityOf(*symbol) != attribute.entity) {
      continue;
    }
    diagnostics_
        .Report(Code::kDuplicateName, symbol->span,
                "the name " + Quoted(attribute.name) + " is declared twice")
        .Label("already an attribute of " + Quoted(program_.entities[attribute.entity].name))
        .NoteAt(attribute.span, "first declared here")
        .Help("give one of them another name");
  }
}

const Symbol* Checker::Find(std::string_view name) const {
  const auto at = symbols_.find(name);
  return at == symbols_.end() ? nullptr : &at->second;
}

EntityId Checker::EntityOf(const Symbol& symbol) const {
  const auto of = [&]() -> const syntax::Name* {
    switch (symbol.kind) {
      case SymbolKind::kFeature:
        return &tree_.features[symbol.index].entity;
      case SymbolKind::kScore:
        return &tree_.scores[symbol.index].entity;
      case SymbolKind::kStall:
        return &tree_.stalls[symbol.index].entity;
      case SymbolKind::kJourney:
        return &tree_.journeys[symbol.index].entity;
      default:
        return nullptr;
    }
  };
  const syntax::Name* name = of();
  const Symbol* entity = name == nullptr ? nullptr : Find(name->text);
  return entity != nullptr && entity->kind == SymbolKind::kEntity ? entity->index : kNone;
}

std::vector<std::string_view> Checker::NamesOf(std::initializer_list<SymbolKind> kinds) const {
  std::vector<std::string_view> names;
  for (const auto& [name, symbol] : symbols_) {
    if (std::find(kinds.begin(), kinds.end(), symbol.kind) != kinds.end()) {
      names.push_back(name);
    }
  }
  return names;
}

Diagnostic& Checker::ReportUnknown(Code code, const syntax::Name& name, std::string message,
                                   const std::vector<std::string_view>& candidates) {
  Diagnostic& diagnostic = diagnostics_.Report(code, name.span, std::move(message));
  const std::string_view closest = ClosestWord(name.text, candidates);
  if (!closest.empty()) {
    diagnostic.Help("did you mean " + Quoted(closest) + "?").Replace(name.span, std::string(closest));
    return diagnostic;
  }
  if (!candidates.empty()) diagnostic.Help("there is: " + ListOf(candidates));
  return diagnostic;
}

EntityId Checker::ResolveEntity(const syntax::Name& name) {
  return Resolve(name, SymbolKind::kEntity, Code::kUnknownEntity, "an entity");
}

std::uint32_t Checker::Resolve(const syntax::Name& name, SymbolKind kind, Code code, std::string_view what) {
  if (!name.exists()) {
    return kNone;
  }
  const Symbol* symbol = Find(name.text);
  if (symbol != nullptr && symbol->kind == kind) {
    return symbol->index;
  }
  if (symbol != nullptr && symbol->kind == SymbolKind::kLater) {
    return kNone;
  }
  if (symbol != nullptr) {
    Diagnostic& diagnostic = diagnostics_
                                 .Report(code, name.span,
                                         Quoted(name.text) + " is " + std::string(KindWords(symbol->kind)) +
                                             ", and " + std::string(what) + " is needed here")
                                 .NoteAt(symbol->span, "declared here");
    const std::vector<std::string_view> candidates = NamesOf({kind});
    if (!candidates.empty()) diagnostic.Help("there is: " + ListOf(candidates));
    return kNone;
  }
  const std::string noun(what.substr(what.find(' ') + 1));
  ReportUnknown(code, name, "there is no " + noun + " " + Quoted(name.text), NamesOf({kind}));
  return kNone;
}

void Checker::ReportRepeats(const std::vector<syntax::Name>& names) {
  std::map<std::string_view, Span> seen;
  for (const syntax::Name& name : names) {
    const auto [at, is_new] = seen.emplace(name.text, name.span);
    if (!is_new && name.exists()) {
      diagnostics_.Report(Code::kRepeated, name.span, Quoted(name.text) + " is listed twice")
          .NoteAt(at->second, "first listed here")
          .Help("leave one of them out");
    }
  }
}

}  // namespace lull::dsl
