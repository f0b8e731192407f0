// Any text as one token of a NATS subject.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace lull::connectors {

/// Bytes outside [A-Za-z0-9_-] become %XX (capital hexadecimal). Unknown (no value) is `%`, the empty text
/// `%%`; so different values never share a token, and no token is empty or a wildcard.
std::string EncodeToken(std::optional<std::string_view> text);

/// The reverse; fails on what EncodeToken never writes.
Result<std::optional<std::string>> DecodeToken(std::string_view token);

/// True if `subject` can be published to: non-empty tokens, no spaces, control characters or wildcards.
bool IsPublishSubject(std::string_view subject);

/// True if `subject` can be subscribed to: as above, but `*` tokens and a final `>` are allowed.
bool IsSubscribeSubject(std::string_view subject);

/// True if a subject of a message is among those that `pattern` (a subject, maybe with wildcards) names.
bool SubjectMatches(std::string_view pattern, std::string_view subject);

}  // namespace lull::connectors
