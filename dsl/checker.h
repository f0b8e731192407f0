// The state of a check, shared by the files check_*.cpp. Nobody else includes this.
//
// A checked expression is an ExprId, or kNone if its mistake was already reported; whoever gets kNone stays
// silent. Declarations keep the index that they have in the syntax tree.
#pragma once

#include <array>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "dsl/checked_program.h"
#include "dsl/diagnostics.h"
#include "dsl/syntax_tree.h"
#include "runtime/base/zone.h"

namespace lull::dsl {

inline constexpr Type kFlagType{TypeKind::kFlag, kNone};
inline constexpr Type kNumberType{TypeKind::kNumber, kNone};
inline constexpr Type kTextType{TypeKind::kText, kNone};
inline constexpr Type kDurationType{TypeKind::kDuration, kNone};
inline constexpr Type kTimeType{TypeKind::kTime, kNone};
inline constexpr Type kDateType{TypeKind::kDate, kNone};

enum class SymbolKind : std::uint8_t {
  kChoice,
  kEntity,
  kEvent,
  kGroup,
  kFeature,
  kJourney,
  kStall,
  kScore,
  kUnit,
  kChannel,
  kNudge,
  kPolicy,
  kCalendar,
  kExperiment,
  kLater,  // its declaration cannot be read, and was reported
};

struct Symbol {
  SymbolKind kind{};
  std::uint32_t index = kNone;
  Span span;
};

/// An event at hand that has a name of its own: `as q`, or a step of a sequence.
struct NamedEvent {
  std::string name;
  EventSetId events = kNone;
  FieldScope scope = FieldScope::kTrigger;
  std::uint32_t step = 0;  // of a sequence
};

/// What the names of an expression may mean.
struct Scope {
  EntityId entity = kNone;
  EventSetId trigger = kNone;  // the event that the rule reacts to, or that opened the wait
  EventSetId own = kNone;      // the event that a `where` looks at
  bool trigger_first = false;  // in a `where` of the trigger, whose fields come before all other names
  bool in_aggregate = false;   // in the `where` of an aggregate, where the trigger is out of reach
  bool on_event = false;       // the rule is decided in the moment of the trigger, so there is a just before
  bool trigger_last = false;   // its fields have their bare names only where nothing else has them
  std::vector<NamedEvent> named = {};
  NudgeId step_of = kNone;  // in a `where` of a task step: a nudge that declares its outcomes
};

/// What a bare name of an expression means.
struct NameMeaning {
  enum Kind : std::uint8_t {
    kOwnField,
    kTriggerField,
    kAttribute,
    kFeature,
    kScore,
    kStall,
    kJourney,
    kKey,
    kCalendar,
    kOutcome  // of the task step in hand
  };
  Kind kind{};
  std::uint32_t index = kNone;
};

/// A field as all events of a set have it.
struct SharedField {
  Type type;
  bool optional = false;
};

class Checker {
 public:
  Checker(const syntax::SyntaxTree& tree, Diagnostics& diagnostics)
      : tree_(tree), diagnostics_(diagnostics) {}

  CheckedProgram Run();

 private:
  // check_names.cpp
  void DeclareAll();
  void DeclareValuesOfEntities();
  const Symbol* Find(std::string_view name) const;
  EntityId ResolveEntity(const syntax::Name& name);
  /// A name of one of `kinds`; else reports `code`, with `what` as in "a unit".
  std::uint32_t Resolve(const syntax::Name& name, SymbolKind kind, Code code, std::string_view what);
  Diagnostic& ReportUnknown(Code code, const syntax::Name& name, std::string message,
                            const std::vector<std::string_view>& candidates);
  std::vector<std::string_view> NamesOf(std::initializer_list<SymbolKind> kinds) const;
  void ReportRepeats(const std::vector<syntax::Name>& names);

  // check_header.cpp
  void CheckHeader();
  /// `of` is the name of the field or attribute that has the type.
  Type ResolveType(const syntax::TypeRef& ref, std::string_view of = {});
  void CheckChoices();

