#include "runtime/record_store.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/hash.h"
#include "runtime/large_memory.h"
#include "runtime/window.h"

namespace lull::runtime {
namespace {

constexpr std::size_t kFirstEntries = 64;
constexpr std::size_t kInlineKeyBytes = 16;
constexpr std::size_t kCacheLineBytes = 64;
constexpr std::size_t kSlabTargetBytes = std::size_t{1} << 24;
constexpr std::size_t kSlabRecordsMin = 16;

struct KeyWords {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

/// The bytes of a short key, zero-padded: with its size they are the key.
KeyWords WordsOf(std::string_view key) {
  // Loads of fixed size that overlap, instead of a copy of any size.
  const auto load = [&](std::size_t at, auto word) -> std::uint64_t {
    std::memcpy(&word, key.data() + at, sizeof word);
    return word;
  };
  const std::size_t size = key.size();
  if (size > 8) return {load(0, std::uint64_t{}), load(size - 8, std::uint64_t{}) >> (8 * (16 - size))};
  if (size == 8) return {load(0, std::uint64_t{}), 0};
  if (size >= 4) return {load(0, std::uint32_t{}) | load(size - 4, std::uint32_t{}) << (8 * (size - 4)), 0};
  if (size == 0) return {};
  return {load(0, std::uint8_t{}) | load(size / 2, std::uint8_t{}) << (8 * (size / 2)) |
              load(size - 1, std::uint8_t{}) << (8 * (size - 1)),
          0};
}

std::uint64_t PrefixOf(std::string_view key) { return key.size() <= kInlineKeyBytes ? WordsOf(key).high : 0; }

std::uint64_t& PrefixBefore(std::byte* record) { return *(reinterpret_cast<std::uint64_t*>(record) - 1); }
std::uint64_t PrefixBefore(const std::byte* record) {
  return *(reinterpret_cast<const std::uint64_t*>(record) - 1);
}

/// Distance of records: whole cache lines where that costs little, so that a header is one line.
std::size_t StrideOf(std::size_t record_bytes, std::size_t prefix_bytes) {
  const std::size_t bytes = (prefix_bytes + record_bytes + 7) / 8 * 8;
  const std::size_t lines = (bytes + kCacheLineBytes - 1) / kCacheLineBytes * kCacheLineBytes;
  return lines - bytes <= bytes / 8 ? lines : bytes;
}

}  // namespace

// For a short key the hash is a bijection of its first word once its second is given: equal hash, size and
// second word mean an equal key.
std::uint64_t RecordStore::HashKey(std::string_view key, std::uint64_t seed) {
  if (key.size() > kInlineKeyBytes) return HashForTable(key, seed);
  const KeyWords words = WordsOf(key);
  const std::uint64_t salt = MixBits(words.high + (std::uint64_t{key.size()} << 56) + seed);
  return MixBits(words.low ^ salt);
}

RecordStore::RecordStore(const EntitySpec& entity, TextPool& texts)
    : entity_(entity), texts_(texts), table_(kFirstEntries) {
  LULL_CHECK(entity.record_bytes >= sizeof(RecordHeader) && entity.record_bytes % 8 == 0);
  LULL_CHECK(entity.image.size() == entity.record_bytes - kBitsOffset);
  stride_ = StrideOf(entity.record_bytes, kPrefixBytes);
  const std::size_t records = std::bit_floor(std::max(kSlabTargetBytes / stride_, kSlabRecordsMin));
  slab_bytes_ = std::bit_ceil(kSlabHeadBytes + records * stride_);
  slab_shift_ = static_cast<std::uint32_t>(std::countr_zero(records));
  slab_mask_ = static_cast<std::uint32_t>(records - 1);
  for (const EntitySpec::DefaultText& text : entity.default_texts) {
    default_text_ids_.push_back(texts_.Intern(TextView::Of(text.text)));
  }
}

RecordStore::RecordStore(const EntitySpec& entity, TextPool& texts, std::unique_ptr<RecordStore> before)
    : RecordStore(entity, texts) {
  LULL_CHECK(before->before_ == nullptr && &before->texts_ == &texts);
  table_.swap(before->table_);
  used_ = before->used_;
  free_ = before->free_;
  count_ = before->count_;
  while (slabs_.size() << slab_shift_ < used_) AddSlab(false);
  if (used_ == 0) return;
  waiting_.Fill(used_);
  before_ = std::move(before);
}

RecordStore::~RecordStore() {
  ForEach([this](std::byte* record) {
    ReleaseContents(record);
    texts_.Release(HeaderAt(record)->key_id);
  });
  for (const std::uint32_t id : default_text_ids_) texts_.Release(id);
  for (std::byte* slab : slabs_) std::free(slab);
}

std::uint64_t RecordStore::HashKey(std::string_view key) { return HashKey(key, kTableSeed); }

bool RecordStore::Matches(const Entry& entry, std::string_view key, std::uint64_t hash) const {
  if (entry.hash != hash || entry.size_plus_one != key.size() + 1) return false;
  const std::byte* record = Place(entry.index);
  return key.size() <= kInlineKeyBytes ? PrefixBefore(record) == PrefixOf(key) : KeyOf(record) == key;
}

std::byte* RecordStore::Find(std::string_view key, std::uint64_t hash) const {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = hash & mask; table_[at].size_plus_one != 0; at = (at + 1) & mask) {
    if (Matches(table_[at], key, hash)) return RecordAt(table_[at].index);
  }
  return nullptr;
}

RecordStore::Found RecordStore::FindOrCreate(std::string_view key, std::uint64_t hash) {
  LULL_CHECK(key.size() < 0xFFFF'FFFE);
  if (std::byte* record = Find(key, hash); record != nullptr) return {record, false};
  if ((count_ + 1) * 4 > table_.size() * 3) GrowTable();
  const std::uint32_t index = AllocateIndex();
  std::byte* record = RecordAt(index);
  *HeaderAt(record) = RecordHeader{};
  HeaderAt(record)->key_id = texts_.Intern(TextView::Of(key));
  PrefixBefore(record) = PrefixOf(key);
  Initialise(record);
  InsertEntry({.hash = hash, .index = index, .size_plus_one = static_cast<std::uint32_t>(key.size() + 1)});
  ++count_;
  return {record, true};
}

void RecordStore::Initialise(std::byte* record) {
  if (!entity_.image.empty()) std::memcpy(record + kBitsOffset, entity_.image.data(), entity_.image.size());
  for (std::size_t i = 0; i < default_text_ids_.size(); ++i) {
    texts_.Retain(default_text_ids_[i]);
    TextAt(record, entity_.default_texts[i].offset) = default_text_ids_[i];
  }
}

void RecordStore::ReleaseContents(std::byte* record) {
  for (std::uint32_t window = 0; window < entity_.windows.size(); ++window) {
    Window(entity_, window, record, texts_).Free();
  }
  for (const std::uint32_t offset : entity_.text_offsets) texts_.Release(TextAt(record, offset));
}

bool RecordStore::BeginTake(std::uint32_t index) {
  waiting_.Remove(index);
  const std::byte* source = before_->RecordAt(index);
  std::byte* target = RecordAt(index);
  *HeaderAt(target) = RecordHeader{};
  HeaderAt(target)->key_id = HeaderAt(source)->key_id;
  if (HeaderAt(target)->key_id == 0) {
    HeaderAt(target)->moment_count = HeaderAt(source)->moment_count;
    return false;
  }
  PrefixBefore(target) = PrefixBefore(source);
  Initialise(target);
  return true;
}

void RecordStore::Leave(std::byte* record) {
  LULL_CHECK(HeaderAt(record)->side == nullptr);
  ReleaseContents(record);
  HeaderAt(record)->key_id = 0;
}

void RecordStore::Shed(std::uint32_t index) {
  if (before_ == nullptr) return;
  const std::uint32_t end = std::min(index, used_ - 1) >> before_->slab_shift_;
  for (std::uint32_t slab = before_->shed_ >> before_->slab_shift_; slab < end; ++slab) {
    std::free(std::exchange(before_->slabs_[slab], nullptr));
  }
  before_->shed_ = end << before_->slab_shift_;
  if (index != IndexSet::kNone) return;
  before_.reset();
  for (std::byte* slab : slabs_) AdviseHugePages(slab, slab_bytes_);
}

void RecordStore::Erase(std::byte* record) {
  RecordHeader* header = HeaderAt(record);
  LULL_CHECK(header->key_id != 0 && header->side == nullptr);
  const std::size_t mask = table_.size() - 1;
  std::size_t gap = SlotOfRecord(record);
  for (std::size_t at = (gap + 1) & mask; table_[at].size_plus_one != 0; at = (at + 1) & mask) {
    const std::size_t home = table_[at].hash & mask;
    if (((at - home) & mask) >= ((at - gap) & mask)) {
      table_[gap] = table_[at];
      gap = at;
    }
  }
  table_[gap] = {};
  const std::uint32_t index = IndexOf(record);
  ReleaseContents(record);
  texts_.Release(header->key_id);
  *header = RecordHeader{};
  header->moment_count = free_;
  free_ = index;
  --count_;
}

std::size_t RecordStore::SlotOfRecord(const std::byte* record) const {
  const std::uint32_t index = IndexOf(record);
  const std::size_t mask = table_.size() - 1;
  std::size_t at = HashKey(KeyOf(record)) & mask;
  while (table_[at].index != index || table_[at].size_plus_one == 0) at = (at + 1) & mask;
  return at;
}

void RecordStore::InsertEntry(Entry entry) {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = entry.hash & mask;
  while (table_[at].size_plus_one != 0) at = (at + 1) & mask;
  table_[at] = entry;
}

void RecordStore::GrowTable() {
  decltype(table_) old(table_.size() * 2);
  old.swap(table_);
  for (const Entry& entry : old) {
    if (entry.size_plus_one != 0) InsertEntry(entry);
  }
}

std::uint32_t RecordStore::AllocateIndex() {
  if (free_ != kNoIndex) {
    const std::uint32_t index = free_;
    free_ = HeaderAt(Place(index))->moment_count;
    waiting_.Remove(index);
    return index;
  }
  LULL_CHECK(used_ < kNoIndex - 1);
  if (used_ == slabs_.size() << slab_shift_) AddSlab(true);
  return used_++;
}

// Records that are taken over come in any order: each of the first would wait for the zeros of a huge page.
void RecordStore::AddSlab(bool on_huge_pages) {
  auto* slab = static_cast<std::byte*>(AllocateLarge(slab_bytes_, slab_bytes_));
  if (!on_huge_pages) AdviseSmallPages(slab, slab_bytes_);
  *reinterpret_cast<std::uint32_t*>(slab) = static_cast<std::uint32_t>(slabs_.size() << slab_shift_);
  slabs_.push_back(slab);
}

std::uint32_t RecordStore::IndexOf(const std::byte* record) const {
  const auto address = reinterpret_cast<std::uintptr_t>(record);
  const std::uintptr_t slab = address & ~(static_cast<std::uintptr_t>(slab_bytes_) - 1);
  const std::size_t within = (address - slab - kSlabHeadBytes - kPrefixBytes) / stride_;
  return *reinterpret_cast<const std::uint32_t*>(slab) + static_cast<std::uint32_t>(within);
}

std::byte* RecordStore::PrefetchRecord(std::uint64_t hash) const {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = hash & mask; table_[at].size_plus_one != 0; at = (at + 1) & mask) {
    if (table_[at].hash != hash) continue;
    std::byte* record = Place(table_[at].index);
    const std::byte* start = record - kPrefixBytes;
    const std::size_t bytes = std::min<std::size_t>(stride_, 4 * kCacheLineBytes);
    for (std::size_t line = 0; line < bytes; line += kCacheLineBytes) __builtin_prefetch(start + line, 1);
    return record;
  }
  return nullptr;
}

std::size_t RecordStore::memory_bytes() const {
  return table_.size() * sizeof(Entry) + (used_ - shed_) * stride_ +
         (before_ == nullptr ? 0 : before_->memory_bytes());
}

}  // namespace lull::runtime
