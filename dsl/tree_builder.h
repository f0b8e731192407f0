// Builds the syntax tree of one file while the grammar matches it. The grammar (grammar.cpp) calls these
// methods; nothing here knows PEGTL.
//
// Names, expressions and unfinished aggregates wait on stacks until the clause that holds them is complete.
// An error throws SyntaxError, which the grammar catches at the clause or declaration; Recover* then empties
// the stacks and says where to go on. A `Span` argument is the text that the rule matched, without the white
// space after it.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/diagnostics.h"
#include "dsl/habits.h"
#include "dsl/keywords.h"
#include "dsl/source.h"
#include "dsl/syntax_tree.h"

namespace lull::dsl::syntax {

/// Thrown after the error was reported; never leaves the parser.
struct SyntaxError {};

/// Grammar levels below one another; bounds the parser's own stack.
inline constexpr int kNestingMax = 100;
/// After so many errors in a file the rest of it is not read.
inline constexpr std::size_t kFileErrorsMax = 500;
inline constexpr std::size_t kNameBytesMax = 64;

class TreeBuilder {
 public:
  TreeBuilder(const SourceSet& sources, SourceId source, SyntaxTree& tree, Diagnostics& diagnostics)
      : text_(sources.text(source)),
        source_(source),
        tree_(tree),
        diagnostics_(diagnostics),
        errors_before_(diagnostics.error_count()) {}

  // --- Places ---
  std::uint32_t OffsetOf(const char* at) const { return static_cast<std::uint32_t>(at - text_.data()); }
  void EndToken(std::uint32_t offset) { token_end_ = offset; }
  Span SpanOf(std::uint32_t begin, std::uint32_t end) const { return {source_, begin, end}; }
  Span SpanFrom(std::uint32_t begin) const { return {source_, begin, std::max(begin, token_end_)}; }
  /// Whether the place is the first on its line.
  bool IsFirstOnLine(std::uint32_t offset) const;
  bool IsOnLineOfLastToken(std::uint32_t offset) const;
  /// Whether a declaration begins here, judged from inside of one: at the start of a line, not further in.
  bool BeginsDeclaration(std::uint32_t offset) const;
  /// Whether a line begins here with a word that begins a clause of the open block.
  bool BeginsClause(std::uint32_t offset) const;

  // --- Errors (tree_builder_errors.cpp) ---
  [[noreturn]] void FailExpected(std::string_view what, std::uint32_t offset);
  [[noreturn]] void FailWrongOperator(std::string_view written, std::string_view right, std::uint32_t offset);
  [[noreturn]] void FailChained(std::uint32_t offset);
  [[noreturn]] void FailClause(std::uint32_t offset);
  [[noreturn]] void FailWordInBlock(std::uint32_t offset);
  [[noreturn]] void FailDeclaration(std::uint32_t offset);
  [[noreturn]] void FailArrow(std::uint32_t offset);
  /// Each reports a form of another language that stands here, and throws (tree_builder_habits.cpp).
  void TryHabits(std::uint32_t offset);
  void TryForeignTime(std::uint32_t offset);
  void TryQuotes(std::uint32_t offset);
  void EnterNesting(std::uint32_t offset);
  void LeaveNesting() { --nesting_; }
  /// Where to go on after an error in a clause, and in a declaration. Both are behind `clause_begin`, if
  /// there is text at all.
  std::uint32_t RecoverInBlock(std::uint32_t clause_begin);
  std::uint32_t RecoverInFile(std::uint32_t declaration_begin);
  void ReportNotYet(Code code, Span span);
  /// Gives the rest of the clause up.
  template <Code kCode>
  [[noreturn]] void FailLater(Span at) {
    ReportNotYet(kCode, SpanOfToken(at.begin));
    Throw(at.begin);
  }

  // --- Names and expressions (tree_builder_expr.cpp) ---
  void PushName(Span span);
  /// `was`: the last name is the former one of the name before it.
  void SetFormerName();
  void MakeNumber(Span span);
  /// A number after which no unit of time can follow.
  void MakeCount(Span span);
  void MakePercent(Span span);
  void MakeMoney(Span span);
  void AddDurationPart(Span span);
  void MakeDuration(Span span);
  void MakeOpenTime();
  void SetWorkingDaysOf() { working_days_of_ = PopName(); }
  void MakeWorkingDays(Span span);
  void MakeClock(Span span);
  void MakeDate(Span span);
  void MakeDateTime();
  template <bool kValue>
  void MakeFlag(Span span) {
    Push(FlagLiteral{kValue}, span);
  }
  void BeginText(Span span);
  void AddTextFixed(Span span);
  void AddTextHole();
  void FailTextNotClosed(Span span);
  void EndText(Span span);
  void TakePlainText();

