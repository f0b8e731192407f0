// All that is known of one entity as bytes, for checkpoints: its record with windows and texts, what waits
// and is open, buffered events, and its parts with theirs.
//
// The format, in the order in which it is written (runtime/image_bytes.h: fixed numbers, counts, texts):
//   version (1)
//   record  header (wake, clock, first event, instant, moment count, latest event), the bytes from
//   kBitsOffset
//           on with zeros where texts and windows lie, the texts by EntitySpec::text_offsets, the windows:
//           count, and unless it is 0 the dropped time, the times, then column by column (texts as texts); an
//           empty window that has dropped something: 0, 1, the dropped time
//   side    0, or 1 and waiting nudges, open tasks, reminders, waits of `after each`, seen ids, next serial
//   events  buffered ones by time: event, time, used fields, keys of parts
//   family  0, or 1 and parts (number, entity, key, record, side), next number, the whole's own wake-up
//
// What can be found anew is not kept (cursors of windows, heaps, places in memory): equal states have equal
// images. Numbers of nudges, units, events and entities, and the record's layout, are those of one compiled
// ruleset: an image can be read only where LayoutHash is the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/parts.h"
#include "runtime/pending_events.h"
#include "runtime/record_store.h"
#include "runtime/ruleset.h"

namespace lull::runtime {

/// Where the entities of a shard lie; owns nothing.
struct EntityPlaces {
  const Ruleset& ruleset;
  const std::vector<std::unique_ptr<RecordStore>>& stores;  // by entity
  PartStores& parts;
  PendingEvents& pending;
  TextPool& texts;
};

/// Appends the image of an entity that is no part. Changes nothing.
void WriteEntity(const EntityPlaces& places, std::uint32_t entity, std::byte* record, std::string& out);

/// Fills a fresh record. False: the bytes are no image of this layout; the record and what hangs on it then
/// hold something, and can only be discarded.
bool ReadEntity(const EntityPlaces& places, std::uint32_t entity, std::byte* record, std::string_view image);

/// Of everything that images depend on. Equal for equal rulesets compiled by the same version of the
/// compiler.
std::uint64_t LayoutHash(const Ruleset& ruleset);

}  // namespace lull::runtime
