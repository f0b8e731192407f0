#include "tools/lull/files.h"

#include <filesystem>
#include <fstream>

#include "tools/lull/command.h"

namespace lull::tools {

namespace fs = std::filesystem;

bool ReplaceFile(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  std::error_code error;
  if (out) {
    const fs::perms perms = fs::status(path, error).permissions();
    if (!error) fs::permissions(beside, perms, error);
    if (!error) fs::rename(beside, path, error);
    if (!error) return true;
  }
  std::error_code ignored;
  fs::remove(beside, ignored);
  Complain(path + " cannot be written" + (error ? ": " + error.message() : ""));
  return false;
}

}  // namespace lull::tools