  void MakeNameRef();
  void MakeFieldRef();
  template <UnaryOp kOp>
  void MakePrefix(Span span) {
    Push(Unary{kOp, Pop().id}, span);
  }
  template <UnaryOp kOp>
  void MakePostfix() {
    MakePostfix(kOp);
  }
  template <BinaryOp kOp>
  void MakeBinary() {
    MakeBinary(kOp);
  }
  void MakeBetween();
  void BeginList() { list_begins_.push_back(operands_.size()); }
  template <bool kNegated>
  void MakeOneOf() {
    MakeOneOf(kNegated);
  }
  template <PickKind kKind>
  void MakePick(Span span) {
    MakePick(kKind, span);
  }
  void MakeIf(Span span);
  void OpenParenthesis();
  void CloseParenthesis(Span span);
  void CloseList();

  template <AggregateKind kKind>
  void BeginAggregate() {
    aggregates_.push_back({kKind, {}, {}, {}, {}, {}});
  }
  void SetAggregateEvent() { aggregates_.back().event = PopName(); }
  void SetAggregateField() { aggregates_.back().field = PopName(); }
  void EnterWhere() { ++where_nesting_; }
  void SetAggregateWhere();
  void SetAggregateSame() { aggregates_.back().same_field = PopName(); }
  void SetWindowLast(Span span);
  void SetWindowBeforeThat(Span span);
  template <LocalPeriod kPeriod, int kBack>
  void SetWindowPeriod(Span span) {
    SetWindowPeriod(kPeriod, kBack, span);
  }
  void MakeClockOnDay();
  void BeginTimeIn() { time_in_names_ = 0; }
  void AddTimeInName() { ++time_in_names_; }
  void MakeTimeIn(Span span);
  void SetWindowSince(Span span);
  void SetWindowEntered(Span span);
  void EndAggregate(Span span);

  // --- Declarations (tree_builder_decl.cpp) ---
  void BeginDeclaration(Span span);
  template <auto kTable>
  void BeginNamed() {
    auto& table = tree_.*kTable;
    table.emplace_back();
    table.back().name = PopName();
    current_ = &table.back();
  }
  void EndDeclaration(Span span);
  template <auto kTable>
  void SetEntity() {
    (tree_.*kTable).back().entity = PopName();
  }
  template <BlockKind kKind>
  void OpenBlock(Span span) {
    block_ = kKind;
    in_block_ = true;
    block_begin_ = span;
    tree_.marks.push_back({LayoutMark::Kind::kBlock, source_, span.begin, kKind});
  }
  void BeginClause(Span span) {
    tree_.marks.push_back({LayoutMark::Kind::kClause, source_, span.begin, block_});
  }
  void ReportBlockNotClosed();

  // tree_builder_tables.cpp
  void AddUse(Span span);
  void BeginTable() { table_ = {}; }
  void AddTableInput() { table_.inputs.push_back(PopExpr()); }
  void SetTableType();
  void SetTableFile(Span span);
  bool AtInputCell() const { return row_.cell_count < table_.inputs.size(); }
  /// The input of the cell's column, as the left side of its condition.
  void PushTableInput(Span span);
  void MakeBareCell();
  void AddAnyCell();
  void AddCell();
  void AddTableResult();
  void EndTableRow(Span span);
  void EndTable(Span span);
  /// For one cell of a CSV file: its condition (none: any), made of the `input`.
  void BeginRawCell(ExprId input);
  struct RawResult {
    ExprId condition;
    bool bare = false;  // a value, without an operator
  };
  RawResult EndRawCell();

  void SetTitle(Span span);
  void SetZone(Span span);
  void SetCurrency(Span span);
  template <ChannelKind kKind>
  void AddChannel() {
    tree_.rulesets.back().channels.push_back({PopName(), kKind});
  }
  void SetWireType(Span span);
  void SetWireTime(Span span);
  void SetWireId(Span span);
  template <LatePolicy kLate>
  void SetLate(Span span) {
    SetLate(kLate, span);
  }
  /// Sets the one expression of a clause that may stand once.
  template <auto kTable, auto kMember>
  void SetExpr(Span span) {
    SetOnce((tree_.*kTable).back().*kMember, PopExpr(), span);
  }
  template <auto kTable, auto kMember>
  void AddExpr() {
    ((tree_.*kTable).back().*kMember).push_back(PopExpr());
  }
  /// Marks that a clause without a value was given.
  template <auto kTable, auto kMember>
  void SetMark(Span span) {
    Span& slot = (tree_.*kTable).back().*kMember;
    if (!ReportTwice(slot.exists(), slot, span)) slot = span;
  }
  template <auto kTable>
  void SetIncludingExisting(Span span) {
    Span& slot = (tree_.*kTable).back().including_existing;
    if (!ReportTwice(slot.exists(), slot, span)) slot = span;
  }
  /// Adds all names of a list.
  template <auto kTable, auto kMember>
  void AddNames() {
    AppendNames((tree_.*kTable).back().*kMember);
  }

