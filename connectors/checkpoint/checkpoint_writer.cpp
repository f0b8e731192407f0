#include "connectors/checkpoint/checkpoint_writer.h"

#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/clock.h"
#include "runtime/image_bytes.h"

namespace lull::connectors {
namespace {

constexpr std::size_t kHandBytes = 256U << 10;

enum Kind : std::uint8_t { kClear, kErased, kEntity };

}  // namespace

CheckpointWriter::CheckpointWriter(CheckpointStore store) : store_(std::move(store)) {}

void CheckpointWriter::OnSnapshot(bool whole, std::uint64_t entity_count) {
  // One that was abandoned may have left something.
  backlog_bytes_ -= entries_.size();
  entries_.clear();
  bytes_ = 0;
  entity_count_ = entity_count;
  began_micros_ = SteadyMicros();
  Hand({.begins = true});
  if (whole) Append(kClear, 0, {}, {});
}

void CheckpointWriter::OnErased(std::uint32_t entity, std::string_view key) {
  Append(kErased, entity, key, {});
}

void CheckpointWriter::OnEntity(std::uint32_t entity, std::string_view key, std::string_view image) {
  Append(kEntity, entity, key, image);
}

void CheckpointWriter::Append(std::uint8_t kind, std::uint32_t entity, std::string_view key,
                              std::string_view image) {
  const std::size_t before = entries_.size();
  runtime::ImageWriter writer(entries_);
  writer.Fixed(kind);
  writer.Small(entity);
  writer.Text(runtime::TextView::Of(key));
  writer.Text(runtime::TextView::Of(image));
  bytes_ += entries_.size() - before;
  backlog_bytes_ += entries_.size() - before;
  if (entries_.size() >= kHandBytes) Hand({.entries = std::exchange(entries_, {})});
}

void CheckpointWriter::Hand(Work work) {
  worker_.Post([this, work = std::move(work)]() mutable { Do(std::move(work)); });
}

void CheckpointWriter::Finish(CheckpointHead head) {
  head.entity_count = entity_count_;
  Hand({.entries = std::exchange(entries_, {}), .finish = std::move(head)});
}

std::optional<Result<CheckpointWritten>> CheckpointWriter::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(outcome_, std::nullopt);
}

Result<CheckpointWritten> CheckpointWriter::Wait() {
  worker_.Drain();
  auto outcome = Take();
  LULL_CHECK(outcome.has_value());
  return *std::move(outcome);
}

void CheckpointWriter::Do(Work work) {
  const std::uint64_t bytes = work.entries.size();
  if (work.begins) failed_ = {};
  if (failed_) failed_ = Apply(work.entries);
  backlog_bytes_ -= bytes;
  if (!work.finish) return;
  Result<CheckpointWritten> outcome = CheckpointWritten{.bytes = bytes_};
  Result<std::uint64_t> number = failed_ ? store_.Finish(std::move(*work.finish))
                                         : Result<std::uint64_t>(std::unexpected(failed_.error()));
  if (number) {
    outcome->number = *number;
    outcome->micros = SteadyMicros() - began_micros_;
  } else {
    outcome = std::unexpected(number.error());
  }
  failed_ = {};
  const std::lock_guard lock(mutex_);
  outcome_ = std::move(outcome);
}

Status CheckpointWriter::Apply(const std::string& entries) {
  runtime::ImageReader reader(entries);
  while (reader.left() > 0) {
    std::uint8_t kind = 0;
    std::uint32_t entity = 0;
    runtime::TextView key;
    runtime::TextView image;
    reader.Fixed(kind);
    reader.Small(entity);
    reader.Text(key);
    reader.Text(image);
    LULL_CHECK(reader.ok());
    Status done = kind == kClear    ? store_.Clear()
                  : kind == kErased ? store_.Erase(entity, key.view())
                                    : store_.Put(entity, key.view(), image.view());
    if (!done) return done;
  }
  return {};
}

}  // namespace lull::connectors
