#include "connectors/checkpoint/checkpoint_head.h"

#include "runtime/image_bytes.h"

namespace lull::connectors {
namespace {

using runtime::ImageReader;
using runtime::ImageWriter;

/// 3 has the history; 4 has a candidate, too.
constexpr std::uint8_t kFormat = 3;
constexpr std::uint8_t kFormatWithoutHistory = 2;
constexpr std::uint8_t kCandidateFormat = 4;

template <typename Io>
void Text(Io& io, std::string& text) {
  auto view = runtime::TextView::Of(text);
  io.Text(view);
  if constexpr (Io::kReads) text.assign(view.known() ? view.view() : std::string_view());
}

template <typename Io>
void Mark(Io& io, LogMark& mark) {
  io.Small(mark.sequence);
  io.Fixed(mark.digest);
}

template <typename Io, typename T, typename Each>
void List(Io& io, std::vector<T>& items, Each each) {
  const std::size_t count = io.Count(items.size());
  for (std::size_t i = 0; i < count && io.ok(); ++i) {
    if constexpr (Io::kReads) items.emplace_back();
    each(items[i]);
  }
}

template <typename Io>
void Describe(Io& io, CheckpointHead& head, std::uint8_t format) {
  io.Small(head.number);
  io.Fixed(head.made_micros);
  Text(io, head.deployment);
  Text(io, head.bundle);
  io.Fixed(head.layout_hash);
  io.Fixed(head.clock.tick);
  io.Fixed(head.clock.latest_time);
  Mark(io, head.input);
  List(io, head.outputs, [&](OutputMark& output) {
    Text(io, output.stream);
    Mark(io, output.end);
    io.Small(output.all_up_to);
    io.Small(output.decided_count);
    io.Fixed(output.decided_digest);
    List(io, output.orphans, [&](runtime::DecisionId& id) {
      io.Fixed(id.high);
      io.Fixed(id.low);
    });
  });
  List(io, head.sources, [&](SourceHeard& source) {
    Text(io, source.source);
    io.Fixed(source.wall_micros);
  });
  List(io, head.entity_types, [&](std::string& name) { Text(io, name); });
  io.Small(head.entity_count);
  if (format > kFormatWithoutHistory) Mark(io, head.history);
}

template <typename Io>
void Describe(Io& io, CandidateHead& candidate) {
  Text(io, candidate.bundle);
  io.Fixed(candidate.layout_hash);
  List(io, candidate.entity_types, [&](std::string& name) { Text(io, name); });
  CandidateFigures& figures = candidate.figures;
  io.Fixed(figures.began_micros);
  io.Fixed(figures.now_micros);
  io.Small(figures.actions);
  io.Small(figures.errors);
  for (CandidateMinute& minute : figures.minutes) {
    io.Small(minute.actions);
    io.Small(minute.errors);
  }
}

}  // namespace

void CandidateFigures::MoveTo(std::int64_t micros) {
  if (micros <= now_micros) return;
  const std::uint64_t from = MinuteOf(now_micros);
  const std::uint64_t to = MinuteOf(micros);
  now_micros = micros;
  if (to - from >= kMinutes) {
    minutes = {};
    return;
  }
  for (std::uint64_t minute = from + 1; minute <= to; ++minute) minutes[minute % kMinutes] = {};
}

std::string ToBytes(const CheckpointHead& head) {
  std::string bytes;
  ImageWriter writer(bytes);
  writer.Fixed(head.candidate ? kCandidateFormat : kFormat);
  CheckpointHead copy = head;
  Describe(writer, copy, kFormat);
  if (copy.candidate) Describe(writer, *copy.candidate);
  return bytes;
}

Result<CheckpointHead> ParseCheckpointHead(std::string_view bytes) {
  ImageReader reader(bytes);
  std::uint8_t format = 0;
  reader.Fixed(format);
  if (reader.ok() && format > kCandidateFormat) {
    return Fail("the checkpoint has format " + std::to_string(format) +
                ", and this version of Lull reads up to " + std::to_string(kCandidateFormat) +
                ". What to do: start the version of Lull that wrote it, or a later one.");
  }
  CheckpointHead head;
  if (format >= kFormatWithoutHistory) Describe(reader, head, format);
  if (format == kCandidateFormat) Describe(reader, head.candidate.emplace());
  if (!reader.complete() || format < kFormatWithoutHistory)
    return Fail("the head of the checkpoint is not readable.");
  return head;
}

MarkFit FitOf(const LogMark& mark, const LogFacts& facts) {
  if (mark.sequence > facts.last_sequence) return MarkFit::kLost;
  if (mark.sequence + 1 < facts.first_sequence) return MarkFit::kTrimmed;
  // The message itself may be gone by its age, and what follows it still there.
  if (mark.sequence == 0 || mark.sequence < facts.first_sequence) return MarkFit::kFits;
  return facts.digest_at_mark == mark.digest ? MarkFit::kFits : MarkFit::kLost;
}

}  // namespace lull::connectors
