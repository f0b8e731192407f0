// The records of one entity type in one shard, found by key.
//
// An open-addressing table of 16-byte entries points to records in slabs; a record's address never changes
// until it is erased. Keys of up to 16 bytes are compared without reading the text pool.
//
// A store can go on with the records of another one, for another ruleset, at once and without looking at any
// of them: it takes over the table, and each record keeps its number. Where a record waits in the store
// before is known by one bit until somebody takes it over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/index_set.h"
#include "runtime/large_memory.h"
#include "runtime/record.h"
#include "runtime/ruleset.h"
#include "runtime/text_pool.h"

namespace lull::runtime {

/// One thread. `entity` and `texts` must outlive the store. EntitySide belongs to the engine: it is never
/// freed here, and must be null when a record is erased.
class RecordStore {
 public:
  RecordStore(const EntitySpec& entity, TextPool& texts);
  /// Goes on with the records of `before`, which has none of its own waiting. Both share one text pool.
  RecordStore(const EntitySpec& entity, TextPool& texts, std::unique_ptr<RecordStore> before);
  ~RecordStore();
  RecordStore(const RecordStore&) = delete;
  RecordStore& operator=(const RecordStore&) = delete;

  struct Found {
    std::byte* record = nullptr;
    bool created = false;
  };

  /// By the seed of this process, which keys cannot be made to collide for.
  static std::uint64_t HashKey(std::string_view key);
  static std::uint64_t HashKey(std::string_view key, std::uint64_t seed);

  /// The record of a key, or null. `hash` is HashKey(key).
  std::byte* Find(std::string_view key, std::uint64_t hash) const;
  std::byte* Find(std::string_view key) const { return Find(key, HashKey(key)); }
  /// As Find, or a new record: default header, key, image and default texts.
  Found FindOrCreate(std::string_view key, std::uint64_t hash);
  Found FindOrCreate(std::string_view key) { return FindOrCreate(key, HashKey(key)); }
  /// Releases the record's key, texts and windows; its place is used again.
  void Erase(std::byte* record);

  /// A batch first fetches the table's entries, then the records they point to, then looks up.
  void Prefetch(std::uint64_t hash) const { __builtin_prefetch(&table_[SlotOf(hash)]); }
  /// Gives what it has fetched, most likely the record; null if there is none.
  std::byte* PrefetchRecord(std::uint64_t hash) const;

  std::string_view KeyOf(const std::byte* record) const {
    return texts_.View(reinterpret_cast<const RecordHeader*>(record)->key_id).view();
  }

  /// A small dense number of a record, its own until it is erased; TimerWheel's handle.
  std::uint32_t IndexOf(const std::byte* record) const;
  std::byte* RecordAt(std::uint32_t index) const {
    return slabs_[index >> slab_shift_] + kSlabHeadBytes + kPrefixBytes +
           static_cast<std::size_t>(index & slab_mask_) * stride_;
  }

  /// Calls visit(std::byte*) for every record that does not wait by rising index. The visitor may erase the
  /// record it is given.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (std::uint32_t index = shed_; index < used_; ++index) {
      if (Waits(index)) continue;
      std::byte* record = RecordAt(index);
      if (reinterpret_cast<const RecordHeader*>(record)->key_id != 0) visit(record);
    }
  }

  /// Whether this place's record lies in the store before. What is found by its key is then no record yet.
  bool Waits(std::uint32_t index) const { return before_ != nullptr && waiting_.Has(index); }
  /// The first place that waits, of at least `from`; IndexSet::kNone if there is none.
  std::uint32_t NextWaiting(std::uint32_t from) const {
    return before_ == nullptr ? IndexSet::kNone : waiting_.Next(from);
  }
  /// Null: nothing waits there.
  const RecordStore* before() const { return before_.get(); }
  /// Ends the waiting of a place: calls move(source, target) with the old record and a fresh one of the same
  /// key, and releases what it has left in the old one. False: the place is free.
  template <typename Move>
  bool Take(std::uint32_t index, Move&& move) {
    if (!BeginTake(index)) return false;
    std::byte* source = before_->RecordAt(index);
    move(source, RecordAt(index));
    before_->Leave(source);
    return true;
  }
  /// Nothing below `index` waits any more: gives memory of the store before back, all of it at kNone.
  void Shed(std::uint32_t index);

  /// All places are below it.
  std::uint32_t end() const { return used_; }
  /// Records, with those that wait.
  std::size_t count() const { return count_; }
  /// Of table and records, without texts and windows.
  std::size_t memory_bytes() const;
  const EntitySpec& entity() const { return entity_; }
  TextPool& texts() const { return texts_; }

 private:
  struct Entry {
    std::uint64_t hash = 0;
    std::uint32_t index = 0;
    std::uint32_t size_plus_one = 0;  // of the key; 0: free
  };
  /// Lies before each record; with the hash it determines a key of up to 16 bytes.
  static constexpr std::size_t kPrefixBytes = 8;
  static constexpr std::size_t kSlabHeadBytes = 64;

  std::size_t SlotOf(std::uint64_t hash) const { return hash & (table_.size() - 1); }
  bool Matches(const Entry& entry, std::string_view key, std::uint64_t hash) const;
  std::size_t SlotOfRecord(const std::byte* record) const;
  void InsertEntry(Entry entry);
  void GrowTable();
  std::uint32_t AllocateIndex();
  void AddSlab(bool on_huge_pages);
  void Initialise(std::byte* record);
  void ReleaseContents(std::byte* record);
  bool BeginTake(std::uint32_t index);
  /// A record has been taken over: what is left of it goes, but for its key.
  void Leave(std::byte* record);
  /// Where the key of a place is found: here, or in the store before.
  std::byte* Place(std::uint32_t index) const {
    return Waits(index) ? before_->RecordAt(index) : RecordAt(index);
  }

  const EntitySpec& entity_;
  TextPool& texts_;
  std::vector<Entry, LargeAllocator<Entry>> table_;
  std::vector<std::byte*> slabs_;
  std::vector<std::uint32_t> default_text_ids_;  // one count each, held by the store
  std::size_t stride_ = 0;
  std::size_t slab_bytes_ = 0;  // a power of two, and the slabs' alignment
  std::uint32_t slab_shift_ = 0;
  std::uint32_t slab_mask_ = 0;
  std::uint32_t used_ = 0;
  std::uint32_t free_ = kNoIndex;  // linked through RecordHeader::moment_count
  std::size_t count_ = 0;
  std::unique_ptr<RecordStore> before_;  // null: nothing waits
  IndexSet waiting_;                     // places whose record, or link of free_, lies there
  std::uint32_t shed_ = 0;               // of a store before another one: slabs below it are gone
};

}  // namespace lull::runtime