  // check_calendars.cpp
  void CheckCalendars();
  std::optional<CalendarHours> CheckHours(const syntax::CalendarHours& written);
  void CheckWeek(const syntax::CalendarClause& clause, Calendar& calendar, std::array<Span, 7>& closed_days);
  void AddWeekHours(std::int32_t day, CalendarHours hours, Span span, Calendar& calendar);
  void CheckSpecialDays(const syntax::CalendarClause& clause, Calendar& calendar);
  void CheckClosedDays(const syntax::CalendarClause& clause, Calendar& calendar);
  void CheckCalendarZone(const syntax::CalendarDecl& decl, Calendar& calendar);
  CalendarId ResolveCalendar(const syntax::Name& name);
  void CheckUnits();
  ExprId MakeCalendarDuration(ExprKind kind, std::uint32_t calendar, ExprId amount, Span span);
  ExprId CheckMonths(const syntax::DurationLiteral& literal, Span span);
  ExprId CheckCalendarDuration(const syntax::CalendarDuration& node, Span span, const Scope& scope);
  ExprId ScaleCalendarDuration(ExprId factor, ExprId duration, Span span);
  ExprId CheckCalendarArithmetic(ExprKind kind, ExprId left, ExprId right, Span span);
  bool IsOfCalendar(ExprId id) const;
  /// Whether both are durations, and one of them counts by a calendar.
  bool AreDurations(ExprId left, ExprId right) const;
  /// Whether it can be added to a date.
  bool CountsWholeDays(ExprId duration) const;
  /// Reports a duration by the calendar where none can stand, and says true.
  bool RefuseCalendarDuration(ExprId id, std::string_view why);

  // check_events.cpp
  void CheckEntities();
  void CheckParts();
  void AddWholes(Event& event) const;
  void CheckEvents();
  void CheckEventFields(const syntax::EventDecl& decl, Event& event);
  void CheckSets(const syntax::EventDecl& decl, Event& event);
  void CheckWireNames();
  void MakeEventSets();
  void CheckActivities();
  void CheckDefaults();
  EventSetId InternSet(std::vector<EventId> events, const std::string& name);
  EventSetId ResolveEvents(const syntax::Name& name, EntityId entity);
  /// `name` is what the set is called; empty: as it was written.
  EventSetId ResolveEventList(const std::vector<syntax::Name>& names, EntityId entity, std::string name = {});
  /// The set that a name stands for, without any report.
  std::optional<EventSetId> EventsNamed(std::string_view name, EntityId entity) const;
  std::optional<SharedField> FieldOf(EventSetId set, std::string_view field) const;
  /// The same, but a missing field is reported.
  std::optional<SharedField> RequireField(EventSetId set, const syntax::Name& field);
  std::vector<std::string_view> FieldNames(EventSetId set) const;
  /// Whether the declaration of one of its events has mistakes, so that fields may be missing.
  bool IsIncomplete(EventSetId set) const;

  // check_expressions.cpp
  ExprId CheckExpr(syntax::ExprId id, const Scope& scope, std::optional<Type> expected = {});
  ExprId CheckLiteral(const syntax::Expr& expr, const Scope& scope);
  ExprId CheckText(const syntax::TextLiteral& literal, Span span, const Scope& scope);
  ExprId CheckMoney(const syntax::MoneyLiteral& literal, Span span);
  ExprId CheckUnary(const syntax::Unary& unary, Span span, const Scope& scope);
  ExprId CheckIsKnown(const syntax::Unary& unary, Span span, const Scope& scope);
  ExprId CheckNegate(ExprId operand, Span span);
  ExprId CheckIf(const syntax::IfThenElse& node, Span span, const Scope& scope, std::optional<Type> expected);
  ExprId CheckPick(const syntax::Pick& node, Span span, const Scope& scope);
  ExprId CheckBinary(const syntax::Binary& node, Span span, const Scope& scope, std::optional<Type> expected);
  ExprId CheckTextOperator(const syntax::Binary& node, Span span, const Scope& scope);
  ExprId CheckOrElse(const syntax::Binary& node, Span span, const Scope& scope, std::optional<Type> expected);
  ExprId CheckJoin(const syntax::Binary& node, Span span, const Scope& scope);
  ExprId CheckCondition(syntax::ExprId id, const Scope& scope);
  /// A duration from which a deadline is made: it may count by a calendar.
  ExprId CheckDuration(syntax::ExprId id, const Scope& scope);
  ExprId CheckNumber(syntax::ExprId id, const Scope& scope);