  void SetKey() { tree_.entities.back().key = PopName(); }
  void SetWhole() { tree_.entities.back().whole = PopName(); }
  void MakeType();
  void SetTypeBytes();
  void SetDefault() { default_ = PopExpr(); }
  void EndAttribute(Span span);
  void SetActivity(Span span);
  void SetWireName(Span span);
  void SetOptional() { optional_ = true; }
  void EndField(Span span);

  void SetStart(Span span);
  void AddRenamedStage() { tree_.journeys.back().renamed_stages.push_back(PopName()); }
  void SetTransitionFrom() { AppendNames(transition_.from); }
  void SetTransitionAny() { transition_.any = true; }
  void SetTransitionTo() { transition_.to = PopName(); }
  void SetTransitionOn();
  template <TaskEnd kEnd>
  void SetTransitionTaskEnd() {
    transition_.kind = TransitionKind::kOnTaskStep;
    transition_.task_end = kEnd;
    transition_.trigger = PopName();
  }
  void SetTransitionWhere() { transition_.where = PopExpr(); }
  template <TransitionKind kKind>
  void SetTransitionValue() {
    transition_.kind = kKind;
    transition_.value = PopExpr();
  }
  void SetTransitionQuiet() { transition_.kind = TransitionKind::kAfterQuiet; }
  void EndTransition(Span span);

  template <StallKind kKind>
  void SetStallKind() {
    trigger_.kind = kKind;
  }
  void SetStallEvent() { trigger_.event = PopName(); }
  void SetStallOpeningName() { trigger_.opening_name = PopName(); }
  void SetStallBy() { trigger_.by = PopExpr(); }
  void SetStallEventWhere() { trigger_.event_where = PopExpr(); }
  void SetStallAbsent() { AppendNames(trigger_.absent); }
  void SetStallSame() { trigger_.same_field = PopName(); }
  void SetStallAbsentWhere() { trigger_.absent_where = PopExpr(); }
  void SetStallDuration() { trigger_.duration = PopExpr(); }
  void EndStallTrigger(Span span);
  void SetWhen() { when_ = PopExpr(); }
  void EndBecause(Span span);

  void SetPoints() { line_.points = PopExpr(); }
  void SetLineWhen(Span span) { SetOnce(line_.when, PopExpr(), span); }
  void SetLineBecause(Span span) { SetOnce(line_.because, PopExpr(), span); }
  template <bool kTake>
  void EndScoreLine(Span span) {
    EndScoreLine(kTake, span);
  }
  void SetKept(Span span);

  // A sequence, and what it belongs to.
  void BeginStep();
  void SetStepName() { sequence_.steps.back().name = PopName(); }
  void SetStepSame(Span span);
  void SetStepWhere(Span span);
  void SetSequenceWithin() { sequence_.within = PopExpr(); }
  void SetSequenceWithout() { AppendNames(sequence_.without); }
  void BeginSequenceOfOn();
  void BeginSequenceOfTransition();
  void SetOnSequence();
  void SetTransitionSequence();

  void SetOnName();
  void SetOnWhere() { moment_.where = PopExpr(); }
  void SetOnEntering();
  void SetOnExpression();
  void SetScheduleDays() { AppendNames(moment_.schedule.days); }
  void SetScheduleCalendar() { moment_.schedule.calendar = PopName(); }
  void SetMonthDay() { moment_.schedule.month_day = PopExpr(); }
  void SetLastDay(Span span);
  void SetScheduleClock();
  void EndOn(Span span);
  void SetDo(Span span);
  void BeginDestination() { destination_ = {PopName(), {}, {}}; }
  void SetDestinationKey() { destination_.key = PopExpr(); }
  void EndDestination(Span span);
  void EndTo(Span span);
  void SetOutcomes(Span span);
  template <bool kBy>
  void SetDue(Span span) {
    SetDue(kBy, span);
  }
  void SetRungAfter() { rung_.after = PopExpr(); }
  void EndRung(Span span);

