#include "tools/lull/event_files.h"

#include <algorithm>

namespace lull::tools {

using runtime::EventFrame;

Result<EventFiles> EventFiles::Open(std::span<const std::string> paths) {
  EventFiles files;
  if (std::ranges::count(paths, "-") > 1) return Fail("standard input can be read once only.");
  for (const std::string& path : paths) {
    auto file = connectors::EventFile::Open(path);
    if (!file) return std::unexpected(file.error());
    files.lanes_.push_back(std::make_unique<Lane>(std::move(*file)));
  }
  return files;
}

void EventFiles::Begin(std::shared_ptr<const runtime::Ruleset> ruleset, Options options,
                       connectors::DeadLetterOutput& dead_letters) {
  options_ = std::move(options);
  dead_letters_ = &dead_letters;
  for (const auto& lane : lanes_) {
    lane->decoder = std::make_unique<connectors::JsonDecoder>(ruleset);
    lane->decoder->set_max_time(options_.max_time);
  }
}

// Lines that are no events are passed over.
Status EventFiles::Fill(Lane& lane) {
  while (lane.empty() && !lane.at_end) {
    const auto raw = lane.file.Next(options_.batch_count);
    if (!raw) return std::unexpected(raw.error());
    lane.raw = *raw;
    lane.next = 0;
    lane.at_end = raw->empty();
    if (!raw->empty()) last_position_ = raw->back().position;
    lane.batch = lane.decoder->Decode(*raw);
    if (options_.digest) {
      for (const connectors::RawEvent& line : *raw) lane.digest.Add(line.bytes);
    }
    for (const connectors::DeadLetter& letter : lane.batch.dead_letters) dead_letters_->Add(letter);
  }
  return {};
}

void EventFiles::TakeFrom(Lane& lane, std::int64_t up_to) {
  while (!lane.empty() && lane.time() <= up_to) {
    const std::size_t i = lane.next++;
    const EventFrame& frame = lane.batch.frames[i];
    if (options_.keep && !options_.keep(frame)) continue;
    frames_.push_back(frame);
    sources_.push_back(&lane.raw[lane.batch.sources[i]]);
  }
}

Result<std::span<const EventFrame>> EventFiles::Next() {
  frames_.clear();
  sources_.clear();
  for (const auto& lane : lanes_) {
    if (Status ok = Fill(*lane); !ok) return std::unexpected(ok.error());
  }
  // Until one of the files has to be read on.
  for (;;) {
    Lane* first = nullptr;
    std::int64_t first_time = kNever;
    std::int64_t up_to = kNever;
    bool is_before_second = false;  // by its place; else only what is earlier goes before the second
    for (const auto& lane : lanes_) {
      if (lane->at_end && lane->empty()) continue;
      if (lane->empty()) return std::span<const EventFrame>(frames_);
      if (first == nullptr || lane->time() < first_time) {
        up_to = first == nullptr ? kNever : first_time;
        is_before_second = first == nullptr;
        first = lane.get();
        first_time = lane->time();
      } else if (lane->time() < up_to) {
        up_to = lane->time();
        is_before_second = true;
      }
    }
    if (first == nullptr) return std::span<const EventFrame>(frames_);
    TakeFrom(*first, is_before_second || up_to == kNever ? up_to : up_to - 1);
  }
}

bool EventFiles::at_end() const {
  return std::ranges::all_of(lanes_, [](const auto& lane) { return lane->at_end && lane->empty(); });
}

const connectors::RawEvent& EventFiles::RawOf(std::size_t frame) const { return *sources_[frame]; }

std::uint64_t EventFiles::line_count() const {
  std::uint64_t count = 0;
  for (const auto& lane : lanes_) count += lane->file.line_count();
  return count;
}

std::uint64_t EventFiles::bytes_read() const {
  std::uint64_t count = 0;
  for (const auto& lane : lanes_) count += lane->file.bytes_read();
  return count;
}

std::optional<std::uint64_t> EventFiles::bytes_total() const {
  std::uint64_t total = 0;
  for (const auto& lane : lanes_) {
    const auto bytes = lane->file.bytes_total();
    if (!bytes) return std::nullopt;
    total += *bytes;
  }
  return total;
}

std::uint64_t EventFiles::ignored_count() const {
  std::uint64_t count = 0;
  for (const auto& lane : lanes_) count += lane->decoder ? lane->decoder->ignored_count() : 0;
  return count;
}

std::map<std::string, std::uint64_t> EventFiles::IgnoredTypes() const {
  std::map<std::string, std::uint64_t> types;
  for (const auto& lane : lanes_) {
    if (!lane->decoder) continue;
    for (const auto& [type, count] : lane->decoder->IgnoredTypes()) types[type] += count;
  }
  return types;
}

std::string EventFiles::digest() const {
  connectors::ContentDigest all;
  for (const auto& lane : lanes_) all.Add(lane->digest.Hex());
  return all.Hex();
}

}  // namespace lull::tools
