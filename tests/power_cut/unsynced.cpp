#include "tests/power_cut/unsynced.h"

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace lull::power_cut {
namespace {

namespace fs = std::filesystem;

struct Disk {
  std::recursive_mutex mutex;
  fs::path root;
  fs::path stash;
  std::map<ino_t, std::uint64_t> sizes;                 // of files, as they are on disk
  std::map<ino_t, std::map<std::string, ino_t>> names;  // of folders, likewise
  std::function<void()> on_sync;
  std::uint64_t count = 0;
};

Disk& TheDisk() {
  static Disk disk;
  return disk;
}

ino_t NodeOf(const fs::path& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0 ? facts.st_ino : 0;
}

std::map<std::string, ino_t> ListingOf(const fs::path& folder) {
  std::map<std::string, ino_t> listing;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    listing[entry.path().filename().string()] = NodeOf(entry.path());
  }
  return listing;
}

/// The folder below the root with this number.
fs::path FolderOf(const Disk& disk, ino_t node) {
  if (NodeOf(disk.root) == node) return disk.root;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(disk.root, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_directory(error) && NodeOf(entry->path()) == node) return entry->path();
  }
  return {};
}

void NoteFolder(Disk& disk, ino_t node) {
  const fs::path folder = FolderOf(disk, node);
  if (folder.empty()) return;
  disk.names[node] = ListingOf(folder);
  for (const auto& [name, file] : disk.names[node]) {
    std::error_code error;
    if (fs::is_regular_file(folder / name, error)) {
      fs::create_hard_link(folder / name, disk.stash / std::to_string(file), error);
    }
  }
}

void BeforeSync() {
  Disk& disk = TheDisk();
  const std::lock_guard lock(disk.mutex);
  if (disk.root.empty()) return;
  ++disk.count;
  if (disk.on_sync) disk.on_sync();
}

void AfterSync(int file) {
  Disk& disk = TheDisk();
  const std::lock_guard lock(disk.mutex);
  struct stat facts {};
  if (disk.root.empty() || ::fstat(file, &facts) != 0) return;
  if (S_ISDIR(facts.st_mode)) return NoteFolder(disk, facts.st_ino);
  if (S_ISREG(facts.st_mode)) disk.sizes[facts.st_ino] = static_cast<std::uint64_t>(facts.st_size);
}

void LeaveFile(const Disk& disk, const fs::path& from, ino_t node, const fs::path& into,
               std::mt19937_64& random) {
  std::ifstream in(from, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto known = disk.sizes.find(node);
  const std::uint64_t safe = known == disk.sizes.end() ? 0 : known->second;
  if (bytes.size() > safe) {
    const std::uint64_t kept = safe + random() % (bytes.size() - safe + 1);
    // Blocks that were given to a file and not filled yet read as zeros.
    if (random() % 4 == 0) {
      for (std::uint64_t i = safe; i < kept; ++i) bytes[i] = 0;
    }
    bytes.resize(kept);
  }
  std::ofstream(into, std::ios::binary) << bytes;
}

void LeaveFolder(const Disk& disk, const fs::path& from, const fs::path& into, std::mt19937_64& random) {
  fs::create_directories(into);
  const std::map<std::string, ino_t> now = ListingOf(from);
  const auto known = disk.names.find(NodeOf(from));
  const std::map<std::string, ino_t> safe =
      known == disk.names.end() ? std::map<std::string, ino_t>() : known->second;
  std::set<std::string> names;
  for (const auto& [name, node] : now) names.insert(name);
  for (const auto& [name, node] : safe) names.insert(name);
  for (const std::string& name : names) {
    const auto current = now.find(name);
    const auto before = safe.find(name);
    const bool same = current != now.end() && before != safe.end() && current->second == before->second;
    const bool as_now = same || random() % 2 == 0;
    if (as_now && current != now.end()) {
      if (fs::is_directory(from / name)) {
        LeaveFolder(disk, from / name, into / name, random);
      } else {
        LeaveFile(disk, from / name, current->second, into / name, random);
      }
    } else if (!as_now && before != safe.end()) {
      const fs::path stashed = disk.stash / std::to_string(before->second);
      if (fs::exists(stashed)) LeaveFile(disk, stashed, before->second, into / name, random);
    }
  }
}

template <typename Call>
int Forward(const char* name, int file) {
  static const auto real = reinterpret_cast<Call>(dlsym(RTLD_NEXT, name));
  BeforeSync();
  const int done = real(file);
  if (done == 0) AfterSync(file);
  return done;
}

}  // namespace

void Follow(const fs::path& root, const fs::path& stash) {
  Disk& disk = TheDisk();
  const std::lock_guard lock(disk.mutex);
  disk.root = root;
  disk.stash = stash;
  disk.sizes.clear();
  disk.names.clear();
  disk.on_sync = nullptr;
}

void OnSync(std::function<void()> call) {
  const std::lock_guard lock(TheDisk().mutex);
  TheDisk().on_sync = std::move(call);
}

void TakePicture(const fs::path& into, std::mt19937_64& random) {
  Disk& disk = TheDisk();
  const std::lock_guard lock(disk.mutex);
  LeaveFolder(disk, disk.root, into, random);
}

std::uint64_t SyncCount() {
  const std::lock_guard lock(TheDisk().mutex);
  return TheDisk().count;
}

}  // namespace lull::power_cut

// In place of the system's, for the whole program and its libraries.
extern "C" int fsync(int file) { return lull::power_cut::Forward<int (*)(int)>("fsync", file); }
extern "C" int fdatasync(int file) { return lull::power_cut::Forward<int (*)(int)>("fdatasync", file); }