  void MakeArm(Span span);
  void BeginArm() {
    arm_ = {};
    arm_.name = PopName();
  }
  void SetArmShare() { arm_.share = PopExpr(); }
  void SetArmHeldOut() { arm_.held_out = true; }
  void EndArm(Span span);
  void SetGoalEvent() { goal_.goal = PopName(); }
  void SetGoalWhere() { goal_.goal_where = PopExpr(); }
  void EndGoal(Span span);

  void SetRepeatEvery() { repeat_every_ = PopExpr(); }
  void SetRepeatMax() { repeat_max_ = PopExpr(); }
  void SetRepeat(Span span);

  void SetCovers(Span span);
  void SetBest(Span span);
  void SetLimitCount() { limit_.count = PopExpr(); }
  void SetLimitSubject() { limit_.subject = PopName(); }
  template <LimitPer kPer>
  void SetLimitPer() {
    limit_.per = kPer;
  }
  void SetLimitDuration() { limit_.duration = PopExpr(); }
  void EndLimit(Span span);
  void SetQuietFrom() { quiet_.from = PopExpr(); }
  void SetQuietTo() { quiet_.to = PopExpr(); }
  void SetQuietZone() { quiet_.zone = PopExpr(); }
  void SetQuietOutside() { quiet_.outside = true; }
  void EndQuietHours(Span span);

  // --- Calendars and units (tree_builder_calendar.cpp) ---
  void AddWeekday(Span span);
  void SetLastWeekday(Span span);
  void AddWholeWeek(Span span);
  void AddCalendarHours(Span span);
  void AddAllDay(Span span);
  void AddAlways(Span span) { AddAllDay(span); }
  void AddYearDay(Span span);
  void SetLastYearDay(Span span);
  void AddCalendarDate();
  void SetLastCalendarDate();
  void SetCalendarZone(Span span);
  template <CalendarClauseKind kKind>
  void EndCalendarClause(Span span) {
    EndCalendarClause(kKind, span);
  }
  void SetUnitHours(Span span) { SetOnce(tree_.units.back().hours, span); }
  void SetPerKey() { tree_.units.back().per_key = true; }
  void SetOpenTasks(Span span) { SetOnce(tree_.units.back().open_tasks, PopExpr(), span); }

  // --- Tests (tree_builder_tests.cpp) ---
  void BeginTest();
  void AddOffsetPart(Span span);
  void SetTestOffset(Span span);
  void SetTestInstant();
  template <bool kBy>
  void SetTestTime(Span span) {
    SetTestTime(kBy, span);
  }
  void SetItemName() { item_.name = PopName(); }
  void SetItemSecond() { item_.second = PopName(); }
  void SetItemText();
  void SetItemOf();
  void SetItemOfWhole();
  void SetItemBy();
  void OpenTestValues();
  void SetValueTime();
  void SetValueExpr() { value_.value = PopExpr(); }
  void EndTestValue(Span span);
  void CloseTestValues() { in_values_ = false; }
  void SetExpectNothing() { item_.expectation.form = ExpectForm::kNothing; }
  void SetExpectNoNudge();
  void SetExpectExpr();
  template <ExpectOutcome kOutcome>
  void SetExpectOutcome(Span span) {
    SetExpectOutcome(kOutcome, span);
  }
  void SetExpectUnit() { item_.expectation.unit = PopName(); }
  void SetExpectUnitKey() { item_.expectation.unit_key = PopExpr(); }
  void AddExpectBecause();
  void AddExpectWhy();
  void SetExpectDueTime();
  void SetExpectDueAfter() { item_.expectation.due_after = PopExpr(); }
  void SetExpectWorth() { item_.expectation.worth = PopExpr(); }
  void SetExpectText();
  void EndExpectTail(Span span) { item_.expectation.tail_span = span; }
  template <TestItemKind kKind>
  void EndTestItem(Span span) {
    EndTestItem(kKind, span);
  }

 private:
  /// An expression and all of its text, parentheses included.
  struct Operand {
    ExprId id;
    Span extent;
  };

