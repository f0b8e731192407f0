// Tests: of whom a step or an expectation is.
#include <algorithm>
#include <utility>

#include "dsl/check_tests.h"

namespace lull::dsl {

std::optional<Checker::TestWho> Checker::TestWhom(EntityId entity, const syntax::PlainText& of,
                                                  const syntax::PlainText& of_whole, Span span,
                                                  const TestInHand& in_hand) {
  const Entity& declared = program_.entities[entity];
  if (of_whole.exists() && declared.whole == kNone) {
    diagnostics_.Report(Code::kTestWhose, of_whole.span, "a " + declared.name + " is not part of anything")
        .Help("leave this out");
    return std::nullopt;
  }
  if (declared.key.empty()) return TestWho{};
  std::vector<const TestSubject*> subjects;
  for (const TestSubject& subject : in_hand.test.subjects) {
    if (subject.entity == entity) subjects.push_back(&subject);
  }
  if (of.exists() && subjects.empty()) {
    TestWho who{.key = of.text, .whole_key = {}};
    if (of_whole.exists()) who.whole_key = of_whole.text;
    return who;
  }
  std::vector<const TestSubject*> meant = subjects;
  std::erase_if(meant, [&](const TestSubject* subject) {
    return (of.exists() && subject->key != of.text) ||
           (of_whole.exists() && subject->whole_key != of_whole.text);
  });
  if (meant.size() == 1) {
    TestWho who{.key = meant.front()->key, .whole_key = {}};
    if (declared.whole != kNone) who.whole_key = meant.front()->whole_key;
    return who;
  }
  if (of.exists() && meant.empty()) {
    std::vector<std::string> keys;
    for (const TestSubject* subject : subjects) keys.push_back("\"" + subject->key + "\"");
    const std::string whole = of_whole.exists() ? " of \"" + of_whole.text + "\"" : "";
    ReportUnknown(Code::kTestWhose, {"\"" + of.text + "\"", of.span},
                  "there is no " + declared.name + " \"" + of.text + "\"" + whole + " in this test",
                  {keys.begin(), keys.end()});
    return std::nullopt;
  }
  if (in_hand.subject_reported) return std::nullopt;
  Diagnostic& diagnostic =
      diagnostics_.Report(Code::kTestWhose, span, "which " + declared.name + " is meant?");
  if (meant.empty()) {
    diagnostic.Help("begin the test with " +
                    Quoted(declared.name + " \"" + declared.name.substr(0, 1) + "-1\""));
    return std::nullopt;
  }
  const TestSubject& first = *meant.front();
  const std::string whole = of.exists() ? " of \"" + first.whole_key + "\"" : "";
  diagnostic.Help("there are several: say " + Quoted("of \"" + first.key + "\"" + whole));
  return std::nullopt;
}

namespace {

bool IsWithin(Span inner, Span outer) {
  return inner.source == outer.source && inner.begin >= outer.begin && inner.end <= outer.end;
}

}  // namespace

std::vector<std::vector<EntityId>> Checker::OwnersOfNames(syntax::ExprId written) const {
  std::vector<std::vector<EntityId>> owners;
  const Span whole = tree_[written].span;
  std::vector<Span> fields_first;  // names in a `where` are those of its event, before all else
  // What an expression is made of stands before it in the tree's table.
  for (std::uint32_t id = written.index + 1; id-- > 0;) {
    const syntax::Expr& expr = tree_[syntax::ExprId{id}];
    if (!IsWithin(expr.span, whole)) break;
    if (std::any_of(fields_first.begin(), fields_first.end(),
                    [&](Span where) { return IsWithin(expr.span, where); })) {
      continue;
    }
    if (const auto* aggregate = std::get_if<syntax::Aggregate>(&expr.node)) {
      if (aggregate->where.exists()) fields_first.push_back(tree_[aggregate->where].span);
      const Symbol* symbol = Find(aggregate->event.text);
      if (symbol != nullptr && symbol->kind == SymbolKind::kEvent) {
        owners.push_back(program_.events[symbol->index].entities);
      }
    }
    const auto* name = std::get_if<syntax::NameRef>(&expr.node);
    if (name == nullptr) continue;
    std::vector<EntityId> of = OwnersOf(name->name.text);
    if (!of.empty()) owners.push_back(std::move(of));
  }
  return owners;
}

std::vector<EntityId> Checker::OwnersOf(const std::string& name) const {
  std::vector<EntityId> owners;
  for (EntityId entity = 0; entity < attributes_.size(); ++entity) {
    if (attributes_[entity].contains(name)) owners.push_back(entity);
  }
  const Symbol* symbol = Find(name);
  if (symbol == nullptr) return owners;
  switch (symbol->kind) {
    case SymbolKind::kEntity:
      owners.push_back(symbol->index);
      break;
    case SymbolKind::kFeature:
      owners.push_back(program_.features[symbol->index].entity);
      break;
    case SymbolKind::kJourney:
      owners.push_back(program_.journeys[symbol->index].entity);
      break;
    case SymbolKind::kStall:
      owners.push_back(program_.stalls[symbol->index].entity);
      break;
    case SymbolKind::kScore:
      owners.push_back(program_.scores[symbol->index].entity);
      break;
    default:
      break;
  }
  return owners;
}

EntityId Checker::EntityOfState(const syntax::TestItem& item, const TestInHand& in_hand) {
  std::vector<EntityId> entities;
  for (const TestSubject& subject : in_hand.test.subjects) {
    const bool named = !item.of.exists() || subject.key == item.of.text;
    if (named && std::find(entities.begin(), entities.end(), subject.entity) == entities.end()) {
      entities.push_back(subject.entity);
    }
  }
  if (entities.empty()) {
    for (EntityId entity = 0; entity < program_.entities.size(); ++entity) {
      if (program_.entities[entity].key.empty()) entities.push_back(entity);
    }
  }
  const syntax::ExprId written = item.expectation.value;
  if (entities.size() > 1) {
    const std::vector<std::vector<EntityId>> names = OwnersOfNames(written);
    const auto owns_all = [&](EntityId entity, bool reads_upwards) {
      return std::all_of(names.begin(), names.end(), [&](const std::vector<EntityId>& owners) {
        const EntityId whole = program_.entities[entity].whole;
        return std::find(owners.begin(), owners.end(), entity) != owners.end() ||
               (reads_upwards && whole != kNone &&
                std::find(owners.begin(), owners.end(), whole) != owners.end());
      });
    };
    // A part can say what its whole can; it is the whole that is meant.
    for (const bool reads_upwards : {false, true}) {
      std::vector<EntityId> able = entities;
      std::erase_if(able, [&](EntityId entity) { return !owns_all(entity, reads_upwards); });
      if (!names.empty() && able.size() == 1) return able.front();
    }
  }
  if (entities.size() == 1) return entities.front();
  diagnostics_.Report(Code::kTestWhose, tree_[written].span, "of whom is this expected?")
      .Help(entities.empty() ? "name the entity at the beginning of the test"
                             : "say whose it is with its key: `of \"...\"`");
  return kNone;
}

}  // namespace lull::dsl
