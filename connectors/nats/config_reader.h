// Reads the tables of a configuration file, and collects what is wrong with them.
//
// Each call reads one key. A mistake is noted with its place, and the caller goes on with what it has, so
// that a person sees all mistakes at once. Inside connectors/nats only.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::connectors {

class ConfigReader {
 public:
  explicit ConfigReader(std::filesystem::path file) : file_(std::move(file)) {}

  void Complain(const toml::node& node, const std::string& what) { Complain(node.source().begin, what); }
  void Complain(toml::source_position at, const std::string& what);

  // Every key must be one of `keys`.
  void OnlyKeys(const toml::table& table, const std::string& where,
                std::initializer_list<std::string_view> keys);

  const toml::table* Table(const toml::table& parent, std::string_view key);

  std::optional<std::string> Text(const toml::table& table, std::string_view key);

  std::optional<bool> Flag(const toml::table& table, std::string_view key);

  std::optional<std::int64_t> Duration(const toml::table& table, std::string_view key,
                                       std::int64_t min_micros);

  void Bytes(const toml::table& table, std::string_view key, std::int64_t min, std::int64_t max,
             std::int64_t& into);

  void Whole(const toml::table& table, std::string_view key, std::int64_t min, std::int64_t max,
             std::int64_t& into);

  std::filesystem::path folder() const { return file_.parent_path(); }

  std::optional<std::filesystem::path> Path(const toml::table& table, std::string_view key);

  // The same, or a credential that systemd has handed over.
  std::optional<std::filesystem::path> CredentialPath(const toml::table& table, std::string_view key);

  // A file that must be readable now, so that a mistake shows before anything is connected.
  std::string File(const toml::table& table, std::string_view key);

  std::string Secret(const toml::table& table, std::string_view key);

  const std::vector<std::string>& errors() const { return errors_; }
  // All that File has read from.
  const std::vector<std::string>& files() const { return files_; }

 private:
  std::filesystem::path file_;
  std::vector<std::string> errors_;
  std::vector<std::string> files_;
};

}  // namespace lull::connectors
