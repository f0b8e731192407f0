// What a nudge needs when it is due: conditions, worth, route, texts, scores, as functions and tables.
#pragma once

#include "compiler/lower_entity.h"

namespace lull::compiler {

class NudgeLowering {
 public:
  explicit NudgeLowering(Lowering& lowering) : lowering_(lowering) {}

  runtime::NudgeSpec Nudge(dsl::NudgeId id);
  runtime::ScoreSpec Score(dsl::ScoreId id);
  runtime::PolicySpec Policy(dsl::PolicyId id);

 private:
  /// A condition as arithmetic; kNone gives kNoFunction.
  runtime::FunctionId Condition(const std::string& name, dsl::ExprId expr, Reading reading = kPlain);
  runtime::FunctionId Value(const std::string& name, dsl::ExprId expr);
  runtime::FunctionId RouteKey(const std::string& name, dsl::ExprId expr);
  runtime::TextSpec Text(const std::string& name, dsl::ExprId text, dsl::ExprId when);
  runtime::TextSpec ConditionText(const std::string& name, const dsl::ConditionText& text);
  void SetArguments(const std::string& name, const std::vector<dsl::ExprId>& arguments,
                    runtime::TextSpec& spec);
  bool IsStageOfWhole(dsl::ExprId expr) const;
  runtime::TemplateSpec::Argument Argument(dsl::ExprId expr) const;
  void AddWaiting(dsl::NudgeId id, runtime::NudgeSpec& spec);
  std::string SequenceName(const dsl::Sequence& sequence) const;
  /// A span from now, or a time.
  runtime::FunctionId Deadline(const std::string& name, dsl::ExprId expr);
  void AddTaskLife(const dsl::Nudge& nudge, runtime::NudgeSpec& spec);
  std::string LimitText(const dsl::Limit& limit) const;

  Lowering& lowering_;
  /// Where the nudge in hand reads the steps of its sequence.
  const std::map<std::string, std::uint32_t>* beside_ = nullptr;
};

}  // namespace lull::compiler
