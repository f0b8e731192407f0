// The grammar of decision tables, and of `use`.
#include "dsl/grammar_rules.h"

namespace lull::dsl::syntax::grammar {
namespace {

struct input_cell_here : scanner<input_cell_here> {
  using rule_t = input_cell_here;
  static std::int64_t Scan(std::string_view, B& builder, std::uint32_t) {
    return builder.AtInputCell() ? 0 : -1;
  }
};

struct cell : far<MatchCell> {};
struct table_cell
    : seq<sor<seq<input_cell_here, cell>,
              seq<need<expression, "the value that the table gives in this row">, call<&B::AddTableResult>>>,
          need<sym<"|">, "`|` after the cell">> {};
/// A row ends with its line.
struct table_row : act<&B::EndTableRow, sym<"|">, plus<same_line, table_cell>> {};
struct table_type : seq<same_line, name, call<&B::SetTableType>> {};
struct table_inputs
    : seq<need<sym<"(">, "`(` and the inputs of the table">, call<&B::OpenParenthesis>,
          need<expression, "an input, such as an attribute or a feature">, call<&B::AddTableInput>,
          star<comma, need<expression, "an input after the comma">, call<&B::AddTableInput>>,
          need<sym<")">, "`,` or `)`">, call<&B::CloseList>> {};
struct table_body
    : seq<call<&B::BeginTable>, table_inputs, need<kw<"gives">, "`gives` and a type such as `number`">,
          need<table_type, "a type such as `number` or `money`">,
          sor<seq<at<word<"from">>,
                  act<&B::SetTableFile, kw<"from">, need_plain<"the name of a CSV file, in quotes">>>,
              block<BlockKind::kTable, table_row>>> {};
struct table : seq<head<"table", &T::features, "the name of the table">, of_entity<&T::features>,
                   act<&B::EndTable, table_body>> {};
struct use : act<&B::AddUse, kw<"use">, need_plain<"a folder or file, such as \"../common\"">> {};

struct table_rule : sor<table, use> {};

}  // namespace

bool MatchTable(GrammarInput& in, B& builder) { return MatchRule<table_rule>(in, builder); }
std::size_t CountTableLoops() { return pegtl::analyze<table_rule>(-1); }

}  // namespace lull::dsl::syntax::grammar
