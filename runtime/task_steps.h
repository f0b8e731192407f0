// How what people do with a task comes in: as events of the engine's own kind, in the input log like any
// other.
//
// A step is an event of the entity whose key it carries, and names an open task of that entity by its id. One
// that names no open task changes nothing and is counted: the task was withdrawn while somebody did it, or
// the step was sent twice.
#pragma once

#include <cstddef>

namespace lull::runtime {

/// Types on the wire begin with this, then "done", "declined", "claimed" or "released".
inline constexpr char kTaskStepPrefix[] = "lull.task.";

/// Places in EventSchema::fields of a task step.
inline constexpr std::size_t kTaskField = 0;
inline constexpr std::size_t kOutcomeField = 1;
inline constexpr std::size_t kByField = 2;

}  // namespace lull::runtime
