// The disks of the world's machines, as far as the service uses them: its checkpoints. disk.cpp has them in
// place of connectors/checkpoint/checkpoint_store.cpp, which has tests of its own on a real disk.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "connectors/checkpoint/checkpoint_head.h"

namespace lull::simulation {

struct StoredCheckpoint {
  connectors::CheckpointHead head;
  std::map<std::pair<std::uint32_t, std::string>, std::string> entities;
  bool damaged = false;
};

/// What lies below a state folder.
struct StateFolder {
  std::map<std::uint64_t, StoredCheckpoint> finished;
  bool full = false;  // takes nothing now
};

/// Of all machines in the world, by the folder's path; to be cleared before each.
std::map<std::string, StateFolder>& StateFolders();

}  // namespace lull::simulation
