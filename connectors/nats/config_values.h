// Values of the configuration file that TOML has no type for: durations, sizes, and suggestions for misspelt
// names.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lull::connectors {

/// "250ms", "30s", "5m", "36h", "7d", or several of them in falling order: "1h 30m", "1d12h". Microseconds;
/// nothing if it is not such a text or too large.
std::optional<std::int64_t> ParseDuration(std::string_view text);

/// "512", "64 KiB", "512MiB", "10 GiB", "2GB": bytes; K, M, G, T with `iB` count by 1024, with `B` by 1000.
std::optional<std::int64_t> ParseBytes(std::string_view text);

/// Insertions, removals, replacements and swaps of neighbours that make `a` of `b`.
std::size_t EditDistance(std::string_view a, std::string_view b);

/// The name closest to `word`, if close enough to be a misspelling; else nothing.
std::optional<std::string_view> Suggest(std::string_view word, std::span<const std::string_view> names);

}  // namespace lull::connectors