  // check_times.cpp
  ExprId CheckTimeUntil(const syntax::Unary& node, Span span, const Scope& scope);
  ExprId CheckNextYearly(const syntax::Unary& node, Span span, const Scope& scope);
  ExprId CheckBeforeThis(const syntax::Unary& node, Span span, const Scope& scope);
  ExprId CheckClockOnDay(const syntax::ClockOnDay& node, Span span, const Scope& scope);
  ExprId CheckTimeIn(const syntax::TimeIn& node, Span span, const Scope& scope);
  std::optional<JourneyId> JourneyOfStage(const syntax::TimeIn& node, const Scope& scope);
  ExprId MakeTimeOnDay(ExprId day, int second_of_day, Span span);

  // check_operators.cpp
  ExprId CheckArithmetic(const syntax::Binary& node, Span span, const Scope& scope);
  void ReportArithmetic(syntax::BinaryOp op, ExprId left, ExprId right, Span span);
  bool ReportMissingUnit(ExprId left, ExprId right);
  ExprId Fold(ExprKind kind, Type type, ExprId left, ExprId right, Span span);

  // check_compare.cpp
  ExprId CheckCompare(const syntax::Binary& node, Span span, const Scope& scope);
  ExprId CheckBetween(const syntax::Between& node, Span span, const Scope& scope);
  ExprId CheckOneOf(const syntax::OneOf& node, Span span, const Scope& scope);
  ExprId MakeCompare(CompareOp op, ExprId left, ExprId right, Span span);
  bool CheckAlike(ExprId left, ExprId right, CompareOp op = CompareOp::kEqual);
  /// Two values of one kind, of which one may be a bare value of the other's choice or journey, or of the
  /// expected one.
  std::pair<ExprId, ExprId> CheckSides(syntax::ExprId left, syntax::ExprId right, const Scope& scope,
                                       std::optional<Type> expected = {});

  // check_references.cpp
  ExprId CheckName(const syntax::Name& name, const Scope& scope, std::optional<Type> expected);
  ExprId CheckValueName(const syntax::Name& name, Type type);
  std::optional<Type> TypeOf(const NameMeaning& meaning, std::string_view name, const Scope& scope);
  ExprId MakeMeaning(const NameMeaning& meaning, const syntax::Name& name, const Scope& scope, Span span);
  ExprId MakeField(FieldScope which, EventSetId set, const std::string& field, SharedField shared, Span span);
  std::vector<NameMeaning> FindMeanings(std::string_view name, const Scope& scope) const;
  EntityId EntityOf(const Symbol& symbol) const;
  EntityId WholeOf(EntityId entity) const {
    return entity == kNone ? kNone : program_.entities[entity].whole;
  }
  /// Of what a value is known: the entity of the rule, or its whole.
  EntityId OwnerOf(const NameMeaning& meaning) const;
  /// A value of `owner` as the entity of the scope reads it.
  ExprId OfOwner(ExprId value, EntityId owner, const Scope& scope);
  /// What the name means for the entity, or for its whole (attributes of a whole need a dot).
  std::optional<NameMeaning> FindUpwards(std::string_view name, EntityId entity) const;
  std::optional<NameMeaning> FindOfEntity(std::string_view name, EntityId entity) const;
  void ReportAmbiguous(const syntax::Name& name, const Scope& scope);
  void ReportUnknownName(const syntax::Name& name, const Scope& scope, std::optional<Type> expected = {});
  ExprId CheckFieldRef(const syntax::FieldRef& node, Span span, const Scope& scope);
  ExprId CheckNamedField(const syntax::Name& base, const syntax::Name& field, Span span, const Scope& scope);
  void ReportTriggerInWhere(const syntax::Name& base, const syntax::Name& field, Span span);
  ExprId CheckFieldOfNamed(const NamedEvent& event, const syntax::Name& base, const syntax::Name& field,
                           Span span, const Scope& scope);
  ExprId CheckEventField(EventSetId set, const syntax::Name& base, const syntax::Name& field, Span span,
                         const Scope& scope);
  ExprId CheckEntityField(EntityId entity, const syntax::Name& base, const syntax::Name& field, Span span,
                          const Scope& scope);

