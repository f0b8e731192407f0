#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "compiler/native.h"
#include "service/deployment.h"
#include "tools/lull/doctor.h"

namespace lull::tools {
namespace {

constexpr std::uint64_t kOpenFilesMin = 1'024;
constexpr std::uintmax_t kStateBytesFreeMin = 1ULL << 30;

std::string Gibibytes(std::uintmax_t bytes) {
  const std::uintmax_t tenths = bytes / ((1ULL << 30) / 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GiB";
}

void CheckRuleset(const connectors::ServeConfig& config, CheckList& found) {
  const Result<service::Deployment> prepared = service::PrepareFolder(config, false);
  if (!prepared) {
    const std::string& message = prepared.error().message;
    found.Problem("ruleset", message.substr(0, message.find('\n')),
                  "`lull check` and `lull test` on " + config.ruleset.string() + " say more.");
    return;
  }
  const runtime::Ruleset& ruleset = *prepared->program.ruleset;
  const std::string what = ruleset.name + ", version " + ruleset.version;
  if (prepared->warnings.empty()) {
    found.Ok("ruleset", what + ", compiles and passes its own tests.");
  } else {
    found.Warn("ruleset", what + ", compiles with warnings.",
               "`lull check " + config.ruleset.string() + "` shows them.");
  }
  compiler::NativeOptions options;
  options.cache_folder = compiler::DefaultCacheFolder();
  const auto code = compiler::CompileNative(*prepared->compiled.module, options);
  if (code) {
    found.Ok("native code", "the rules compile to native code.");
  } else {
    found.Warn(
        "native code", "none can be made: " + code.error().message,
        "the interpreter runs the rules instead, slower; under systemd, MemoryDenyWriteExecute must be "
        "off.");
  }
}

// Secrets that everybody on this machine can read.
void CheckSecrets(const connectors::ServeConfig& config, CheckList& found) {
  std::string open;
  for (const std::string& file : config.nats.secret_files) {
    struct stat status {};
    if (::stat(file.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
      open += (open.empty() ? "" : ", ") + file;
    }
  }
  if (!open.empty()) {
    found.Warn("secrets", "everybody on this machine can read " + open + ".",
               "chmod 600 and give them to the service's user, or use systemd's LoadCredential.");
  } else if (!config.nats.secret_files.empty()) {
    found.Ok("secrets", "only their owner or group can read them.");
  }
}

void CheckState(const connectors::ServeConfig& config, CheckList& found) {
  if (!config.state_folder) {
    found.Warn("state", "no checkpoints are kept: each start reads the whole input log.",
               "give a folder under [state].");
    return;
  }
  // It may not be there before the first start; what counts is where it will be.
  std::filesystem::path folder = std::filesystem::absolute(*config.state_folder);
  std::error_code error;
  while (!std::filesystem::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    found.Problem("state", "this user cannot write to " + folder.string() + ".",
                  "give the folder to the user that runs `lull serve`, or run the doctor as that user.");
    return;
  }
  const std::filesystem::space_info space = std::filesystem::space(folder, error);
  if (error) {
    found.Warn("state", "the free space at " + folder.string() + " is not known: " + error.message() + ".",
               "look for yourself.");
  } else if (space.available < kStateBytesFreeMin) {
    found.Warn("state", "only " + Gibibytes(space.available) + " are free at " + folder.string() + ".",
               "free space, or move the folder: checkpoints take up to twice the memory of the entities.");
  } else {
    found.Ok("state", folder.string() + " has " + Gibibytes(space.available) + " free.");
  }
}

void CheckOpenFiles(CheckList& found) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const std::string text = "this user may have " + std::to_string(limit.rlim_cur) + " files open.";
  if (limit.rlim_cur >= kOpenFilesMin) {
    found.Ok("open files", text);
  } else {
    found.Warn("open files", text,
               "allow " + std::to_string(kOpenFilesMin) + ": `ulimit -n`, or LimitNOFILE under systemd.");
  }
}

}  // namespace

void CheckMachine(const connectors::ServeConfig& config, CheckList& found) {
  CheckRuleset(config, found);
  CheckSecrets(config, found);
  CheckState(config, found);
  CheckOpenFiles(found);
}

}  // namespace lull::tools
