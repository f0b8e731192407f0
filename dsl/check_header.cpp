// The header of a ruleset, types, choices and units.
#include <algorithm>
#include <array>
#include <utility>

#include "dsl/checker.h"
#include "dsl/habits.h"

namespace lull::dsl {
namespace {

constexpr std::array<std::pair<std::string_view, TypeKind>, 7> kTypeNames = {
    {{"text", TypeKind::kText},
     {"number", TypeKind::kNumber},
     {"money", TypeKind::kMoney},
     {"flag", TypeKind::kFlag},
     {"duration", TypeKind::kDuration},
     {"time", TypeKind::kTime},
     {"date", TypeKind::kDate}}};

constexpr std::int64_t kKeepMax = 65'536;

LatePolicy LateOf(syntax::LatePolicy late) { return static_cast<LatePolicy>(late); }

}  // namespace

void Checker::CheckHeader() {
  if (tree_.rulesets.empty()) {
    // A declaration that could not be read may have been it.
    const auto& told = diagnostics_.all();
    if (std::any_of(told.begin(), told.end(),
                    [](const Diagnostic& each) { return each.code == Code::kUnknownDeclaration; })) {
      return;
    }
    diagnostics_.Report(Code::kNoRuleset, {}, "no file of this folder declares the ruleset")
        .Help(
            "begin one of the files with: ruleset my_rules { title \"My rules\" zone \"America/Chicago\" }");
    return;
  }
  for (std::size_t i = 1; i < tree_.rulesets.size(); ++i) {
    diagnostics_
        .Report(Code::kSecondRuleset, tree_.rulesets[i].name.span, "this folder already holds a ruleset")
        .Label("a second header")
        .NoteAt(tree_.rulesets.front().name.span, "the first is here")
        .Help("all files of a folder are one ruleset: keep one header, or move the files to another folder");
  }
  const syntax::RulesetDecl& decl = tree_.rulesets.front();
  RulesetHeader& header = program_.header;
  header.name = decl.name.text;
  header.title = decl.title.text;
  header.currency = decl.currency.text;
  header.wire_type = decl.wire_type.exists() ? decl.wire_type.text : header.wire_type;
  header.wire_time = decl.wire_time.text;
  header.wire_id = decl.wire_id.exists() ? decl.wire_id.text : header.wire_id;
  header.late = decl.late ? LateOf(*decl.late) : header.late;
  header.span = decl.span;
  if (decl.zone.exists()) {
    Result<Zone> zone = Zone::Find(decl.zone.text);
    if (zone) {
      zone_ = *std::move(zone);
      header.zone = decl.zone.text;
    } else {
      Diagnostic& diagnostic = diagnostics_.Report(Code::kUnknownZone, decl.zone.span,
                                                   "there is no time zone \"" + decl.zone.text + "\"");
      diagnostic.Help(
          "zones are named by region and city, such as \"America/Chicago\" or \"Europe/Berlin\".");
      const std::string meant = ZoneMeant(decl.zone.text);
      if (!meant.empty()) {
        diagnostic.Help("did you mean \"" + meant + "\"?").Replace(decl.zone.span, "\"" + meant + "\"");
      }
    }
  }
  if (decl.lateness.exists()) {
    header.lateness_micros = ConstantDuration(decl.lateness, true).value_or(0);
  }
  if (decl.dedupe.exists()) {
    header.dedupe_micros = ConstantDuration(decl.dedupe, true).value_or(0);
  }
  if (decl.stale_after.exists()) {
    header.stale_after_micros = ConstantDuration(decl.stale_after, false).value_or(header.stale_after_micros);
  }
  if (decl.keep.exists()) {
    header.keep_count =
        static_cast<std::uint32_t>(ConstantCount(decl.keep, 1, kKeepMax).value_or(header.keep_count));
  }
  for (const syntax::Channel& channel : decl.channels) {
    program_.channels.push_back(
        {channel.name.text, channel.kind == syntax::ChannelKind::kTask, channel.name.span});
  }
}

Type Checker::ResolveType(const syntax::TypeRef& ref, std::string_view of) {
  for (const auto& [name, kind] : kTypeNames) {
    if (ref.name.text != name) {
      continue;
    }
    if (kind == TypeKind::kMoney && program_.header.currency.empty() && !tree_.rulesets.empty() &&
        !tree_.rulesets.front().incomplete) {
      diagnostics_.Report(Code::kNoCurrency, ref.name.span, "money needs the currency of the ruleset")
          .Help("add `currency USD`, or whichever it is, to the header of the ruleset");
    }
    return {kind, kNone};
  }
  const Symbol* symbol = Find(ref.name.text);
  if (symbol != nullptr && symbol->kind == SymbolKind::kChoice) {
    return {TypeKind::kChoice, symbol->index};
  }
  if (ref.name.exists() && (symbol == nullptr || symbol->kind != SymbolKind::kLater)) {
    std::vector<std::string_view> candidates = NamesOf({SymbolKind::kChoice});
    for (const auto& [name, kind] : kTypeNames) {
      candidates.push_back(name);
    }
    const Synonym meant = TypeMeant(ref.name.text);
    Diagnostic& diagnostic =
        ReportUnknown(Code::kUnknownType, ref.name, "there is no type " + Quoted(ref.name.text), candidates);
    const bool turned = std::find(candidates.begin(), candidates.end(), of) != candidates.end();
    const bool is_event = symbol != nullptr && symbol->kind == SymbolKind::kEvent;
    constexpr std::array<std::string_view, 1> kActivity = {"activity"};
    if (is_event && !ClosestWord(of, kActivity).empty()) {
      diagnostic.Help("events that count as activity are listed with `activity " + ref.name.text + "`");
    } else if (turned) {
      diagnostic.Help("the name comes first, then the type: `" + ref.name.text + " " + std::string(of) + "`");
    } else if (!meant.help.empty()) {
      diagnostic.Help(std::string(meant.help));
    } else if (!meant.write.empty()) {
      diagnostic.Help("write `" + std::string(meant.write) + "`")
          .Replace(ref.name.span, std::string(meant.write));
    }
  }
  return {TypeKind::kText, kBadType};
}

void Checker::CheckChoices() {
  for (const syntax::ChoiceDecl& decl : tree_.choices) {
    Choice choice{decl.name.text, {}, decl.span};
    for (const syntax::Name& value : decl.values) {
      choice.values.push_back(value.text);
    }
    ReportRepeats(decl.values);
    program_.choices.push_back(std::move(choice));
  }
}

}  // namespace lull::dsl