  [[noreturn]] void Throw(std::uint32_t offset);
  void TryComment(std::uint32_t offset);
  void TryCommaInNumber(std::uint32_t offset);
  void TryCapitals(std::uint32_t offset);
  void TryStrayMark(std::uint32_t offset);
  void ReportHabit(const HabitFound& found);
  void ForgetLastExpression(std::uint32_t offset);
  Diagnostic& ReportForeign(Code code, Span span, std::string message);
  std::string_view ClauseWordBefore(std::uint32_t offset) const;
  std::string ExampleFor(std::uint32_t offset) const;
  void HelpExpected(Diagnostic& diagnostic, std::string_view what, std::uint32_t offset);
  void RememberLostName(std::uint32_t declaration_begin);
  // tree_builder_slips.cpp
  void TrySlips(std::uint32_t offset);
  void TrySlipBehindEvent(std::uint32_t offset);
  void TrySlipOfClause(std::uint32_t offset);
  [[noreturn]] void FailSlip(Span span, std::string_view meant);
  bool HelpMissingWord(Diagnostic& diagnostic, std::uint32_t offset);
  Span SpanOfLastWord() const;
  std::uint32_t SkipBlanksFrom(std::uint32_t at) const;
  Span SpanOfToken(std::uint32_t offset) const;
  Span SpanOfClauseStart(std::uint32_t offset, std::string_view write) const;
  std::string Describe(std::uint32_t offset) const;
  /// Bytes since the line's beginning.
  std::uint32_t ColumnOf(std::uint32_t offset) const;
  /// As if the last token ended before the white space before this place.
  void EndTokenBefore(std::uint32_t offset);
  /// Whether there are so many errors that the rest makes no sense.
  bool GivesUp(std::uint32_t offset);
  std::uint32_t NextClause(std::uint32_t from) const;
  void ResetStacks();
  void CheckUnitOfTime(Span number);

  void Push(ExprNode node, Span extent);
  Operand Pop();
  ExprId PopExpr() { return Pop().id; }
  Name PopName();
  void AppendNames(std::vector<Name>& list);
  void MakePostfix(UnaryOp op);
  void MakeBinary(BinaryOp op);
  void MakeOneOf(bool negated);
  void MakePick(PickKind kind, Span span);
  Decimal ReadDecimal(Span span);
  std::vector<ExprId> TakeList();
  void SetWindowPeriod(LocalPeriod period, int back, Span span);

  bool ReportTwice(bool given, Span first, Span second);
  void SetOnce(ExprId& slot, ExprId value, Span clause);
  void SetOnce(PlainText& slot, Span clause);
  void SetOnce(Name& slot, Span clause);
  void SetLate(LatePolicy late, Span span);
  void SetDue(bool by, Span span);
  void EndScoreLine(bool take, Span span);
  void EndCalendarClause(CalendarClauseKind kind, Span span);
  YearDay ReadYearDay(Span span);
  std::string DocBefore(std::uint32_t offset) const;
  void SetTestTime(bool by, Span span);
  void SetExpectOutcome(ExpectOutcome outcome, Span span);
  void EndTestItem(TestItemKind kind, Span span);
  void ResetTest();
  std::uint32_t LeaveTestValues(std::uint32_t from) const;

  std::string_view text_;
  SourceId source_;
  SyntaxTree& tree_;
  Diagnostics& diagnostics_;
  std::size_t errors_before_;  // in other files

  std::uint32_t token_end_ = 0;
  std::uint32_t error_offset_ = 0;
  int nesting_ = 0;

  std::vector<Name> names_;
  std::vector<Operand> operands_;
  std::vector<std::size_t> list_begins_;
  std::vector<Aggregate> aggregates_;
  std::vector<int> where_nesting_outside_;
  int where_nesting_ = 0;
  int time_in_names_ = 0;
  DurationLiteral duration_;
  std::vector<TextPart> text_parts_;
  bool in_text_ = false;
  std::uint32_t text_begin_ = 0;
  PlainText plain_;

  std::set<std::string> misspelt_;  // names already reported as such
  std::uint32_t error_begin_ = 0;   // where the grammar could not go on

  Declaration* current_ = nullptr;
  std::uint32_t declaration_begin_ = 0;
  BlockKind block_ = BlockKind::kRuleset;
  bool in_block_ = false;
  Span block_begin_;

  // The clause in hand.
  TypeRef type_;
  bool optional_ = false;
  ExprId default_;
  Transition transition_;
  StallTrigger trigger_;
  ExprId when_;
  ScoreLine line_;
  Sequence sequence_;
  Moment moment_;
  Destination destination_;
  std::vector<Destination> destinations_;
  ExprId repeat_every_;
  ExprId repeat_max_;
  Rung rung_;
  Arm arm_;
  ExperimentDecl goal_;  // only its goal
  Limit limit_;
  QuietHours quiet_;
  CalendarClause calendar_;
  Name working_days_of_;
  TestItem item_;
  TestValue value_;
  TestTime time_;          // read last
  TestTime time_of_test_;  // of the items that follow
  bool in_values_ = false;
  Table table_;
  TableRow row_;
  bool bare_cell_ = false;
};

}  // namespace lull::dsl::syntax
