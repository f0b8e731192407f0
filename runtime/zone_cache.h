// Zones by the names that data gives them, as with `quiet hours ... in zone customer.zone`.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "runtime/base/zone.h"

namespace lull::runtime {

/// What is no name of a zone stands for the ruleset's own. Serves one thread.
class ZoneCache {
 public:
  void Reset(const Zone& zone);
  const Zone& Of(std::string_view name);

 private:
  Zone own_ = Zone::Utc();
  std::map<std::string, Zone, std::less<>> zones_;
};

}  // namespace lull::runtime
