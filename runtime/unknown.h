// The unknown value of each type.
#pragma once

#include <limits>

#include "runtime/ruleset.h"

namespace lull::runtime {

inline FieldValue UnknownOf(ValueType type) {
  FieldValue value;
  if (type == ValueType::kNumber) {
    value.number = std::numeric_limits<double>::quiet_NaN();
  } else if (type != ValueType::kText) {
    value.integer = kUnknown;
  }
  return value;
}

}  // namespace lull::runtime
