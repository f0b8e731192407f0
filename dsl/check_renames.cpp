// `was`: things that had another name. What is remembered of them and the ids of decisions go by their first
// names; CheckedProgram::first_named is the program with these in place of the names of today.
#include <map>

#include "dsl/checker.h"

namespace lull::dsl {
namespace {

using Names = std::vector<const syntax::Name*>;

template <typename Decl>
Names NamesOfAll(const std::vector<Decl>& declarations) {
  Names names;
  for (const Decl& decl : declarations) names.push_back(&decl.name);
  return names;
}

/// Things of one kind, of which no two may have had one name.
void CheckKind(const Names& names, Diagnostics& diagnostics) {
  std::map<std::string_view, const syntax::Name*> taken;
  for (const syntax::Name* name : names) taken.emplace(name->text, name);
  for (const syntax::Name* name : names) {
    if (name->first.empty()) continue;
    if (name->first == name->text) {
      diagnostics.Report(Code::kFormerNameUseless, name->first_span, "this is the name that it has now")
          .Help("leave out " + Quoted("was " + name->first) + ", or write the name that it had before");
      continue;
    }
    const auto [at, is_free] = taken.emplace(name->first, name);
    if (is_free) continue;
    const bool also_former = at->second->first == name->first;
    diagnostics
        .Report(Code::kFormerNameTaken, name->first_span,
                Quoted(name->first) + (also_former ? " was the name of something else, too"
                                                   : " is the name of something else now"))
        .NoteAt(also_former ? at->second->first_span : at->second->span, "here")
        .Help("what was remembered under a name can go on under one name only");
  }
}

}  // namespace

CheckedProgram& Checker::FirstNamed() {
  if (!first_named_) first_named_ = std::make_shared<CheckedProgram>(program_);
  return *first_named_;
}

void Checker::CheckRenamedParts() {
  for (std::size_t c = 0; c < tree_.choices.size(); ++c) {
    Names values;
    for (const syntax::Name& value : tree_.choices[c].values) values.push_back(&value);
    CheckKind(values, diagnostics_);
    for (std::size_t v = 0; v < values.size(); ++v) {
      if (!values[v]->first.empty()) FirstNamed().choices[c].values[v] = values[v]->first;
    }
  }
  for (EntityId entity = 0; entity < tree_.entities.size(); ++entity) {
    const Names names = NamesOfAll(tree_.entities[entity].attributes);
    CheckKind(names, diagnostics_);
    for (const syntax::Name* name : names) {
      const auto at = attributes_[entity].find(name->text);
      if (!name->first.empty() && at != attributes_[entity].end())
        FirstNamed().attributes[at->second].name = name->first;
    }
  }
  for (JourneyId journey = 0; journey < tree_.journeys.size(); ++journey) {
    Names names;
    for (const syntax::Name& stage : tree_.journeys[journey].renamed_stages) {
      names.push_back(&stage);
      const std::optional<std::uint32_t> at = ResolveStage(journey, stage);
      if (at) FirstNamed().journeys[journey].stages[*at].name = stage.first;
      if (at && FindStage(journey, stage.first)) {
        diagnostics_
            .Report(Code::kFormerNameTaken, stage.first_span,
                    Quoted(stage.first) + " is a stage of this journey now")
            .Help("what was remembered of a stage can go on in one stage only");
      }
    }
    CheckKind(names, diagnostics_);
  }
}

void Checker::CheckRenames() {
  for (const syntax::EventDecl& event : tree_.events) {
    if (event.name.first.empty()) continue;
    diagnostics_
        .Report(Code::kFormerNameUseless, event.name.first_span, "events are known by their type on the wire")
        .Help("write " + Quoted("event " + event.name.text + " ... from \"" + event.name.first + "\"") +
              " if events still arrive under the old name");
  }
  CheckRenamedParts();
  const auto check = [&](const auto& declarations, auto definitions) {
    const Names names = NamesOfAll(declarations);
    CheckKind(names, diagnostics_);
    for (std::size_t i = 0; i < names.size() && i < (program_.*definitions).size(); ++i) {
      if (!names[i]->first.empty()) (FirstNamed().*definitions)[i].name = names[i]->first;
    }
  };
  check(tree_.choices, &CheckedProgram::choices);
  check(tree_.entities, &CheckedProgram::entities);
  check(tree_.features, &CheckedProgram::features);
  check(tree_.journeys, &CheckedProgram::journeys);
  check(tree_.stalls, &CheckedProgram::stalls);
  check(tree_.scores, &CheckedProgram::scores);
  check(tree_.units, &CheckedProgram::units);
  check(tree_.experiments, &CheckedProgram::experiments);
  check(tree_.nudges, &CheckedProgram::nudges);
  check(tree_.policies, &CheckedProgram::policies);
  if (!tree_.rulesets.empty() && !tree_.rulesets.front().name.first.empty()) {
    FirstNamed().header.name = tree_.rulesets.front().name.first;
  }
  program_.first_named = std::move(first_named_);
}

}  // namespace lull::dsl
