// Deadlines: an instant, and a duration after it.
#include "compiler/lower_entity.h"

namespace lull::compiler {

ValueId ExpressionLowering::After(ValueId start, dsl::ExprId duration) {
  return builder_.IAdd(start, Value(duration));
}

runtime::FunctionId LowerDeadline(Lowering& lowering, std::string name, dsl::ExprId duration,
                                  Reading reading) {
  if (duration == kNone) return runtime::kNoFunction;
  FunctionInHand function(lowering, std::move(name), reading);
  const ValueId start = function.build.From();
  function.build.Out(0, function.read.After(start, duration));
  return function.Finish();
}

}  // namespace lull::compiler
