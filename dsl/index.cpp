#include "dsl/index.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "dsl/keywords.h"

namespace lull::dsl {
namespace {

bool Holds(const Span& span, SourceId source, std::uint32_t offset) {
  return span.source == source && span.begin <= offset && offset <= span.end;
}

/// Words of a text with their places; what stands in the braces of a text in quotes is read too.
class WordReader {
 public:
  explicit WordReader(std::string_view text) : text_(text) {}

  /// The next word, or empty at the end. `at` is where it begins.
  std::string_view Next(std::uint32_t& at) {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') in_text_ = in_braces_ = false;
      if (in_text_ && !in_braces_) {
        StepInText(c);
      } else if (c == '"') {
        in_text_ = !in_text_;
        in_braces_ = false;
        ++at_;
      } else if (c == '}' && in_text_) {
        in_braces_ = false;
        ++at_;
      } else if (c == '#' && !in_text_) {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (const std::string_view word = WordAt(text_, at_); !word.empty()) {
        at = static_cast<std::uint32_t>(at_);
        at_ += word.size();
        return word;
      } else if (IsWordByte(c)) {
        while (at_ < text_.size() && IsWordByte(text_[at_])) ++at_;
      } else {
        ++at_;
      }
    }
    return {};
  }

 private:
  void StepInText(char c) {
    const bool doubled = at_ + 1 < text_.size() && text_[at_ + 1] == c;
    if (c == '\\' || (doubled && (c == '{' || c == '}'))) {
      at_ += 2;
      return;
    }
    if (c == '{') in_braces_ = true;
    if (c == '"') in_text_ = false;
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool in_text_ = false;
  bool in_braces_ = false;
};

/// The word before the dot that stands just before this place; empty if there is no dot.
std::string_view WordBeforeDot(std::string_view text, std::uint32_t at) {
  if (at == 0 || text[at - 1] != '.') return {};
  std::size_t begin = at - 1;
  while (begin > 0 && IsWordByte(text[begin - 1])) --begin;
  return text.substr(begin, at - 1 - begin);
}

}  // namespace

Index::Index(const SourceSet& sources, const syntax::SyntaxTree& tree) : sources_(sources) {
  AddDeclarations(tree);
  Sort();
  for (const SourceId source : sources.ids()) AddUses(source);
}

void Index::AddDeclarations(const syntax::SyntaxTree& tree) {
  const auto add = [&](const syntax::Name& name, std::string kind, std::string owner, Span whole) {
    names_.push_back({name.text, std::move(kind), std::move(owner), {}, name.span, whole});
    entity_of_.emplace_back();
  };
  const auto add_top = [&](const auto& declaration, std::string kind, std::string entity) {
    if (!declaration.name.exists()) return;
    declarations_.push_back(names_.size());
    add(declaration.name, std::move(kind), {}, declaration.span);
    names_.back().doc = declaration.doc;
    entity_of_.back() = std::move(entity);
  };
  for (const auto& ruleset : tree.rulesets) {
    add_top(ruleset, "a ruleset", {});
    for (const auto& channel : ruleset.channels) add(channel.name, "a channel", {}, ruleset.span);
  }
  for (const auto& choice : tree.choices) {
    add_top(choice, "a choice", {});
    for (const auto& value : choice.values) add(value, "a value", choice.name.text, choice.span);
  }
  for (const auto& entity : tree.entities) {
    add_top(entity, "an entity", entity.name.text);
    for (const auto& each : entity.attributes) add(each.name, "an attribute", entity.name.text, entity.span);
  }
  for (const auto& event : tree.events) {
    add_top(event, "an event", event.entities.empty() ? std::string() : event.entities.front().text);
    for (const auto& field : event.fields) add(field.name, "a field", event.name.text, event.span);
  }
  for (const auto& group : tree.groups) add_top(group, "a group of events", {});
  for (const auto& feature : tree.features) add_top(feature, "a feature", feature.entity.text);
  for (const auto& journey : tree.journeys) {
    add_top(journey, "a journey", journey.entity.text);
    std::set<std::string> stages;
    const auto add_stage = [&](const syntax::Name& stage) {
      if (stage.exists() && stages.insert(stage.text).second) {
        add(stage, "a stage", journey.name.text, journey.span);
      }
    };
    add_stage(journey.start);
    for (const auto& transition : journey.transitions) {
      for (const auto& from : transition.from) add_stage(from);
      add_stage(transition.to);
    }
  }
  for (const auto& stall : tree.stalls) add_top(stall, "a stall", stall.entity.text);
  for (const auto& score : tree.scores) add_top(score, "a score", score.entity.text);
  for (const auto& calendar : tree.calendars) add_top(calendar, "a calendar", {});
  for (const auto& unit : tree.units) add_top(unit, "a unit", {});
  for (const auto& nudge : tree.nudges) add_top(nudge, "a nudge", nudge.entity.text);
  for (const auto& policy : tree.policies) add_top(policy, "a policy", policy.entity.text);
}

void Index::Sort() {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    named_[names_[i].name].push_back(i);
    declared_at_.emplace(std::pair(names_[i].declared.source.index, names_[i].declared.begin), i);
  }
  std::sort(declarations_.begin(), declarations_.end(), [&](std::size_t a, std::size_t b) {
    const Span& x = names_[a].whole;
    const Span& y = names_[b].whole;
    return std::tuple(x.source.index, x.begin) < std::tuple(y.source.index, y.begin);
  });
}

// After a dot come fields and attributes; else what the whole ruleset shares, then what belongs to the entity
// of the declaration at hand, then values and stages, then fields.
std::optional<std::size_t> Index::Resolve(std::string_view word, std::string_view before_dot,
                                          const IndexedName* inside) const {
  const std::string entity =
      inside == nullptr ? std::string() : entity_of_[static_cast<std::size_t>(inside - names_.data())];
  std::optional<std::size_t> best;
  int best_rank = 0;
  const auto named = named_.find(word);
  if (named == named_.end()) return best;
  for (const std::size_t i : named->second) {
    const IndexedName& each = names_[i];
    int rank = 1;
    if (!before_dot.empty()) {
      rank = each.owner == before_dot ? 5 : each.kind == "a field" ? 3 : each.owner.empty() ? 1 : 2;
    } else if (inside != nullptr && each.owner == inside->name) {
      rank = 6;
    } else if (each.owner.empty()) {
      rank = 4;
    } else if (each.kind == "an attribute" && each.owner == entity) {
      rank = 5;
    } else if (each.kind != "a field") {
      rank = 3;
    }
    if (rank > best_rank) {
      best = i;
      best_rank = rank;
    }
  }
  return best;
}

void Index::AddUses(SourceId source) {
  const std::string_view text = sources_.text(source);
  WordReader reader(text);
  std::uint32_t at = 0;
  while (true) {
    const std::string_view word = reader.Next(at);
    if (word.empty()) break;
    if (IsReservedWord(word)) continue;
    const Span span{source, at, at + static_cast<std::uint32_t>(word.size())};
    if (const auto declared = declared_at_.find({source.index, at}); declared != declared_at_.end()) {
      uses_.push_back({span, declared->second});
      continue;
    }
    const std::optional<std::size_t> inside = DeclarationAt(source, at);
    const auto name = Resolve(word, WordBeforeDot(text, at), inside ? &names_[*inside] : nullptr);
    if (name) uses_.push_back({span, *name});
  }
}

std::optional<std::size_t> Index::NameAt(SourceId source, std::uint32_t offset) const {
  const auto use = std::find_if(uses_.begin(), uses_.end(),
                                [&](const NameUse& each) { return Holds(each.span, source, offset); });
  return use == uses_.end() ? std::nullopt : std::optional(use->name);
}

std::vector<Span> Index::UsesOf(std::size_t name) const {
  std::vector<Span> spans;
  for (const NameUse& use : uses_) {
    if (use.name == name) spans.push_back(use.span);
  }
  return spans;
}

std::optional<std::size_t> Index::DeclarationAt(SourceId source, std::uint32_t offset) const {
  // The last that begins at or before the place: declarations stand one after another.
  const auto after =
      std::upper_bound(declarations_.begin(), declarations_.end(), std::pair(source.index, offset),
                       [&](const std::pair<std::uint32_t, std::uint32_t>& place, std::size_t i) {
                         return place < std::pair(names_[i].whole.source.index, names_[i].whole.begin);
                       });
  if (after == declarations_.begin() || !Holds(names_[*(after - 1)].whole, source, offset))
    return std::nullopt;
  return *(after - 1);
}

std::vector<std::string> Index::CompletionsAt(SourceId source, std::uint32_t offset) const {
  const std::string_view text = sources_.text(source);
  std::uint32_t begin = std::min(offset, static_cast<std::uint32_t>(text.size()));
  while (begin > 0 && IsWordByte(text[begin - 1])) --begin;
  const std::string_view written = text.substr(begin, offset - begin);
  const std::string_view before_dot = WordBeforeDot(text, begin);
  const std::size_t line = text.substr(0, begin).rfind('\n');
  const std::string_view indent = text.substr(line == std::string_view::npos ? 0 : line + 1,
                                              begin - (line == std::string_view::npos ? 0 : line + 1));
  const bool begins_line = std::all_of(indent.begin(), indent.end(), IsBlank);
  const std::optional<std::size_t> inside = DeclarationAt(source, begin);
  std::set<std::string> found;
  const auto offer = [&](std::string_view word) {
    if (word.starts_with(written)) found.emplace(word);
  };
  if (begins_line && !inside) {
    for (const std::string_view word : DeclarationWords()) offer(word);
  } else if (begins_line && inside) {
    for (const BlockKind kind : AllBlockKinds()) {
      if (WordsOf(kind).what == names_[*inside].kind) {
        for (const std::string_view clause : WordsOf(kind).clauses) offer(clause);
      }
    }
  } else {
    const std::string entity = inside ? entity_of_[*inside] : std::string();
    for (const IndexedName& each : names_) {
      const bool fits =
          before_dot.empty()
              ? each.owner.empty() || each.owner == entity || each.kind == "a value" || each.kind == "a stage"
              : each.owner == before_dot || (each.kind == "a field" && each.owner != entity);
      if (fits) offer(each.name);
    }
  }
  return {found.begin(), found.end()};
}

}  // namespace lull::dsl