  // check_aggregates.cpp
  ExprId CheckAggregate(const syntax::Aggregate& node, Span span, const Scope& scope);
  /// The aggregate without its field and type.
  std::optional<Aggregate> CheckAggregateBase(const syntax::Aggregate& node, Span span, const Scope& scope);
  bool CheckWindow(const syntax::Window& window, EntityId entity, Aggregate& aggregate);
  bool CheckSinceEntered(const syntax::Window& window, EntityId entity, Aggregate& aggregate);
  bool CheckSame(const syntax::Name& same, const Scope& scope, Aggregate& aggregate);
  std::optional<Type> AggregateType(const syntax::Aggregate& node, const Aggregate& aggregate);
  ExprId MakeAggregate(Aggregate aggregate, Span span);
  /// `latest E` or `first E`, as such or as a feature that stands for it; the aggregate still lacks its
  /// field.
  std::optional<Aggregate> FindHandle(syntax::ExprId id, const Scope& scope, bool& is_handle);
  std::optional<Aggregate> FindHandleOfWhole(const syntax::FieldRef& node, const Scope& scope,
                                             bool& is_handle);
  ExprId MakeHandleField(Aggregate handle, const syntax::Name& field, Span span);

  // check_features.cpp
  void CheckFeatures();
  bool CheckFeature(FeatureId id);
  void ReportUnusedFeatures();
  std::vector<FeatureId> FeatureOrder() const;
  void CheckScores();
  void CheckScoreLine(const syntax::ScoreLine& line, const Scope& scope, Score& score);

  // check_experiments.cpp
  void DeclareArms();
  void CheckExperiments();
  void CheckShares(const syntax::ExperimentDecl& decl, Experiment& experiment);
  void CheckGoal(const syntax::ExperimentDecl& decl, Experiment& experiment);
  std::optional<std::uint64_t> ShareOf(syntax::ExprId id);
  ExprId CheckArm(const syntax::ArmRef& node, Span span, const Scope& scope);
  void CollectExperiments();

  // check_tasks.cpp
  void DeclareOutcomes();
  void AddTaskStepEvents();
  bool IsTaskChannel(const syntax::Name& channel) const;
  void CheckTaskStep(const syntax::Transition& written, Scope scope, Transition& transition);
  void CheckTaskLife(const syntax::NudgeDecl& decl, const Scope& scope, Nudge& nudge);
  ExprId CheckDueBy(syntax::ExprId id, const Scope& scope);
  ExprId CheckTaskDeadline(syntax::ExprId id, const Scope& scope);

  // check_tables.cpp
  struct TableRows {
    std::vector<std::vector<ExprId>> cells;  // conditions; kNone: any
    std::vector<ExprId> results;
  };
  ExprId CheckTable(const syntax::Table& table, Span span, const Scope& scope);
  bool CheckTableRows(const syntax::Table& table, Type type, const Scope& scope, TableRows& rows);
  ExprId MakeTableChain(const TableRows& rows, Type type, Span span);
  void ReportShadowedRows(const syntax::Table& table, const TableRows& rows,
                          const std::vector<std::vector<std::optional<CellSet>>>& sets);
  void ReportTable(const syntax::Table& table, const std::vector<ExprId>& inputs, const Lookup& lookup,
                   const std::vector<CodeRange>& domains);
  ExprId CheckRawCell(const syntax::RawCell& cell, Span span, const Scope& scope,
                      std::optional<Type> expected);

