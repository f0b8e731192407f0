// Parts: entities that live within another one, their whole (`entity ticket by ticket_id within customer`).
//
// A whole and its parts share one clock, one timer and their moments; who reads, policies count and ids name
// across them, and nothing crosses to another whole. A part's key is unique within its whole. Waiting nudges,
// open tasks and buffered events of all lie with the whole (EntitySide); each part has a record in the store
// of its entity, with its own wake-up. Parts read their whole, never the other way round.
//
// Cost: what a moment does not concern is not touched. Parts that are due are found through a heap; those
// that follow their whole are all visited when what they read may have changed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/entity_side.h"
#include "runtime/record_store.h"
#include "runtime/ruleset.h"

namespace lull::runtime {

struct Part {
  std::uint32_t number = 0;  // within its whole, from 1; never used again
  std::uint32_t entity = 0;  // index into Ruleset::entities
  std::byte* record = nullptr;
  std::uint32_t member = 0;  // where the moment in hand has it, if it has
};

/// The parts of one whole.
struct Family {
  struct Wake {
    std::int64_t instant = kNever;
    std::uint32_t number = 0;
  };

  std::vector<Part> parts;  // by number
  std::uint32_t next_number = 1;
  /// Wake-up of the whole's own record; RecordHeader::wake of a whole with parts is the earliest of all.
  std::int64_t whole_wake = kNever;
  /// A heap, earliest first. Entries that the part's record no longer agrees with are stale.
  std::vector<Wake> wakes;

  Part* Find(std::uint32_t number);
  /// Sets the wake-up of a part's record.
  void Wakes(const Part& part, std::int64_t instant);
  /// The earliest wake-up of a part; kNever if there is none.
  std::int64_t EarliestWake();
  /// Takes the parts out of the heap whose wake-up has come; each needs a new one (Wakes).
  void TakeDue(std::int64_t instant, std::vector<std::uint32_t>& numbers);
};

/// Where the parts of a shard are found. Owns nothing; the stores belong to the engine.
class PartStores {
 public:
  using Stores = std::vector<std::unique_ptr<RecordStore>>;
  PartStores(const Stores& stores, TextPool& texts) : stores_(stores), texts_(texts) {}

  struct Found {
    std::uint32_t number = 0;
    bool created = false;
  };
  /// `whole` must have a key. The family is made if it is not there yet.
  Found FindOrCreate(std::byte* whole, std::uint32_t entity, std::string_view key);
  /// Its key alone.
  std::string_view KeyOf(const Part& part) const;
  /// Of a part's record: the text of its whole's key.
  std::string_view WholeKeyOf(const RecordStore& store, const std::byte* record) const;
  /// Deletes the part's record and takes it out of the family. What waits and is open must have ended.
  void Erase(Family& family, std::uint32_t number);
  void EraseAll(Family& family);
  /// Of the parts of one entity: how many there are, and which has been quiet longest.
  std::size_t Count(const Family& family, std::uint32_t entity) const;
  std::uint32_t Quietest(const Family& family, std::uint32_t entity) const;

 private:
  void EraseRecord(const Part& part);

  const Stores& stores_;
  TextPool& texts_;
  std::string key_;  // scratch
};

}  // namespace lull::runtime
