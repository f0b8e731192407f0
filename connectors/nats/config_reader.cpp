#include "connectors/nats/config_reader.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "connectors/nats/config_values.h"
#include "runtime/base/time.h"

namespace lull::connectors {

void ConfigReader::Complain(toml::source_position at, const std::string& what) {
  errors_.push_back(file_.string() + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " +
                    what);
}

void ConfigReader::OnlyKeys(const toml::table& table, const std::string& where,
                            std::initializer_list<std::string_view> keys) {
  for (const auto& [key, value] : table) {
    if (std::ranges::find(keys, key.str()) != keys.end()) {
      continue;
    }
    std::string what = "there is no key `" + std::string(key.str()) + "` " + where;
    if (const auto close = Suggest(key.str(), {keys.begin(), keys.end()})) {
      what += "; did you mean `" + std::string(*close) + "`?";
    } else {
      what += "; known are:";
      for (const std::string_view known : keys) {
        what += (known == *keys.begin() ? " " : ", ") + std::string(known);
      }
    }
    Complain(key.source().begin, what + (what.back() == '?' ? "" : "."));
  }
}

const toml::table* ConfigReader::Table(const toml::table& parent, std::string_view key) {
  const toml::node* node = parent.get(key);
  if (node != nullptr && !node->is_table()) {
    Complain(*node, "`" + std::string(key) + "` is a section: write [" + std::string(key) + "].");
  }
  return node == nullptr ? nullptr : node->as_table();
}

std::optional<std::string> ConfigReader::Text(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto text = node->value_exact<std::string>();
  if (!text || text->empty()) {
    Complain(*node, "`" + std::string(key) + "` must be a text in quotes that is not empty.");
    return std::nullopt;
  }
  return text;
}

std::optional<bool> ConfigReader::Flag(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  const auto flag = node == nullptr ? std::nullopt : node->value_exact<bool>();
  if (node != nullptr && !flag) {
    Complain(*node, "`" + std::string(key) + "` must be true or false.");
  }
  return flag;
}

std::optional<std::int64_t> ConfigReader::Duration(const toml::table& table, std::string_view key,
                                                   std::int64_t min_micros) {
  const auto text = Text(table, key);
  if (!text) {
    return std::nullopt;
  }
  const auto micros = ParseDuration(*text);
  if (!micros) {
    Complain(*table.get(key), "`" + std::string(key) +
                                  "` must be a duration such as \"30s\", \"5m\" or \"36h\", not \"" + *text +
                                  "\".");
  } else if (*micros < min_micros) {
    Complain(*table.get(key), "`" + std::string(key) + "` is too short: at least " +
                                  std::to_string(min_micros / kMicrosPerMilli) + "ms.");
    return std::nullopt;
  }
  return micros;
}

void ConfigReader::Bytes(const toml::table& table, std::string_view key, std::int64_t min, std::int64_t max,
                         std::int64_t& into) {
  const toml::node* node = table.get(key);
  if (node == nullptr) {
    return;
  }
  std::optional<std::int64_t> bytes = node->value_exact<std::int64_t>();
  if (const auto text = node->value_exact<std::string>()) {
    bytes = ParseBytes(*text);
  }
  if (!bytes) {
    Complain(*node, "`" + std::string(key) + "` must be a size such as \"512 MiB\" or \"10 GiB\".");
  } else if (*bytes < min || *bytes > max) {
    Complain(*node, "`" + std::string(key) + "` must be between " + std::to_string(min) + " and " +
                        std::to_string(max) + " bytes.");
  } else {
    into = *bytes;
  }
}

void ConfigReader::Whole(const toml::table& table, std::string_view key, std::int64_t min, std::int64_t max,
                         std::int64_t& into) {
  const toml::node* node = table.get(key);
  if (node == nullptr) {
    return;
  }
  const auto number = node->value_exact<std::int64_t>();
  if (!number || *number < min || *number > max) {
    Complain(*node, "`" + std::string(key) + "` must be a whole number from " + std::to_string(min) + " to " +
                        std::to_string(max) + ".");
  } else {
    into = *number;
  }
}

std::optional<std::filesystem::path> ConfigReader::Path(const toml::table& table, std::string_view key) {
  const auto text = Text(table, key);
  return text ? std::optional(file_.parent_path() / *text) : std::nullopt;
}

std::optional<std::filesystem::path> ConfigReader::CredentialPath(const toml::table& table,
                                                                  std::string_view key) {
  constexpr std::string_view kPrefix = "$CREDENTIALS_DIRECTORY/";
  const auto text = Text(table, key);
  if (!text || !text->starts_with(kPrefix)) return text ? Path(table, key) : std::nullopt;
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder == '\0') {
    Complain(*table.get(key), "`" + std::string(key) +
                                  "` names a credential of systemd, and CREDENTIALS_DIRECTORY is not set; "
                                  "run it as a unit with LoadCredential, or set the variable to a folder.");
    return std::nullopt;
  }
  return std::filesystem::path(folder) / text->substr(kPrefix.size());
}

std::string ConfigReader::File(const toml::table& table, std::string_view key) {
  const auto path = CredentialPath(table, key);
  if (path && !std::ifstream(*path)) {
    Complain(*table.get(key), "cannot read `" + std::string(key) + "` " + path->string() + ".");
  } else if (path) {
    files_.push_back(path->string());
  }
  return path ? path->string() : "";
}

std::string ConfigReader::Secret(const toml::table& table, std::string_view key) {
  const std::string path = File(table, key);
  std::string line;
  if (path.empty()) {
    return line;
  }
  std::ifstream file(path);
  std::getline(file, line);
  if (!line.empty() && line.back() == '\r') {
    line.pop_back();
  }
  if (file && line.empty()) {
    Complain(*table.get(key), "the first line of `" + std::string(key) + "` " + path + " is empty.");
  }
  return line;
}

}  // namespace lull::connectors