  // check_renames.cpp
  void CheckRenames();
  void CheckRenamedParts();
  /// What will be CheckedProgram::first_named; made when the first former name is found.
  CheckedProgram& FirstNamed();

  // check_journeys.cpp
  void DeclareStages();
  void CheckJourneys();
  void CheckTransition(const syntax::Transition& written, const Scope& scope, Journey& journey);
  void CheckTransitionTrigger(const syntax::Transition& written, Scope scope, Transition& transition);
  void ReportShadowed(const Journey& journey);
  std::optional<std::uint32_t> FindStage(JourneyId journey, std::string_view name) const;
  std::optional<std::uint32_t> ResolveStage(JourneyId journey, const syntax::Name& name);

  // check_sequences.cpp
  /// Leaves its last step in `scope` as the event at hand.
  SequenceId CheckSequence(const syntax::Sequence& written, Scope& scope);
  bool CheckStep(const syntax::SequenceStep& written, bool is_last, Scope& scope, Sequence& sequence);

  // check_stalls.cpp
  void CheckStalls();
  void CheckStallForm(const syntax::StallDecl& decl, const Scope& scope, Stall& stall);
  void CheckWait(const syntax::StallTrigger& trigger, const Scope& scope, Stall& stall);
  void CheckAwaited(const syntax::StallTrigger& trigger, const Scope& scope, Stall& stall);
  void CheckDeadline(const syntax::StallTrigger& trigger, const Scope& scope, Stall& stall);
  /// A name that an event gets in a rule.
  bool CheckNewName(const syntax::Name& name, EntityId entity);
  /// Puts the opening event of a wait at hand: with its fields by their bare names, if `bare`.
  void AddOpening(const Stall& stall, bool bare, Scope& scope) const;
  void CheckReasons(const std::vector<syntax::Because>& reasons, const Scope& scope, Stall& stall);

  // check_nudges.cpp
  void CheckNudges();
  void CheckMoment(const syntax::NudgeDecl& decl, Scope& scope, Nudge& nudge);
  void CheckOn(const syntax::Moment& moment, Scope& scope, Nudge& nudge);
  void CheckSchedule(const syntax::Schedule& written, Span span, Nudge& nudge);
  void CheckOnName(const syntax::Moment& moment, Scope& scope, Nudge& nudge);
  void CheckWhile(syntax::ExprId condition, Scope& scope, Nudge& nudge);
  StallId StallNamed(syntax::ExprId id, EntityId entity) const;
  void CheckAction(const syntax::NudgeDecl& decl, const Scope& scope, Nudge& nudge);
  Route CheckRoute(const syntax::Destination& destination, const Scope& scope);
  void CheckRoutes(const syntax::NudgeDecl& decl, const Scope& scope, Nudge& nudge);
  void CheckWithdraw(const syntax::NudgeDecl& decl, const Scope& scope, Nudge& nudge);

  // check_lasting.cpp: the clauses that shape a rule over time
  void CheckValidFor(const syntax::NudgeDecl& decl, const Scope& scope, Nudge& nudge);
  void CheckRepeat(const syntax::NudgeDecl& decl, const Scope& scope, Nudge& nudge);
  void CheckKeepWhenOver(const syntax::NudgeDecl& decl, Nudge& nudge);
  void CheckExisting(const syntax::NudgeDecl& decl, Nudge& nudge);
  void CheckUntil(const syntax::StallDecl& decl, const Scope& scope, Stall& stall);
  void CollectScores(Nudge& nudge) const;

  // check_policies.cpp
  void CheckPolicies();
  bool Governs(EntityId entity, NudgeId nudge) const;
  void CheckCovers(const syntax::PolicyDecl& decl, Policy& policy);
  void CheckBest(const syntax::PolicyDecl& decl, const Scope& scope, Policy& policy);
  void CheckWorths(const syntax::PolicyDecl& decl, const Policy& policy);
  void CheckLimit(const syntax::Limit& written, Policy& policy);
  void CheckLimitSubject(const syntax::Name& subject, EntityId entity, Limit& limit);
  void CheckQuietHours(const syntax::QuietHours& written, const Scope& scope, Policy& policy);
  ExprId CheckQuietZone(syntax::ExprId written, const Scope& scope);
  void CheckHoldout(syntax::ExprId holdout, Policy& policy);

