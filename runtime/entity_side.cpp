#include "runtime/entity_side.h"

#include <algorithm>
#include <cstring>

#include "runtime/base/check.h"
#include "runtime/parts.h"
#include "runtime/ruleset.h"

namespace lull::runtime {

EntitySide::EntitySide() = default;
EntitySide::~EntitySide() = default;

bool EntitySide::IsIdle() const {
  if (!waiting.empty() || !tasks.empty() || pending_first != nullptr) return false;
  if (!seen.empty() || !reminders.empty() || family != nullptr) return false;
  return std::ranges::all_of(
      each, [](const EachWaitList& list) { return list.waits.empty() && list.answers.empty(); });
}

void OwnTexts(KeptEvent& event, const std::vector<CapturedField>& kept) {
  std::size_t bytes = 0;
  for (std::size_t index = 0; index < kept.size(); ++index) {
    if (kept[index].type == ValueType::kText) bytes += event.fields[index].text.size;
  }
  event.texts = std::make_unique<char[]>(bytes + 1);
  char* to = event.texts.get();
  for (std::size_t index = 0; index < kept.size(); ++index) {
    TextView& text = event.fields[index].text;
    if (kept[index].type != ValueType::kText || !text.known()) continue;
    if (text.size > 0) std::memcpy(to, text.data, text.size);
    text.data = to;
    to += text.size;
  }
}

void ReleaseCaptured(EachWait& wait, const EachWaitSpec& spec, TextPool& texts) {
  if (wait.captured == nullptr) return;
  for (std::size_t index = 0; index < spec.captured.size(); ++index) {
    if (spec.captured[index].type != ValueType::kText) continue;
    texts.Release(static_cast<std::uint32_t>(wait.captured[index].integer));
  }
  wait.captured.reset();
}

void ReleaseWait(EachWait& wait, const EachWaitSpec& spec, TextPool& texts) {
  if (spec.same_type == ValueType::kText && wait.known) texts.Release(static_cast<std::uint32_t>(wait.value));
  ReleaseCaptured(wait, spec, texts);
}

void ReleaseTask(const OpenTask& task, TextPool& texts) {
  texts.Release(task.unit_key);
  texts.Release(task.title);
  for (const OpenRung& rung : task.ladder) texts.Release(rung.unit_key);
}

void ClearSide(EntitySide& side, const EntitySpec& entity, TextPool& texts) {
  for (std::size_t index = 0; index < side.each.size(); ++index) {
    const bool is_text = entity.each_waits[index].same_type == ValueType::kText;
    for (EachWait& wait : side.each[index].waits) ReleaseWait(wait, entity.each_waits[index], texts);
    for (const EachAnswerSeen& answer : side.each[index].answers) {
      if (is_text) texts.Release(static_cast<std::uint32_t>(answer.value));
    }
  }
  for (const OpenTask& task : side.tasks) ReleaseTask(task, texts);
  side.each.clear();
  side.tasks.clear();
  side.waiting.clear();
  side.reminders.clear();
}

void FreeSide(RecordHeader& header, const EntitySpec& entity, TextPool& texts) {
  if (header.side == nullptr) return;
  LULL_CHECK(header.side->pending_first == nullptr);
  ClearSide(*header.side, entity, texts);
  delete header.side;
  header.side = nullptr;
}

}  // namespace lull::runtime
