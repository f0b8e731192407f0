// The end of history, for a shard that goes on with a live stream.
#include <algorithm>

#include "runtime/engine_impl.h"

namespace lull::runtime {

void Engine::Impl::EndHistory(std::int64_t end, LogPosition position) {
  FinishSwap();
  tick_ = std::max(tick_, end + 1);
  position_ = position;
  for (std::uint32_t index = 0; index < stores_.size(); ++index) {
    if (IsPart(index)) continue;
    stores_[index]->ForEach([&](std::byte* record) {
      Touch(index, record);
      Entity entity{.index = index, .record = record, .key = stores_[index]->KeyOf(record)};
      Drain(entity, tick_);
      RunDeadlines(entity, tick_);
      const RecordHeader& header = HeaderOf(entity.record);
      if (header.first_event == kUnknown &&
          (header.side == nullptr || header.side->pending_first == nullptr)) {
        Discard(index, entity.record);
      } else {
        step_.EndHistory(end);
        Schedule(index, entity.record);
      }
      EndEntity();
    });
  }
  EndEntry();
}

}  // namespace lull::runtime