  // check_tests.cpp, check_test_values.cpp
  struct TestInHand;
  void CheckTests();
  void CheckTestItem(const syntax::TestItem& item, TestInHand& in_hand);
  bool CheckTestTime(const syntax::TestItem& item, TestInHand& in_hand);
  std::optional<std::int64_t> TestInstant(const syntax::TestTime& time, const TestInHand& in_hand);
  void CheckTestSubject(EntityId entity, const syntax::TestItem& item, TestInHand& in_hand);
  void AddTestSubject(EntityId entity, const syntax::TestItem& item, TestInHand& in_hand);
  void CheckTestEvent(EventId event, const syntax::TestItem& item, TestInHand& in_hand);
  void CheckTestKeys(const syntax::TestItem& item, TestEvent& event, TestInHand& in_hand);
  void GiveWholes(const syntax::TestItem& item, TestEvent& event, const TestInHand& in_hand);
  void CheckTestFields(const syntax::TestItem& item, TestEvent& event, const TestInHand& in_hand);
  void CheckTestArm(const syntax::TestItem& item, TestInHand& in_hand);
  bool IsTask(const Nudge& nudge) const;
  /// Whether some nudge has it among its outcomes.
  bool IsOutcome(const std::string& text) const;
  bool CheckTestTask(const syntax::TestItem& item, TestInHand& in_hand);
  bool CheckTestStepOf(const syntax::TestItem& item, TestTaskStep& task, const TestInHand& in_hand);
  bool CheckTestOutcome(const syntax::TestItem& item, const TestTaskStep& task);
  void ReportUnknownTestItem(const syntax::TestItem& item);
  ExprId CheckTestValue(const syntax::TestValue& value, Type type, std::uint32_t text_bytes_max,
                        const TestInHand& in_hand);
  bool ReportTestValueType(ExprId value, Type type, const syntax::Name& name);
  /// Who a step is about.
  struct TestWho {
    std::string key;
    std::optional<std::string> whole_key;  // of a part, if the test says it
  };
  /// Who is meant by `of "key" of "key of the whole"`, or without it; reports if that is not clear.
  std::optional<TestWho> TestWhom(EntityId entity, const syntax::PlainText& of,
                                  const syntax::PlainText& of_whole, Span span, const TestInHand& in_hand);

  // check_test_expectations.cpp
  void CheckExpectation(const syntax::TestItem& item, TestInHand& in_hand);
  void CheckExpectedNudge(NudgeId nudge, const syntax::TestItem& item, Expectation& expectation,
                          const TestInHand& in_hand);
  void CheckExpectedAction(const syntax::TestExpectation& written, Expectation& expectation,
                           const TestInHand& in_hand);
  /// Whose condition is expected: of those in the test, the kind that has what it names. kNone: reported.
  EntityId EntityOfState(const syntax::TestItem& item, const TestInHand& in_hand);
  /// For each name of an expression that entities have: which of them.
  std::vector<std::vector<EntityId>> OwnersOfNames(syntax::ExprId written) const;
  std::vector<EntityId> OwnersOf(const std::string& name) const;
  bool CheckExpectedState(const syntax::TestItem& item, Expectation& expectation, const TestInHand& in_hand);
  std::optional<NudgeId> NudgeNamed(const syntax::TestExpectation& written) const;

  // check_help.cpp
  std::string ExampleOf(Type type) const;
  void HelpUnlike(Diagnostic& diagnostic, const Expr& wrong, const Expr& other, CompareOp op);
  void HelpArithmetic(Diagnostic& diagnostic, syntax::BinaryOp op, Type left, Type right);
  bool ReportKnownSlip(const syntax::Name& name, const Scope& scope, std::optional<Type> expected);
  bool ReportFieldOutOfReach(const syntax::Name& name, const Scope& scope);
  bool ReportAttributeOfOther(const syntax::Name& name, const Scope& scope);
  std::string_view ClosestOfEntity(std::string_view name, const Scope& scope) const;
  bool ReportHyphen(const syntax::Binary& node, Span span);
  bool ReportEventsJoined(syntax::ExprId condition, Span span);
  bool ReportClocksJoined(syntax::ExprId condition);
  void ReportNoClock(syntax::ExprId id);

