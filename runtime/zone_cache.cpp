#include "runtime/zone_cache.h"

namespace lull::runtime {
namespace {

// There are some 600 zones; the rest are names that are none, which must not fill the memory.
constexpr std::size_t kNamesMax = 2'048;

}  // namespace

void ZoneCache::Reset(const Zone& zone) {
  own_ = zone;
  zones_.clear();
}

const Zone& ZoneCache::Of(std::string_view name) {
  if (name.empty()) return own_;
  const auto found = zones_.find(name);
  if (found != zones_.end()) return found->second;
  if (zones_.size() >= kNamesMax) zones_.clear();
  return zones_.emplace(name, Zone::Find(name).value_or(own_)).first->second;
}

}  // namespace lull::runtime
