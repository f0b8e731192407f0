// A hand-made entity and a moment on one of its records.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "runtime/moment.h"
#include "runtime/record_store.h"
#include "runtime/ruleset.h"
#include "runtime/scratch_arena.h"
#include "runtime/step_context.h"
#include "runtime/text_pool.h"
#include "runtime/window.h"

namespace lull::runtime {

/// A seed that differs from run to run and is printed if the test fails.
inline std::uint32_t PrintedSeed() {
  const std::uint32_t seed = std::random_device{}();
  ::testing::Test::RecordProperty("seed", std::to_string(seed));
  return seed;
}

/// An entity with windows at the first offsets and `text_count` texts after them; nothing else.
inline EntitySpec EntityWith(std::vector<WindowSpec> windows, std::vector<AggregateSpec> aggregates,
                             std::uint32_t text_count = 0) {
  EntitySpec entity;
  entity.name = "customer";
  entity.key = "customer_id";
  std::uint32_t offset = kBitsOffset + 8;
  for (WindowSpec& window : windows) {
    window.offset = offset;
    offset += 8;
  }
  for (std::uint32_t i = 0; i < text_count; ++i) {
    entity.text_offsets.push_back(offset);
    offset += 4;
  }
  entity.record_bytes = (offset + 7) / 8 * 8;
  entity.image.resize(entity.record_bytes - kBitsOffset);
  entity.windows = std::move(windows);
  entity.aggregates = std::move(aggregates);
  NumberCursors(entity);
  return entity;
}

/// One record of an entity, with a moment open on it.
struct OneRecord {
  explicit OneRecord(EntitySpec spec) : entity(std::move(spec)), store(entity, texts) {
    context.entity = &entity;
    context.texts = &texts;
    context.scratch = &scratch;
    moment.context = &context;
    moment.record = store.FindOrCreate("k").record;
  }

  EntitySpec entity;
  TextPool texts;
  ScratchArena scratch;
  RecordStore store;
  StepContext context;
  Moment moment;
};

}  // namespace lull::runtime
