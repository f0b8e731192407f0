// What the runtime's side of a Moment knows of where it is: ruleset, entity, and the shard's shared stores.
#pragma once

#include <vector>

#include "runtime/calendar.h"
#include "runtime/ruleset.h"

namespace lull::runtime {

class TextPool;
class ScratchArena;

/// Lives as long as its shard; the entity changes from record to record. Step (runtime/step.h) extends it.
struct StepContext {
  const Ruleset* ruleset = nullptr;
  const CodeTable* code = nullptr;
  const EntitySpec* entity = nullptr;
  std::uint32_t entity_index = 0;
  /// The record of the whole, while a part is in hand; else that of the entity itself.
  std::byte* whole = nullptr;
  TextPool* texts = nullptr;
  /// The ruleset's zone; only rules that look at the calendar need it.
  const Zone* zone = nullptr;
  /// Bytes that live until the moment ends (texts made by functions).
  ScratchArena* scratch = nullptr;
  std::vector<Calendar> calendars;  // as Ruleset::calendars
};

}  // namespace lull::runtime