  // check_constants.cpp
  std::optional<std::int64_t> ConstantDuration(syntax::ExprId id, bool zero_allowed);
  std::optional<std::int64_t> ConstantCount(syntax::ExprId id, std::int64_t minimum, std::int64_t maximum);
  /// Reports a fixed duration of zero or less.
  void RequirePositive(ExprId duration);
  ExprId Join(std::vector<ExprId> conditions, ExprKind kind);
  ExprId JoinAll(const std::vector<syntax::ExprId>& conditions, ExprKind kind, const Scope& scope);

  // Making of expressions, check_make.cpp
  ExprId Add(Expr expr);
  ExprId MakeLiteral(Type type, std::int64_t value, Span span);
  ExprId MakeNumber(double value, Span span);
  ExprId MakeText(std::string text, Span span);
  ExprId Make(ExprKind kind, Type type, std::vector<ExprId> args, Span span);
  const Expr& At(ExprId id) const { return program_.exprs[id]; }
  std::string TypeName(Type type) const;
  std::string TypeNameOf(ExprId id) const { return TypeName(At(id).type); }

  enum class FeatureState : std::uint8_t { kUnchecked, kInProgress, kGood, kBad };

  const syntax::SyntaxTree& tree_;
  Diagnostics& diagnostics_;
  CheckedProgram program_;
  std::shared_ptr<CheckedProgram> first_named_;
  Zone zone_ = Zone::Utc();
  std::map<std::string, Symbol, std::less<>> symbols_;
  /// Attributes by entity and name.
  std::vector<std::map<std::string, AttributeId, std::less<>>> attributes_;
  std::map<std::vector<EventId>, EventSetId> sets_;
  using AggregateKey =
      std::tuple<AggregateFunction, EntityId, EventSetId, std::string, ExprId, std::string, ExprId,
                 WindowKind, std::int64_t, EventSetId, JourneyId, std::uint32_t, LocalPeriod, std::uint32_t>;
  std::map<AggregateKey, AggregateId> aggregates_;
  std::vector<EventSetId> group_sets_;  // by index of the group in the tree
  std::vector<ChoiceId> outcomes_;      // by NudgeId; kNone: any text
  std::vector<FeatureState> feature_states_;
  std::vector<FeatureId> features_in_progress_;
  std::vector<std::optional<Aggregate>> handles_;  // by FeatureId
  std::vector<bool> feature_uses_;                 // by FeatureId
  /// Inputs of the tables in hand, by index of the syntax: cells share them.
  std::map<std::uint32_t, ExprId> table_inputs_;
};

/// The zone that somebody meant by a city or by letters such as CST; empty if there is none.
std::string ZoneMeant(std::string_view written);

/// What stands for a type that was not found, which was reported: nothing more is said about its values.
inline constexpr std::uint32_t kBadType = kNone - 1;

/// `a`, `b` and more, in quotes: the first few.
std::string ListOf(const std::vector<std::string_view>& names);

/// "an event", "a unit", ...
std::string_view KindWords(SymbolKind kind);

/// Sets may_be_unknown and depends_on_time of all expressions, and reports products of passing times.
void AnnotateProgram(CheckedProgram& program, Diagnostics& diagnostics);
/// Definitions that need their own value.
void ReportCycles(const CheckedProgram& program, Diagnostics& diagnostics);
/// Warnings about rules that are legal but hardly meant.
void ReportLints(const CheckedProgram& program, Diagnostics& diagnostics);
/// Warnings about what can never happen (check_never.cpp).
void ReportNeverLints(const CheckedProgram& program, Diagnostics& diagnostics);

}  // namespace lull::dsl
