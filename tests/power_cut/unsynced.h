// What a power cut leaves of a folder: of each file what was written to disk by fsync or fdatasync and, by
// chance, a part of what came after it; of each folder the names that it had when it was written to disk and,
// by chance, some of the changes since. The worst that a file system may do that keeps what it was told to
// keep (POSIX fsync; Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014).
//
// The test program's fsync and fdatasync note what is safe; a picture of the disk can be taken at any of
// these calls.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <random>

namespace lull::power_cut {

/// Follows all files below `root` from now on, until it is called with an empty path. `stash` is on the same
/// file system and keeps files that are removed.
void Follow(const std::filesystem::path& root, const std::filesystem::path& stash);

/// Called before each time that something is written to disk, by any thread, one at a time.
void OnSync(std::function<void()> call);

/// What is left if the power goes now.
void TakePicture(const std::filesystem::path& into, std::mt19937_64& random);

/// How often something was written to disk.
std::uint64_t SyncCount();

}  // namespace lull::power_cut
