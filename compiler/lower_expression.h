// Expressions of the checked program as instructions.
//
// A condition (what stalls, `when`, `while` and `on` watch) reads time as Moment::age_now and arms the
// instants at which it may change; arithmetic (`if`, worth, scores in texts) is simply at Moment::now and
// arms nothing.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "compiler/ir_builder.h"
#include "compiler/plan.h"

namespace lull::compiler {

/// How an expression reads the clock.
struct Reading {
  bool age = false;  // Moment::age_now instead of ::now
  bool arm = false;  // lower Moment::next_wake
};
inline constexpr Reading kAsCondition{true, true};
inline constexpr Reading kPlain{false, false};

IrType IrTypeOf(dsl::TypeKind kind);

/// What lowering shares across the functions of one ruleset.
struct Lowering {
  const Plan& plan;
  Module& module;
  /// Functions that read a value of a whole, by what it is and how the clock is read.
  using WholeRead = std::tuple<dsl::ExprKind, std::uint32_t, bool, bool, bool, bool>;
  std::map<WholeRead, runtime::FunctionId> whole_reads = {};

  const dsl::CheckedProgram& program() const { return *plan.program; }
  runtime::FunctionId Add(Function function);
};

/// Lowers into one function. Values of features, scores and aggregates are computed once while the record
/// does not change: call Forget() after each change.
class ExpressionLowering {
 public:
  /// `own` is the event that fields of scope kOwn belong to (kNone: any of their set).
  ExpressionLowering(Lowering& lowering, IrBuilder& builder, Reading reading, dsl::EventId own = kNone)
      : lowering_(lowering), builder_(builder), reading_(reading), own_(own) {}

  /// kBool; an unknown flag is no.
  ValueId Condition(dsl::ExprId expr);
  /// kNone is yes.
  ValueId ConditionOrYes(dsl::ExprId expr);
  /// Of IrTypeOf its type.
  ValueId Value(dsl::ExprId expr);
  ValueId ScoreValue(dsl::ScoreId score) { return Score(score); }
  /// Sets what the next aggregate, opening or answer `with same` compares with.
  void SetSame(ValueId value);
  /// A text, also from a choice or a stage.
  ValueId Text(dsl::ExprId expr);
  /// A field of the event in hand.
  ValueId Field(dsl::EventSetId set, const std::string& name);
  ValueId OwnField(const std::string& name);
  /// A field of an event that may be kept elsewhere, under a name of its own.
  ValueId TriggerField(dsl::EventSetId set, const std::string& name, const std::string& kept_as);
  /// The instant that conditions compare with.
  ValueId Clock() { return reading_.age ? builder_.AgeNow() : builder_.Now(); }
  /// The instant that lies the duration after `start`: every deadline is made here.
  ValueId After(ValueId start, dsl::ExprId duration) { return Counted(start, duration, {}); }
  /// When a wait falls due that began at `start`.
  ValueId Deadline(const dsl::Stall& stall, ValueId start);
  /// Fields of the event that opened a wait ("FIELD") and of steps of a sequence ("STEP.FIELD") are in these
  /// slots of the record; null: in the event frame.
  void SetOpening(const std::map<std::string, Slot>* slots) { opening_ = slots; }
  /// ... or in these slots of the event frame, beside the fields of the event in hand.
  void SetBeside(const std::map<std::string, std::uint32_t>* slots) { beside_ = slots; }
  /// Yes once the clock has reached `instant` (no if unknown); arms it.
  ValueId Reached(ValueId instant);
  /// The later instant; `other` if either is unknown.
  ValueId Later(ValueId instant, ValueId other);
  void Forget() { known_.clear(); }

 private:
  friend class TimeLowering;
  struct Known {
    dsl::ExprKind kind;
    std::uint32_t index;
    ValueId value;
  };
  /// Values computed on a path that may not be taken are forgotten where the paths join.
  class Scope {
   public:
    explicit Scope(ExpressionLowering& of) : of_(of), size_(of.known_.size()) {}
    ~Scope() {
      if (of_.known_.size() > size_) of_.known_.resize(size_);
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    ExpressionLowering& of_;
    std::size_t size_;
  };

  const dsl::Expr& At(dsl::ExprId id) const { return lowering_.program().expr(id); }
  ValueId Remembered(dsl::ExprKind kind, std::uint32_t index);
  ValueId Remember(dsl::ExprKind kind, std::uint32_t index, ValueId value);

  /// Counts from a start: back instead of on; from a day to a day instead of from instant to instant.
  struct Counting {
    bool back = false;
    bool days = false;
  };
  ValueId Counted(ValueId start, dsl::ExprId duration, Counting counting);
  ValueId CountedAmount(ValueId start, const dsl::Expr& duration, Counting counting);
  ValueId CountedChoice(ValueId start, const dsl::Expr& duration, Counting counting);

  ValueId ShortCircuit(const dsl::Expr& expr);
  bool IsCheap(dsl::ExprId expr) const;
  ValueId Compare(const dsl::Expr& expr);
  ValueId CompareValues(dsl::CompareOp op, dsl::Type type, ValueId a, ValueId b);
  ValueId OneOf(const dsl::Expr& expr);
  ValueId If(const dsl::Expr& expr, bool as_condition);
  ValueId Literal(const dsl::Expr& expr);
  ValueId Arithmetic(const dsl::Expr& expr);
  ValueId Product(const dsl::Expr& expr);
  ValueId Quotient(const dsl::Expr& expr);
  ValueId Extreme(const dsl::Expr& expr);
  ValueId TimeUntil(const dsl::Expr& expr);
  ValueId TimeOnDay(const dsl::Expr& expr);
  ValueId NextYearly(const dsl::Expr& expr);
  ValueId TimeIn(const dsl::Expr& expr);
  ValueId OpenTimeIn(const dsl::Expr& expr);
  ValueId Score(dsl::ScoreId id);
  ValueId LookUp(const dsl::Expr& expr);  // lower_lookup.cpp
  ValueId Aggregate(dsl::AggregateId id);
  ValueId ScalarAggregate(const dsl::Aggregate& aggregate, const Stream& stream);
  ValueId WindowAggregate(const dsl::Aggregate& aggregate, std::uint32_t spec);
  ValueId OfWhole(const dsl::Expr& expr);
  ValueId TimeSince(ValueId instant);
  ValueId U32(std::uint32_t value) { return builder_.ConstI64(value); }

  Lowering& lowering_;
  IrBuilder& builder_;
  Reading reading_;
  dsl::EventId own_;
  std::vector<Known> known_;
  const std::map<std::string, Slot>* opening_ = nullptr;
  const std::map<std::string, std::uint32_t>* beside_ = nullptr;
  bool exact_age_ = false;    // time since is not cut off at zero: for crossings
  bool exact_until_ = false;  // nor is time until
};

}  // namespace lull::compiler
